"""Remarks are told, looked at, planned, done or declined, answered, merged and made public; courses are rated.

Lock order: remarks by primary key. Each step is a row of the trail, and the author is told by `feedback_stepped`.
"""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.lib.people import Person
from courses.lib.refusals import Refusal, refuse_if
from courses.models import (
    CourseCompletion,
    CourseRating,
    Feedback,
    FeedbackState,
    FeedbackStep,
    FeedbackVote,
    ShownTo,
)
from courses.models.feedback import SETTLED
from courses.rules.feedback import (
    KEPT_FOR,
    REPLY_WITHIN,
    About,
    why_not_answer,
    why_not_duplicate,
    why_not_rate,
    why_not_step,
    why_not_tell,
    why_not_told_twice,
    why_not_vote,
)
from courses.signals import feedback_stepped

LOCK = 8_013_060


@transaction.atomic
def tell_us(
    *, kind: str, text: str, about: About, by: Person, lesson_id: int | None = None, may_quote: bool = False
) -> Feedback:
    """Keep a remark, and promise a first reply.

    Refused: `too-many-remarks` past twenty an hour, `told-already` for the same words about the same page within a day.
    """
    with connection.cursor() as cursor:  # one at a time of one person, so that none slips past the limit
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, by.pk])
    now, text, page = timezone.now(), text.strip(), about.page[:300]
    refuse_if(why_not_tell(by, now))
    refuse_if(why_not_told_twice(by, text, page, now))
    row = Feedback.objects.create(
        lesson_id=lesson_id, author_id=by.pk, kind=kind, text=text, page=page, page_title=about.title[:200],
        about_kind=about.kind[:40], about_id=about.id[:120], may_quote=may_quote, promised_at=now + REPLY_WITHIN,
    )  # fmt: skip
    _note(row, "told", by=by, now=now, after=str(row.get_kind_display()))
    return row


def _note(
    row: Feedback, what: str, *, by: Person | None, now: datetime, before: str = "", after: str = "", answer: str = ""
) -> FeedbackStep:
    return FeedbackStep.objects.create(
        feedback=row, what=what, before=before[:300], after=after[:300], answer=answer,
        by_id=by.pk if by else None, happened_at=now,
    )  # fmt: skip


def _locked(feedback: Feedback, by: Person) -> Feedback:
    refuse_if(why_not_step(by))
    return Feedback.objects.select_for_update(of=("self",)).get(pk=feedback.pk)


@transaction.atomic
def answer_feedback(*, feedback: Feedback, by: Person, answer: str = "", state: str = "") -> Feedback:
    """Take a remark a step on, answer it, or both; its author, and those who said the same, are told once.

    Without a `state` it stays where it is, but a new one is looked at by being answered. Refused: `not-allowed`,
    `wrong-state`, `empty-answer` (nothing said, or declined without a reason).
    """
    row, now = _locked(feedback, by), timezone.now()
    wanted = state or (FeedbackState.LOOKED_AT if row.state == FeedbackState.OPEN and answer.strip() else row.state)
    refuse_if(why_not_answer(row, state=wanted, answer=answer))
    before, row.state = row.get_state_display(), wanted
    row.settled_at = (row.settled_at or now) if wanted in SETTLED else None
    if answer.strip():
        row.answer, row.answered_by_id, row.answered_at = answer.strip(), by.pk, now
    if answer.strip() or wanted != FeedbackState.LOOKED_AT:
        row.first_reply_at = row.first_reply_at or now
    row.save()
    what = "state" if before != row.get_state_display() else "answer"
    step = _note(
        row, what, by=by, now=now, before=str(before), after=str(row.get_state_display()), answer=answer.strip()
    )
    feedback_stepped.send(sender=Feedback, feedback=row, step=step)
    return row


@transaction.atomic
def mark_duplicate(*, feedback: Feedback, of: Feedback, by: Person) -> Feedback:
    """Say that a remark was made before: its author, and whoever was its duplicate, hear with the author of the other one.

    Refused: `not-allowed`, `own`, `wrong-state`.
    """
    refuse_if(why_not_step(by))
    keys = [feedback.pk, of.pk]
    rows = Feedback.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk").in_bulk()
    row, other, now = rows[feedback.pk], rows[of.pk], timezone.now()
    refuse_if(why_not_duplicate(row, other))
    before = row.get_state_display()
    row.state, row.duplicate_of, row.settled_at = FeedbackState.DUPLICATE, other, now
    row.first_reply_at = row.first_reply_at or now
    row.save()
    row.duplicates.update(duplicate_of=other)
    step = _note(row, "duplicate", by=by, now=now, before=str(before), after=f"{other.pk}")
    feedback_stepped.send(sender=Feedback, feedback=row, step=step)
    return row


