"""A rubric's wording as people write it: what it says as a whole, and a part of the page for each criterion."""

from typing import Any

from django import forms
from django.forms.utils import ErrorDict, ErrorList
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.actions.rubrics import CriterionText
from assessments.forms.practicals import WrittenField
from assessments.models import Rubric, RubricVersion
from assessments.models.rubrics import HIGHEST_LEVEL, LOWEST_LEVEL
from courses.models import Competency, SourceRevision

MOST_CRITERIA = 12
NEW_CRITERIA = 4
LONGEST_TEXT = 5_000
LEVELS = range(LOWEST_LEVEL, HIGHEST_LEVEL + 1)
RAISES = range(LOWEST_LEVEL, HIGHEST_LEVEL)


class RubricForm(forms.Form):
    """Name, pass mark and reading of a rubric. `after`: the number of the wording that it was written from."""

    title = forms.CharField(max_length=200)
    slug = forms.SlugField(
        label=gettext_lazy("Short "
            "name"), max_length=80, help_text=gettext_lazy("Small letters, digits and hyphens. It never changes.")
    )  # fmt: skip
    pass_points = forms.IntegerField(
        label=gettext_lazy("Points to pass"),
        min_value=1,
        help_text=gettext_lazy("Five are the most for each criterion."),
    )
    impression_first = forms.BooleanField(
        label=gettext_lazy("Graders see the learner’s own marks only after a first impression of theirs"),
        required=False,
    )
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, rubric: Rubric | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rubric is not None:
            del self.fields["slug"]

    def clean_slug(self) -> str:
        """A name that no other rubric has: that one would get a wording by mistake."""
        slug: str = self.cleaned_data["slug"].lower()
        if Rubric.objects.filter(slug=slug).exists():
            raise forms.ValidationError(
                _("Another rubric has this name. Open that one to write it anew, or choose another name.")
            )
        return slug


class CriterionForm(forms.Form):
    """A criterion: its five levels, and what raises work from one to the next."""

    slug = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    name = forms.CharField(max_length=120)
    area = forms.CharField(
        max_length=80, required=False, help_text=gettext_lazy("What it belongs to, e.g. Discovery. May stay empty.")
    )
    source = forms.ModelChoiceField(
        SourceRevision.objects.select_related("source"),
        label=gettext_lazy("Checked against"),
        required=False,
        help_text=gettext_lazy("The revision of its source that it says the same as. May stay empty."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in LEVELS:
            self.fields[f"level_{number}"] = _words(f"Level {number}")
            if number in RAISES:
                self.fields[f"raise_{number}"] = _words(f"What raises it from {number} to {number + 1}")

    def clean_slug(self) -> str:
        """The name that statistics know it by; a broken one is made anew."""
        return slugify(self.cleaned_data["slug"])

    def text(self, slug: str) -> CriterionText:
        """The criterion as an author writes it."""
        data = self.cleaned_data
        return {
            "slug": slug,
            "area": data["area"],
            "name": data["name"],
            "levels": [data[f"level_{number}"] for number in LEVELS],
            "raises": [data[f"raise_{number}"] for number in RAISES],
            "source": data["source"],
        }


def _words(label: str) -> WrittenField:
    return WrittenField(label=label, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 2, "cols": 80}))


