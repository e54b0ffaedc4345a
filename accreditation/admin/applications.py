"""Applications that read badges: systems with their reach, and what registered itself."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy

from accreditation.actions.applications import block_application, give_secret, note_system, unblock_application
from accreditation.models import Application, ApplicationKind, SecretMethod
from accreditation.rules.scopes import SYSTEM_SCOPES, in_words
from accreditation.views.who import user_of
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import each_or_say_why
from courses.lib.policy import needs

CHANGE = "accreditation.change_application"


@admin.register(Application)
class ApplicationAdmin(DeedsAdmin, HistoryAdmin):
    """Enablement makes systems and says what they read; what registered itself is read and blocked here. No secret is shown."""

    list_display = ["name", "kind", "takes_people_to", "organisation", "registered_at", "last_used_at", "is_open"]
    list_filter = ["kind", ("blocked_at", admin.EmptyFieldListFilter), "organisation", "registered_at"]
    list_select_related = ["organisation"]
    search_fields = ["name", "=client_id"]
    formfield_overrides = {**HistoryAdmin.formfield_overrides, ManyToManyField: {"widget": CheckboxSelectMultiple}}
    fieldsets = (
        (None, {"fields": ("name", "organisation", "programs")}),
        ("Access", {"fields": ("kind", "client_id", "reads", "takes_people_to", "said", "made_by")}),
        ("Times", {"fields": ("registered_at", "last_used_at", "blocked_at")}),
    )
    add_fieldsets = ((None, {"fields": ("name", "organisation", "programs")}),)
    readonly_fields = (
        "kind", "client_id", "reads", "takes_people_to", "said", "made_by", "registered_at", "last_used_at", "blocked_at",
    )  # fmt: skip
    actions = ("block", "unblock")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new one is a system: a name and what it reads."""
        return self.fieldsets if obj else self.add_fieldsets

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        """Without the hashes of secrets."""
        return super().get_queryset(request).defer("secret_hash")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Never by a hash, here or in the rows behind it: yes and no to enough questions would spell it."""
        hidden = ("secret", "hash", "code", "tokens", "consents")
        return not any(word in lookup for word in hidden) and super().lookup_allowed(lookup, value, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What registered itself said so itself."""
        return (obj is None or obj.kind == ApplicationKind.SYSTEM) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: block it. The sweep clears what nobody uses."""
        return False

    def save_model(self, request: HttpRequest, obj: Application, form: Any, change: bool) -> None:
        """A system reads badges and nothing else."""
        if not change:
            obj.kind, obj.auth_method, obj.scopes = ApplicationKind.SYSTEM, SecretMethod.BASIC, SYSTEM_SCOPES
            obj.made_by = user_of(request)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Keep who wrote it and what it may read, programs and all."""
        super().save_related(request, form, formsets, change)
        note_system(application=form.instance, by=user_of(request))

    def deeds_of(self, request: HttpRequest, row: Application) -> list[Deed]:
        """Block, or let it read again."""
        if row.blocked_at:
            return [Deed("unblock", "Let it read again")]
        return [Deed("block", "Block it", notes=("It reads nothing from its next request on.",))]

    def ways_of(self, request: HttpRequest, row: Application) -> list[Way]:
        """To its secret, where it is a system."""
        if row.kind != ApplicationKind.SYSTEM:
            return []
        return [Way("Give it a new secret", reverse("admin:accreditation_application_secret", args=[row.pk]), CHANGE)]

    def notes_of(self, request: HttpRequest, row: Application) -> list[str]:
        """What a system without a reach should be told."""
        idle = row.kind == ApplicationKind.SYSTEM and row.organisation_id is None and not row.programs.exists()
        return ["It reads nothing: choose an organisation, programs, or both."] if idle else []

    def get_urls(self) -> list[URLPattern]:
        """With the page of the secret."""
        view = self.admin_site.admin_view(self.secret_view)
        return [path("<int:pk>/secret/", view, name="accreditation_application_secret"), *super().get_urls()]

    @needs(CHANGE)
    @method_decorator(reauthentication_required)
    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then show a new secret once. Whoever signed in minutes ago says once more who they are."""
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if row.kind != ApplicationKind.SYSTEM:
            raise Http404
        secret = give_secret(application=row, by=user_of(request)) if request.method == "POST" else ""
        facts = {**self.admin_site.each_context(request), "title": "A new secret", "application": row, "secret": secret}
        response = render(request, "admin/accreditation/application/secret.html", facts)
        response["Cache-Control"] = "private, no-store"
        return response

    @admin.action(description=gettext_lazy("Block the chosen applications"), permissions=["block"])
    def block(self, request: HttpRequest, rows: QuerySet[Application]) -> None:
        """They get and read nothing from now on."""
        each_or_say_why(self, request, rows, lambda row: block_application(application=row, by=user_of(request)))

    @admin.action(description=gettext_lazy("Let the chosen applications read again"), permissions=["block"])
    def unblock(self, request: HttpRequest, rows: QuerySet[Application]) -> None:
        """They may read what they might before."""
        each_or_say_why(self, request, rows, lambda row: unblock_application(application=row, by=user_of(request)))

    def has_block_permission(self, request: HttpRequest) -> bool:
        """Whoever may write systems may block any application."""
        return request.user.has_perm(CHANGE)

    @admin.display(description=gettext_lazy("takes people to"))
    def takes_people_to(self, row: Application) -> str:
        """The hosts of its addresses; a system has none."""
        return ", ".join(row.hosts) or "nobody: it is a system"

    @admin.display(description=gettext_lazy("reads"))
    def reads(self, row: Application) -> str:
        """What it may ask for."""
        if row.kind == ApplicationKind.SYSTEM:
            return (
                "The signed badges of its organisation's people or its programs; no profile and no address beside them."
            )
        return " ".join(in_words(row.scopes))

    @admin.display(description=gettext_lazy("says of itself"))
    def said(self, row: Application) -> str:
        """Unchecked."""
        return ", ".join(f"{name}: {value}" for name, value in row.about.items()) or "nothing"

    @admin.display(description=gettext_lazy("open"), boolean=True)
    def is_open(self, row: Application) -> bool:
        """Not blocked."""
        return row.blocked_at is None
