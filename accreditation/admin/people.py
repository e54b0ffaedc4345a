"""People, organisations and invitations in the administration."""

from collections.abc import Sequence
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accreditation.actions.applications import withdraw_everything
from accreditation.actions.erasure import erase_person
from accreditation.actions.organisations import move_person
from accreditation.actions.people import note_invitation, set_groups
from accreditation.actions.relations import note_relations
from accreditation.models import Invitation, Move, Organisation, User
from accreditation.roles import PERMISSIONS
from accreditation.rules.erasure import why_not_erasable
from accreditation.rules.relations import relations_of
from accreditation.views.who import user_of
from courses.admin.deeds import DeedsAdmin, Way
from courses.admin.history import HistoryAdmin
from courses.lib.policy import needs


class PersonCreationForm(AdminUserCreationForm):
    """A person made by enablement: address and name, the password by mail."""

    class Meta:
        model = User
        fields = ("email", "name")


class PersonChangeForm(UserChangeForm):
    """What enablement sets of a person."""

    class Meta:
        model = User
        fields = "__all__"


class NamedGroups(admin.ModelAdmin):
    """Gives groups, and only those that `roles.py` names."""

    filter_horizontal = ("groups",)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A group made beside the table may carry any right, so it is no choice."""
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.filter(name__in=PERMISSIONS).order_by("name")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class MoveForm(forms.Form):
    """Where to, since when and why."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.all(), required=False, empty_label="None: they leave", label="Belongs to from now on"
    )
    moved_on = forms.DateField(label="Since", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        max_length=2000,
        help_text="Stays in the record.",
    )


