"""Corrections of questions, and passes that they put at stake."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from assessments.models import Effect, QuestionVersion
from assessments.rules.option_lines import UnreadableLine, read_lines
from assessments.rules.regrades import why_not_correct


class CorrectionForm(forms.Form):
    """What is wrong with a question that was asked, and what is right from now on."""

    effect = forms.ChoiceField(
        choices=Effect, widget=forms.RadioSelect, initial=Effect.KEY, label=gettext_lazy("what changes")
    )
    lines = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 10}),
        required=False,
        label=gettext_lazy("what is right"),
        help_text=gettext_lazy(
            "The question's lines, for “other answers are right”: change the signs, weights or accepted answers."
        ),
    )
    reason = forms.CharField(max_length=300, help_text=gettext_lazy("Those whose result changes read this."))

    def __init__(self, *args: Any, version: QuestionVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version

    def clean(self) -> dict[str, Any]:
        """Refuse here what the action would refuse, with the same sentence."""
        data = super().clean() or {}
        try:
            data["options"] = read_lines(data.get("lines", ""))
        except UnreadableLine as error:
            raise forms.ValidationError(str(error)) from error
        asked = data.get("effect", ""), data["options"], data.get("reason", "")
        if refusal := why_not_correct(self.version, *asked):
            raise forms.ValidationError(refusal.sentence)
        return data

    def asked(self) -> dict[str, Any]:
        """The arguments of `propose_regrade`."""
        return {name: self.cleaned_data[name] for name in ("effect", "options", "reason")}


class PassForm(forms.Form):
    """Whether a pass that a correction would take away stands."""

    withdraw = forms.ChoiceField(
        choices=[("no", gettext_lazy("The pass stands")), ("yes", gettext_lazy("The pass is withdrawn"))],
        widget=forms.RadioSelect,
        label=gettext_lazy("decision"),
    )
    reason = forms.CharField(max_length=300)

    def clean_withdraw(self) -> bool:
        """Whether it goes."""
        return self.cleaned_data["withdraw"] == "yes"
