"""What the lead asked the simulator: what if there were fewer graders, more work, another budget?"""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from assessments.models.statistics import Computation


class Forecast(Computation):
    """One question to the simulator, and its answer once it is computed. Personal data: who asked.

    `today`, `asked`: `rules/simulation.WorldOptions` as the queue is and as it might be. `sources`: what `today` was taken
    from, as [{"name", "value", "source"}]. `figures`: {"today", "asked": figures by policy, "range": [figures of the
    policy in use with "graders"], "runs"}.
    """

    graders = models.PositiveSmallIntegerField(validators=[MinValueValidator(2), MaxValueValidator(60)])
    today: Any = models.JSONField()
    asked: Any = models.JSONField()
    sources: Any = models.JSONField(default=list)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(graders__gte=2, graders__lte=60), name="forecast_graders_can_be_played")
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(computed_at__isnull=True), name="forecast_due")]

    def __str__(self) -> str:
        return f"{self.graders} graders instead of {self.today['graders']}"
