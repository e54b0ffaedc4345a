"""Appeals in the administration: why they were made and what they came to."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from assessments.models import Appeal
from courses.admin.deeds import DeedsAdmin, Way
from courses.admin.readonly import ReadOnlyAdmin


@admin.register(Appeal)
class AppealAdmin(DeedsAdmin, ReadOnlyAdmin):
    """Appeals with their reason, the outcome before and after. Their statistics stand apart from those of readings."""

    list_display = ("practical", "asked_at", "promised_at", "before", "after")
    list_filter = (("answer", admin.EmptyFieldListFilter), "asked_at")
    search_fields = ("against__submission__learner__email", "against__submission__receipt")
    date_hierarchy = "asked_at"
    fields = ("practical", "reason", "asked_at", "promised_at", "before", "after")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appeal]:
        """With both decisions, in the same query."""
        rows = super().get_queryset(request).select_related("against__submission__practical")
        return rows.annotate(after_total=F("answer__total"), after_maximum=F("answer__maximum"))

    @admin.display(description=gettext_lazy("practical"))
    def practical(self, appeal: Appeal) -> str:
        """What it is about."""
        return str(appeal.against.submission)

    @admin.display(description=gettext_lazy("before"), ordering="against__total")
    def before(self, appeal: Appeal) -> str:
        """The outcome that it is against."""
        return str(appeal.against)

    @admin.display(description=gettext_lazy("after"), ordering="after_total")
    def after(self, appeal: Appeal) -> str:
        """The outcome with the fresh reading."""
        total, maximum = appeal.after_total, appeal.after_maximum  # type: ignore[attr-defined]
        return f"{total} of {maximum}" if total is not None else "being read"

    def ways_of(self, request: HttpRequest, row: Appeal) -> Sequence[Way]:
        """To the reading and the work."""
        submission = reverse("admin:assessments_submission_change", args=[row.against.submission_id])
        task = reverse("admin:assessments_reviewtask_change", args=[row.task_id])
        return [
            Way("The reading", task, "assessments.view_reviewtask"),
            Way("The submission", submission, "assessments.view_submission"),
        ]
