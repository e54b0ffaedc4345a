"""Kept figures in the administration: when each set was computed, how long it took, and what went wrong."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accreditation.actions.figures import ask_for_figures
from accreditation.models import KeptFigures
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.readonly import ReadOnlyAdmin


@admin.register(KeptFigures)
class KeptFiguresAdmin(DeedsAdmin, ReadOnlyAdmin):
    """The sets of figures of the first page."""

    list_display = ("name", "state", "computed_at", "took_ms", "due_at", "tries", "problem")
    list_filter = ("state",)
    search_fields = ("name",)
    fields = ("name", "state", "computed_at", "took_ms", "began_at", "due_at", "tries", "problem")
    actions = ("again",)

    def deeds_of(self, request: HttpRequest, row: KeptFigures) -> Sequence[Deed]:
        """Computing it now."""
        return [Deed("again", str(_("Compute now")))]

    @admin.action(description=_("Compute now"))
    def again(self, request: HttpRequest, rows: QuerySet[KeptFigures]) -> None:
        """Ask for the chosen sets."""
        ask_for_figures(names=list(rows.values_list("name", flat=True)))
        self.message_user(request, _("Asked for. New figures are there in about a minute."))
