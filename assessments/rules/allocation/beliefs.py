"""What past marks say of graders and of true levels: for choosing further readings, never for a mark.

All in points a criterion: a severity of 0.3 takes 1.5 points off a total of five criteria.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from assessments.rules.allocation.tables import GraderId


@dataclass(frozen=True, slots=True)
class GraderBelief:
    """`severity`: how much lower this grader marks than the pool, shrunken; `doubt`: its variance.

    `error`: variance of a mark's error that severity doesn't explain. `cohort`: how much better than others the work is
    that this grader gets to read first.
    """

    severity: float
    doubt: float
    error: float
    cohort: float = 0.0

    @property
    def noise(self) -> float:
        """The variance of what is left of a mark once the true level and the severity are taken off."""
        return self.error + self.doubt


@dataclass(frozen=True, slots=True)
class Beliefs:
    """`mean`, `variance`: true levels; `error`: error variance of a usual grader; `severity_variance`: among graders;
    `cohort_variance`: among the works that different graders read first. `readings`, `pairs`: what they stand on.

    Without marks: the base world of the specification. Source: reviews.md, The simulator's worlds.
    """

    mean: float = 3.75
    variance: float = 0.32
    error: float = 0.184
    severity_variance: float = 0.078
    cohort_variance: float = 0.01
    readings: int = 0
    pairs: int = 0
    graders: Mapping[GraderId, GraderBelief] = field(default_factory=dict)

    def of(self, grader: GraderId) -> GraderBelief:
        """What is known of a grader; of one without marks, what is known of the pool."""
        return self.graders.get(grader) or GraderBelief(0.0, self.severity_variance, self.error)

    def as_data(self) -> dict[str, Any]:
        """The beliefs for a JSON column; ids of graders become text."""
        return asdict(self) | {"graders": {str(key): asdict(one) for key, one in self.graders.items()}}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Beliefs":
        """What `as_data` gave; {} gives the base world."""
        graders = {int(key): GraderBelief(**one) for key, one in data.get("graders", {}).items()}
        return cls(**{**data, "graders": graders})
