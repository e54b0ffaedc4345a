"""What people are told when something happened. One function a fact; receivers call them inside the transaction."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accreditation.actions.notices import News, tell, tell_all
from accreditation.models import Accreditation, Enrolment, GivenAttestation, NoticeKind, User
from accreditation.rules.awards import current_standing
from accreditation.rules.reasons import next_step
from accreditation.rules.reminders import manager_to_tell
from assessments.models import (
    Attempt,
    Practical,
    StandardSetting,
)
from badges.models import Credential, Endorsement
from courses.lib.compiled import Compiled
from courses.models import ContentState, LessonFeedback


def tell_of_result(*, attempt: Attempt, passed: bool) -> None:
    """An exam was scored, with its receipt; a pass opens the practicals behind it, and says so."""
    title = f"You passed: {attempt.exam}" if passed else f"Not yet: {attempt.exam}"
    outcome = (
        "Passing ends this exam for good." if passed else "The result says how far it was, and when you may try again."
    )
    kind = NoticeKind.EXAM_PASSED if passed else NoticeKind.EXAM_FAILED
    key = f"attempt:{attempt.pk}:{attempt.closed_at:%Y%m%d%H%M%S}:{passed}"
    result = News(kind, key, title, f"{outcome} {_receipt(attempt)}", attempt.result_url, "See the result")
    tell_all(recipient_id=attempt.learner_id, news=[result, *(_open_practicals(attempt) if passed else ())])


def tell_of_arrival(*, attempt: Attempt) -> None:
    """An exam is in and could not be scored at once: its receipt doesn't wait for the result."""
    tell(
        recipient_id=attempt.learner_id,
        kind=NoticeKind.EXAM_RECEIVED,
        key=f"attempt-received:{attempt.pk}:{attempt.closed_at:%Y%m%d%H%M%S}",
        title=f"Handed in: {attempt.exam}",
        text=f"{_receipt(attempt)} It is being scored; the result follows.",
        link=attempt.result_url,
        link_text="See where it is",
    )


def _receipt(attempt: Attempt) -> str:
    """When, how many answers, and the hash over all of them."""
    count = attempt.answered_count or 0
    answers = f"{count} answer{'' if count == 1 else 's'}"
    closed = f"Closed {attempt.closed_at:%-d %B %Y, %H:%M:%S} UTC with {answers}."
    return f"{closed} Receipt {attempt.receipt} ({attempt.answers_hash})."


def tell_of_sitting(*, attempt: Attempt) -> None:
    """Staff planned a sitting: from when to when."""
    opens = f"{attempt.opens_at:%-d %B %Y, %H:%M} UTC" if attempt.opens_at else "now"
    until = f" until {attempt.closes_at:%-d %B %Y, %H:%M} UTC" if attempt.closes_at else ""
    tell(
        recipient_id=attempt.learner_id,
        kind=NoticeKind.SITTING,
        key=f"sitting:{attempt.pk}",
        title=f"Planned for you: {attempt.exam}",
        text=f"You may start it from {opens}{until}.",
        link=attempt.exam.get_absolute_url(),
        link_text="To the exam",
    )


def tell_of_reopening(*, attempt: Attempt) -> None:
    """Staff let a closed exam go on."""
    tell(
        recipient_id=attempt.learner_id,
        kind=NoticeKind.SITTING,
        key=f"reopened:{attempt.pk}:{attempt.writer_epoch}",
        title=f"Open again: {attempt.exam}",
        text=f"You may go on until {attempt.deadline_at:%-d %B %Y, %H:%M} UTC. Everything you had answered is there.",
        link=attempt.get_absolute_url(),
        link_text="Go on",
    )


def _open_practicals(attempt: Attempt) -> list[News]:
    return [
        News(
            kind=NoticeKind.PRACTICAL_OPEN,
            key=f"practical-open:{practical.pk}",
            title=f"Open to you: {practical}",
            text=practical.summary,
            link=practical.get_absolute_url(),
            link_text="Open the practical",
        )
        for practical in practicals_behind(exam=attempt.exam_id)
    ]


