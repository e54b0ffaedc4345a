"""What goes next, what went, and what is held: shown, never edited."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from assessments.models import LegalHold, Purge, PurgeReceipt
from assessments.rules.retention import why_not_purge
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.clock import database_now


@admin.register(Purge)
class PurgeAdmin(ReadOnlyAdmin):
    """What is to be deleted and why; where it waits, its page says what for."""

    list_display = ("what", "learner", "rule", "asked_at", "by", "done_at")
    list_select_related = ("recording__submission__learner", "file__submission__learner", "by")
    list_filter = (("done_at", admin.EmptyFieldListFilter), "rule", "asked_at")
    search_fields = ("recording__id", "recording__submission__learner__email", "file__submission__learner__email")
    date_hierarchy = "asked_at"
    readonly_fields = ("waits_for",)

    @admin.display(description=gettext_lazy("recording or file"))
    def what(self, purge: Purge) -> str:
        """The name of what goes."""
        return str(purge.recording or purge.file)

    @admin.display
    def learner(self, purge: Purge) -> str:
        """Whose it is."""
        owner = purge.recording or purge.file
        return str(owner.submission.learner) if owner else "–"

    @admin.display(description=gettext_lazy("what it waits for"))
    def waits_for(self, purge: Purge) -> str:
        """Why it isn't done yet."""
        if purge.done_at:
            return "–"
        refusal = why_not_purge(purge, database_now())
        return refusal.sentence if refusal else "Nothing: it goes with the next sweep, within the hour."


@admin.register(PurgeReceipt)
class PurgeReceiptAdmin(ReadOnlyAdmin):
    """What was deleted: names, bytes and SHA-256 of every file."""

    list_display = ("what", "rule", "files", "mebibytes", "by", "purged_at")
    list_select_related = ("recording", "file", "by")
    list_filter = ("rule", "purged_at")
    search_fields = ("recording__id", "recording__submission__learner__email", "file__submission__learner__email")
    date_hierarchy = "purged_at"

    @admin.display(description=gettext_lazy("recording or file"))
    def what(self, receipt: PurgeReceipt) -> str:
        """The name of what went."""
        return str(receipt.recording or receipt.file)

    @admin.display
    def files(self, receipt: PurgeReceipt) -> int:
        """How many files that were."""
        return len(receipt.removed)

    @admin.display(description=gettext_lazy("MiB"))
    def mebibytes(self, receipt: PurgeReceipt) -> str:
        """How much room that gave back."""
        return f"{sum(one['bytes'] for one in receipt.removed) / (1 << 20):.1f}"


@admin.register(LegalHold)
class LegalHoldAdmin(ReadOnlyAdmin):
    """Tries of which nothing is deleted. Placed and lifted on the page of a recording."""

    list_display = ("submission", "learner", "reason", "placed_by", "placed_at", "lifted_by", "lifted_at")
    list_select_related = ("submission__practical", "submission__learner", "placed_by", "lifted_by")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter), "placed_at")
    search_fields = ("submission__learner__email", "submission__learner__name", "reason")

    @admin.display
    def learner(self, hold: LegalHold) -> str:
        """Whose try it is."""
        return str(hold.submission.learner)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalHold]:
        """The live ones first."""
        return super().get_queryset(request).order_by("-lifted_at", "-placed_at")
