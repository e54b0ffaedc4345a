"""What learners send from a sitting."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from assessments.rules.saves import MAX_STRINGS, Entry, is_text


class AnswerForm(forms.Form):
    """One answer of a question page without script. The answer itself is a list, read as it came."""

    q = forms.IntegerField(min_value=1, max_value=10_000)
    epoch = forms.IntegerField(min_value=1)
    go = forms.IntegerField(min_value=1, max_value=10_000, required=False)
    flagged = forms.BooleanField(required=False)
    toggle_flag = forms.BooleanField(required=False)

    data: QueryDict

    def entry(self) -> Entry:
        """The answer as the protocol's entry, numbered by the server."""
        flagged = self.cleaned_data["flagged"] != self.cleaned_data["toggle_flag"]
        answer = [one.replace("\0", "")[:4000] for one in self.data.getlist("answer")[:MAX_STRINGS]]
        return Entry(self.cleaned_data["q"], None, tuple(answer), flagged)

    def target(self) -> int:
        """The question to show next: the one asked for, or the same one."""
        return self.cleaned_data["go"] or self.cleaned_data["q"]


class LeaseForm(forms.Form):
    """Which tab goes on."""

    client_id = forms.CharField(max_length=64)

    def clean_client_id(self) -> str:
        """JSON can carry what PostgreSQL can't keep."""
        if not is_text(self.cleaned_data["client_id"]):
            raise forms.ValidationError(_("This is no name of a tab."))
        return self.cleaned_data["client_id"]


class HandInForm(forms.Form):
    """The hand-in page without script."""

    epoch = forms.IntegerField(min_value=1)
    client_id = forms.CharField(max_length=64, required=False)
