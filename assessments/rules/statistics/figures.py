"""All figures of one exam from one table of marks, with their intervals and how to read them."""

from dataclasses import dataclass, field, replace

import numpy as np

from assessments.rules.statistics import classical, consistency, draws, forms, notes
from assessments.rules.statistics.bases import Base, base_of
from assessments.rules.statistics.distractors import FLAGS_FROM
from assessments.rules.statistics.draws import Interval
from assessments.rules.statistics.tables import MarkTable, mean_of, number, numbers, variance_of
from assessments.rules.statistics.true_scores import raw_moments

NEGATIVE = "negative"
"""Flag of an item whose corrected item-total correlation is below 0."""


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One item over the `n` persons who saw it. Facility is a share of 1."""

    name: str
    n: int
    facility: float | None
    facility_interval: Interval
    item_total: float | None
    item_total_corrected: float | None
    item_total_corrected_interval: Interval
    alpha_if_dropped: float | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionFigures:
    """What passing and failing at the cut is worth; all None without a cut. `method` says how it was found."""

    consistency: float | None = None
    consistency_interval: Interval = None
    accuracy: float | None = None
    accuracy_interval: Interval = None
    kappa: float | None = None
    kappa_interval: Interval = None
    false_pass: float | None = None
    false_fail: float | None = None
    effective_length: float | None = None
    points_needed: int | None = None
    method: str = ""
    quick_consistency: float | None = None
    quick_kappa: float | None = None


@dataclass(frozen=True, slots=True)
class ExamFigures:
    """The whole exam. `forms` is "one" where everybody saw the same items, else "drawn".

    Mean, sd and SEM are in marks, those ending in `_percent` in points of 100. `n` persons carry reliability, SEM and
    decision: with one form, those who saw every item.
    """

    persons: int
    items: list[ItemFigures]
    forms: str
    n: int
    mean: float | None
    sd: float | None
    alpha: float | None
    alpha_interval: Interval
    alpha_interval_feldt: Interval
    phi: float | None
    phi_interval: Interval
    sem: float | None
    sem_interval: Interval
    sem_percent: float | None
    sem_at_cut_percent: float | None
    cut_percent: float | None
    decision: DecisionFigures
    notes: list[str] = field(default_factory=list)


def exam_figures(table: MarkTable, *, cut: float | None = None) -> ExamFigures:
    """Every figure of a table of marks; `cut` is the pass mark as a share of 1, reached by a total that is equal to it.

    Ten thousand persons × 40 items take about five seconds, nearly all of it in drawing persons again for the intervals.
    """
    used = table.without_empty()
    base = base_of(used)
    alpha = classical.alpha(base.table.marks) if base.one_form else None
    found = forms.components(used)
    phi = found.phi if found else None
    reliability = alpha if base.one_form else phi
    drawn = draws.drawn_figures(base, cut=cut)
    persons = len(base.table.marks)
    sem = classical.standard_error(base.sd, reliability)
    decision = _decision(base, reliability, cut, drawn)
    return ExamFigures(
        persons=len(used.marks),
        items=_item_rows(table, used, base),
        forms="one" if base.one_form else "drawn",
        n=persons,
        mean=number(mean_of(base.totals) * base.full),
        sd=number(base.sd),
        alpha=alpha,
        alpha_interval=drawn.reliability if alpha is not None else None,
        alpha_interval_feldt=_feldt(alpha, base),
        phi=phi,
        phi_interval=None if base.one_form or phi is None else drawn.reliability,
        sem=sem,
        sem_interval=drawn.sem if sem is not None else None,
        sem_percent=_percent(None if sem is None else sem / base.full),
        sem_at_cut_percent=_percent(None if cut is None else classical.error_at_cut(cut, base.items_each)),
        cut_percent=_percent(cut),
        decision=decision,
        notes=_notes(table, used, base, decision, cut),
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _feldt(alpha: float | None, base: Base) -> Interval:
    persons, items = base.table.marks.shape
    return None if alpha is None else classical.feldt_interval(alpha, persons=persons, items=items)


def _item_rows(table: MarkTable, used: MarkTable, base: Base) -> list[ItemFigures]:
    """One row for every item of the table, also for those that nobody saw."""
    dropped = classical.alphas_if_dropped(base.table.marks) if base.one_form else [None] * len(used.names)
    columns = zip(
        used.names,
        (int(n) for n in used.seen.sum(axis=0)),
        numbers(classical.facilities(used)),
        numbers(classical.item_totals(used, corrected=False)),
        numbers(classical.item_totals(used, corrected=True)),
        dropped,
        draws.item_intervals(used),
        strict=True,
    )
    rows = {
        name: ItemFigures(name, n, share, about if n > 1 else None, whole, rest, around, without, _flags(n, rest))
        for name, n, share, whole, rest, without, (about, around) in columns
    }
    empty = ItemFigures("", 0, None, None, None, None, None, None, ())
    return [rows.get(name, replace(empty, name=name)) for name in table.names]


def _flags(n: int, corrected: float | None) -> tuple[str, ...]:
    return (NEGATIVE,) if n >= FLAGS_FROM and corrected is not None and corrected < 0 else ()


def _decision(base: Base, reliability: float | None, cut: float | None, drawn: draws.DrawnFigures) -> DecisionFigures:
    """Consistency and accuracy at the cut, and the quick check beside them."""
    if cut is None or reliability is None or len(base.totals) < 2:
        return DecisionFigures()
    variance = variance_of(base.totals)
    found = consistency.decisions(raw_moments(base.totals), variance, reliability=reliability, cut=cut)
    if found is None:
        return DecisionFigures()
    whole = bool((base.table.marks == np.round(base.table.marks)).all()) if base.one_form else False
    quick = consistency.quick_check(
        mean_of(base.totals) * base.full,
        base.sd,
        reliability=reliability,
        points=consistency.points_needed(cut, base.full) if whole else cut * base.full + 0.5,
    )
    return DecisionFigures(
        found.consistency,
        drawn.consistency,
        found.accuracy,
        drawn.accuracy,
        found.kappa,
        drawn.kappa if found.kappa is not None else None,
        found.false_pass,
        found.false_fail,
        float(found.length),
        found.points,
        f"Livingston-Lewis, beta with {found.parameters} parameters",
        quick.consistency if quick else None,
        quick.kappa if quick else None,
    )


def _notes(table: MarkTable, used: MarkTable, base: Base, decision: DecisionFigures, cut: float | None) -> list[str]:
    (rows, columns), (persons, items) = table.marks.shape, used.marks.shape
    return [
        *([notes.unit_note(round(base.items_each, 2), round(base.full, 4))] if persons else []),
        notes.METHOD_NOTE,
        *notes.forms_notes(one_form=base.one_form, n=len(base.totals), persons=persons),
        *notes.empty_notes(persons=rows - persons, items=columns - items),
        *notes.decision_notes(cut=cut, decided=decision.consistency is not None),
        *notes.flags_notes(persons),
    ]
