"""Marks of items, and what a result says by course."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from assessments.models import Attempt, AttemptItem, Effect, ItemScore, Question, Regrade
from assessments.rules.exams import percent_of
from assessments.rules.kinds import kind_of

UNIT = Decimal("0.0001")


def counts(item: AttemptItem) -> bool:
    """Whether the item is scored at all: it is not voided, neither in this attempt nor by a correction."""
    correction = item.version.answer_key.correction
    return not item.voided and (correction is None or correction.effect != Effect.VOID)


def mark_of(item: AttemptItem) -> Decimal:
    """The item's mark between 0 and its maximum, four decimals. The item comes with version, key and current event."""
    return mark_under(item, item.version.answer_key.correction)


def mark_under(item: AttemptItem, correction: Regrade | None) -> Decimal:
    """The mark as it is under a correction, applied or not; None is the key as it was published."""
    if correction is not None and correction.effect == Effect.FULL:
        return item.max_mark
    if item.current_event is None:
        return Decimal(0)
    version = item.version
    answers = correction.answers if correction is not None else version.answer_key.answers
    share = kind_of(version.kind).score(item.current_event.value, answers, version.rule)
    return (share * item.max_mark).quantize(UNIT, rounding=ROUND_HALF_EVEN)


@dataclass(slots=True)
class CourseProfile:
    """What a result says of one course: points, and the objectives in which points were lost."""

    title: str
    score: Decimal = Decimal(0)
    maximum: Decimal = Decimal(0)
    again: list[str] = field(default_factory=list)

    @property
    def percent(self) -> Decimal:
        """The share of the course's points, rounded down."""
        return percent_of(self.score, self.maximum)


def profile_of(attempt: Attempt) -> list[CourseProfile]:
    """The current run by course, in the order of titles. Never names a question. One query."""
    scores = ItemScore.objects.filter(run_id=attempt.current_run_id).select_related("item__question__objective__course")
    rows: dict[int | str, CourseProfile] = {}
    for score in scores:
        question = score.item.question
        topic, title, again = _topic_of(question)
        row = rows.setdefault(topic, CourseProfile(title))
        row.score += score.mark
        row.maximum += score.max_mark
        if score.mark < score.max_mark and again and again not in row.again:
            row.again.append(again)
    return sorted(rows.values(), key=lambda row: row.title)


def _topic_of(question: Question) -> tuple[int | str, str, str]:
    """(what it is counted under, heading, what to look at again): course and objective, or the topic where none is named."""
    if question.objective is None:
        return question.topic, question.topic or "Other questions", ""
    return question.objective.course_id, question.objective.course.title, question.objective.text
