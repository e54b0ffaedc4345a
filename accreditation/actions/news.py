"""What people are told when something happened. One function a fact; receivers call them inside the transaction."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import News, tell, tell_all, tell_people
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
from courses.lib.words import Said, counted
from courses.models import ContentState


def tell_of_result(*, attempt: Attempt, passed: bool) -> None:
    """An exam was scored, with its receipt; a pass opens the practicals behind it, and says so."""
    exam = {"exam": str(attempt.exam)}
    title = Said(noop("You passed: %(exam)s"), exam) if passed else Said(noop("Not yet: %(exam)s"), exam)
    outcome = Said(
        noop("Passing ends this exam for good.")
        if passed
        else noop("The result says how far it was, and when you may try again.")
    )
    kind = NoticeKind.EXAM_PASSED if passed else NoticeKind.EXAM_FAILED
    key = f"attempt:{attempt.pk}:{attempt.closed_at:%Y%m%d%H%M%S}:{passed}"
    result = News(kind, key, title, (outcome, *_receipt(attempt)), attempt.result_url, Said(noop("See the result")))
    tell_all(recipient_id=attempt.learner_id, news=[result, *(_open_practicals(attempt) if passed else ())])


def tell_of_arrival(*, attempt: Attempt) -> None:
    """An exam is in and could not be scored at once: its receipt doesn't wait for the result."""
    tell(
        recipient_id=attempt.learner_id,
        kind=NoticeKind.EXAM_RECEIVED,
        key=f"attempt-received:{attempt.pk}:{attempt.closed_at:%Y%m%d%H%M%S}",
        title=Said(noop("Handed in: %(exam)s"), {"exam": str(attempt.exam)}),
        text=(*_receipt(attempt), Said(noop("It is being scored; the result follows."))),
        link=attempt.result_url,
        link_text=Said(noop("See where it is")),
    )


def _receipt(attempt: Attempt) -> tuple[Said, Said]:
    """When, how many answers, and the hash over all of them."""
    closed_at = attempt.closed_at or timezone.now()
    closed = {"day": closed_at.date(), "time": f"{closed_at:%H:%M:%S}", "count": attempt.answered_count or 0}
    text = counted(
        "Closed %(day)s, %(time)s UTC with %(count)s answer.",
        "Closed %(day)s, %(time)s UTC with %(count)s answers.",
        closed,
    )
    receipt = {"receipt": attempt.receipt, "hash": attempt.answers_hash}
    return text, Said(noop("Receipt %(receipt)s (%(hash)s)."), receipt)


def tell_of_sitting(*, attempt: Attempt) -> None:
    """Staff planned a sitting: from when to when."""
    times = {"opens": attempt.opens_at, "closes": attempt.closes_at}
    text = (
        noop("You may start it from %(opens)s UTC until %(closes)s UTC.")
        if attempt.opens_at and attempt.closes_at
        else noop("You may start it from %(opens)s UTC.")
        if attempt.opens_at
        else noop("You may start it from now until %(closes)s UTC.")
        if attempt.closes_at
        else noop("You may start it from now.")
    )
    tell(
        recipient_id=attempt.learner_id,
        kind=NoticeKind.SITTING,
        key=f"sitting:{attempt.pk}",
        title=Said(noop("Planned for you: %(exam)s"), {"exam": str(attempt.exam)}),
        text=Said(text, {name: at for name, at in times.items() if at}),
        link=attempt.exam.get_absolute_url(),
        link_text=Said(noop("To the exam")),
    )


def tell_of_reopening(*, attempt: Attempt) -> None:
    """Staff let a closed exam go on."""
    tell(
        recipient_id=attempt.learner_id,
        kind=NoticeKind.SITTING,
        key=f"reopened:{attempt.pk}:{attempt.writer_epoch}",
        title=Said(noop("Open again: %(exam)s"), {"exam": str(attempt.exam)}),
        text=Said(
            noop("You may go on until %(deadline)s UTC. Everything you had answered is there."),
            {"deadline": attempt.deadline_at},
        ),
        link=attempt.get_absolute_url(),
        link_text=Said(noop("Go on")),
    )


