"""Statements that managers attest, and credits from elsewhere, which enablement enters when it has seen them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accreditation.actions.statements import enter_credit, take_back
from accreditation.models import Attestation, ExternalCredit, GivenAttestation, GivenCredit
from accreditation.rules.statements import why_not_take_back
from accreditation.views.who import user_of
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin, each_or_say_why
from courses.admin.refusals import RefusedFormAdmin

TAKEN_BACK_HERE = "taken back in the administration"


@admin.register(Attestation)
class AttestationAdmin(HistoryAdmin):
    """What managers attest. A statement that was attested keeps its words: write another one instead."""

    list_display = ("title", "slug")
    search_fields = ("title", "slug")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The name in files stays; so do words that somebody put their name to."""
        if obj is None:
            return ()
        return ("slug", "title", "statement") if obj.given.exists() else ("slug",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Programs name it."""
        return False


@admin.register(ExternalCredit)
class ExternalCreditAdmin(HistoryAdmin):
    """Certificates and courses of other bodies that programs take."""

    list_display = ("title", "issuer", "slug")
    search_fields = ("title", "issuer", "slug")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The name in files stays."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Programs name it."""
        return False


class GivenAdmin(DeedsAdmin):
    """What was stated of people: never changed, taken back by a deed."""

    list_filter = (("withdrawn_at", admin.EmptyFieldListFilter), "performed_on")
    search_fields = ("learner__name", "learner__email")
    actions = ("undo",)

    def deeds_of(self, request: HttpRequest, row: Any) -> Sequence[Deed]:
        """Taking it back."""
        return [Deed("undo", "Take it back: it proves nothing any more", why_not_take_back(row, TAKEN_BACK_HERE))]

    @admin.action(description=gettext_lazy("Take back"), permissions=["undo"])
    def undo(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Take these back; each that can't be says why."""
        by = user_of(request)
        each_or_say_why(self, request, rows, lambda row: take_back(given=row, reason=TAKEN_BACK_HERE, by=by))

    def has_undo_permission(self, request: HttpRequest) -> bool:
        """Whoever may add evidence may undo it."""
        return request.user.has_perm("accreditation.add_evidence")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deeds are pressed on the page of a row, its fields never change."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The record stays."""
        return False


@admin.register(GivenAttestation)
class GivenAttestationAdmin(GivenAdmin, ReadOnlyAdmin):
    """What managers attested; they do so on their team's page."""

    list_display = ("learner", "attestation", "performed_on", "by", "given_at", "withdrawn_at")
    list_select_related = ("learner", "attestation", "by")


@admin.register(GivenCredit)
class GivenCreditAdmin(RefusedFormAdmin, GivenAdmin):
    """Credits from elsewhere, as enablement saw them."""

    list_display = ("learner", "credit", "performed_on", "valid_until", "reference", "by", "withdrawn_at")
    list_select_related = ("learner", "credit", "by")
    fields = ("learner", "credit", "performed_on", "valid_until", "reference", "note")
    autocomplete_fields = ("learner", "credit")

    def save_model(self, request: HttpRequest, obj: GivenCredit, form: Any, change: bool) -> None:
        """Entering is a deed; rows never change afterwards."""
        obj.by = user_of(request)
        enter_credit(given=obj)
        messages.info(request, "It counts from now on for every program that asks for it.")