@Compiled
def practicals_behind(exam: Any) -> QuerySet[Any]:
    """The published practicals that a pass of this exam opens."""
    return Practical.objects.filter(exam=exam, state=ContentState.PUBLISHED)


def tell_of_badge(*, credential: Credential) -> None:
    """A badge was issued; the holder chooses how they are named on it."""
    tell(
        recipient_id=credential.holder_id,
        kind=NoticeKind.BADGE,
        key=f"badge:{credential.pk}",
        title=f"Your badge: {credential.achievement.name}",
        text="Anyone can check it. It shows your initials until you choose your full name or none on its page.",
        link=f"/credentials/{credential.pk}/",
        link_text="See your badge",
    )


def tell_of_new_signature(*, credential: Credential) -> None:
    """A badge was signed anew because its key was withdrawn: copies elsewhere have to be replaced."""
    tell(
        recipient_id=credential.holder_id,
        kind=NoticeKind.BADGE,
        key=f"badge:{credential.pk}",
        title=f"Signed anew: {credential.achievement.name}",
        text="We had to withdraw the key that your badge was signed with. What you earned stands, but copies that you took with "
        "you no longer verify: replace them by this one.",
        link=f"/credentials/{credential.pk}/",
        link_text="See your badge",
    )


def tell_of_revocation(*, credential: Credential) -> None:
    """A badge no longer counts."""
    tell(
        recipient_id=credential.holder_id,
        kind=NoticeKind.BADGE_REVOKED,
        key=f"badge-revoked:{credential.pk}",
        title=f"Revoked: {credential.achievement.name}",
        text="It no longer shows as valid. Field Enablement tells you why if you ask.",
        link=f"/credentials/{credential.pk}/",
        link_text="See its page",
    )


def tell_of_endorsement(*, endorsement: Endorsement) -> None:
    """Somebody speaks for an award; its holder may hide that from its page."""
    tell(
        recipient_id=endorsement.credential.holder_id,
        kind=NoticeKind.BADGE,
        key=f"endorsement:{endorsement.series}",
        title=f"Endorsed: {endorsement.credential.achievement.name}",
        text="Somebody who saw you at work speaks for your award. It stands on its page; you can hide it there.",
        link=f"/credentials/{endorsement.credential_id}/",
        link_text="Read it",
    )


def tell_of_withdrawn_endorsement(*, endorsement: Endorsement) -> None:
    """What somebody said for an award was taken back; the award itself is as it was."""
    tell(
        recipient_id=endorsement.credential.holder_id,
        kind=NoticeKind.BADGE,
        key=f"endorsement-withdrawn:{endorsement.series}",
        title=f"Endorsement withdrawn: {endorsement.credential.achievement.name}",
        text="What somebody said for it is gone from its page. Your award is as valid as before.",
        link=f"/credentials/{endorsement.credential_id}/",
        link_text="See your badge",
    )


def tell_of_answer(*, feedback: LessonFeedback) -> None:
    """A remark on a lesson was answered."""
    tell(
        recipient_id=feedback.author_id,
        kind=NoticeKind.ANSWER,
        key=f"remark:{feedback.pk}:{feedback.answered_at}",
        title=f"Answered: {feedback.lesson}",
        text=feedback.answer,
        link=feedback.lesson.get_absolute_url(),
        link_text="Open the lesson",
    )


def tell_of_statement(*, given: GivenAttestation) -> None:
    """A manager attested something of the learner."""
    tell(
        recipient_id=given.learner_id,
        kind=NoticeKind.ATTESTED,
        key=f"attested:{given.pk}",
        title=f"Attested: {given.attestation}",
        text=f"{given.by} attested it of {given.performed_on:%-d %B %Y}: “{given.attestation.statement}”",
        link=reverse("home"),
        link_text="See where you stand",
    )


def tell_of_enrolment(*, enrolment: Enrolment) -> None:
    """Somebody else put the learner on a program."""
    due = f" It is due {enrolment.due_on:%-d %B %Y}." if enrolment.due_on else ""
    tell(
        recipient_id=enrolment.learner_id,
        kind=NoticeKind.ENROLLED,
        key=f"enrolled:{enrolment.pk}:{enrolment.due_on}",
        title=f"You are on {enrolment.program}",
        text=f"{enrolment.program.summary}{due}",
        link=enrolment.program.get_absolute_url(),
        link_text="See what it asks",
    )


