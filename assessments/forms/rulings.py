"""A ruling as the lead writes it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from assessments.models import Ruling
from assessments.rules.rulings import HALF_A_CLIP, Clip, Wording, criteria_by_rubric, why_not_rule
from assessments.rules.self_assessments import parse_moment

MOMENT = "Write it as minutes and seconds, for example 13:36."


class RulingForm(forms.ModelForm):
    """The words, and the stretch of a recording as people write it."""

    criterion = forms.ChoiceField(required=False, help_text=gettext_lazy("Choose it under its own rubric."))
    begins = forms.CharField(required=False, max_length=12, label=gettext_lazy("Clip from"), help_text=MOMENT)
    ends = forms.CharField(
        required=False,
        max_length=12,
        label=gettext_lazy("Clip to"),
        help_text=gettext_lazy("Three minutes later at most."),
    )

    class Meta:
        model = Ruling
        fields = ("rubric", "criterion", "situation", "ruling", "level", "recording", "consent", "replaces")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "criterion" in self.fields:
            field = self.fields["criterion"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "The whole work"), *criteria_by_rubric()]

    def clean(self) -> dict[str, Any]:
        """What the rule refuses is an error of the form."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self._clip_is_whole()
        self.instance.start_ms = parse_moment(data.get("begins") or "")
        self.instance.end_ms = parse_moment(data.get("ends") or "")
        if not self.errors:
            refusal = why_not_rule(data["rubric"], self.wording())
            if refusal:
                self.add_error(None, refusal.sentence)
        return data

    def _clip_is_whole(self) -> None:
        data = self.cleaned_data
        given = [data.get("recording"), data.get("begins"), data.get("ends")]
        if any(given) and not all(given):
            self.add_error(None, HALF_A_CLIP.sentence)
        for name in ("begins", "ends"):
            if data.get(name) and parse_moment(data[name]) is None:
                self.add_error(name, MOMENT)

    def wording(self) -> Wording:
        """The ruling for the action."""
        data = self.cleaned_data
        start, end = parse_moment(data.get("begins") or ""), parse_moment(data.get("ends") or "")
        recording = data.get("recording")
        is_clip = recording is not None and start is not None and end is not None
        clip = Clip(recording, start, end, data.get("consent") or "") if is_clip else None  # type: ignore[arg-type]
        return Wording(data.get("criterion") or "", data["situation"], data["ruling"], data.get("level"), clip)
