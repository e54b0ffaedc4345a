"""Question banks and questions in the administration."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.contrib import admin
from django.db.models import Count, Prefetch, Q, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy

from assessments.actions.banks import author_question, restore_question, withdraw_question
from assessments.actions.imports import export_questions, preview_export
from assessments.forms.banks import QuestionForm
from assessments.models import Option, Question, QuestionBank, QuestionVersion
from assessments.rules.formats import formats
from assessments.rules.option_lines import rows_of, written_options
from assessments.rules.regrades import why_not_restore
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyInline, each_or_say_why
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.models import Objective


@admin.register(QuestionBank)
class QuestionBankAdmin(DeedsAdmin, HistoryAdmin):
    """Pools of questions."""

    shows_uses = True

    list_display = ("title", "slug", "drawable")
    search_fields = ("title", "slug")
    prepopulated_fields = {"slug": ("title",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionBank]:
        """With the number of questions that a draw may use."""
        open_ones = Q(questions__withdrawn_at=None, questions__current_version__isnull=False)
        return super().get_queryset(request).annotate(drawable=Count("questions", filter=open_ones))

    def ways_of(self, request: HttpRequest, row: QuestionBank) -> Sequence[Way]:
        """To its questions and exams, and how more come in and all go out."""
        questions, exams = (reverse(f"admin:assessments_{one}_changelist") for one in ("question", "exam"))
        new, upload = reverse("admin:assessments_question_add"), reverse("admin:assessments_questionimport_upload")
        export = reverse("admin:assessments_questionbank_export", args=[row.pk, "moodle_xml"])
        return [
            Way("Its questions", f"{questions}?bank__id__exact={row.pk}", "assessments.view_question"),
            Way("Add a question", f"{new}?bank={row.pk}", "assessments.add_question"),
            Way("Import…", f"{upload}?bank={row.slug}", "assessments.add_questionimport"),
            Way("Export…", export, "assessments.view_answerkey"),
            Way("Exams that draw from it", f"{exams}?bank__id__exact={row.pk}", "assessments.view_exam"),
        ]

    def get_urls(self) -> list[URLPattern]:
        """With the export."""
        export = path("<int:bank_id>/export/<slug:format>/", self.export_view, name="assessments_questionbank_export")
        return [export, *super().get_urls()]

    @needs("assessments.view_answerkey")
    def export_view(self, request: HttpRequest, bank_id: int, format: str) -> HttpResponse:
        """What a format holds of the bank and what it leaves out; posting gives the file. It holds the key."""
        bank = get_object_or_404(QuestionBank, pk=bank_id)
        if format not in formats():
            raise Http404
        give = export_questions if request.method == "POST" else preview_export
        file = give(bank=bank, format=format, by=person_of(request))
        if request.method != "POST":
            context = {"bank": bank, "file": file, "kind": formats()[format], "formats": list(formats().values())}
            shown = self.admin_site.each_context(request) | context
            return render(request, "admin/assessments/questionbank/export.html", shown)
        name = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
        return HttpResponse(file.content, content_type=file.media_type, headers=name)

    @admin.display(description=gettext_lazy("questions"), ordering="drawable")
    def drawable(self, bank: Any) -> int:
        """How many questions it holds, without withdrawn ones."""
        return bank.drawable

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: exams draw from it."""
        return False


