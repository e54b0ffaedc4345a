"""What learners and staff send about a try."""

from django import forms


class NotesForm(forms.Form):
    """The written part of a try, and the revision that it was typed on."""

    notes = forms.CharField(required=False, max_length=50_000, strip=False)
    revision = forms.IntegerField(min_value=0)


class ReasonForm(forms.Form):
    """Why staff give a submission back; the learner reads it."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea, help_text="The learner reads this.")
