"""What the demo's people wrote."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from assessments.rules.worksheets import value_of

CALLS = {
    "pains": (
        "Faulty releases: eight repairs of twelve person-days, 96 days a year, named by the head of engineering (02:12). "
        "Penalties: 15,000 euros for each faulty release with two insurers, named by finance (06:10). They have no total: how "
        "many of the eight were in those contracts? Customer service: from 400 to 800 calls in that week (11:38)."
    ),
    "missed_opening": (
        "06:10, the penalty. The seller went on to the build tools. I would have asked: "
        "“How often did you pay it last year, and who signs that off?”"
    ),
    "objection": (
        "First the price, 30,000 a year (03:15). Behind it a move that took eight months instead of six weeks (03:36). "
        "The comparison was answered with 35,400 against 30,000; how long ours takes was never answered."
    ),
    "next_steps": (
        "Plan of the pilot: seller, Tuesday.\nTeam lead named: IT director, Friday.\nNetwork access: no owner, no date; I would "
        "ask the head of security for both before hanging up.\nMeeting after the pilot: no date."
    ),
    "own_words": (
        "Keep, call 2, 03:24: “Is it the sum, or what it is compared with?” Change, call 1, 15:10: “Then I show you two "
        "workflows” into “What would your colleague need to see to hand one release over?” I expect the name of somebody new."
    ),
}
CALL_NOTES = (
    "Call one: I wanted to know who else decides, and learned that finance had never been asked. I am content with the silence "
    "after the price. I would like to have back the moment in which I explained instead of asking. We agreed on a meeting with "
    "finance.\n\nCall two: a review that I had prepared badly. I learned that their release day had moved. I am content that I "
    "said so. I would like to have the first five minutes back. They send us their dates by Friday."
)
BUILD = b"""# A check that stops a weak change

1. Make a project from the sample application and open a merge request that brings in an old library.
2. Switch dependency scanning on in the pipeline's file, and ask for an approval where the finding is critical.
3. Run it twice. The second run gives the same two findings.

Tried in vain: a rule for every finding. People approve everything then.
"""
FIGURES = (
    "people",
    "hours_week",
    "weeks_year",
    "hour_cost",
    "faults",
    "fault_each",
    "users",
    "price",
    "setup_days",
    "day_cost",
)
BRIEFS = {
    "tarnlake-bank": (64, 2, 44, 110, 9, 14_000, 64, 1_100, 60, 900),
    "meridian-textbooks": (36, 3, 43, 42, 11, 3_800, 36, 290, 85, 320),
    "kestrel-outdoor": (18, 4, 45, 48, 6, 9_500, 18, 350, 22, 400),
    "hollins-instruments": (52, 5, 42, 680, 2, 1_300_000, 52, 9_800, 240, 7_200),
}
SHARES = {"time_share": "20", "fault_share": "40"}
WORDS = {
    "why_so_much": "Half of the waiting has another cause, and I leave a reserve. Of the faults I count what began in one step.",
    "story": (
        "Your people wait every week, and you told us how long. Several times last year your customers noticed. A fifth of the "
        "waiting and two of five faults can go. The sheet counts this once, with your figures. It is more than the first year "
        "costs. I would like you to decide on one team, for ten weeks."
    ),
    "weakest": "The fifth of the waiting. I would count it in one team for two weeks, together with their lead, before you sign.",
    "against": "With half of the gain it gets tight. Then we begin with the team that waits most, and you decide again.",
}


def roi_of(brief: str, worksheet: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The ROI case for the customer of a brief, with results that follow from its figures."""
    typed = {name: str(figure) for name, figure in zip(FIGURES, BRIEFS[brief], strict=True)} | SHARES
    for field in worksheet:
        if field["kind"] == "result":
            found = value_of(field["formula"], {name: Decimal(figure) for name, figure in typed.items()})
            typed[field["slug"]] = str(found.quantize(Decimal("0.01"))) if found is not None else ""
    return typed | WORDS


def begun_roi(brief: str) -> dict[str, str]:
    """The same, begun: the first figures, and a sum that does not follow from them."""
    first = dict(zip(FIGURES[:4], map(str, BRIEFS[brief]), strict=False))
    return first | {"time_cost": "460,000"}
