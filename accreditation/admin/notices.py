"""What people were told, and where its e-mail stands."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accreditation.models import Digest, Notice, ReminderLadder
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What people were told, and where its mail stands."""

    list_display = ("recipient", "kind", "title", "created_at", "read_at", "mail_state")
    list_filter = ("kind", "mail_state", "created_at")
    list_select_related = ("recipient",)
    search_fields = ("recipient__email", "title")


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    """E-mails with several notices, and where they stand."""

    list_display = ("person", "period", "period_on", "notice_count", "mail_state", "mail_attempts", "mailed_at")
    list_filter = ("period", "mail_state", "created_at")
    list_select_related = ("person",)
    search_fields = ("person__email",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Digest]:
        """With how many notices each holds."""
        return super().get_queryset(request).annotate(many=Count("notices"))

    @admin.display(description=_("notices"), ordering="many")
    def notice_count(self, row: Digest) -> int:
        """How many notices it holds."""
        return row.many  # type: ignore[attr-defined]


@admin.register(ReminderLadder)
class ReminderLadderAdmin(HistoryAdmin):
    """On which days people are reminded: for the whole portal, and for programs that differ."""

    list_display = ("__str__", "due_days", "renewal_days")
    list_select_related = ("program",)
    search_fields = ("program__title",)
    autocomplete_fields = ("program",)
