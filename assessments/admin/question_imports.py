"""Files of questions in the administration: uploaded, read in the background, reported on, accepted."""

from collections import Counter
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy

from assessments.actions.question_imports import accept_import, upload_questions
from assessments.forms.banks import ImportForm
from assessments.models import QuestionImport
from assessments.rules.import_rows import STATUS_WORDS, in_words
from assessments.rules.imports import why_not_accept_import
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.telling import do_or_say_why, told_on

ROWS_A_PAGE = 100


@admin.register(QuestionImport)
class QuestionImportAdmin(ReadOnlyAdmin):
    """Imports, each with its report."""

    change_form_template = "admin/assessments/questionimport/change_form.html"
    change_list_template = "admin/assessments/questionimport/change_list.html"
    list_display = ("name", "bank_slug", "format", "state", "found", "importable", "imported", "made_by", "made_at")
    list_select_related = ("made_by",)
    list_filter = ("state", "format", "made_at")
    search_fields = ("name", "bank_slug")
    fields = readonly_fields = (
        "name", "bank_slug", "format", "state", "made_by", "made_at", "accepted_by", "accepted_at",
    )  # fmt: skip

    @admin.display
    def found(self, row: Any) -> Any:
        """How many questions the file holds."""
        return row.report_found or "–"

    @admin.display(description=gettext_lazy("can be taken"))
    def importable(self, row: Any) -> Any:
        """How many of them can be taken."""
        return row.report_importable or "–"

    @admin.display(description=gettext_lazy("written"))
    def imported(self, row: Any) -> Any:
        """How many were written."""
        return row.report_imported or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionImport]:
        """With the counts of the reports, without the reports: one may have megabytes."""
        counts = {f"report_{name}": KT(f"report__{name}") for name in ("found", "importable", "imported")}
        return super().get_queryset(request).defer("report").annotate(**counts)

    def get_urls(self) -> list[URLPattern]:
        """With uploading and accepting."""
        deeds = [
            path("upload/", self.upload_view, name="assessments_questionimport_upload"),
            path("<int:import_id>/accept/", self.accept_view, name="assessments_questionimport_accept"),
        ]
        return deeds + super().get_urls()

    @needs("assessments.add_questionimport")
    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file and its bank."""
        form = ImportForm(
            request.POST or None, request.FILES or None, initial={"bank_slug": request.GET.get("bank", "")}
        )
        if form.is_valid():
            with told_on(form):
                row = upload_questions(by=person_of(request), **form.cleaned_data)
                return redirect(reverse("admin:assessments_questionimport_change", args=[row.pk]))
        context = self.admin_site.each_context(request) | {"form": form}
        return render(request, "admin/assessments/questionimport/upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the report, a hundred questions a page."""
        row: Any = self.get_object(request, object_id)
        questions = (row.report if row else {}).get("questions", [])
        wanted = request.GET.get("status", "")
        chosen = [one for one in questions if wanted in ("", *_marks(one))]
        page = Paginator(chosen, ROWS_A_PAGE).get_page(request.GET.get("page"))
        context = {
            "repeated": sum(bool(one.get("repeats")) for one in questions),
            "rows": in_words(list(page.object_list)),
            "refusal": why_not_accept_import(row) if row else None,
            "may_accept": request.user.has_perm("assessments.change_questionimport"),
            "counts": _counts(questions),
            "wanted": wanted,
            "page": page,
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)

    @needs("assessments.change_questionimport")
    def accept_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """Have the good questions written."""
        row = get_object_or_404(QuestionImport, pk=import_id)
        if request.method == "POST":
            do_or_say_why(
                request, lambda: accept_import(row=row, by=person_of(request)), "The questions are being written."
            )
        return redirect(reverse("admin:assessments_questionimport_change", args=[row.pk]))


REPEATED = "repeated"


def _marks(question: dict[str, Any]) -> list[str]:
    """What a question can be asked for by: its status, and whether it repeats one."""
    return [question["status"], *([REPEATED] if question.get("repeats") else [])]


def _counts(questions: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """(mark, its words, how many questions have it)."""
    found = Counter(mark for one in questions for mark in _marks(one))
    return [(mark, STATUS_WORDS.get(mark, mark), count) for mark, count in sorted(found.items())]
