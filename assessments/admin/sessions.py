"""Slots of live sessions, and what became of them."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from assessments.actions.sessions import cancel_slot
from assessments.forms.sessions import SlotForm
from assessments.models import Booking, SessionSlot
from assessments.rules.sessions import attestation_of
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import each_or_say_why
from courses.lib.people import person_of


@admin.register(SessionSlot)
class SessionSlotAdmin(HistoryAdmin):
    """Slots that learners book. A booked slot is called off, never moved: its people hear of it."""

    form = SlotForm
    list_display = ("practical", "starts_at", "minutes", "host", "grader", "booked_by", "outcome", "cancelled_at")
    list_select_related = ("practical", "host", "grader")
    list_filter = ("practical", ("cancelled_at", admin.EmptyFieldListFilter), "starts_at")
    search_fields = ("practical__title", "host__name", "host__email", "grader__name", "location")
    autocomplete_fields = ("practical", "host", "grader")
    date_hierarchy = "starts_at"
    actions = ("call_off",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SessionSlot]:
        """With their bookings, in one query more."""
        live = Booking.objects.order_by("-booked_at").select_related("submission__learner", "attestation")
        return super().get_queryset(request).prefetch_related(Prefetch("bookings", live, "latest"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What somebody relies on is fixed."""
        return (
            "cancelled_at",
            "cancel_reason",
            *(SlotForm.Meta.fields if obj and obj.bookings.live().exists() else ()),
        )

    @admin.display(description=gettext_lazy("booked by"))
    def booked_by(self, slot: SessionSlot) -> str:
        """The learner whose booking stands."""
        return next((str(one.submission.learner) for one in slot.latest if not one.cancelled_at), "–")  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("outcome"))
    def outcome(self, slot: SessionSlot) -> str:
        """What the host attested to."""
        said = [attestation_of(one) for one in slot.latest]  # type: ignore[attr-defined]
        return next((str(one) for one in said if one), "–")

    @admin.action(description=gettext_lazy("Call the chosen slots off"), permissions=["change"])
    def call_off(self, request: HttpRequest, queryset: QuerySet[SessionSlot]) -> None:
        """Withdraw them; whoever booked hears of it and may book another."""
        reason, by = "Called off by Field Enablement.", person_of(request)
        each_or_say_why(self, request, queryset, lambda row: cancel_slot(slot=row, reason=reason, by=by))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: call it off."""
        return False
