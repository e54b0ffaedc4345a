"""How a person wants their e-mails: by kind, with quiet hours and the hour of the digests."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accreditation.models import MailTimes, Manner, NoticeKind, usual_manner
from accreditation.models.notices import URGENT

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]
NO_QUIET = ("", _("No quiet hours"))
DAYS = [(0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday"))]
WEEKDAYS = [*DAYS, (5, _("Saturday")), (6, _("Sunday"))]
URGENT_MANNERS = [(one.value, one.label) for one in (Manner.AT_ONCE, Manner.NEVER)]


def hour_of(value: Any) -> int | None:
    """An hour that was chosen, or none."""
    return None if value in ("", None) else int(value)


class MailForm(forms.Form):
    """One choice for each kind of notice, and the hours. `chosen` is what the person has chosen so far, by kind."""

    quiet_from = forms.TypedChoiceField(
        label=_("Quiet from"), choices=[NO_QUIET, *HOURS], coerce=hour_of, required=False, empty_value=None
    )
    quiet_until = forms.TypedChoiceField(
        label=_("Quiet until"), choices=[NO_QUIET, *HOURS], coerce=hour_of, required=False, empty_value=None
    )
    digest_hour = forms.TypedChoiceField(label=_("Digests come at"), choices=HOURS, coerce=int)
    digest_weekday = forms.TypedChoiceField(label=_("Weekly digests come on"), choices=WEEKDAYS, coerce=int)

    def __init__(self, data: Any = None, *, chosen: dict[str, str], times: MailTimes) -> None:
        hours = {name: getattr(times, name) for name in ("quiet_from", "quiet_until", "digest_hour", "digest_weekday")}
        super().__init__(data, initial=hours)
        for kind in NoticeKind:
            choices = URGENT_MANNERS if kind in URGENT else Manner.choices
            initial = chosen.get(kind, str(usual_manner(kind)))
            self.fields[f"kind-{kind}"] = forms.ChoiceField(label=kind.label, choices=choices, initial=initial)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def clean(self) -> dict[str, Any]:
        """Quiet hours have a beginning and an end, and they aren't the same hour."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (start is None) != (end is None) and not {"quiet_from", "quiet_until"} & set(self.errors):
            missing = "quiet_from" if start is None else "quiet_until"
            self.add_error(missing, _("Quiet hours need a beginning and an end."))
        elif start is not None and start == end:
            self.add_error("quiet_until", _("Choose another hour than the beginning."))
        return cleaned

    @property
    def kind_fields(self) -> list[forms.BoundField]:
        """The choices by kind."""
        return [self[f"kind-{kind}"] for kind in NoticeKind]

    @property
    def hour_fields(self) -> list[forms.BoundField]:
        """The hours."""
        return [self[name] for name in ("quiet_from", "quiet_until", "digest_hour", "digest_weekday")]

    def manners(self) -> dict[str, str]:
        """What was chosen, by kind."""
        return {str(kind): self.cleaned_data[f"kind-{kind}"] for kind in NoticeKind}

    def quiet(self) -> tuple[int, int] | None:
        """The quiet hours, if any."""
        start, end = self.cleaned_data["quiet_from"], self.cleaned_data["quiet_until"]
        return None if start is None else (start, end)