class AlignForm(forms.Form):
    """A competency, or none, for each criterion of the newest wording; what is withdrawn stays only where it is."""

    def __init__(self, *args: Any, rubric: Rubric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = rubric.versions.order_by("-number").first()
        rows = list(newest.criteria.all()) if newest else []
        kept = [row.competency_id for row in rows if row.competency_id]
        offered = (Competency.objects.current() | Competency.objects.filter(pk__in=kept)).distinct()
        for row in rows:
            label = f"{row.area}: {row.name}" if row.area else row.name
            self.fields[row.slug] = forms.ModelChoiceField(
                offered, required=False, label=label, initial=row.competency_id, empty_label=_("none")
            )


class CriteriaFormSet(forms.BaseFormSet):
    """The criteria of one wording, each name once."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        """With its place and the way to leave it out, in words."""
        super().add_fields(form, index)
        form.fields["ORDER"].label = _("Place")
        form.fields["DELETE"].label = "Leave this criterion out"

    def clean(self) -> None:
        """Refuse a name that stands twice, at its second criterion."""
        seen: set[str] = set()
        for form in self.forms:
            data = getattr(form, "cleaned_data", {})
            name = "" if data.get("DELETE") else data.get("name", "").casefold()
            if name and name in seen:
                form.add_error("name", _("Another criterion has this name. Readers could not tell them apart."))
            seen.add(name)

    def texts(self) -> list[CriterionText]:
        """The criteria in their order. A slug stays with its criterion; a new one follows from the name."""
        kept = [form.cleaned_data["slug"] for form in self.ordered_forms]
        taken = set(filter(None, kept))
        rows: list[CriterionText] = []
        for form, slug in zip(self.ordered_forms, kept, strict=True):
            again = slug in {row["slug"] for row in rows}
            rows.append(
                form.text(slug if slug and not again else _free(slugify(form.cleaned_data["name"])[:70], taken))
            )
        return rows


def _free(slug: str, taken: set[str]) -> str:
    """This slug, or with the first number that makes it another; it is taken from now on."""
    base = slug or "criterion"
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, MOST_CRITERIA + len(taken) + 2))
    free = next(name for name in names if name not in taken)
    taken.add(free)
    return free


class WordingForm:
    """The whole page: a rubric, or a new wording of one, from what was typed or from the newest wording."""

    def __init__(self, rubric: Rubric | None, data: Any = None) -> None:
        self.rubric = rubric
        self.newest = rubric.versions.order_by("-number").first() if rubric else None
        rows = _rows_of(self.newest)
        formset = forms.formset_factory(
            CriterionForm, CriteriaFormSet, extra=0 if rows else NEW_CRITERIA, can_order=True, can_delete=True,
            min_num=1, validate_min=True, max_num=MOST_CRITERIA, validate_max=True, absolute_max=MOST_CRITERIA * 2,
        )  # fmt: skip
        self.form = RubricForm(data, rubric=rubric, initial=self._initial())
        self.criteria: Any = formset(data, initial=rows, prefix="criteria")

    def _initial(self) -> dict[str, Any]:
        if self.rubric is None or self.newest is None:
            return {"after": 0, "title": self.rubric.title if self.rubric else ""}
        version = self.newest
        return {
            "title": self.rubric.title,
            "pass_points": version.pass_points,
            "impression_first": version.impression_first,
            "after": version.number,
        }

    def unjudged(self) -> "WordingForm":
        """What was typed, shown again before it is finished: no field is called wrong yet."""
        for form in (self.form, *self.criteria):
            form._errors = ErrorDict()
        self.criteria._errors, self.criteria._non_form_errors = [], ErrorList()
        return self

    def is_valid(self) -> bool:
        """Whether it can be written; otherwise every fault stands at its field."""
        whole, rows = self.form.is_valid(), self.criteria.is_valid()
        most = HIGHEST_LEVEL * len(self.criteria.ordered_forms) if rows else 0
        if rows and self.form.cleaned_data.get("pass_points", 0) > most:
            self.form.add_error("pass_points", _("More than the %(most)s points that there are.") % {"most": most})
            return False
        return whole and rows

    def text(self) -> dict[str, Any]:
        """What `author_rubric` takes."""
        data = self.form.cleaned_data
        return {
            "slug": self.rubric.slug if self.rubric else data["slug"],
            **{name: data[name] for name in ("title", "pass_points", "impression_first", "after")},
            "criteria": self.criteria.texts(),
        }


def one_more(data: Any) -> Any:
    """What was typed, with an empty criterion more at the end; never more than there may be."""
    more = data.copy()
    count = data.get("criteria-TOTAL_FORMS", "")
    more["criteria-TOTAL_FORMS"] = str(min(int(count) + 1, MOST_CRITERIA)) if count.isdecimal() else "1"
    return more


def _rows_of(version: RubricVersion | None) -> list[dict[str, Any]]:
    criteria = version.criteria.prefetch_related("levels") if version else []
    return [
        {"slug": one.slug, "name": one.name, "area": one.area, "source": one.source_revision_id}
        | {f"level_{level.number}": level.text for level in one.levels.all()}
        | {f"raise_{level.number}": level.raise_text for level in one.levels.all()}
        for one in criteria
    ]
