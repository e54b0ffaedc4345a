"""Forms of bulk work: the file of people, whom a deed is about, and what it needs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accreditation.forms import NameField
from accreditation.models import DeedKind, ImportMode, Organisation, Program, User
from accreditation.rules.selections import choices
from courses.lib.tables import MOST_BYTES
from courses.models import ContentState

MOST_DAYS = 730
WIDE = {"class": "vTextField"}


class PeopleFileForm(forms.Form):
    """A file of people and what it may do."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or .xlsx, at most 50,000 rows. The first row names the columns."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )
    mode = forms.ChoiceField(label=_("The file may"), choices=ImportMode.choices, initial=ImportMode.BOTH)
    only_whole = forms.BooleanField(
        label=_("Apply only if every row is right"),
        required=False,
        help_text=_("Else the right rows can be applied, and the wrong ones stay out."),
    )

    def clean_file(self) -> Any:
        """Of a size that is read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(mb)s MB. Split it.") % {"mb": MOST_BYTES // 1_000_000}
            )
        return file


class SelectionForm(forms.Form):
    """Whom a deed is about. What is left open narrows nothing."""

    words = forms.CharField(label=_("Name or address"), required=False, max_length=100)
    role = forms.ChoiceField(label=_("Role"), required=False)
    persona = forms.ChoiceField(label=_("Persona"), required=False)
    organisation = forms.ChoiceField(label=_("Organisation"), required=False)
    region = forms.ChoiceField(label=_("Region of the organisation"), required=False)
    group = forms.ChoiceField(label=_("Group"), required=False)
    manager = forms.EmailField(
        label=_("Below this manager"), required=False, help_text=_("Their address. Reports of reports count too.")
    )
    program = forms.ChoiceField(
        label=_("Program"),
        required=False,
        help_text=_("The next four are about this program, or about any where it is open."),
    )
    standing = forms.ChoiceField(label=_("Standing"), required=False)
    enrolled = forms.ChoiceField(label=_("Enrolled"), required=False)
    due_before = forms.DateField(label=_("Due before"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    credential = forms.ChoiceField(label=_("Badge"), required=False)
    signed_in = forms.ChoiceField(label=_("Last signed in"), required=False)
    active = forms.ChoiceField(label=_("Account"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, found in choices().items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("any")), *found]

    def clean(self) -> dict[str, Any]:
        """Standing, enrolment and badge may stand without a program; a program alone says who is on it."""
        values = super().clean() or {}
        if values.get("program") and not any(
            values.get(one) for one in ("standing", "enrolled", "due_before", "credential")
        ):
            values["enrolled"] = "on"
        return {name: value for name, value in values.items() if value}

    def kept(self) -> dict[str, Any]:
        """The filter as the journal keeps it for ever: a manager by number, because an address may have to be forgotten."""
        kept = dict(self.cleaned_data)
        if address := kept.pop("manager", ""):
            kept["below person"] = User.objects.filter(email__iexact=address).values_list("pk", flat=True).first()
        return kept

    def said(self) -> list[tuple[str, str]]:
        """(field, choice) in words, of what was chosen."""
        found = []
        for name, value in self.cleaned_data.items():
            field: Any = self.fields[name]
            words = dict(getattr(field, "choices", ())).get(value, value)
            found.append((str(field.label), str(words)))
        return found


class DeedForm(forms.Form):
    """What every deed asks before it begins: nothing more than its own fields. `arguments` is what the deed stores."""

    def arguments(self) -> dict[str, Any]:
        """The cleaned fields as plain values."""
        return {
            name: getattr(value, "pk", value) for name, value in self.cleaned_data.items() if value not in (None, "")
        }


class DayField(forms.DateField):
    """A day, by the browser's own picker, kept as ISO text."""

    widget = forms.DateInput(attrs={"type": "date"})

    def clean(self, value: Any) -> Any:
        """As text that JSON holds."""
        day = super().clean(value)
        return day.isoformat() if day else ""


def _program(**more: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(Program.objects.order_by("title"), label=_("Program"), **more)


class EnrolForm(DeedForm):
    """Which program, and by when."""

    program = forms.ModelChoiceField(
        Program.objects.filter(state=ContentState.PUBLISHED).order_by("title"), label=_("Program")
    )
    due_on = DayField(label=_("Due on"), required=False, help_text=_("Leave it open to keep the date of who is on it."))


class ExtendForm(DeedForm):
    """By so many days, or to a day; never to an earlier one."""

    program = _program()
    days = forms.IntegerField(label=_("By days"), required=False, min_value=1, max_value=MOST_DAYS)
    due_on = DayField(label=_("Or to this day"), required=False)

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        values = super().clean() or {}
        if bool(values.get("days")) == bool(values.get("due_on")) and not self.errors:
            raise forms.ValidationError(_("Say either the days or the day."))
        return values


class ReleaseForm(DeedForm):
    """From which program."""

    program = _program()


class MoveAllForm(DeedForm):
    """Where to and why."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.all(), required=False, empty_label=_("None: they leave"), label=_("Belong to from now on")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stays in the record of every move."),
    )


class MessageForm(DeedForm):
    """A message as plain text, with a way to a page of this portal."""

    title = NameField(label=_("Title"), max_length=150, widget=forms.TextInput(attrs=WIDE))
    text = forms.CharField(
        label=_("Text"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Plain text. It comes by e-mail too, where the person wants it."),
    )
    link = forms.RegexField(
        r"^/(?![/\\])[^\s\\]*\Z", label=_("Leads to"), required=False, max_length=300, widget=forms.TextInput(attrs=WIDE),
        help_text=_("A page of this portal, as /programs/."),
        error_messages={"invalid": _("This is no address of a page here. It begins with one stroke: /programs/.")},
    )  # fmt: skip


FORMS: dict[str, type[DeedForm]] = {
    DeedKind.ENROL: EnrolForm,
    DeedKind.EXTEND: ExtendForm,
    DeedKind.RELEASE: ReleaseForm,
    DeedKind.MOVE: MoveAllForm,
    DeedKind.MESSAGE: MessageForm,
    DeedKind.DEACTIVATE: DeedForm,
    DeedKind.REACTIVATE: DeedForm,
}
"""What each deed asks for."""
