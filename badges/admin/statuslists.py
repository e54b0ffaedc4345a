"""Status lists, to read."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from badges.models import Credential, Endorsement, StatusList
from badges.statuslists import SIZE
from courses.admin.readonly import ReadOnlyAdmin


@admin.register(StatusList)
class StatusListAdmin(ReadOnlyAdmin):
    """How full each published list is, what its entries speak of, how many are revoked, and when it was signed."""

    list_display = ["number", "kind", "given", "revoked", "signed_at"]
    fields = ["number", "kind", "given", "revoked", "signed_at", "address"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusList]:
        """With the counts, without the documents."""
        revoked = Q(credentials__state=Credential.State.REVOKED) | Q(endorsements__state=Endorsement.State.WITHDRAWN)
        rows = super().get_queryset(request).defer("document")
        entries = Coalesce("credentials__status_index", "endorsements__status_index")  # a list holds one kind only
        return rows.annotate(given_count=Count(entries), revoked_count=Count(entries, filter=revoked))

    @admin.display(description="entries given")
    def given(self, row: StatusList) -> str:
        """Of how many."""
        return f"{row.given_count:,} of {SIZE:,}"  # type: ignore[attr-defined]

    @admin.display(description="revoked", ordering="revoked_count")
    def revoked(self, row: StatusList) -> int:
        """How many bits are set."""
        return row.revoked_count  # type: ignore[attr-defined]

    @admin.display(description="published at")
    def address(self, row: StatusList) -> SafeString:
        """Where anyone can fetch it."""
        return format_html('<a href="{0}">{0}</a>', row.get_absolute_url())
