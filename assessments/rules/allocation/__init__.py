"""Where a further mark pays: pure rules that production and the simulator both call. No database, no personal data.

`further_reading` answers, when a reading was sent, whether to decide now or to ask for one more, why, and from whom. It
is given `Beliefs` (`learn`, nightly, from a `MarkTable` of past marks) and a price (`price_of`, nightly, so that the
budget lasts). Severity routes; it never changes a mark. Source: rules.md 5; reviews.md, Further marks.
"""

from assessments.rules.allocation.asking import (
    NEW_GRADER_READINGS,
    OUTSIDE_BUDGET,
    Case,
    Given,
    Reason,
    Wish,
    further_reading,
)
from assessments.rules.allocation.beliefs import Beliefs, GraderBelief
from assessments.rules.allocation.learning import learn
from assessments.rules.allocation.prices import BUDGET_DAYS, START_PRICE, Budget, past_values_of, price_of
from assessments.rules.allocation.scales import Scale
from assessments.rules.allocation.tables import MarkTable, PastReading, table_of

__all__ = [
    "BUDGET_DAYS", "NEW_GRADER_READINGS", "OUTSIDE_BUDGET", "START_PRICE", "Beliefs", "Budget", "Case", "Given",
    "GraderBelief", "MarkTable", "PastReading", "Reason", "Scale", "Wish", "further_reading", "learn", "past_values_of",
    "price_of", "table_of",
]  # fmt: skip
