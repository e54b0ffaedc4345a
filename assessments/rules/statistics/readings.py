"""Figures in plain words, for people who decide with them and aren't statisticians."""

from collections.abc import Iterable, Iterator, Mapping
from math import floor
from typing import Any

from scipy.special import bdtrc

from assessments.rules.statistics.bootstrap import DRAWS
from assessments.rules.statistics.distractors import FLAGS, FLAGS_FROM
from assessments.rules.statistics.reading import MOST_PERSONS
from assessments.rules.statistics.tables import CONSTANT

FEWEST = 10
"""People below which nothing is said but what happened: intervals from fewer don't hold what they promise."""

ITEM_FLAGS = {
    "negative": "Those who know more do worse here. Look at the wording and at the key.",
    "exposure-alarm": "Given in more than 30 % of the attempts of 90 days. More questions of its kind would protect it.",
    "exposure-review": "Given in more than 50 % of the attempts of 90 days. Many may know it: think of retiring it.",
}
LABELS = {
    "negative": "works backwards",
    "key": "is the key right?",
    "attractive": "a wrong option attracts",
    "unused": "an option is hardly chosen",
    "exposure-alarm": "given often",
    "exposure-review": "given very often",
}
ABOUT_EXPOSURE = frozenset({"exposure-alarm", "exposure-review"})


def is_odd(flags: Iterable[str]) -> bool:
    """Whether a flag is about the question itself; in a small bank every question is given often."""
    return any(flag not in ABOUT_EXPOSURE for flag in flags)


def told(flag: str) -> str:
    """What a flag asks for."""
    return ITEM_FLAGS.get(flag) or FLAGS[flag]


def why_too_few(persons: int, figures: Mapping[str, Any]) -> str:
    """Why nothing can be said of an exam yet: too few people, or nobody differs; "" where something can."""
    if persons < FEWEST:
        sat = "1 person has" if persons == 1 else f"{persons} people have"
        return (
            f"{sat} sat this exam so far. How reliable it is and what a pass is worth can be said from {FEWEST} people "
            f"on, what is odd about a question from {FLAGS_FROM}. Until then you see what happened, and no more."
        )
    if (figures["sd"] or 0) < CONSTANT:
        return (
            f"All {persons} people have the same total. Only people who differ can show how well the exam tells them "
            "apart."
        )
    return ""


def methods_of(persons: int, figures: Mapping[str, Any]) -> list[str]:
    """How the figures of a page came about, in its own words and units."""
    drawn, decided = figures["forms"] != "one", figures["decision"]["consistency"] is not None
    return [
        "Each person counts with the first attempt that counts. Totals are shares of the marks, errors points of 100.",
        f"The spans hold in 95 of 100 cases; they come from drawing the people again {DRAWS:,} times.",
        *(
            ["People were asked different questions, so reliability is phi, which allows for easier and harder exams."]
            if drawn
            else ["Reliability is Cronbach's alpha."]
        ),
        *(
            [f"{figures['n']} of {persons} saw every question; the figures of the exam rest on them."]
            * (not drawn and figures["n"] < persons)
        ),
        *(
            [
                "What a pass is worth follows Livingston and Lewis; the quick check takes totals as normal "
                "(Peng and Subkoviak)."
            ]
            * decided
        ),
        *([f"The newest {MOST_PERSONS:,} people were taken."] * (persons >= MOST_PERSONS)),
    ]


def readings_of(persons: int, figures: Mapping[str, Any]) -> list[str]:
    """Sentences about reliability, error, decisions, exposure, and what waits for more people; none from too few."""
    if not persons or why_too_few(persons, figures):
        return []
    return [
        *_reliability(figures),
        *_error(figures),
        *_decision(figures["decision"], figures["cut_percent"]),
        *_exposure(figures["exposure"]),
        *(
            [f"Flags wait for {FLAGS_FROM} people at a question; {persons} sat the exam so far."]
            * (persons < FLAGS_FROM)
        ),
    ]


def reliability_of(figures: Mapping[str, Any]) -> tuple[float | None, list[float] | None, str]:
    """Alpha with one form, phi with drawn ones: value, interval and name."""
    name = "alpha" if figures["forms"] == "one" else "phi"
    return figures[name], figures[f"{name}_interval"], name


def _reliability(figures: Mapping[str, Any]) -> Iterator[str]:
    value, interval, name = reliability_of(figures)
    if value is None:
        yield "How reliable the totals are can't be said: too few people, or all have the same total."
        return
    if value <= 0:
        yield f"The totals don't tell people apart: {name} is {value:.2f}, and only above 0 there is something to tell."
        return
    span = f" (between {_hundredth(interval[0])} and {_hundredth(interval[1])})" if interval else ""
    yield (
        f"Of 100 parts of the difference between people's totals, {_hundredth(value)}{span} are what they know. "
        "The rest is chance of the day and of the questions."
    )


def _error(figures: Mapping[str, Any]) -> Iterator[str]:
    error, at_cut = figures["sem_percent"], figures["sem_at_cut_percent"]
    if error is not None:
        yield f"In two sittings of three, a total lies within {error:.1f} points of 100 of what the person knows."
    if at_cut is not None:
        yield f"Near the pass mark of {_plain(figures['cut_percent'])} % that is {at_cut:.1f} points."


def _decision(decision: Mapping[str, Any], cut: float) -> Iterator[str]:
    if decision["consistency"] is None:
        yield "How much a pass is worth can't be said yet: that needs totals that tell people apart."
        return
    span, same = decision["consistency_interval"], _hundredth(decision["consistency"])
    about = f" (between {_hundredth(span[0])} and {_hundredth(span[1])})" if span else ""
    yield f"Of 100 people who sat a second exam like this one, {same}{about} would get the same result."
    passed, failed = _hundredth(decision["false_pass"]), _hundredth(decision["false_fail"])
    yield (
        f"Of 100 results, {_hundredth(decision['accuracy'])} fit what the person knows; "
        f"{passed} passed and know too little, {failed} failed and know enough."
    )
    items = floor(decision["effective_length"] + 0.5)
    passing = float(bdtrc(decision["points_needed"] - 1, items, cut / 100))
    yield f"Of 100 who were right at the border, {_hundredth(passing)} would pass: there the exam can't tell."


def _exposure(exposure: Mapping[str, Any]) -> Iterator[str]:
    if exposure["overlap"] is not None:
        yield f"Two people's exams have {_hundredth(exposure['overlap'])} of 100 questions in common, on average."


def _hundredth(share: float) -> str:
    """A share of 1 as a whole number of 100."""
    return f"{share * 100:.0f}"


def _plain(number: float) -> str:
    return f"{number:g}"
