"""Gold in the administration: the panel's marks, who has read them, and how near they came."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.actions.gold import make_gold, release_gold, retire_gold
from assessments.models import GoldResult, GoldWork, SubmissionVersion
from assessments.rules.gold import mean_levels, most_readers, why_not_make_gold
from assessments.rules.graders import graders
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyInline, each_or_say_why
from courses.lib.people import person_of


class ReceiptField(forms.ModelChoiceField):
    """Handed-in work by the receipt that its page shows: numbers of rows stand nowhere."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(SubmissionVersion.objects.select_related("submission"), widget=forms.TextInput, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What stands in the field."""
        return value.receipt if isinstance(value, SubmissionVersion) else value

    def to_python(self, value: Any) -> SubmissionVersion | None:
        """The work with this receipt."""
        if not value:
            return None
        found = SubmissionVersion.objects.filter(receipt=str(value).strip()).order_by("-pk").first()
        if found is None:
            raise forms.ValidationError(_("No work has this receipt."))
        return found


class GoldForm(forms.ModelForm):
    """The panel's marks as JSON by criterion, checked against the rubric of the work."""

    version = ReceiptField(
        label=gettext_lazy("Receipt of the work"),
        help_text=gettext_lazy("As on the submission's page, for example 7f3a-91c0."),
    )
    marks = forms.JSONField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 60}),
        help_text=gettext_lazy(
            'The panel\'s levels by criterion, for example {"discovery": 4, "value": 3}. Saved with {} it says '
            "which criteria there are."
        ),
    )

    class Meta:
        model = GoldWork
        fields = ("version", "marks", "rationale", "consent")

    def clean(self) -> dict[str, Any]:
        """Marks for each criterion, of decided work."""
        data = super().clean() or {}
        version, marks = data.get("version"), data.get("marks")
        if version is None or "marks" in self.errors:
            return data
        marks = {} if marks is None else marks
        whole = isinstance(marks, dict) and all(type(points) is int for points in marks.values())
        if not whole:
            raise forms.ValidationError(
                {"marks": _('Write levels by criterion, for example {"discovery": 4, "value": 3}.')}
            )
        if refusal := why_not_make_gold(version, marks):
            raise forms.ValidationError(refusal.sentence)
        return data


class GoldResultInline(ReadOnlyInline):
    """What graders gave."""

    model = GoldResult
    fields = ("grader", "total", "panel_total", "is_hit", "is_qualifying", "scored_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoldResult]:
        """With the graders, in the same query."""
        return super().get_queryset(request).select_related("grader")


@admin.register(GoldWork)
class GoldWorkAdmin(DeedsAdmin, HistoryAdmin):
    """Work with the marks of a panel, given to graders unseen. Written once; released and retired by deeds."""

    form = GoldForm
    list_display = ("__str__", "practical", "total", "given_out", "seen_by", "hits")
    list_select_related = ("version__submission__practical",)
    list_filter = (("released_at", admin.EmptyFieldListFilter), ("retired_at", admin.EmptyFieldListFilter))
    search_fields = ("version__receipt", "version__submission__practical__title")
    fields = ("version", "marks", "rationale", "consent")
    inlines = (GoldResultInline,)
    actions = ("release", "retire")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """For the work that the address names, the levels that its readings came to."""
        receipt = request.GET.get("version", "")
        return {"version": receipt, "marks": mean_levels(receipt)}

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """What graders gave, once it is written."""
        return super().get_inlines(request, obj) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoldWork]:
        """With how many graders read each, and how many of them hit."""
        hits = Count("results", filter=Q(results__is_hit=True))
        return super().get_queryset(request).annotate(seen=Count("results"), hit=hits)

    @admin.display(description=gettext_lazy("practical"))
    def practical(self, gold: GoldWork) -> str:
        """What was practised."""
        return str(gold.version.submission.practical)

    @admin.display(description=gettext_lazy("given out"))
    def given_out(self, gold: GoldWork) -> str:
        """Whether graders get it."""
        if gold.retired_at:
            return "retired"
        return "yes" if gold.released_at else "not yet"

    @admin.display(description=gettext_lazy("read by"), ordering="seen")
    def seen_by(self, gold: GoldWork) -> int:
        """How many graders have read it."""
        return gold.seen  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("hits"), ordering="hit")
    def hits(self, gold: GoldWork) -> int:
        """How many of them agreed with the panel."""
        return gold.hit  # type: ignore[attr-defined]

    def notes_of(self, request: HttpRequest, row: GoldWork) -> Sequence[str]:
        """That too many know it, where half of the graders have read it."""
        seen, all_graders = row.results.count(), graders().count()
        if seen < most_readers():
            return []
        return [
            f"{seen} of {all_graders} graders have read it, so nobody is given it any more. Retire it and make another."
        ]

    def deeds_of(self, request: HttpRequest, row: GoldWork) -> Sequence[Deed]:
        """Releasing, then retiring."""
        if row.retired_at:
            return []
        return [Deed("retire", "Retire it")] if row.released_at else [Deed("release", "Give it to graders")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Everything, once it is written."""
        return self.fields if obj else ()

    def save_model(self, request: HttpRequest, obj: GoldWork, form: ModelForm, change: bool) -> None:
        """Write it down."""
        if not change:
            made = make_gold(
                version=obj.version,
                marks=obj.marks,
                rationale=obj.rationale,
                consent=obj.consent,
                by=person_of(request),
            )
            obj.pk, obj.total = made.pk, made.total

    @admin.action(description=gettext_lazy("Give the chosen works to graders"), permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[GoldWork]) -> None:
        """From now on."""
        each_or_say_why(self, request, queryset, lambda row: release_gold(gold=row, by=person_of(request)))

    @admin.action(description=gettext_lazy("Retire the chosen works"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[GoldWork]) -> None:
        """Nobody gets them any more."""
        each_or_say_why(self, request, queryset, lambda row: retire_gold(gold=row, by=person_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: retire it."""
        return False
