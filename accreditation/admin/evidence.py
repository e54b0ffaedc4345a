"""Evidence and notices in the administration: read, search, and undo by another row."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accreditation.actions.evidence import ask_for_reassessment, withdraw_evidence
from accreditation.models import Evidence, ProgramReassessment, Reassessment
from accreditation.rules.evidence import why_not_withdraw
from accreditation.views.who import user_of
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.readonly import ReadOnlyAdmin, each_or_say_why

WITHDRAWN_HERE = "withdrawn in the administration"


@admin.register(Evidence)
class EvidenceAdmin(DeedsAdmin, ReadOnlyAdmin):
    """The append-only facts."""

    list_display = ("learner", "kind", "subject", "performed_on", "score", "maximum", "recorded_at")
    list_filter = ("kind", "use_case", "persona", "performed_on")
    list_select_related = ("learner", "course", "exam", "practical", "program", "attestation", "credit")
    search_fields = ("learner__email", "learner__name", "source")
    actions = ("withdraw",)

    def deeds_of(self, request: HttpRequest, row: Evidence) -> Sequence[Deed]:
        """Undoing it."""
        refusal = why_not_withdraw(row, WITHDRAWN_HERE)
        return [Deed("withdraw", "Withdraw: it proves nothing any more", refusal)]

    @admin.display(description=gettext_lazy("of"))
    def subject(self, row: Evidence) -> Any:
        """The course, exam, practical, program, attestation or credit."""
        return row.course or row.exam or row.practical or row.program or row.attestation or row.credit

    @admin.action(description=gettext_lazy("Withdraw (a new row says who did it)"), permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, rows: QuerySet[Evidence]) -> None:
        """Undo the facts."""
        by = user_of(request)
        each_or_say_why(self, request, rows, lambda row: withdraw_evidence(evidence=row, reason=WITHDRAWN_HERE, by=by))

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Whoever may add evidence may undo it."""
        return request.user.has_perm("accreditation.add_evidence")


@admin.register(Reassessment)
class ReassessmentAdmin(DeedsAdmin, ReadOnlyAdmin):
    """Standings that are to be computed again."""

    list_display = ("learner", "due_at", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    list_select_related = ("learner",)
    search_fields = ("learner__email",)
    actions = ("again",)

    def deeds_of(self, request: HttpRequest, row: Reassessment) -> Sequence[Deed]:
        """Asking once more."""
        return [Deed("again", "Compute again")]

    @admin.action(description=gettext_lazy("Compute again"))
    def again(self, request: HttpRequest, rows: QuerySet[Reassessment]) -> None:
        """Ask for a new computation."""
        each_or_say_why(self, request, rows, lambda row: ask_for_reassessment(learner_id=row.learner_id))


@admin.register(ProgramReassessment)
class ProgramReassessmentAdmin(ReadOnlyAdmin):
    """Whole programs that were, or are to be, computed again."""

    list_display = ("program", "due_at", "began_at", "done_at", "learners", "changed")
    list_filter = (("done_at", admin.EmptyFieldListFilter), "program")
    list_select_related = ("program",)
