"""What may be said and done with remarks and ratings, and the board's figures. Source: rules.md 13.60 to 13.66."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Avg, Count, DurationField, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move
from courses.models import CourseRating, Feedback, FeedbackState, FeedbackVote
from courses.models.feedback import FEEDBACK_TRANSITIONS

REMARKS_PER_HOUR = 20
REPLY_WITHIN = timedelta(days=5)
"""The promised first reply."""
KEPT_FOR = timedelta(days=730)
"""So long the words of a settled remark are kept."""
ENOUGH_RATINGS = 5
BOARD = "courses.change_feedback"


@dataclass(frozen=True, slots=True)
class About:
    """Where a remark was written, as the portal found it: the path, the title of what is there, its kind and key."""

    page: str = ""
    title: str = ""
    kind: str = ""
    id: str = ""


def why_not_tell(person: Person, now: datetime) -> Refusal | None:
    """Twenty remarks an hour are a person's; more are a machine's. One query."""
    recent = Feedback.objects.filter(author_id=person.pk, created_at__gt=now - timedelta(hours=1)).count()
    if recent >= REMARKS_PER_HOUR:
        return Refusal(
            "too-many-remarks", _("You told us a lot in the last hour. Send the next remark a little later.")
        )
    return None


def why_not_told_twice(person: Person, text: str, page: str, now: datetime) -> Refusal | None:
    """The same words about the same page within a day are one remark. One query."""
    since = now - timedelta(days=1)
    if Feedback.objects.filter(author_id=person.pk, text=text, page=page, created_at__gt=since).exists():
        return Refusal("told-already", _("We have this from you already. Its answer comes as a notice."))
    return None


def why_not_step(person: Person) -> Refusal | None:
    """Who works on the board."""
    if not person.has_perm(BOARD):
        return Refusal("not-allowed", _("Only people who answer remarks can do this."))
    return None


def why_not_answer(feedback: Feedback, *, state: str, answer: str) -> Refusal | None:
    """A step goes along the table; an answer has words, and who is told no hears why."""
    if state != feedback.state and (refusal := why_not_move(FEEDBACK_TRANSITIONS, old=feedback.state, new=state)):
        return refusal
    if feedback.state == FeedbackState.DUPLICATE:
        return Refusal("wrong-state", _("This was said before: answer the other remark, and both are told."))
    if state == FeedbackState.DECLINED and not answer.strip():
        return Refusal("empty-answer", _("Say why not; the author is told."))
    if state == feedback.state and not answer.strip():
        return Refusal("empty-answer", _("Write the answer first; the author is told of it."))
    return None


def why_not_duplicate(feedback: Feedback, other: Feedback) -> Refusal | None:
    """The other one stands for both: it isn't this one, nor a duplicate itself."""
    if other.pk == feedback.pk:
        return Refusal("own", _("A remark is no duplicate of itself. Choose the other one."))
    if other.state == FeedbackState.DUPLICATE:
        return Refusal("wrong-state", _("That one is a duplicate itself. Choose the one that it names."))
    return why_not_move(FEEDBACK_TRANSITIONS, old=feedback.state, new=FeedbackState.DUPLICATE)


def why_not_vote(feedback: Feedback, person: Person) -> Refusal | None:
    """One's own is counted already, and what is settled needs no more voices."""
    if feedback.author_id == person.pk:
        return Refusal("own", _("You said it yourself, so you are counted already."))
    if feedback.state not in (FeedbackState.OPEN, FeedbackState.LOOKED_AT, FeedbackState.PLANNED):
        return Refusal("wrong-state", _("This is settled, so it needs no more voices."))
    return None


def why_not_rate(rating: CourseRating | None) -> Refusal | None:
    """A rating changes until somebody has read it."""
    if rating is not None and rating.read_at is not None:
        return Refusal("read-already", _("Your rating was read, so it stays as it is. Tell us what else you think."))
    return None


def asked_by_others(person: Person) -> QuerySet[Feedback]:
    """Public remarks that wait, most wanted first, each with `voices` and whether this person is one of them. One query."""
    mine = FeedbackVote.objects.filter(feedback=OuterRef("pk"), person=person.pk)
    rows = Feedback.objects.shown_to(is_signed_in=True).waiting().exclude(author_id=person.pk)
    rows = rows.annotate(voices=Count("votes") + 1, is_wanted=Exists(mine))
    return rows.order_by("-voices", "-pk")


def said_and_done(*, is_signed_in: bool) -> QuerySet[Feedback]:
    """What was done about what people said, newest first, for this reader."""
    rows = Feedback.objects.shown_to(is_signed_in=is_signed_in).filter(state=FeedbackState.DONE)
    return rows.exclude(done_sentence="").order_by("-settled_at", "-pk")


class Median(Aggregate):
    """The middle of a column."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class BoardFigures:
    """The board in numbers. `median_days`: to the first reply, over the last 90 days; None without any."""

    open: int
    late: int
    median_days: float | None
    promised: int
    kept: int


def board_figures(now: datetime) -> BoardFigures:
    """One query. A promise is in the numbers once it was kept or its time is over, for remarks of the last 90 days."""
    recent = Q(created_at__gt=now - timedelta(days=90), promised_at__isnull=False)
    replied = Q(first_reply_at__isnull=False)
    found: dict[str, Any] = Feedback.objects.aggregate(
        open=Count("pk", filter=Q(state__in=["open", "looked_at", "planned"])),
        late=Count("pk", filter=~replied & Q(promised_at__lt=now)),
        promised=Count("pk", filter=recent & (replied | Q(promised_at__lt=now))),
        kept=Count("pk", filter=recent & Q(first_reply_at__lte=F("promised_at"))),
        median=Median(F("first_reply_at") - F("created_at"), filter=recent & replied),
    )
    median = found.pop("median")
    return BoardFigures(median_days=None if median is None else round(median.total_seconds() / 86_400, 1), **found)


def rating_of_course(course_id: int) -> tuple[int, float] | None:
    """How many rated a course, and their mean; None below five of them. One query."""
    rows = CourseRating.objects.filter(completion__course=course_id)
    found = rows.aggregate(n=Count("pk"), mean=Avg("stars"))
    return (found["n"], round(found["mean"], 1)) if found["n"] >= ENOUGH_RATINGS else None