class QuestionVersionInline(ReadOnlyInline):
    """Every wording so far, with its key."""

    model = QuestionVersion
    fk_name = "question"
    fields = readonly_fields = ("number", "kind", "rule", "text", "choices", "created_at", "created_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionVersion]:
        """With options and key, in one query more."""
        options = Prefetch("options", Option.objects.order_by("position"))
        return (
            super()
            .get_queryset(request)
            .select_related("answer_key__correction", "created_by")
            .prefetch_related(options)
        )

    @admin.display(description=gettext_lazy("options"))
    def choices(self, version: QuestionVersion) -> SafeString:
        """The author's lines, each with its share."""
        lines = written_options(version, rows_of(version))
        rows = ((one.fraction, f"{one.text} → {one.match}" if one.match else one.text) for one in lines)
        return format_html("<ul>{}</ul>", format_html_join("", "<li><b>{}</b> {}</li>", rows))


@admin.register(Question)
class QuestionAdmin(DeedsAdmin, HistoryAdmin):
    """Questions by bank. Saving another wording makes a version; nothing that was asked ever changes."""

    form = QuestionForm
    list_display = ("external_id", "bank", "wording", "type_of", "objective", "difficulty", "version", "withdrawn_at")
    list_select_related = ("bank", "objective", "current_version")
    autocomplete_fields = ("enemies",)
    list_filter = (
        "bank",
        "difficulty",
        "current_version__kind",
        "practice_only",
        ("withdrawn_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("external_id", "title", "topic", "current_version__text", "objective__text")
    fieldsets = (
        (None, {"fields": ("bank", "external_id", "title", "objective", "competency", "topic", "difficulty")}),
        ("Use", {"fields": ("practice_only", "enemies", "withdrawn_at")}),
        ("Wording", {"fields": ("kind", "text", "options", "rule", "rationale", "source_revision")}),
    )
    inlines = (QuestionVersionInline,)
    actions = ("withdraw", "restore")

    def deeds_of(self, request: HttpRequest, row: Question) -> Sequence[Deed]:
        """Withdrawing, or undoing it."""
        if row.withdrawn_at is None:
            return [Deed("withdraw", "Withdraw: no further attempt draws it")]
        return [Deed("restore", "Let attempts draw it again", why_not_restore(row))]

    def ways_of(self, request: HttpRequest, row: Question) -> Sequence[Way]:
        """To its bank, and to correcting what was asked."""
        bank = Way(f"The bank: {row.bank}", reverse("admin:assessments_questionbank_change", args=[row.bank_id]))
        if row.current_version_id is None:
            return [bank]
        ask = reverse("admin:assessments_regrade_ask", args=[row.current_version_id])
        return [bank, Way("Correct what was asked…", ask, "assessments.add_regrade")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The identity is fixed; withdrawing is a deed."""
        return ("withdrawn_at", *(("bank", "external_id") if obj else ()))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Objectives in the order of their courses."""
        if db_field.name == "objective":
            kwargs["queryset"] = Objective.objects.order_by("course__title", "position")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Question, form: ModelForm, change: bool) -> None:
        """Author the question: the same content changes nothing, another one becomes a version."""
        data = form.cleaned_data
        version = author_question(
            bank=obj.bank,
            external_id=obj.external_id,
            kind=data["kind"],
            objective=data["objective"],
            competency=data["competency"],
            difficulty=data["difficulty"],
            topic=data["topic"],
            title=data["title"],
            practice_only=data["practice_only"],
            text=data["text"],
            options=[asdict(one) for one in data["written"]],
            rationale=data["rationale"],
            rule=data["rule"],
            source=data["source_revision"],
            by=person_of(request),
        )
        obj.pk = version.question_id

    @admin.display(description=gettext_lazy("text"), ordering="current_version__text")
    def wording(self, question: Question) -> str:
        """The beginning of what it asks now."""
        return Truncator(question.current_version.text).chars(80) if question.current_version else "–"

    @admin.display(description=gettext_lazy("type"), ordering="current_version__kind")
    def type_of(self, question: Question) -> str:
        """Its type now."""
        return question.current_version.kind if question.current_version else "–"

    @admin.display(description=gettext_lazy("version"), ordering="current_version__number")
    def version(self, question: Question) -> int:
        """The number of the wording that stands."""
        return question.current_version.number if question.current_version else 0

    @admin.action(description=gettext_lazy("Withdraw: no further attempt draws them"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        """Withdraw; attempts that have them keep them."""
        each_or_say_why(self, request, queryset, lambda row: withdraw_question(question=row, by=person_of(request)))

    @admin.action(description=gettext_lazy("Let attempts draw them again"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Question]) -> None:
        """Undo a withdrawal."""
        each_or_say_why(self, request, queryset, lambda row: restore_question(question=row, by=person_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never; withdraw it."""
        return False
