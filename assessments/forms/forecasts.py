"""What the lead changes in today's world."""

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from assessments.rules.forecasts import MOST_GRADERS, Seed, works_of
from assessments.rules.simulation.worlds import WorldOptions


class WhatIfForm(forms.Form):
    """The other case: how many graders, how much work, how many further readings."""

    graders = forms.IntegerField(min_value=2, max_value=MOST_GRADERS, help_text=gettext_lazy("From 2 to 60."))
    arrivals = forms.IntegerField(
        min_value=5,
        max_value=500,
        label=gettext_lazy("Handed in a week"),
        help_text=gettext_lazy("From 5 to 500 works, over twenty weeks."),
    )
    further_percent = forms.IntegerField(
        min_value=0,
        max_value=200,
        label=gettext_lazy("Further readings"),
        help_text=gettext_lazy(
            "For each 100 first ones; 25 is usual. The answer compares them with none, and with two for all."
        ),
    )

    def __init__(self, seed: Seed, *args: Any, **kwargs: Any) -> None:
        self.seed = seed
        kwargs["initial"] = {
            "graders": max(2, seed.options.graders - 2),
            "arrivals": seed.arrivals,
            "further_percent": round((seed.options.marks - 1) * 100),
        }
        super().__init__(*args, **kwargs)

    def asked(self) -> WorldOptions:
        """Today's world with what was changed."""
        chosen = self.cleaned_data
        return replace(
            self.seed.options,
            graders=chosen["graders"],
            submissions=works_of(chosen["arrivals"]),
            marks=1 + chosen["further_percent"] / 100,
        )
