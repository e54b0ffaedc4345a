"""Graders and the budget of further readings in the administration."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.actions.graders import decide_policy, resume_grader
from assessments.models import Absence, DutyHours, GraderProfile, ReviewPolicy
from assessments.rules.graders import graders
from assessments.rules.policies import budget_of
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import each_or_say_why
from courses.lib.clock import database_now
from courses.lib.people import person_of


class NamedCells(admin.TabularInline):
    """A table of fields whose heads name each of them, also to who can't see the heads."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Named."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = db_field.verbose_name
        return field


class DutyHoursInline(NamedCells):
    """The hours of a week."""

    model = DutyHours
    extra = 1


class AbsenceInline(NamedCells):
    """Days away."""

    model = Absence
    extra = 1


@admin.register(GraderProfile)
class GraderProfileAdmin(DeedsAdmin, HistoryAdmin):
    """What graders read and when they are on duty: promised dates and offers of work are reckoned from this."""

    list_display = ("grader", "languages", "hours_a_week", "paused_at", "pause_reason")
    list_select_related = ("grader",)
    list_filter = (("paused_at", admin.EmptyFieldListFilter), "personas")
    search_fields = ("grader__name", "grader__email")
    fields = ("grader", "personas", "languages", "is_experienced", "accredited_at", "paused_at", "pause_reason")
    formfield_overrides = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    inlines = (DutyHoursInline, AbsenceInline)
    actions = ("let_go_on",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[GraderProfile]:
        """With their hours, in one more query."""
        return super().get_queryset(request).prefetch_related("duty_hours")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What deeds write; and whose profile it is, once it is somebody's."""
        written = ("accredited_at", "paused_at", "pause_reason")
        return ("grader", *written) if obj else written

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """People who grade and have no profile: who leads the queue may not look through all people."""
        if db_field.name == "grader":
            kwargs["queryset"] = graders().filter(grader_profile__isnull=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("hours a week"))
    def hours_a_week(self, profile: GraderProfile) -> str:
        """The hours on duty, "any time" where none are given."""
        spans = [(one.starts_at, one.ends_at) for one in profile.duty_hours.all()]
        minutes = sum((ends.hour - starts.hour) * 60 + ends.minute - starts.minute for starts, ends in spans)
        return f"{minutes / 60:g}" if spans else "any time"

    def deeds_of(self, request: HttpRequest, row: GraderProfile) -> Sequence[Deed]:
        """Ending a pause, where there is one."""
        return [Deed("let_go_on", "End the pause: they take work again")] if row.paused_at else []

    @admin.action(description=gettext_lazy("End the pause of the chosen graders"), permissions=["change"])
    def let_go_on(self, request: HttpRequest, queryset: QuerySet[GraderProfile]) -> None:
        """They take work again."""
        each_or_say_why(self, request, queryset, lambda row: resume_grader(profile=row, by=person_of(request)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a grader without a group grades nothing."""
        return False


class ReviewPolicyForm(ModelForm):
    """A budget with the share of it that chance draws."""

    def clean(self) -> dict[str, Any]:
        """What is drawn at random is part of the further readings."""
        data = super().clean() or {}
        further, monitor = data.get("further_percent"), data.get("monitor_percent")
        if further is not None and monitor is not None and monitor > further:
            self.add_error(
                "monitor_percent",
                _(
                    "Readings drawn at random are part of the further ones: write %(further)s or less here, or raise those."
                )
                % {"further": further},
            )
        return data


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(DeedsAdmin):
    """How many further readings there may be. Decided anew with a reason, never edited; the newest counts."""

    form = ReviewPolicyForm
    list_display = ("decided_at", "further_percent", "monitor_percent", "reason", "decided_by")
    list_select_related = ("decided_by",)
    fields = ("further_percent", "monitor_percent", "reason", "decided_by", "decided_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Everything, once it is decided."""
        return self.fields if obj else ("decided_by", "decided_at")

    def notes_of(self, request: HttpRequest, row: ReviewPolicy) -> Sequence[str]:
        """What was used of the budget in the last 28 days."""
        used = budget_of(row, database_now())
        if not used.firsts:
            return ["No first readings in the last 28 days."]
        percent = 100 * used.further / used.firsts
        return [f"In the last 28 days: {used.firsts} first readings, {used.further} further ones, {percent:.0f} %."]

    def save_model(self, request: HttpRequest, obj: ReviewPolicy, form: ModelForm, change: bool) -> None:
        """Append the decision."""
        if not change:
            decided = decide_policy(
                further_percent=obj.further_percent,
                monitor_percent=obj.monitor_percent,
                reason=obj.reason,
                by=person_of(request),
            )
            obj.pk, obj.decided_at = decided.pk, decided.decided_at

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: decide anew."""
        return False
