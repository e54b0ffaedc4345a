"""Keys and the awards that are signed anew for a withdrawn one, to read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from badges.models import Reissue, SigningKey
from courses.admin.readonly import ReadOnlyAdmin


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """Keys by name, state and public part. The private part is in no field of this page."""

    list_display = ["kid", "algorithm", "state", "made_at"]
    fields = ["kid", "algorithm", "state", "made_at", "retired_at", "withdrawn_at", "public_jwk"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Never by the sealed part: yes and no to enough questions would spell it."""
        return not lookup.startswith("sealed") and super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SigningKey]:
        """Without the sealed private parts."""
        return super().get_queryset(request).defer("sealed_private_key")


@admin.register(Reissue)
class ReissueAdmin(ReadOnlyAdmin):
    """Awards of a withdrawn key: which ones wait to be signed anew, and which were."""

    list_display = ["holder", "achievement", "key", "state", "due_at", "done_at"]
    list_filter = ["state", "key"]
    list_select_related = ["credential__holder", "credential__achievement", "key"]
    search_fields = ["=credential__id", "credential__holder__name", "credential__holder__email"]
    fields = ["holder", "achievement", "credential", "key", "state", "due_at", "done_at"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Never by the sealed part of a key, from here neither."""
        return "sealed" not in lookup and super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reissue]:
        """Without pictures, tokens and the sealed private parts."""
        heavy = ("png", "svg", "jwt", "jwt_rs256", "document", "achievement__image")
        rows = super().get_queryset(request).defer("key__sealed_private_key")
        return rows.defer(*(f"credential__{field}" for field in heavy))

    @admin.display(description=gettext_lazy("holder"))
    def holder(self, row: Reissue) -> str:
        """Whose award it is."""
        return str(row.credential.holder)

    @admin.display(description=gettext_lazy("badge"))
    def achievement(self, row: Reissue) -> str:
        """Which badge it is."""
        return row.credential.achievement.name
