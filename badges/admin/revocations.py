"""Revocations: asked by one, confirmed by another."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from badges.actions.revocations import confirm_revocation
from badges.models import RevocationRequest
from badges.rules.issuing import why_not_confirm_revocation
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.policy import needs


@admin.register(RevocationRequest)
class RevocationRequestAdmin(ReadOnlyAdmin):
    """Who asked for which revocation, and who confirmed it."""

    list_display = ["holder", "achievement", "asked_by", "asked_at", "confirmed_by", "confirmed_at"]
    list_filter = [("confirmed_at", admin.EmptyFieldListFilter), "asked_at"]
    list_select_related = ["credential__holder", "credential__achievement", "asked_by", "confirmed_by"]
    search_fields = ["=credential__id", "credential__holder__name", "credential__holder__email", "reason"]
    fields = ["holder", "achievement", "credential", "reason", "asked_by", "asked_at", "confirmed_by", "confirmed_at"]
    change_form_template = "admin/badges/revocationrequest/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RevocationRequest]:
        """Without the pictures of awards and badges."""
        heavy = ("png", "svg", "jwt", "jwt_rs256", "document", "achievement__image")
        return super().get_queryset(request).defer(*(f"credential__{field}" for field in heavy))

    def get_urls(self) -> list[URLPattern]:
        """Confirming is a deed of its own."""
        view = self.admin_site.admin_view(require_POST(self.confirm_view))
        return [path("<int:request_id>/confirm/", view, name="badges_revocationrequest_confirm"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The request, with the button or the reason why this person can't confirm it."""
        row = self.get_object(request, object_id)
        refusal = why_not_confirm_revocation(row, by=request.user) if row else None  # type: ignore[arg-type]
        return super().change_view(request, object_id, form_url, {"refusal": refusal} | (extra_context or {}))

    @needs("badges.revoke")
    def confirm_view(self, request: HttpRequest, request_id: int) -> HttpResponse:
        """Confirm what somebody else asked for."""
        row = get_object_or_404(self.get_queryset(request), pk=request_id)
        confirm_revocation(request=row, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Revoked. The public page shows it now."))
        return redirect("admin:badges_credential_change", row.credential_id)

    @admin.display(description=gettext_lazy("holder"))
    def holder(self, row: RevocationRequest) -> str:
        """Whose award it is."""
        return str(row.credential.holder)

    @admin.display(description=gettext_lazy("badge"))
    def achievement(self, row: RevocationRequest) -> str:
        """Which badge it is."""
        return row.credential.achievement.name
