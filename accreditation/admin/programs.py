"""Programs, enrolments and standings in the administration."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accreditation.actions.copies import copy_program, groups_of
from accreditation.actions.programs import enrol, give_badge, publish_program, set_due_date, withdraw_program
from accreditation.models import Accreditation, Enrolment, Program, ProgramVersion, Requirement, RequirementGroup
from accreditation.rules.awards import awards_due
from accreditation.rules.requirements import why_not_publish_program
from accreditation.views.who import user_of
from courses.admin.copying import CopyForm, CopyingAdmin
from courses.admin.deeds import Deed, Way, preview_way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline, each_or_say_why
from courses.admin.withdrawing import WithdrawingAdmin
from courses.models import ContentState, Persona, Role


class VersionInline(ReadOnlyInline):
    """The rule versions of a program, newest first; load_program writes them."""

    model = ProgramVersion
    fk_name = "program"
    fields = ("number", "validity_months", "renewal_window_days", "grace_days", "published_at")


class ProgramCopyForm(CopyForm):
    """What the copy is called, for whom it is, and which groups it asks for: some of them make a micro-credential."""

    roles = forms.ModelMultipleChoiceField(Role.objects.all(), required=False, label=gettext_lazy("Roles"))
    personas = forms.ModelMultipleChoiceField(Persona.objects.all(), required=False, label=gettext_lazy("Personas"))
    groups: Any = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What it asks for"),
        help_text=gettext_lazy("Some of the groups make a micro-credential; its renewal is then the whole way again."),
    )
    months = forms.IntegerField(label=gettext_lazy("Holds for (months)"), min_value=1, max_value=120)


@admin.register(Program)
class ProgramAdmin(CopyingAdmin, WithdrawingAdmin, HistoryAdmin):
    """Programs: words here, rules as code."""

    list_display = ("title", "state", "current_version", "people", "slug")
    list_filter = ("state", "roles", "personas")
    list_select_related = ("current_version__program",)
    search_fields = ("title", "slug")
    readonly_fields = ("state", "current_version", "awards")
    filter_horizontal = ("roles", "personas", "organisations", "assets")
    inlines = (VersionInline,)
    actions = ("publish", "withdraw")

    def deeds_of(self, request: HttpRequest, row: Program) -> Sequence[Deed]:
        """The step that its state has, with what stands in its way."""
        if row.state == ContentState.PUBLISHED:
            return [self.withdraw_deed(row, "Withdraw: hide it")]
        return [Deed("publish", "Publish: open it to everyone", why_not_publish_program(row))]

    def ways_of(self, request: HttpRequest, row: Program) -> Sequence[Way]:
        """To its report, and to what is proposed."""
        proposals = f"{reverse('admin:accreditation_proposal_changelist')}?program__id__exact={row.pk}"
        add = reverse("admin:accreditation_proposal_add")
        report = [Way("Its report", reverse("program-report", args=[row.slug]), "accreditation.view_accreditation")]
        return [
            preview_way(row),
            *self.withdraw_ways(row),
            *(self.copy_ways(row) if row.current_version_id else []),
            *(report if row.current_version_id else []),
            Way("Its proposed rules", proposals, "accreditation.view_proposal"),
            Way("Propose other rules…", add, "accreditation.add_proposal"),
        ]

    def copy_form(self, row: Program, data: Any) -> forms.Form:
        """With the audience and the groups of the program."""
        version = row.current_version
        if version is None:
            raise Http404
        groups = groups_of(version)
        first = dict(super().copy_form(row, None).initial) | {
            "roles": row.roles.all(),
            "personas": row.personas.all(),
            "groups": [place for place, _title, _names in groups],
            "months": version.validity_months,
        }
        form = ProgramCopyForm(data, initial=first)
        form.fields["groups"].choices = [(place, title) for place, title, _names in groups]  # type: ignore[attr-defined]
        return form

    def copied_words(self, row: Program) -> Sequence[str]:
        """Its texts, and each group with what it asks for."""
        assert row.current_version is not None
        return [f"{title}: {', '.join(names)}" for _place, title, names in groups_of(row.current_version)]

    def copy_row(self, row: Program, request: HttpRequest, said: dict[str, Any]) -> Program:
        """A draft with these groups."""
        return copy_program(program=row, by=user_of(request), **said)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Program]:
        """With the number of enrolments."""
        return super().get_queryset(request).annotate(enrolled=Count("enrolments"))

    def get_readonly_fields(self, request: HttpRequest, obj: Program | None = None) -> tuple[str, ...]:
        """A badge is given once."""
        return (*self.readonly_fields, "achievement") if obj and obj.achievement_id else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Program, form: Any, change: bool) -> None:
        """The words are saved as they are, a badge is given by its action."""
        chosen = form.cleaned_data.get("achievement") if "achievement" in form.changed_data else None
        if change:  # never the whole row: a colleague may have given the badge since the form was opened
            obj._history_user = request.user  # type: ignore[attr-defined]
            words = {field.name for field in Program._meta.concrete_fields} - {"achievement"}
            obj.save(update_fields=words.intersection(form.changed_data))
        else:
            obj.achievement = None
            super().save_model(request, obj, form, change)
        if chosen is not None:
            give_badge(program=obj, achievement=chosen, by=user_of(request))
            messages.success(request, _("Everyone who is accredited already gets the badge within minutes."))

    @admin.display(description=gettext_lazy("badges issued"))
    def awards(self, program: Program) -> str:
        """How many hold it, and how many are due: accredited before the badge was there, or renewed."""
        if program.achievement_id is None:
            return "None: the program has no badge yet. Choose one, and everyone who is accredited gets it."
        held = Accreditation.objects.filter(program=program, credential__isnull=False).count()
        due = awards_due(timezone.now()).filter(program=program).count()
        return f"{held:,} issued, {due:,} due within minutes" if due else f"{held:,} issued"

    @admin.display(description=gettext_lazy("people"), ordering="enrolled")
    def people(self, program: Any) -> int:
        """How many are on it."""
        return program.enrolled

    @admin.action(description=gettext_lazy("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, rows: QuerySet[Program]) -> None:
        """Open the programs; each that can't be says why."""
        each_or_say_why(self, request, rows, lambda row: publish_program(program=row, by=user_of(request)))

    def withdraw_row(self, row: Program, request: HttpRequest) -> Program:
        """Hide it."""
        return withdraw_program(program=row, by=user_of(request))