@transaction.atomic
def own_feedback(*, feedback: Feedback, owner: Person | None, by: Person) -> Feedback:
    """Say who sees to a remark. Refused: `not-allowed`, `not-theirs` where the owner may not answer remarks."""
    row = _locked(feedback, by)
    if owner is not None and why_not_step(owner):
        refuse_if(Refusal("not-theirs", _("This person can't answer remarks. Choose somebody of Field Enablement.")))
    before, row.owner_id = str(row.owner or ""), owner.pk if owner else None
    row.save(update_fields=["owner"])
    _note(row, "owner", by=by, now=timezone.now(), before=before, after=str(owner or ""))
    return row


@transaction.atomic
def tag_feedback(*, feedback: Feedback, tags: str, by: Person) -> Feedback:
    """Give a remark its tags, each once, in lower case. Refused: `not-allowed`."""
    row = _locked(feedback, by)
    words = dict.fromkeys(" ".join(one.split()).lower() for one in tags.split(",") if one.strip())
    before, row.tags = row.tags, ", ".join(words)[:200]
    row.save(update_fields=["tags"])
    _note(row, "tags", by=by, now=timezone.now(), before=before, after=row.tags)
    return row


@transaction.atomic
def publish_feedback(*, feedback: Feedback, shown_to: str, title: str, sentence: str, by: Person) -> Feedback:
    """Set a remark's public line: who reads it, what was asked, and what was done. Refused: `not-allowed`, `no-title`."""
    row = _locked(feedback, by)
    if shown_to != ShownTo.NOBODY and not title.strip():
        refuse_if(Refusal("no-title", _("Say in a few words what was asked; the author's own words are not shown.")))
    before = str(row.get_shown_to_display())
    row.shown_to, row.public_title, row.done_sentence = shown_to, title.strip(), sentence.strip()
    row.save(update_fields=["shown_to", "public_title", "done_sentence"])
    after = f"{row.get_shown_to_display()}: {row.public_title}"
    _note(row, "public", by=by, now=timezone.now(), before=before, after=after)
    return row


@transaction.atomic
def want_too(*, feedback: Feedback, by: Person) -> FeedbackVote:
    """Count somebody among those who want a public remark; a second time changes nothing. Refused: `own`, `wrong-state`."""
    row = Feedback.objects.select_for_update(of=("self",)).get(pk=feedback.pk)
    refuse_if(why_not_vote(row, by))
    return FeedbackVote.objects.get_or_create(feedback=row, person_id=by.pk)[0]


def want_no_more(*, feedback: Feedback, by: Person) -> None:
    """Take a voice back."""
    FeedbackVote.objects.filter(feedback=feedback, person_id=by.pk).delete()


@transaction.atomic
def rate_course(*, completion: CourseCompletion, stars: int, text: str, by: Person) -> CourseRating:
    """Say how a completed course was, or say it anew until it was read. Refused: `read-already`."""
    CourseCompletion.objects.select_for_update().get(pk=completion.pk, learner_id=by.pk)
    row = CourseRating.objects.filter(completion=completion).first()
    refuse_if(why_not_rate(row))
    said = {"stars": stars, "text": text.strip(), "rated_at": timezone.now()}
    return CourseRating.objects.update_or_create(completion=completion, defaults=said)[0]


@transaction.atomic
def read_rating(*, rating: CourseRating, by: Person) -> CourseRating:
    """Note that a rating was read; from then on it stays as it is. Once."""
    refuse_if(why_not_step(by))
    CourseCompletion.objects.select_for_update().get(pk=rating.completion_id)  # as whoever rates does
    row = CourseRating.objects.get(pk=rating.pk)
    if row.read_at is None:
        row.read_at, row.read_by_id = timezone.now(), by.pk
        row.save(update_fields=["read_at", "read_by"])
    return row


@transaction.atomic
def forget_words(*, author_id: int) -> None:
    """Delete what a person said in remarks and ratings, and their voices; what was answered and done stays."""
    now = timezone.now()
    rows = Feedback.objects.filter(author_id=author_id, forgotten_at__isnull=True)
    rows.update(text="", page="", may_quote=False, forgotten_at=now)
    CourseRating.objects.filter(completion__learner_id=author_id).update(text="")
    FeedbackVote.objects.filter(person_id=author_id).delete()


def forget_old(*, now: datetime, most: int = 1000) -> int:
    """Delete the words of remarks that were settled two years ago. Returns how many; at most `most` at once."""
    old = Feedback.objects.filter(forgotten_at__isnull=True, settled_at__lt=now - KEPT_FOR).order_by("settled_at")
    keys = list(old.values_list("pk", flat=True)[:most])
    return Feedback.objects.filter(pk__in=keys).update(text="", page="", may_quote=False, forgotten_at=now)
