"""Keys, to read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from badges.models import SigningKey
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