class RequirementInline(ReadOnlyInline):
    """What a group asks for."""

    model = Requirement
    fields = ("kind", "proof", "name", "valid_months", "count")
    readonly_fields = ("name",)


@admin.register(RequirementGroup)
class RequirementGroupAdmin(ReadOnlyAdmin):
    """Requirement groups of every version."""

    list_display = ("title", "version", "rule", "count", "parent", "is_renewal")
    list_filter = ("version__program",)
    list_select_related = ("version__program", "parent")
    inlines = (RequirementInline,)


@admin.register(Enrolment)
class EnrolmentAdmin(HistoryAdmin):
    """Who is on which program, until when."""

    list_display = ("learner", "program", "due_on", "assigned_by", "enrolled_at", "withdrawn_at")
    list_filter = ("program", "due_on", "learner__role", "learner__organisation")
    list_select_related = ("learner", "program", "assigned_by")
    search_fields = ("learner__email", "learner__name", "program__title")
    autocomplete_fields = ("learner", "program")
    date_hierarchy = "due_on"
    fields = ("learner", "program", "due_on", "assigned_by", "withdrawn_at")
    readonly_fields = ("assigned_by", "withdrawn_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Who and what are set once."""
        return (*self.readonly_fields, "learner", "program") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Enrolment, form: Any, change: bool) -> None:
        """Enrolling and dates are deeds, so that the learner is told."""
        if change:
            set_due_date(enrolment=obj, due_on=obj.due_on, by=user_of(request))
            return
        row = enrol(learner=obj.learner, program=obj.program, by=user_of(request), due_on=obj.due_on)
        obj.pk = row.pk
        messages.info(request, "The learner gets a notice.")


@admin.register(Accreditation)
class AccreditationAdmin(ReadOnlyAdmin):
    """Standing as last computed."""

    list_display = ("learner", "program", "state", "met", "asked", "completed_on", "valid_until", "computed_at")
    list_filter = ("state", "program", "learner__role", "learner__organisation", "valid_until", "learner__is_active")
    list_select_related = ("learner", "program")
    search_fields = ("learner__email", "learner__name")
