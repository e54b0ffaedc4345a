"""Sets of works to compare, in the administration: opened and closed, never edited."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from assessments.actions.judging import close_judging, open_judging
from assessments.forms.judging import JudgingForm
from assessments.models import JudgingSet
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.readonly import each_or_say_why
from courses.admin.refusals import RefusedFormAdmin
from courses.lib.people import person_of


@admin.register(JudgingSet)
class JudgingSetAdmin(DeedsAdmin, RefusedFormAdmin):
    """Works that judges compare two by two, to find candidates for gold."""

    form = JudgingForm
    list_display = ("title", "rubric", "opened_at", "opened_by", "closed_at")
    list_select_related = ("rubric", "opened_by")
    list_filter = (("closed_at", admin.EmptyFieldListFilter), "rubric")
    search_fields = ("title",)
    added = ("title", "rubric", "works", "judges")
    fields = ("title", "rubric", "judges", "opened_at", "opened_by", "closed_at")
    actions = ("close",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What the lead gives; afterwards what came of it."""
        return self.fields if obj else self.added

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Everything, once it is open."""
        return self.fields if obj else ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Judges as boxes to tick."""
        return super().formfield_for_manytomany(db_field, request, **kwargs | {"widget": CheckboxSelectMultiple()})

    def deeds_of(self, request: HttpRequest, row: JudgingSet) -> Sequence[Deed]:
        """Closing, once."""
        return [] if row.closed_at else [Deed("close", "Close it: nothing more is asked")]

    def ways_of(self, request: HttpRequest, row: JudgingSet) -> Sequence[Way]:
        """To the order."""
        return [Way("The order of the works", reverse("assessments:judging-result", args=[row.pk]))]

    def save_model(self, request: HttpRequest, obj: JudgingSet, form: ModelForm, change: bool) -> None:
        """Open it."""
        if not change:
            data = form.cleaned_data
            judges = [one.pk for one in data["judges"]]
            made = open_judging(
                title=obj.title, rubric=obj.rubric, works=data["versions"], judges=judges, by=person_of(request)
            )
            obj.pk, obj.opened_at = made.pk, made.opened_at

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never a form; closing asks for the right to lead."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: close it."""
        return False

    def has_lead_permission(self, request: HttpRequest) -> bool:
        """Whether the person leads the queue."""
        return person_of(request).has_perm("assessments.lead_reviews")

    @admin.action(description=gettext_lazy("Close the chosen sets"), permissions=["lead"])
    def close(self, request: HttpRequest, queryset: QuerySet[JudgingSet]) -> None:
        """Nothing more is asked; what was judged counts."""
        each_or_say_why(self, request, queryset, lambda row: close_judging(judging=row, by=person_of(request)))