def tell_of_due_date(*, enrolment: Enrolment, days: int, rung: int | None = None) -> None:
    """A due date comes near, or has passed; once for each rung of the ladder and each due date."""
    when = f"in {days} day{'' if days == 1 else 's'}" if days > 0 else "today" if days == 0 else "overdue"
    tell(
        recipient_id=enrolment.learner_id,
        kind=NoticeKind.DUE_DATE,
        key=f"due:{enrolment.pk}:{enrolment.due_on}:{days if rung is None else rung}",
        title=f"{enrolment.program}: due {when}" if days >= 0 else f"{enrolment.program} is overdue",
        text=f"The date is {enrolment.due_on:%-d %B %Y}. Your next step stands on the home page.",
        link="/",
        link_text="Go on",
    )


def tell_of_fading(*, accreditation: Accreditation, now: datetime, rung: int | None = None) -> None:
    """An accreditation runs out soon, or did yesterday: the holder learns what renews it, their manager that it does."""
    days = (accreditation.valid_until - now.date()).days if accreditation.valid_until else 0
    program, until = accreditation.program, f"{accreditation.valid_until:%-d %B %Y}"
    step = next_step(current_standing(accreditation, now)) or "Its page says what renews it."
    when = (
        f"runs out in {days} day{'' if days == 1 else 's'}"
        if days > 0
        else "runs out today"
        if days == 0
        else "ran out"
    )
    held = f"It holds until {until}." if days >= 0 else f"It held until {until}.{_grace(accreditation)}"
    key = f"fading:{accreditation.pk}:{accreditation.valid_until}:{days if rung is None else rung}"
    tell(
        recipient_id=accreditation.learner_id,
        kind=NoticeKind.FADING,
        key=key,
        title=f"{program} {when}",
        text=f"{held} {step}",
        link=program.get_absolute_url(),
        link_text="See what renews it",
    )
    if manager := manager_to_tell(accreditation.learner):
        tell(
            recipient_id=manager.pk,
            kind=NoticeKind.FADING,
            key=key,
            title=f"{accreditation.learner}: {program} {when}",
            text=held,
            link=reverse("team"),
            link_text="See your team",
        )


def _grace(accreditation: Accreditation) -> str:
    """Until when the renewal is still open, where it is."""
    days = accreditation.version.grace_days
    if not days or not accreditation.valid_until:
        return ""
    return f" The renewal is open until {accreditation.valid_until + timedelta(days=days):%-d %B %Y}."


def tell_of_waiting_reviews(*, grader: User, waiting: int, today: date) -> None:
    """Work waits for graders; at most once a day."""
    tell(
        recipient_id=grader.pk,
        kind=NoticeKind.REVIEW_DUE,
        key=f"review-due:{today}",
        title=f"{waiting} recording{' waits' if waiting == 1 else 's wait'} for a grader",
        text="The next one is drawn for you: oldest first, conflicts left out.",
        link="/admin/grading/",
        link_text="Take the next one",
    )


def tell_of_judging(*, setting: StandardSetting) -> None:
    """A round of a standard setting opened: each judge is asked for theirs."""
    exam, second = setting.exam_version.exam, setting.round == 2
    title = f"{'Second round' if second else 'You are asked to judge'}: {exam}"
    text = (
        "Look at each of your judgements once more, with what is known by now: keep it or change it, then save."
        if second
        else "Say of each question how many of 100 people who just deserve to pass would get it right. You have seen the "
        "questions then, so you can't sit this exam for credit."
    )
    for person_id in setting.judges.values_list("person_id", flat=True):
        tell(
            recipient_id=person_id,
            kind=NoticeKind.JUDGING,
            key=f"judging:{setting.pk}:{setting.round}",
            title=title,
            text=text,
            link=reverse("assessments:standard-judge", args=[setting.pk]),
            link_text="Judge the questions",
        )
