"""Marks of items, and what a result says by course."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from assessments.models import Attempt, AttemptItem, Effect, ItemScore, Question, Regrade
from assessments.rules.exams import percent_of
from assessments.rules.kinds import kind_of
from courses.models import ContentState, Lesson

UNIT = Decimal("0.0001")


def counts(item: AttemptItem) -> bool:
    """Whether the item is to be scored: it is not voided, neither in this attempt nor by a correction."""
    correction = item.version.answer_key.correction
    return not item.voided and (correction is None or correction.effect != Effect.VOID)


def counted(items: Sequence[AttemptItem]) -> Sequence[AttemptItem]:
    """The items that are scored. Where corrections leave none they void nothing: a result needs a question."""
    return [item for item in items if counts(item)] or [item for item in items if not item.voided]


def mark_of(item: AttemptItem) -> Decimal:
    """The item's mark between 0 and its maximum, four decimals. The item comes with version, key and current event."""
    return mark_under(item, item.version.answer_key.correction)


def mark_under(item: AttemptItem, correction: Regrade | None) -> Decimal:
    """The mark as it is under a correction, applied or not; None is the key as it was published.

    A question that counts no more is marked by its published key: practice still shows it.
    """
    if correction is not None and correction.effect == Effect.FULL:
        return item.max_mark
    if item.current_event is None:
        return Decimal(0)
    version = item.version
    answers = correction.answers if correction and correction.effect == Effect.KEY else version.answer_key.answers
    share = kind_of(version.kind).score(item.current_event.value, answers, version.rule)
    return (share * item.max_mark).quantize(UNIT, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class LookAgain:
    """An objective in which points were lost, and where it is taught: its first lesson, else its course."""

    text: str
    link: str


@dataclass(slots=True)
class CourseProfile:
    """What a result says of one course: points, its page, and the objectives in which points were lost.

    `by`: "course", "topic", or "" for questions that name neither.
    """

    title: str
    link: str = ""
    score: Decimal = Decimal(0)
    maximum: Decimal = Decimal(0)
    again: list[LookAgain] = field(default_factory=list)
    by: str = ""

    @property
    def percent(self) -> Decimal:
        """The share of the course's points, rounded down."""
        return percent_of(self.score, self.maximum)


def profile_of(attempt: Attempt) -> list[CourseProfile]:
    """The current run by course, in the order of titles. Never names a question. Two queries."""
    lessons = Prefetch("item__question__objective__lessons", Lesson.objects.select_related("course"))
    scores = ItemScore.objects.filter(run_id=attempt.current_run_id)
    scores = scores.select_related("item__question__objective__course").prefetch_related(lessons)
    rows: dict[int | str, CourseProfile] = {}
    for score in scores:
        question = score.item.question
        topic, profile, again = _topic_of(question)
        row = rows.setdefault(topic, profile)
        row.score += score.mark
        row.maximum += score.max_mark
        if score.mark < score.max_mark and again and again not in row.again:
            row.again.append(again)
    return sorted(rows.values(), key=lambda row: row.title)


def _topic_of(question: Question) -> tuple[int | str, CourseProfile, LookAgain | None]:
    """(what it is counted under, its empty row, what to look at again): by course, or by topic where no objective is named."""
    objective = question.objective
    if objective is None:
        by = "topic" if question.topic else ""
        return question.topic, CourseProfile(question.topic or _("Other questions"), by=by), None
    is_open = objective.course.state == ContentState.PUBLISHED
    link = objective.course.get_absolute_url() if is_open else ""
    lesson = next(iter(objective.lessons.all()), None) if is_open else None
    again = LookAgain(objective.text, lesson.get_absolute_url() if lesson else link)
    return objective.course_id, CourseProfile(objective.course.title, link, by="course"), again
