"""Sources in the administration: what points at them, whose check is due, and a new revision."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _

from courses.actions.sources import author_source, check_source, note_revision
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import each_or_say_why
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.telling import told_on
from courses.models import Source, SourceRevision
from courses.rules.links import changed_page
from courses.rules.sources import counts_by_source, pointers_to

SOON_DAYS = 30


class RevisionForm(forms.ModelForm):
    """What changed, and when."""

    refused_at = {"not-yet": "noted_on", "out-of-order": "noted_on"}

    class Meta:
        model = SourceRevision
        fields = ("noted_on", "changes", "is_material")
        widgets = {
            "noted_on": forms.DateInput(attrs={"type": "date"}),
            "changes": forms.Textarea(attrs={"rows": 4, "cols": 80}),
        }


class DueFilter(admin.SimpleListFilter):
    """By when a source has to be looked at again."""

    title = "check"
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Overdue, or due soon."""
        return [("due", "due now"), ("soon", f"due within {SOON_DAYS} days")]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Compared with today."""
        today = timezone.now().date()
        until = {"due": today, "soon": today + timedelta(days=SOON_DAYS)}.get(self.value() or "")
        return rows.filter(due_on__lte=until) if until else rows


@admin.register(Source)
class SourceAdmin(DeedsAdmin, HistoryAdmin):
    """Where content comes from. A change of it is a new revision; what points at an older one needs a look."""

    change_form_template = "admin/courses/source/change_form.html"
    list_display = ("title", "owner", "newest", "points_at_it", "needs_a_look", "checked_on", "due")
    list_filter = (DueFilter, ("owner", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("title", "slug", "url", "owner__name", "owner__email")
    fields = ("title", "slug", "url", "owner", "check_interval_days", "checked_on")
    readonly_fields = ("checked_on",)
    prepopulated_fields = {"slug": ("title",)}
    actions = ("check_it",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """With the number of the last revision and the day of the next check."""
        rows: Any = super().get_queryset(request)
        return rows.with_newest()

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The rows of the page at hand with what points at them, counted once for all."""
        found = super().get_changelist_instance(request)
        counts = counts_by_source(list(found.result_list))
        for row in found.result_list:
            row.pointing = counts.get(row.pk, (0, 0))
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug is how program files name it."""
        return ("slug", "checked_on") if obj else ("checked_on",)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only while it may be typed."""
        return {} if obj else self.prepopulated_fields

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Addresses are https unless they say otherwise."""
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Owners are people who work in the administration."""
        if db_field.name == "owner":
            kwargs["queryset"] = (
                get_user_model()._default_manager.filter(is_staff=True, is_active=True).order_by("name")
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: content points at it."""
        return False

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """A new source begins with its first revision."""
        if change:
            super().save_model(request, obj, form, change)
            return
        names = ("title", "url", "owner", "check_interval_days")
        values = {name: form.cleaned_data[name] for name in names}
        obj.pk = author_source(slug=obj.slug, values=values, by=person_of(request)).pk

    def deeds_of(self, request: HttpRequest, row: Source) -> Sequence[Deed]:
        """Looking at it without a finding."""
        return [Deed("check_it", "I looked today: nothing has changed")]

    def ways_of(self, request: HttpRequest, row: Source) -> Sequence[Way]:
        """To a new revision, and to the source itself."""
        note = reverse("admin:courses_source_note", args=[row.pk])
        own = [Way("Open the source", row.url)] if row.url else []
        if link := changed_page(row.url):
            found = reverse("admin:courses_link_change", args=[link.pk])
            own.append(Way(gettext("See what looks changed"), found, "courses.view_link"))
        return [Way("Note a new revision…", note, "courses.add_sourcerevision"), *own]

    def notes_of(self, request: HttpRequest, row: Source) -> Sequence[str]:
        """That its page looks changed, where the check of links found so."""
        link = changed_page(row.url)
        if link is None or link.changed_at is None:
            return ()
        told = gettext("Its page looks changed since %(day)s. Note a new revision, or say that nothing has changed.")
        return [told % {"day": date_format(link.changed_at)}]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With its revisions, and everything that points at it."""
        row = kwargs.get("obj")
        if row is not None:
            context["revisions"] = row.revisions.select_related("noted_by")
            context["pointers"] = [
                (one, reverse(f"admin:{one.item.page[0]}", args=[one.item.page[1]])) for one in pointers_to(row)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """With the page that notes a revision."""
        view = self.admin_site.admin_view(self.note_view)
        return [path("<int:pk>/note/", view, name="courses_source_note"), *super().get_urls()]

    @needs("courses.add_sourcerevision")
    def note_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note what changed; what points at the source needs a look from then on where it matters."""
        source = get_object_or_404(Source, pk=pk)
        form = RevisionForm(request.POST or None, initial={"noted_on": timezone.now().date()})
        if request.method == "POST" and form.is_valid():
            with told_on(form):
                row = note_revision(source=source, by=person_of(request), **form.cleaned_data)
                self.log_change(request, source, f"Noted revision {row.number}.")
                messages.success(
                    request,
                    _("Revision %(number)s is noted. What points at an older one needs a look.")
                    % {"number": row.number},
                )
                return redirect("admin:courses_source_change", source.pk)
        context = self.admin_site.each_context(request) | {"title": "Note a new revision", "form": form}
        context |= {"source": source, "opts": self.opts}
        status = 422 if form.errors else 200
        return render(request, "admin/courses/source/note.html", context, status=status)

    @admin.action(description=gettext_lazy("I looked today: nothing has changed"), permissions=["change"])
    def check_it(self, request: HttpRequest, rows: QuerySet[Source]) -> None:
        """The next check is an interval later."""
        each_or_say_why(self, request, rows, lambda row: check_source(source=row, by=person_of(request)))

    @admin.display(description=gettext_lazy("revision"), ordering="newest")
    def newest(self, source: Any) -> int:
        """The number of its last revision."""
        return source.newest

    @admin.display(description=gettext_lazy("points at it"))
    def points_at_it(self, source: Any) -> int:
        """How much content in use was taken from it."""
        return source.pointing[0]

    @admin.display(description=gettext_lazy("needs a look"))
    def needs_a_look(self, source: Any) -> int:
        """How much of that was last checked before it changed."""
        return source.pointing[1]

    @admin.display(description=gettext_lazy("next check"), ordering=F("due_on").asc())
    def due(self, source: Any) -> date:
        """The day by which its owner looks again."""
        return source.due_on
