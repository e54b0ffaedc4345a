"""A worksheet as people write it: one group of inputs for each of its fields, each fault beside what it is about."""

import math
import re
from typing import Any

from django import forms
from django.forms.formsets import TOTAL_FORM_COUNT
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.rules.worksheets import faults_of, parse_number

MOST_FIELDS = 60
EMPTY_ROWS = 3
KINDS = (
    ("text", "words"),
    ("number", gettext_lazy("a number that they type")),
    ("result", gettext_lazy("a result that follows from numbers")),
)
TOLD_BESIDE = gettext_lazy("Not every field can be asked yet. What to mend stands beside each.")
Limit = int | float | None


class LimitField(forms.CharField):
    """The least or the most that is taken: a number as people write it, or nothing."""

    def prepare_value(self, value: Any) -> Any:
        """The stored number, whole where it is."""
        return str(value).removesuffix(".0") if isinstance(value, int | float) else value

    def clean(self, value: Any) -> Any:
        """The number, whole where it is; None for nothing."""
        text = str(super().clean(value))
        return self._number(text) if text else None

    def _number(self, text: str) -> Limit:
        typed = parse_number(text)
        if typed is not None and typed == typed.to_integral_value():
            return int(typed)
        try:
            number = float(typed if typed is not None else text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise forms.ValidationError(_("Write a number, with a point before decimals, or leave it empty."))
        return number


class WorksheetFieldForm(forms.Form):
    """One field of a worksheet."""

    label = forms.CharField(label=gettext_lazy("What is asked"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("Answered with"), choices=KINDS, initial="text")
    slug = forms.CharField(
        label=gettext_lazy("Name in formulas"), max_length=40, required=False,
        help_text=gettext_lazy("Empty: it follows from the question. A new one loses the answers of open tries."),
    )  # fmt: skip
    formula = forms.CharField(
        max_length=500,
        required=False,
        help_text=gettext_lazy("Of a result only, e.g. people * hours_week. Names, numbers, + - * / ( )"),
    )
    unit = forms.CharField(max_length=80, required=False, help_text=gettext_lazy("E.g. hours."))
    least = LimitField(label=gettext_lazy("At least"), max_length=40, required=False)
    most = LimitField(label=gettext_lazy("At most"), max_length=40, required=False)
    group = forms.CharField(
        label=gettext_lazy("Heading above"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The same for fields that belong together."),
    )
    hint = forms.CharField(
        max_length=1000, required=False, strip=False, widget=forms.Textarea(attrs={"rows": 1, "cols": 40})
    )
    required = forms.BooleanField(label=gettext_lazy("Must be filled"), required=False, initial=True)

    def clean_hint(self) -> str:
        """The hint, its lines ended as they were typed."""
        return str(self.cleaned_data["hint"]).replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """With a name that follows from the question, where none was typed."""
        data = super().clean() or {}
        if not data.get("slug") and data.get("label"):
            data["slug"] = _named_after(data["label"])
        return data

    def text(self) -> dict[str, Any]:
        """The field as an author writes it: what says nothing is left out, as in a program file."""
        data = self.cleaned_data
        told = {name: data[name] for name in ("group", "hint", "unit", "formula") if data[name]}
        told |= {name: data[name] for name in ("least", "most") if data[name] is not None}
        told |= {} if data["required"] else {"required": False}
        return {name: data[name] for name in ("slug", "label", "kind")} | told


def _named_after(label: str) -> str:
    plain = re.sub(r"\W+", "_", slugify(label), flags=re.ASCII).strip("_")[:32]
    return plain if plain[:1].isalpha() else f"field_{plain}".rstrip("_")


class WorksheetFormSet(forms.BaseFormSet):
    """The fields of one worksheet, checked together by the rule that checks program files."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        """With its place and the way to leave it out, in words."""
        super().add_fields(form, index)
        form.fields["ORDER"].label = _("Place")
        form.fields["DELETE"].label = _("Leave this field out")

    def clean(self) -> None:
        """Put every fault of the worksheet at the input that it is about."""
        asked: Any = [one for one in self.forms if one.has_changed() and not one.cleaned_data.get("DELETE")]
        if any(one.errors for one in asked):
            return
        for number, (name, sentence) in faults_of([one.text() for one in asked]).items():
            asked[number].add_error(name, f"{sentence[0].upper()}{sentence[1:]}.")

    def texts(self) -> list[dict[str, Any]]:
        """The fields in their order."""
        return [form.text() for form in self.ordered_forms]


Rows = forms.formset_factory(
    WorksheetFieldForm, WorksheetFormSet, extra=EMPTY_ROWS, can_order=True, can_delete=True,
    max_num=MOST_FIELDS, validate_max=True, absolute_max=MOST_FIELDS + EMPTY_ROWS,
)  # fmt: skip


class RowsWidget(forms.Widget):
    """A worksheet as groups of inputs; works without script."""

    template_name = "admin/assessments/practical/worksheet.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The rows as they were typed; None where the page had none."""
        return None if self.value_omitted_from_data(data, files, name) else Rows(data, prefix=name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the page had no rows."""
        return f"{name}-{TOTAL_FORM_COUNT}" not in data

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """With the rows: those typed, or those stored."""
        stored = value if isinstance(value, list) else []
        rows = value if isinstance(value, WorksheetFormSet) else Rows(initial=stored, prefix=name)
        rows.is_valid()  # what the rows make wrong together is told at one of them, and is found only here
        return {**super().get_context(name, None, attrs), "rows": rows}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """By the site's own templates: those of a form's renderer are Django's alone."""
        return mark_safe(render_to_string(self.template_name, self.get_context(name, value, attrs)))  # noqa: S308


class WorksheetField(forms.Field):
    """A worksheet in a form."""

    widget = RowsWidget

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """The fields as authored, if every one can be asked and checked."""
        if value is None:
            return []
        if not value.is_valid():
            raise forms.ValidationError([TOLD_BESIDE, *value.non_form_errors()])
        return list(value.texts())

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another worksheet was typed; one that can't be read is another one."""
        return data is not None and (not data.is_valid() or data.texts() != (initial or []))
