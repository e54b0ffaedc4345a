"""The enablement team's view of badges: achievements to edit, awards and keys to read, revocations by two people."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from badges.actions import confirm_revocation, request_revocation, upsert_achievement
from badges.models import Achievement, Credential, RevocationRequest, SigningKey
from badges.rules.issuing import is_expired, why_not_confirm_revocation
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.policy import needs


@admin.register(Achievement)
class AchievementAdmin(HistoryAdmin):
    """Badge classes. Saving other content makes the next version; awards keep the text they were signed with."""

    list_display = ["name", "slug", "shape", "tone", "version"]
    list_filter = ["shape", "tone"]
    search_fields = ["name", "slug", "description"]
    fields = ["slug", "name", "description", "criteria", "shape", "tone", "label", "tags", "version", "preview"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Achievement]:
        """Without the pictures."""
        return super().get_queryset(request).defer("image")

    def get_readonly_fields(self, request: HttpRequest, obj: Achievement | None = None) -> list[str]:
        """The slug is part of every award's address, so it stays."""
        return ["version", "preview"] if obj is None else ["slug", "version", "preview"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Awards point to it."""
        return False

    def save_model(self, request: HttpRequest, obj: Achievement, form: Any, change: bool) -> None:
        """Save by the action, which numbers the version and draws the picture."""
        fields = ("slug", "name", "description", "criteria", "shape", "tone", "label", "tags")
        saved = upsert_achievement(**{field: getattr(obj, field) for field in fields}, by=request.user)  # type: ignore[arg-type]
        obj.pk, obj.version = saved.pk, saved.version

    @admin.display(description="drawing")
    def preview(self, row: Achievement) -> SafeString | str:
        """The picture as it is drawn now."""
        if row.pk is None:
            return "Drawn when saved."
        address = reverse("badges:achievement-image", args=[row.slug])
        return format_html('<img src="{}?{}" alt="Badge: {}" width="240">', address, row.version, row.name)


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """Keys by name, state and public part. The private part is in no field of this page."""

    list_display = ["kid", "state", "made_at"]
    fields = ["kid", "state", "made_at", "public_jwk"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Never by the sealed part: yes and no to enough questions would spell it."""
        return not lookup.startswith("sealed") and super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SigningKey]:
        """Without the sealed private parts."""
        return super().get_queryset(request).defer("sealed_private_key")


@admin.register(Credential)
class CredentialAdmin(ReadOnlyAdmin):
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credential]:
        """Without pictures and tokens."""
        return super().get_queryset(request).defer("png", "jwt", "achievement__image")

    def get_urls(self) -> list[URLPattern]:
        """Asking for a revocation stands beside the award."""
        view = self.admin_site.admin_view(self.ask_view)
        return [path("<uuid:credential_id>/revoke/", view, name="badges_credential_revoke"), *super().get_urls()]

    @needs("badges.revoke")
    def ask_view(self, request: HttpRequest, credential_id: Any) -> HttpResponse:
        """Ask for a revocation, with a reason."""
        row = get_object_or_404(self.get_queryset(request), pk=credential_id)
        if request.method == "POST":
            reason = request.POST.get("reason", "").replace("\0", "")
            request_revocation(credential=row, reason=reason, by=request.user)  # type: ignore[arg-type]
            messages.success(request, "Asked. It happens when a second person confirms it.")
            return redirect("admin:badges_credential_change", row.pk)
        context = self.admin_site.each_context(request) | {"title": "Ask for a revocation", "credential": row}
        return render(request, "admin/badges/credential/revoke.html", context)

    @admin.display(description="standing")
    def standing(self, row: Credential) -> str:
        """Revoked, expired or valid, as of now."""
        if row.state == Credential.State.REVOKED:
            return "Revoked"
        return "Expired" if is_expired(row, timezone.now()) else "Valid"

    @admin.display(description="public page")
    def public_page(self, row: Credential) -> SafeString:
        """Where anyone can check it."""
        return format_html('<a href="{0}">{0}</a>', row.get_absolute_url())

    @admin.display(description="what was signed")
    def signed_document(self, row: Credential) -> SafeString:
        """The document, indented."""
        return format_html("<pre>{}</pre>", json.dumps(json.loads(row.document), indent=2, ensure_ascii=False))


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
        heavy = ("png", "jwt", "document", "achievement__image")
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
        messages.success(request, "Revoked. The public page shows it now.")
        return redirect("admin:badges_credential_change", row.credential_id)

    @admin.display(description="holder")
    def holder(self, row: RevocationRequest) -> str:
        """Whose award it is."""
        return str(row.credential.holder)

    @admin.display(description="badge")
    def achievement(self, row: RevocationRequest) -> str:
        """Which badge it is."""
        return row.credential.achievement.name
