"""Practice: questions kept for it, with feedback at once. It counts for nothing, and never touches an exam's questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from assessments.models import Attempt, AttemptItem, AttemptState, Exam, Option, Question
from assessments.models.attempts import LIVE
from assessments.rules.attempts import is_overdue
from assessments.rules.deliveries import Delivered, deliver
from assessments.rules.kinds import OptionRow, kind_of
from assessments.rules.option_lines import written_options
from assessments.rules.scoring import mark_of
from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.models.content import ContentState

MOST = 10
"""Questions in one round."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What practice says of an answer. `share`: of the mark, 0 to 1; `answers`: the right ones in words."""

    share: Decimal
    feedback: Sequence[str]
    rationale: str
    answers: Sequence[str]

    @property
    def is_right(self) -> bool:
        """The whole mark."""
        return self.share == 1


@dataclass(frozen=True, slots=True)
class Practised:
    """One question of a round: what is shown, and what is said once it was answered."""

    question: Delivered
    checked: Checked | None


def why_not_practise(exam: Exam, questions: int) -> Refusal | None:
    """Why there is nothing to practise: the exam isn't open, or its bank keeps no question for practice."""
    if exam.state != ContentState.PUBLISHED or exam.current_version is None:
        return Refusal("exam-not-open", _("This exam isn't open now."))
    if not questions:
        words = _("No practice questions are written for this exam yet.")
        return Refusal("no-practice", words, exam.get_absolute_url(), _("To the exam"))
    return None


def why_not_answer(attempt: Attempt) -> Refusal | None:
    """Why no answer is taken as practice: it is an exam, or the round is over."""
    if attempt.scored or attempt.state != AttemptState.IN_PROGRESS:
        return Refusal("not-practice", _("This is no practice round that is going on."))
    return None


def rounds_of(learner: Person, exam: Exam) -> list[Attempt]:
    """The learner's practice rounds at this exam, newest first. One query."""
    mine = Attempt.objects.filter(learner_id=learner.pk, exam=exam, scored=False)
    return list(mine.select_related("current_run").order_by("-started_at"))


def open_round(rounds: Sequence[Attempt], now: datetime) -> Attempt | None:
    """The round that goes on, None without one. `rounds`: from `rounds_of`."""
    return next((one for one in rounds if one.state in LIVE and not is_overdue(one, now)), None)


def practised(attempt: Attempt) -> list[Practised]:
    """The round's questions in order, each with what practice says of its answer. Four queries, whatever their number.

    Reads keys: `checked` speaks of practice questions in practice rounds only. Source: rules.md 3.28.
    """
    items = list(
        attempt.items.select_related("question", "version__answer_key__correction", "current_event").order_by(
            "position"
        )
    )
    rows = _rows_of(items)
    checked = [check(attempt, item, rows.get(item.version_id, {})) for item in items]
    return [Practised(question, one) for question, one in zip(deliver(attempt), checked, strict=True)]


def _rows_of(items: Sequence[AttemptItem]) -> dict[int, dict[int, OptionRow]]:
    """The stored options by version, in the authors' order. One query."""
    found: dict[int, dict[int, OptionRow]] = {}
    options = Option.objects.filter(version__in=[item.version_id for item in items]).order_by("version", "position")
    for option in options:
        found.setdefault(option.version_id, {})[option.pk] = OptionRow(option.text, option.pinned_last, option.group)
    return found


def check(attempt: Attempt, item: AttemptItem, rows: Mapping[int, OptionRow]) -> Checked | None:
    """What practice says of the item's answer; nothing before there is one, nothing ever outside practice. No query."""
    event, version = item.current_event, item.version
    if attempt.scored or not item.question.practice_only or event is None or not event.answered:
        return None
    lines, kind = written_options(version, rows), kind_of(version.kind)
    met = kind.met(event.value, list(rows), version.answer_key.answers)
    return Checked(
        share=mark_of(item) / item.max_mark,
        feedback=[lines[index].feedback for index in met if lines[index].feedback],
        rationale=version.answer_key.rationale,
        answers=[
            f"{one.text} → {one.match}" if one.match else one.text for one in lines if one.fraction > 0 and one.text
        ],
    )


def score_of(round_: Sequence[Practised]) -> tuple[int, int]:
    """(wholly right, asked)."""
    return sum(bool(one.checked and one.checked.is_right) for one in round_), len(round_)


def why_not_use_otherwise(question: Question, *, practice_only: bool) -> Refusal | None:
    """Why a question can't move between exams and practice: learners have seen its answer, or are being asked it. One query.

    Source: rules.md 3.28.
    """
    items = AttemptItem.objects.filter(question=question)
    if practice_only and items.filter(attempt__scored=True, attempt__state__in=("in_progress", "paused")).exists():
        return Refusal(
            "asked-now", _("Somebody is being asked this question in an exam. Try again when they have handed in.")
        )
    if not practice_only and items.filter(attempt__scored=False).exists():
        words = _("Learners have seen its answer in practice. Write a new question for the exam instead.")
        return Refusal("was-practised", words)
    return None
