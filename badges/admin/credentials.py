"""Awards, and asking for their revocation."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from badges.actions.revocations import request_revocation
from badges.admin.exports import ExportAdmin
from badges.models import Credential
from badges.rules.registers import state_of
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.policy import needs


@admin.register(Credential)
class CredentialAdmin(ExportAdmin, ReadOnlyAdmin):
    """Awards: found by holder, badge, state and date; revoked by asking here and being confirmed by somebody else."""

    list_display = ["holder", "achievement", "standing", "awarded_at", "valid_until"]
    list_filter = ["state", "achievement", "valid_until", "awarded_at"]
    list_select_related = ["holder", "achievement"]
    search_fields = ["=id", "holder__name", "holder__email", "achievement__name"]
    date_hierarchy = "awarded_at"
    fields = [
        "holder", "achievement", "standing", "awarded_at", "valid_from", "valid_until", "revoked_at", "predecessor",
        "shown_name", "public_page", "content_hash", "signed_document",
    ]  # fmt: skip
    change_form_template = "admin/badges/credential/change_form.html"
    change_list_template = "admin/badges/credential/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credential]:
        """Without pictures and tokens."""
        return super().get_queryset(request).defer("png", "svg", "jwt", "jwt_rs256", "achievement__image")

    def get_urls(self) -> list[URLPattern]:
        """Asking for a revocation stands beside the award, the download beside the list."""
        ask, export = self.admin_site.admin_view(self.ask_view), self.admin_site.admin_view(self.export_view)
        return [
            path("<uuid:credential_id>/revoke/", ask, name="badges_credential_revoke"),
            path("export/", export, name="badges_credential_export"),
            *super().get_urls(),
        ]

    @needs("badges.revoke")
    def ask_view(self, request: HttpRequest, credential_id: Any) -> HttpResponse:
        """Ask for a revocation, with a reason."""
        row = get_object_or_404(self.get_queryset(request), pk=credential_id)
        if request.method == "POST":
            reason = request.POST.get("reason", "").replace("\0", "")
            request_revocation(credential=row, reason=reason, by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("Asked. It happens when a second person confirms it."))
            return redirect("admin:badges_credential_change", row.pk)
        context = self.admin_site.each_context(request) | {"title": "Ask for a revocation", "credential": row}
        return render(request, "admin/badges/credential/revoke.html", context)

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, row: Credential) -> str:
        """Revoked, expired or valid, as of now."""
        return state_of(row, timezone.now()).capitalize()

    @admin.display(description=gettext_lazy("public page"))
    def public_page(self, row: Credential) -> SafeString:
        """Where anyone can check it."""
        return format_html('<a href="{0}">{0}</a>', row.get_absolute_url())

    @admin.display(description=gettext_lazy("what was signed"))
    def signed_document(self, row: Credential) -> SafeString:
        """The document, indented."""
        return format_html("<pre>{}</pre>", json.dumps(json.loads(row.document), indent=2, ensure_ascii=False))