class ErasureForm(forms.Form):
    """Who, written once more, and why."""

    address = forms.EmailField(
        label="Their e-mail address", help_text="Written out, so that nobody is erased by a slip."
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        max_length=2000,
        help_text="Stays in the audit trail: no name, no address.",
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_address(self) -> str:
        """The address of this very person."""
        address: str = self.cleaned_data["address"].strip().lower()
        if address != self.person.email.lower():
            raise forms.ValidationError("This is not the address of the person on this page.")
        return address


@admin.register(User)
class PersonAdmin(NamedGroups, DeedsAdmin, HistoryAdmin, UserAdmin):
    """People with their role, organisation, manager and groups. They come to an organisation and leave it by a move."""

    form, add_form = PersonChangeForm, PersonCreationForm
    list_display = ("email", "name", "role", "organisation", "persona", "is_active", "is_staff")
    list_filter = ("role", "organisation", "persona", "groups", "is_active", "is_staff")
    list_select_related = ("role", "organisation", "persona")
    search_fields = ("email", "name")
    ordering = ("email",)
    autocomplete_fields = ("manager",)
    readonly_fields = ("organisation", "moves", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "time_zone", "language")}),
        ("In the field", {"fields": ("role", "persona", "organisation", "moves", "manager")}),
        ("Access", {"fields": ("is_active", "is_staff", "groups")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    @admin.display(description="where before")
    def moves(self, person: User) -> str | SafeString:
        """Every move, newest first."""
        rows = Move.objects.filter(person=person).select_related("old", "new", "by")
        cells = (
            (f"{row.moved_on:%Y-%m-%d}", row.old or "–", row.new or "–", row.reason, row.by or "the rules")
            for row in rows
        )
        return format_html_join(mark_safe("<br>"), "{}: {} to {} ({}; {})", cells) or "Never moved."

    def ways_of(self, request: HttpRequest, row: User) -> Sequence[Way]:
        """To the move."""
        address = reverse("admin:accreditation_user_move", args=[row.pk])
        erase = reverse("admin:accreditation_user_erase", args=[row.pk])
        deeds = f"{reverse('admin:accreditation_bulkdeed_changelist')}?person={row.pk}"
        return [
            Way(_("Bulk deeds about them"), deeds, "accreditation.view_bulkdeed"),
            Way("Move to another organisation…", address, "accreditation.change_user"),
            Way("Erase this person…", erase, "accreditation.erase_user"),
        ]

    def get_urls(self) -> list[URLPattern]:
        """With the pages of a move and of an erasure."""
        move, erase = self.admin_site.admin_view(self.move_view), self.admin_site.admin_view(self.erase_view)
        return [
            path("<int:person_id>/move/", move, name="accreditation_user_move"),
            path("<int:person_id>/erase/", erase, name="accreditation_user_erase"),
            *super().get_urls(),
        ]

    @needs("accreditation.erase_user")
    @method_decorator(reauthentication_required)
    def erase_view(self, request: HttpRequest, person_id: int) -> HttpResponse:
        """What goes and what stays, or why it can't be; the deed asks for the address. Who signed in long ago does so again."""
        person = get_object_or_404(self.get_queryset(request), pk=person_id)
        form = ErasureForm(request.POST or None, person=person)
        if request.method == "POST" and form.is_valid():
            erase_person(person=person, reason=form.cleaned_data["reason"], by=user_of(request))
            messages.success(request, "Erased. What this person did stays, and nothing in it tells who it was.")
            return redirect("admin:accreditation_user_changelist")
        context = self.admin_site.each_context(request) | {
            "title": "Erase", "person": person, "form": form, "refusal": why_not_erasable(person),
        }  # fmt: skip
        return render(request, "admin/accreditation/user/erase.html", context, status=422 if form.errors else 200)

    @needs("accreditation.change_user")
    def move_view(self, request: HttpRequest, person_id: int) -> HttpResponse:
        """What moves and what stays, and the deed."""
        person = get_object_or_404(self.get_queryset(request), pk=person_id)
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        form = MoveForm(
            request.POST or None, initial={"moved_on": timezone.now().date(), "organisation": person.organisation_id}
        )
        if request.method == "POST" and form.is_valid():
            move_person(person=person, by=user_of(request), **form.cleaned_data)
            messages.success(request, f"{person} moved. Both sides' managers and the person are told.")
            return redirect("admin:accreditation_user_change", person.pk)
        context = self.admin_site.each_context(request) | {"title": "Move", "person": person, "form": form}
        return render(request, "admin/accreditation/user/move.html", context, status=422 if form.errors else 200)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Only a superuser changes who may open the administration, own groups, and the address a colleague signs in by."""
        user = user_of(request)
        if user.is_superuser:
            return self.readonly_fields
        own = ("groups", "is_active") if obj and obj.pk == user.pk else ()
        address = ("email",) if obj and obj.has_elevated_rights() else ()
        return (*self.readonly_fields, "is_staff", *own, *address)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Another manager or organisation changes who may grade whom."""
        before = relations_of(obj.pk)
        super().save_model(request, obj, form, change)
        note_relations(person=obj, before=before, by=user_of(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Groups are given by their action, which keeps who gave them."""
        groups = form.cleaned_data.pop("groups", None)
        super().save_related(request, form, formsets, change)
        if groups is not None:
            set_groups(person=form.instance, groups=groups, by=user_of(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Superusers only: with a colleague's password one person could do what needs two. Others ask for a reset mail."""
        if not user_of(request).is_superuser:
            raise PermissionDenied
        response = super().user_change_password(request, id, form_url)
        if response.status_code == 302:  # set, so what was allowed under the old one ends
            withdraw_everything(person=User.objects.get(pk=id))
        return response

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser's row is changed by superusers only."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)


@admin.register(Invitation)
class InvitationAdmin(NamedGroups):
    """What an address becomes when its owner signs up."""

    list_display = ("email", "role", "organisation", "invited_by", "invited_at", "accepted_at")
    list_filter = ("role", "organisation", ("accepted_at", admin.EmptyFieldListFilter))
    list_select_related = ("role", "organisation", "invited_by")
    search_fields = ("email",)
    autocomplete_fields = ("organisation", "manager")
    readonly_fields = ("accepted_at",)

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """Note who invites; the sweep mails it within a minute, once more where the address was put right."""
        if not change:
            obj.invited_by = user_of(request)
        if "email" in form.changed_data:
            obj.mail_due_at, obj.mail_attempts = timezone.now(), 0
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Keep who wrote it, groups and all."""
        super().save_related(request, form, formsets, change)
        note_invitation(invitation=form.instance, by=user_of(request))
