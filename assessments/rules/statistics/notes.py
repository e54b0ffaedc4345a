"""What a reader must know beside the figures: units, what they rest on, and why one is missing."""

from assessments.rules.statistics.bootstrap import DRAWS, SEED
from assessments.rules.statistics.distractors import FLAGS_FROM
from assessments.rules.statistics.rater_figures import RaterFigures, Scale
from assessments.rules.statistics.severity import MOST_RATERS


def unit_note(items_each: float, full: float) -> str:
    """The unit of totals."""
    return (
        f"Totals, their mean and standard deviation, and sem are in marks: the sum over {items_each:g} items, {full:g} at most. "
        "Facilities are shares of 1; what ends in _percent is in points of 100."
    )


METHOD_NOTE = (
    "Variances are those of a sample (n - 1). Intervals hold 95 % and come from "
    f"{DRAWS:,} draws of persons with seed {SEED}; alpha_interval_feldt comes from the F distribution."
)


def forms_notes(*, one_form: bool, n: int, persons: int) -> list[str]:
    """What reliability rests on where not everybody saw everything."""
    if not one_form and persons:
        return [
            "Fewer than half of the persons saw every item, so these are drawn forms: alpha is undefined, phi takes its place, "
            "and totals are shares of the items that a person saw."
        ]
    if n < persons:
        return [f"{n} of {persons} persons saw every item; alpha, sem and decision rest on them."]
    return []


def empty_notes(*, persons: int, items: int) -> list[str]:
    """Rows and columns without a mark."""
    found = [f"{persons} without any mark left out of all figures."] if persons else []
    return found + ([f"{items} items that nobody saw have no figures."] if items else [])


def decision_notes(*, cut: float | None, decided: bool) -> list[str]:
    """Why decision figures are missing, or how the cut was taken."""
    if cut is None:
        return ["No cut was given, so there are no decision figures."]
    if not decided:
        return ["Decision figures need totals that vary and a reliability between 0 and 1."]
    return [
        "Decision figures follow Livingston and Lewis: the effective length is rounded to whole items, and the cut on it is "
        "rounded up, since a pass must reach it. quick_ figures are those of two normal scores (Peng and Subkoviak)."
    ]


def flags_notes(persons: int) -> list[str]:
    """That flags wait."""
    if persons >= FLAGS_FROM:
        return []
    return [f"Flags need {FLAGS_FROM} persons for an item, because on fewer they would mostly be chance."]


def rater_notes(figures: RaterFigures, scale: Scale | None) -> list[str]:
    """What agreement and severity rest on, and why a figure is missing."""
    return [
        "Agreement, kappa and alpha are about each unit on each criterion; ICC and severity about totals over criteria.",
        *_kappa_notes(figures, scale),
        *(["ICC(2,1) needs a complete table: every rater scored every unit."] if figures.icc_2_1 is None else []),
        *_severity_notes(figures),
    ]


def _kappa_notes(figures: RaterFigures, scale: Scale | None) -> list[str]:
    if figures.kappa_quadratic is not None:
        return []
    if figures.raters != 2:
        return [f"Kappa is a figure of two raters; there are {figures.raters}."]
    outside = f", and no score outside {scale.low} to {scale.high}" if scale else ""
    return [f"Kappa needs units that both raters scored, scores that differ{outside}."]


def _severity_notes(figures: RaterFigures) -> list[str]:
    if figures.raters > MOST_RATERS:
        return [f"Severity is estimated for at most {MOST_RATERS:,} raters."]
    known = [one for one in figures.severity.values() if one.estimate is not None]
    told = ["Severity compares raters on units that several of them scored: below 0 severe, above 0 lenient."]
    if len(known) < len(figures.severity):
        told.append("It is unknown of raters who share no unit with others, and where too few units are shared.")
    if any(one.standard_error is None for one in known):
        told.append("Raters fall into groups without a unit in common; how these lie to each other can't be said.")
    return told
