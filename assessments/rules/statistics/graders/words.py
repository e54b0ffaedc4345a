"""Figures of graders in plain words: bands of severity, why somebody is flagged, and what to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assessments.rules.listening import ENOUGH_PERCENT
from assessments.rules.statistics.agreement import Z95
from assessments.rules.statistics.graders.flags import FEWEST
from assessments.rules.statistics.graders.habits import LATELY

BANDS = {
    "severe": "more severe than the others",
    "same": "about the same as the others",
    "lenient": "more lenient than the others",
    "unknown": "not yet known",
}
TOGETHER = "Mark two recordings together, criterion by criterion, and say at each what makes the level."
LISTEN = "Ask how they mark. Pause them under Graders until it is settled, and have their latest work read again."


@dataclass(frozen=True, slots=True)
class ToldFlag:
    """A flag in a few words, why it was raised, and what to do."""

    label: str
    reason: str
    deed: str


def _severity(own: float, word: str) -> str:
    return f"gives {abs(own):.1f} points of 25 {word} than others do for the same work"


def _spread(own: float, pool: float) -> str:
    return f"totals differ by {own:.1f} points of 25 from one work to the next, the others' by {pool:.1f}"


FLAGS: dict[str, tuple[str, Callable[[float, float], str], str]] = {
    "harsh": ("harsh", lambda own, _: _severity(own, "less"), TOGETHER),
    "lenient": ("lenient", lambda own, _: _severity(own, "more"), TOGETHER),
    "random": (
        "marks like chance",
        lambda own, pool: f"marks vary {own / pool:.1f} times as much as the others', without the work explaining it",
        LISTEN,
    ),
    "unrelated": (
        "marks don't follow the work",
        lambda own, pool: (
            f"totals rise and fall with those of others on the same work hardly at all: {own:.2f}, where {pool:.2f} is usual"
        ),
        LISTEN,
    ),
    "same": ("the same for everybody", _spread, LISTEN),
    "central": (
        "keeps to the middle",
        _spread,
        "Show recordings at both ends of the scale, and what the rubric says of them.",
    ),
    "halo": (
        "one level for all criteria",
        lambda own, pool: (
            f"marks of one work differ {own / pool * 100:.0f} % as much between criteria as the others' do"
        ),
        "Ask for a note at each criterion: what was heard, and when.",
    ),
    "unheard": (
        "sends without having heard",
        lambda own, _: (
            f"{own * 100:.0f} % of the readings were sent with less than {ENOUGH_PERCENT} % of the recording heard"
        ),
        "Read the reasons that were given, under Reviews. Ask about those that don't explain it.",
    ),
    "hasty": (
        "too fast to have listened",
        lambda own, _: (
            f"{own * 100:.0f} % of the readings took less time than the recording does at 1.5 times its speed"
        ),
        LISTEN,
    ),
    "faster": (
        "suddenly twice as fast",
        lambda own, pool: (
            f"took {own:.1f} times a recording's length in the last {LATELY} readings, {pool:.1f} times before that"
        ),
        "Ask what changed. Tired graders are fast graders: shorter days help.",
    ),
}
"""By name: a label, the reason from own and pool figure, and what to do."""


def told_flag(flag: Mapping[str, Any]) -> ToldFlag:
    """A stored flag (`Flag`) in words."""
    label, reason, deed = FLAGS[flag["name"]]
    text = reason(flag["own"], flag["pool"])
    return ToldFlag(label, f"{text[0].upper()}{text[1:]} (n = {flag['n']}).", deed)


def band_in_words(severity: Mapping[str, Any]) -> str:
    """A stored `SeverityBand` in words with its n; with its number once that says more."""
    words, n = BANDS[severity["band"]], f"(n = {severity['shared']})"
    if severity["band"] == "unknown":
        return words
    if not severity["is_exact"]:
        return f"{words} {n}"
    points = f"{abs(severity['estimate']):.1f} points of 25 {'less' if severity['estimate'] < 0 else 'more'}"
    return f"{words}: {points}, give or take {Z95 * severity['standard_error']:.1f} {n}"


def why_no_severity(severity: Mapping[str, Any]) -> str:
    """Why a severity is not yet known; "" where it is."""
    if severity["band"] != "unknown":
        return ""
    return f"Takes about 35 works that somebody else read too; so far {severity['shared']}."


def too_few(works: int) -> str:
    """Why agreement isn't told yet; "" where it is."""
    if works >= FEWEST:
        return ""
    have = "none" if works == 0 else works
    return f"Said from {FEWEST} works on that two graders read; so far {have}."


def pace_in_words(pace: Mapping[str, Any], pool: float | None) -> str:
    """A stored `Pace` against the pool's middle."""
    if pace["n"] < FEWEST:
        return f"Said from {FEWEST} readings of recordings on; so far {pace['n'] or 'none'}."
    others = f"; the middle one of the others takes {pool:.1f}" if pool else ""
    return f"{pace['middle']:.1f} minutes for each minute of recording{others} (n = {pace['n']})."


def heard_in_words(heard: Mapping[str, Any] | None) -> str:
    """A stored `Heard`; None where it was stored before that was known."""
    if not heard or not heard["n"]:
        return "Nothing is known yet of what was played."
    below = f"less than {ENOUGH_PERCENT} % in {heard['below'] or 'none'} of them"
    return f"{heard['percent']:.0f} % of the recordings on average, {below} (n = {heard['n']})."


def scale_in_words(figures: Mapping[str, Any]) -> list[str]:
    """How a grader uses the scale, from stored `GraderFigures`."""
    told = []
    if figures["spread"] is not None and figures["readings"] >= FEWEST:
        told.append(
            f"Totals differ by {figures['spread']:.1f} points of 25 from one work to the next (standard deviation); "
            f"the others' by {figures['pool_spread']:.1f}."
        )
    if figures["halo"] is not None and figures["pool_halo"] is not None and figures["readings"] >= FEWEST:
        told.append(
            f"Criteria go together at {figures['halo']:.2f} (mean correlation); with the others at {figures['pool_halo']:.2f}. "
            "Near 1, every criterion gets the same level, whatever was heard."
        )
    return told or [
        f"Said from {FEWEST} readings on, and where others read the same practical; so far {figures['readings']}."
    ]


def methods_of(since: str) -> list[str]:
    """How the figures came about."""
    return [
        f"Readings since {since} count; calibration stands apart. Figures are computed after two at night, UTC.",
        "Agreement compares two graders' marks on the same criterion of the same work, and their results. Spans are those of "
        "Wilson and hold in 95 of 100 cases.",
        "Severity compares graders only where they read the same work, so it doesn't matter who got the better work. It never "
        "changes anybody's marks.",
    ]
