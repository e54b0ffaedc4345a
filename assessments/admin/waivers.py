"""Leave to sit an exam for those who know its questions, in the administration."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from assessments.actions.waivers import end_waiver, waive
from assessments.models import Waiver
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import each_or_say_why
from courses.lib.people import person_of


@admin.register(Waiver)
class WaiverAdmin(DeedsAdmin, HistoryAdmin):
    """Who may sit which exam although they judged it or may read its answers, and why."""

    list_display = ("learner", "exam", "reason", "waived_by", "waived_at", "ended_at")
    list_select_related = ("learner", "exam", "waived_by")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), "exam")
    search_fields = ("learner__email", "learner__name", "exam__title", "reason")
    fields = ("learner", "exam", "reason", "waived_by", "waived_at", "ended_at")
    autocomplete_fields = ("exam",)
    raw_id_fields = ("learner",)
    actions = ("end",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What was waived is ended, not edited."""
        return self.fields if obj else ("waived_by", "waived_at", "ended_at")

    def deeds_of(self, request: HttpRequest, row: Waiver) -> Sequence[Deed]:
        """Ending, once."""
        return [] if row.ended_at else [Deed("end", "End it: no further start")]

    def save_model(self, request: HttpRequest, obj: Waiver, form: ModelForm, change: bool) -> None:
        """Who saves it says so."""
        if not change:
            obj.pk = waive(learner=obj.learner, exam=obj.exam, reason=obj.reason, by=person_of(request)).pk

    @admin.action(description=gettext_lazy("End the chosen ones"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Waiver]) -> None:
        """No further start; a sitting that runs goes on."""
        each_or_say_why(self, request, queryset, lambda row: end_waiver(waiver=row, by=person_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: end it."""
        return False
