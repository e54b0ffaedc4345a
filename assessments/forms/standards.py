"""Who judges a standard, and what they judge."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q


class JudgesForm(forms.Form):
    """Who judges: people who may open the administration or grade."""

    judges = forms.ModelMultipleChoiceField(
        queryset=get_user_model().objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose two judges or more. Five to ten are usual."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["judges"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        grades = Q(groups__permissions__codename="grade", groups__permissions__content_type__app_label="assessments")
        people = get_user_model()._default_manager.filter(Q(is_staff=True) | grades, is_active=True)
        field.queryset = people.distinct().order_by("email")


class JudgementsForm(forms.Form):
    """A whole number from 0 to 100 for each question; an empty field is one for later."""

    def __init__(self, items: Sequence[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in items:
            self.fields[f"item-{item}"] = forms.IntegerField(min_value=0, max_value=100, required=False)

    def percents(self) -> dict[int, int]:
        """What was filled in, by item."""
        found = {int(name.partition("-")[2]): value for name, value in self.cleaned_data.items()}
        return {item: value for item, value in found.items() if value is not None}
