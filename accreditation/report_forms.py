"""When and to whom a saved view goes by mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accreditation.mail_forms import HOURS, WEEKDAYS
from accreditation.models import Ended, Frequency, ReportSchedule, User
from accreditation.rules.report_mails import MOST_READERS


class ScheduleForm(forms.Form):
    """How often, when, to whom. `staff`: who may be chosen. The hour is one of each reader's own clock."""

    frequency = forms.ChoiceField(label=_("How often"), choices=Frequency.choices)
    hour = forms.TypedChoiceField(label=_("At (each reader's own clock)"), choices=HOURS, coerce=int)
    weekday = forms.TypedChoiceField(label=_("Weekday, if every week"), choices=WEEKDAYS, coerce=int)
    month_day = forms.TypedChoiceField(
        label=_("Day, if every month"), choices=[(day, day) for day in range(1, 32)], coerce=int
    )
    has_file = forms.BooleanField(label=_("Attach the figures as a CSV file (no persons)"), required=False)
    readers = forms.ModelMultipleChoiceField(
        label=_("To"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, schedule: ReportSchedule | None, staff: Any, owner: User) -> None:
        first: dict[str, Any] = {
            "frequency": Frequency.WEEKLY,
            "hour": 8,
            "weekday": 0,
            "month_day": 1,
            "readers": [owner.pk],
        }
        if schedule:
            first = {
                name: getattr(schedule, name) for name in ("frequency", "hour", "weekday", "month_day", "has_file")
            }
            first["readers"] = list(schedule.readers.filter(ended="").values_list("person", flat=True))
        super().__init__(data, initial=first)
        gone = schedule.readers.filter(ended=Ended.SELF).exclude(person=owner).values("person") if schedule else []
        readers: Any = self.fields["readers"]
        readers.queryset = staff.exclude(pk__in=gone)
        readers.label_from_instance = lambda person: f"{person.name} <{person.email}>"
        for name in ("frequency", "hour", "weekday", "month_day"):
            self.fields[name].widget.attrs["class"] = "input input--short"

    def clean_readers(self) -> Any:
        """Somebody, and not everybody."""
        chosen = self.cleaned_data["readers"]
        if len(chosen) > MOST_READERS:
            raise forms.ValidationError(_("Choose at most 50 people."))
        return chosen

    @property
    def time_fields(self) -> list[forms.BoundField]:
        """How often, and when."""
        return [self[name] for name in ("frequency", "hour", "weekday", "month_day")]
