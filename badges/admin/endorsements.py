"""Endorsements: what was said for which award by whom, and taking it back."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from badges.actions.endorsements import withdraw_endorsement
from badges.forms import WithdrawalForm
from badges.models import Endorsement
from badges.rules.endorsement_checks import HEAVY
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.policy import needs


@admin.register(Endorsement)
class EndorsementAdmin(ReadOnlyAdmin):
    """Endorsements with all their signings; withdrawn here by the enablement team, by their authors in the portal."""

    list_display = ["holder", "achievement", "author", "author_words", "standing", "written_at"]
    list_filter = [
        "state", "written_at", ("succeeded_at", admin.EmptyFieldListFilter), ("hidden_at", admin.EmptyFieldListFilter),
        ("resign_due_at", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    list_select_related = ["credential__holder", "credential__achievement", "author"]
    search_fields = [
        "=id", "=credential__id", "author__name", "author__email", "credential__holder__name", "credential__holder__email",
        "comment",
    ]  # fmt: skip
    date_hierarchy = "written_at"
    fields = [
        "holder", "achievement", "credential", "author", "author_words", "comment", "standing", "written_at", "valid_from",
        "hidden_at", "resign_due_at", "withdrawn_at", "withdrawn_by", "reason", "public_page", "signed_document",
    ]  # fmt: skip
    change_form_template = "admin/badges/endorsement/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endorsement]:
        """Without pictures and tokens."""
        return super().get_queryset(request).defer("jwt", *HEAVY)

    def get_urls(self) -> list[URLPattern]:
        """Withdrawing is a deed of its own, with a reason."""
        view = self.admin_site.admin_view(self.withdraw_view)
        return [
            path("<uuid:endorsement_id>/withdraw/", view, name="badges_endorsement_withdraw"),
            *super().get_urls(),
        ]

    @needs("badges.withdraw_endorsement")
    def withdraw_view(self, request: HttpRequest, endorsement_id: Any) -> HttpResponse:
        """Withdraw what somebody else said, with a reason."""
        row = get_object_or_404(self.get_queryset(request), pk=endorsement_id)
        form = WithdrawalForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            withdraw_endorsement(endorsement=row, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("Withdrawn. Its page and the published list say so now."))
            return redirect("admin:badges_endorsement_change", row.pk)
        context = {"title": "Withdraw an endorsement", "endorsement": row, "form": form}
        status = 422 if request.method == "POST" else 200
        page = "admin/badges/endorsement/withdraw.html"
        return render(request, page, self.admin_site.each_context(request) | context, status=status)

    @admin.display(description=gettext_lazy("holder"))
    def holder(self, row: Endorsement) -> str:
        """Whose award it is."""
        return str(row.credential.holder)

    @admin.display(description=gettext_lazy("badge"))
    def achievement(self, row: Endorsement) -> str:
        """Which badge it is."""
        return row.credential.achievement.name

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, row: Endorsement) -> str:
        """How it stands, in a few words."""
        if row.state == Endorsement.State.WITHDRAWN:
            return "Withdrawn"
        if row.succeeded_at:
            return "Signed anew since"
        if row.resign_due_at:
            return "Waits to be signed anew"
        return "Stands, hidden by the holder" if row.hidden_at else "Stands"

    @admin.display(description=gettext_lazy("public page"))
    def public_page(self, row: Endorsement) -> SafeString:
        """Where anyone can check it."""
        return format_html('<a href="{0}">{0}</a>', row.get_absolute_url())

    @admin.display(description=gettext_lazy("what was signed"))
    def signed_document(self, row: Endorsement) -> SafeString:
        """The document, indented; nothing once its author was erased."""
        if not row.document:
            return SafeString("")
        return format_html("<pre>{}</pre>", json.dumps(json.loads(row.document), indent=2, ensure_ascii=False))
