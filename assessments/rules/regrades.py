"""What a correction of a question may say, and what it changes for an attempt."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from assessments.models import AttemptItem, Effect, ItemScore, Question, QuestionVersion, Regrade, RegradeChange
from assessments.models.attempts import CLOSED
from assessments.models.regrades import RegradeState
from assessments.rules.attempts import why_not_by
from assessments.rules.banks import as_kept
from assessments.rules.exams import is_passed
from assessments.rules.kinds import OptionRow, WrittenOption, kind_of
from assessments.rules.kinds.short_text import normal
from assessments.rules.option_lines import rows_of, write_lines, written_options
from assessments.rules.scoring import mark_under
from courses.lib.people import Person
from courses.lib.refusals import Refusal


def corrected_answers(version: QuestionVersion, options: Sequence[WrittenOption]) -> dict[str, Any] | None:
    """The key that these lines make for the options as they were asked; None where they are other options. One query."""
    kind, rows = kind_of(version.kind), rows_of(version)
    wanted = kind.rows(as_kept(version.kind, options))
    known = {_place(row): pk for pk, row in rows.items()}
    if Counter(map(_place, wanted)) != Counter(map(_place, rows.values())):
        return None
    return kind.key_for(as_kept(version.kind, options), [known[_place(row)] for row in wanted])


def _place(row: OptionRow) -> tuple[str, str]:
    return row.group, row.text


def why_not_correct(
    version: QuestionVersion, effect: str, options: Sequence[WrittenOption], reason: str
) -> Refusal | None:
    """Why a correction can't be asked for: no reason, other options than were asked, or nothing that would be right.

    Several options may be right after a correction, also where one was asked for.
    """
    if not reason.strip():
        return Refusal("no-reason", _("Say what is wrong with the question: whoever's result changes reads it."))
    if effect == Effect.VOID and affected(version).filter(attempt__current_run__max_score__lte=F("max_mark")).exists():
        return Refusal("nothing-left", _("Some attempts asked nothing else. Give full marks to all instead."))
    if effect != Effect.KEY:
        return None
    problem = kind_of(version.kind).why_not_written(options, version.rule)
    if problem is not None and problem.code != "not-one-right":
        return problem
    if problem is not None and not any(option.fraction == 1 for option in options):
        return problem
    if corrected_answers(version, options) is None:
        return Refusal(
            "other-options", _("A correction changes what is right, not what was asked: the options must stay.")
        )
    return None


def why_not_propose(version: QuestionVersion) -> Refusal | None:
    """Why no other correction can be asked for: one of this version is open. One query."""
    if version.regrades.exclude(state__in=[RegradeState.APPLIED, RegradeState.DROPPED]).exists():
        return Refusal("regrade-open", _("Another correction of this question is open. Apply or drop it first."))
    return None


def affected(version: QuestionVersion) -> QuerySet[AttemptItem]:
    """The items of this version in scored attempts that count, with what `change_of` reads."""
    items = AttemptItem.objects.filter(version=version, voided=False, attempt__state__in=CLOSED)
    items = items.filter(attempt__current_run__isnull=False)
    return items.select_related(
        "version__answer_key", "current_event", "attempt__current_run", "attempt__exam_version"
    ).order_by("attempt_id")


def marks_before(items: Iterable[AttemptItem]) -> dict[int, Decimal]:
    """Each item's mark in the run that counts now; voided ones are missing. One query."""
    by_run = {item.attempt.current_run_id: item.pk for item in items}
    rows = ItemScore.objects.filter(run__in=by_run, item__in=by_run.values())
    return dict(rows.values_list("item_id", "mark"))


def change_of(regrade: Regrade, item: AttemptItem, before: Decimal | None) -> RegradeChange | None:
    """What the correction changes for the item's attempt; None where mark and maximum stay. `before`: None if voided.

    None too where nothing would be left to score: that attempt keeps its result.
    """
    after = None if regrade.effect == Effect.VOID else mark_under(item, regrade)
    if after == before:
        return None
    attempt, run = item.attempt, item.attempt.current_run
    assert run is not None  # `affected` leaves the others out
    score = run.score - (before or 0) + (after or 0)
    maximum = run.max_score - (0 if before is None else item.max_mark) + (0 if after is None else item.max_mark)
    if maximum <= 0:
        return None
    return RegradeChange(
        regrade=regrade,
        attempt=attempt,
        mark_before=before,
        mark_after=after,
        score_before=run.score,
        score_after=score,
        maximum_before=run.max_score,
        maximum_after=maximum,
        passed_before=run.passed,
        passed_after=is_passed(score, maximum, attempt.exam_version.pass_percent),
    )


def why_not_apply(regrade: Regrade, by: Person) -> Refusal | None:
    """Why this person may not apply it: their own result would change. One query. Source: rules.md 3.21."""
    if regrade.changes.filter(attempt__learner_id=by.pk, attempt__scored=True).exists():
        return Refusal("own-attempt", _("This changes your own result. A colleague has to apply it."))
    return None


def why_not_decide(change: RegradeChange, reason: str, by: Person) -> Refusal | None:
    """Why nothing can be decided about a pass: it is one's own, none is at stake, it was decided, or no reason is given."""
    if own := why_not_by(change.attempt, by):
        return own
    if change.outcome != "open":
        return Refusal("nothing-to-decide", _("No pass waits for a decision here."))
    if not reason.strip():
        return Refusal("no-reason", _("Say why: the decision is kept with your name."))
    return None


def why_not_restore(question: Question) -> Refusal | None:
    """Why no attempt may draw it again: as it stands it gives its mark to everybody, or to nobody. One query."""
    corrections = Regrade.objects.filter(version=question.current_version_id, state=RegradeState.APPLIED)
    if corrections.exclude(effect=Effect.KEY).exists():
        return Refusal("corrected-away", _("As it stands it tests nobody since its correction. Write it anew first."))
    return None


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Typed answers that gave nothing, alike once normalised: how often, and one of them as it was typed."""

    text: str
    times: int


def unmatched_answers(version: QuestionVersion, limit: int = 100) -> list[Unmatched]:
    """Typed answers of closed attempts that give nothing now, the most frequent first. One query."""
    found: Counter[str] = Counter()
    first: dict[str, str] = {}
    items = AttemptItem.objects.filter(version=version, attempt__state__in=CLOSED, current_event__answered=True)
    correction = version.answer_key.correction
    for item in items.select_related("version__answer_key", "current_event").iterator(chunk_size=2000):
        value = item.current_event.value if item.current_event else ""
        if mark_under(item, correction) == 0:
            alike = normal(str(value), fold=version.rule != "same_case")
            found[alike] += 1
            first.setdefault(alike, str(value))
    return [Unmatched(first[alike], times) for alike, times in found.most_common(limit)]


def lines_with(version: QuestionVersion, accepted: Sequence[str]) -> str:
    """The lines to propose where typed answers are accepted too: those that stand, and a whole mark for each new one."""
    new = [
        WrittenOption(text.replace("*", r"\*") if version.kind == "short_text" else text, Decimal(1))
        for text in accepted
    ]
    return write_lines([*written_options(version, rows_of(version)), *new])
