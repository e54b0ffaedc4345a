"""Ruling books in the administration: rulings are added, replaced and retired, never edited."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse

from assessments.actions.rulings import decide_ruling, retire_ruling
from assessments.forms.rulings import RulingForm
from assessments.models import Ruling
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import each_or_say_why
from courses.lib.people import person_of

COPIED = ("rubric_id", "criterion", "situation", "ruling", "level")


@admin.register(Ruling)
class RulingAdmin(DeedsAdmin, HistoryAdmin):
    """Edge cases and what they count as. A new wording replaces an old one; both stay readable here."""

    form = RulingForm
    list_display = ("short", "rubric", "criterion", "level", "decided_on", "decided_by", "retired_at")
    list_select_related = ("rubric", "decided_by")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), "rubric", "level")
    search_fields = ("situation", "ruling")
    date_hierarchy = "decided_on"
    raw_id_fields = ("recording", "replaces")
    added = (
        "rubric",
        "criterion",
        "situation",
        "ruling",
        "level",
        "recording",
        "begins",
        "ends",
        "consent",
        "replaces",
    )
    fields = (
        "rubric", "criterion", "situation", "ruling", "level", "recording", "start_ms", "end_ms", "consent",
        "decided_on", "decided_by", "replaces", "retired_at",
    )  # fmt: skip
    actions = ("retire",)

    @admin.display(description="what was seen")
    def short(self, ruling: Ruling) -> str:
        """The beginning of what was seen."""
        return ruling.situation if len(ruling.situation) < 80 else f"{ruling.situation[:79]}…"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What an author writes; afterwards everything."""
        return self.fields if obj else self.added

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Everything, once it is decided."""
        return self.fields if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The words of the ruling that is replaced, to be changed."""
        told = request.GET.get("replaces", "")
        old = Ruling.objects.in_force().filter(pk=told).first() if told.isdecimal() and len(told) < 18 else None
        return {one.removesuffix("_id"): getattr(old, one) for one in COPIED} | {"replaces": old.pk} if old else {}

    def deeds_of(self, request: HttpRequest, row: Ruling) -> Sequence[Deed]:
        """Retiring, once."""
        return [] if row.retired_at else [Deed("retire", "Retire it: it no longer counts")]

    def ways_of(self, request: HttpRequest, row: Ruling) -> Sequence[Way]:
        """To the book, and to a new wording."""
        book = Way("The ruling book", reverse("assessments:rulings", args=[row.rubric.slug]), "assessments.grade")
        new = f"{reverse('admin:assessments_ruling_add')}?replaces={row.pk}"
        return [book] if row.retired_at else [book, Way("Replace it by a new wording", new, "assessments.add_ruling")]

    def save_model(self, request: HttpRequest, obj: Ruling, form: ModelForm, change: bool) -> None:
        """Append it."""
        if not change and isinstance(form, RulingForm):
            decided = decide_ruling(
                rubric=obj.rubric, wording=form.wording(), by=person_of(request), replaces=obj.replaces
            )
            obj.pk, obj.decided_on = decided.pk, decided.decided_on

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never a form; retiring asks for the right to lead."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: retire it."""
        return False

    def has_lead_permission(self, request: HttpRequest) -> bool:
        """Whether the person leads the queue."""
        return person_of(request).has_perm("assessments.lead_reviews")

    @admin.action(description="Retire the chosen rulings", permissions=["lead"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Ruling]) -> None:
        """They no longer count; their rows stay."""
        each_or_say_why(self, request, queryset, lambda row: retire_ruling(ruling=row, by=person_of(request)))