def _open_practicals(attempt: Attempt) -> list[News]:
    return [
        News(
            kind=NoticeKind.PRACTICAL_OPEN,
            key=f"practical-open:{practical.pk}",
            title=Said(noop("Open to you: %(practical)s"), {"practical": str(practical)}),
            text=practical.summary,
            link=practical.get_absolute_url(),
            link_text=Said(noop("Open the practical")),
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
        title=Said(noop("Your badge: %(badge)s"), {"badge": credential.achievement.name}),
        text=Said(
            noop("Anyone can check it. It shows your initials until you choose your full name or none on its page.")
        ),
        link=f"/credentials/{credential.pk}/",
        link_text=Said(noop("See your badge")),
    )


def tell_of_new_signature(*, credential: Credential) -> None:
    """A badge was signed anew because its key was withdrawn: copies elsewhere have to be replaced."""
    tell(
        recipient_id=credential.holder_id,
        kind=NoticeKind.BADGE,
        key=f"badge:{credential.pk}",
        title=Said(noop("Signed anew: %(badge)s"), {"badge": credential.achievement.name}),
        text=Said(
            noop(
                "We had to withdraw the key that your badge was signed with. What you earned stands, but copies that "
                "you took with "
                "you no longer verify: replace them by this one."
            )
        ),
        link=f"/credentials/{credential.pk}/",
        link_text=Said(noop("See your badge")),
    )


def tell_of_revocation(*, credential: Credential) -> None:
    """A badge no longer counts."""
    tell(
        recipient_id=credential.holder_id,
        kind=NoticeKind.BADGE_REVOKED,
        key=f"badge-revoked:{credential.pk}",
        title=Said(noop("Revoked: %(badge)s"), {"badge": credential.achievement.name}),
        text=Said(noop("It no longer shows as valid. Field Enablement tells you why if you ask.")),
        link=f"/credentials/{credential.pk}/",
        link_text=Said(noop("See its page")),
    )


def tell_of_endorsement(*, endorsement: Endorsement) -> None:
    """Somebody speaks for an award; its holder may hide that from its page."""
    tell(
        recipient_id=endorsement.credential.holder_id,
        kind=NoticeKind.BADGE,
        key=f"endorsement:{endorsement.series}",
        title=Said(noop("Endorsed: %(badge)s"), {"badge": endorsement.credential.achievement.name}),
        text=Said(
            noop("Somebody who saw you at work speaks for your award. It stands on its page; you can hide it there.")
        ),
        link=f"/credentials/{endorsement.credential_id}/",
        link_text=Said(noop("Read it")),
    )


def tell_of_withdrawn_endorsement(*, endorsement: Endorsement) -> None:
    """What somebody said for an award was taken back; the award itself is as it was."""
    tell(
        recipient_id=endorsement.credential.holder_id,
        kind=NoticeKind.BADGE,
        key=f"endorsement-withdrawn:{endorsement.series}",
        title=Said(noop("Endorsement withdrawn: %(badge)s"), {"badge": endorsement.credential.achievement.name}),
        text=Said(noop("What somebody said for it is gone from its page. Your award is as valid as before.")),
        link=f"/credentials/{endorsement.credential_id}/",
        link_text=Said(noop("See your badge")),
    )


def tell_of_statement(*, given: GivenAttestation) -> None:
    """A manager attested something of the learner."""
    tell(
        recipient_id=given.learner_id,
        kind=NoticeKind.ATTESTED,
        key=f"attested:{given.pk}",
        title=Said(noop("Attested: %(attestation)s"), {"attestation": str(given.attestation)}),
        text=Said(
            noop("%(by)s attested it of %(day)s: “%(statement)s”"),
            {"by": str(given.by), "day": given.performed_on, "statement": given.attestation.statement},
        ),
        link=reverse("home"),
        link_text=Said(noop("See where you stand")),
    )


def tell_of_enrolment(*, enrolment: Enrolment) -> None:
    """Somebody else put the learner on a program."""
    tell_of_enrolments(enrolments=[enrolment])


def tell_of_enrolments(*, enrolments: Sequence[Enrolment]) -> None:
    """Somebody else put these learners on programs. One statement."""
    tell_people(news=[(one.learner_id, _enrolled(one)) for one in enrolments])


def _enrolled(enrolment: Enrolment) -> News:
    due = Said(noop("It is due %(day)s."), {"day": enrolment.due_on}) if enrolment.due_on else ""
    return News(
        kind=NoticeKind.ENROLLED,
        key=f"enrolled:{enrolment.pk}:{enrolment.due_on}",
        title=Said(noop("You are on %(program)s"), {"program": str(enrolment.program)}),
        text=(enrolment.program.summary, due),
        link=enrolment.program.get_absolute_url(),
        link_text=Said(noop("See what it asks")),
    )


def tell_of_due_date(*, enrolment: Enrolment, days: int, rung: int | None = None) -> None:
    """A due date comes near, or has passed; once for each rung of the ladder and each due date."""
    program = {"program": str(enrolment.program), "count": days}
    if days > 0:
        title = counted("%(program)s: due in %(count)s day", "%(program)s: due in %(count)s days", program)
    else:
        title = Said(noop("%(program)s: due today") if days == 0 else noop("%(program)s is overdue"), program)
    tell(
        recipient_id=enrolment.learner_id,
        kind=NoticeKind.DUE_DATE,
        key=f"due:{enrolment.pk}:{enrolment.due_on}:{days if rung is None else rung}",
        title=title,
        text=Said(
            noop("The date is %(day)s. Your next step stands on the home page."), {"day": enrolment.due_on or date.min}
        ),
        link="/",
        link_text=Said(noop("Go on")),
    )


def tell_of_fading(*, accreditation: Accreditation, now: datetime, rung: int | None = None) -> None:
    """An accreditation runs out soon, or did yesterday: the holder learns what renews it, their manager that it does."""
    days = (accreditation.valid_until - now.date()).days if accreditation.valid_until else 0
    program, until = accreditation.program, {"day": accreditation.valid_until or now.date()}
    step = next_step(current_standing(accreditation, now)) or Said(noop("Its page says what renews it."))
    held = (Said(noop("It holds until %(day)s."), until),) if days >= 0 else _held(accreditation, until)
    key = f"fading:{accreditation.pk}:{accreditation.valid_until}:{days if rung is None else rung}"
    tell(
        recipient_id=accreditation.learner_id,
        kind=NoticeKind.FADING,
        key=key,
        title=_running_out({"what": str(program)}, days),
        text=(*held, step),
        link=program.get_absolute_url(),
        link_text=Said(noop("See what renews it")),
    )
    if manager := manager_to_tell(accreditation.learner):
        tell(
            recipient_id=manager.pk,
            kind=NoticeKind.FADING,
            key=key,
            title=_running_out({"what": f"{accreditation.learner}: {program}"}, days),
            text=held,
            link=reverse("team"),
            link_text=Said(noop("See your team")),
        )


def _running_out(what: dict[str, str], days: int) -> Said:
    if days > 0:
        facts = what | {"count": days}
        return counted("%(what)s runs out in %(count)s day", "%(what)s runs out in %(count)s days", facts)
    return Said(noop("%(what)s runs out today") if days == 0 else noop("%(what)s ran out"), what)


def _held(accreditation: Accreditation, until: dict[str, date]) -> tuple[Said, ...]:
    """That it is over, and until when the renewal is still open, where it is."""
    days, over = accreditation.version.grace_days, Said(noop("It held until %(day)s."), until)
    if not days or not accreditation.valid_until:
        return (over,)
    end = accreditation.valid_until + timedelta(days=days)
    return over, Said(noop("The renewal is open until %(day)s."), {"day": end})


def tell_of_waiting_reviews(*, grader: User, waiting: int, today: date) -> None:
    """Work waits for graders; at most once a day."""
    tell(
        recipient_id=grader.pk,
        kind=NoticeKind.REVIEW_DUE,
        key=f"review-due:{today}",
        title=counted(
            "%(count)s recording waits for a grader", "%(count)s recordings wait for a grader", {"count": waiting}
        ),
        text=Said(noop("The next one is drawn for you: oldest first, conflicts left out.")),
        link="/admin/grading/",
        link_text=Said(noop("Take the next one")),
    )


def tell_of_judging(*, setting: StandardSetting) -> None:
    """A round of a standard setting opened: each judge is asked for theirs."""
    exam, second = setting.exam_version.exam, setting.round == 2
    title = Said(
        noop("Second round: %(exam)s") if second else noop("You are asked to judge: %(exam)s"), {"exam": str(exam)}
    )
    text = Said(
        noop("Look at each of your judgements once more, with what is known by now: keep it or change it, then save.")
        if second
        else noop(
            "Say of each question how many of 100 people who just deserve to pass would get it right. You have seen the "
            "questions then, so you can't sit this exam for credit."
        )
    )
    for person_id in setting.judges.values_list("person_id", flat=True):
        tell(
            recipient_id=person_id,
            kind=NoticeKind.JUDGING,
            key=f"judging:{setting.pk}:{setting.round}",
            title=title,
            text=text,
            link=reverse("assessments:standard-judge", args=[setting.pk]),
            link_text=Said(noop("Judge the questions")),
        )
