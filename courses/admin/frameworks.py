"""Competencies, the frameworks that they come from, and their exchange as files, in the administration."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet, URLField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.actions.frameworks import load_framework
from courses.admin.deeds import DeedsAdmin, Way
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.telling import told_on
from courses.models import Competency, Framework, JourneyStage
from courses.rules.case import package
from courses.rules.case_files import Fault, ReadPackage, read_package
from courses.rules.framework_changes import changes_of
from courses.rules.frameworks import content_of, own_title, why_not_place, why_not_replace

LIST = "admin:courses_framework_changelist"
IMPORT = "admin/courses/framework/import.html"
MOST_BYTES = 2_000_000
"""Of a file that is looked at in the administration: its text comes back with the second step."""


class CompetencyForm(forms.ModelForm):
    """A competency, in a place that leads nowhere round."""

    class Meta:
        model = Competency
        fields = (
            "name", "slug", "summary", "code", "parent", "stages", "position", "withdrawn_on", "replaced_by",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """What the rules say of its place and of what replaces it."""
        data: dict[str, Any] = super().clean() or {}
        if "parent" in self.fields and (refusal := why_not_place(self.instance, data.get("parent"))):
            self.add_error("parent", refusal.sentence)
        if refusal := why_not_replace(self.instance, data.get("replaced_by")):
            self.add_error("replaced_by", refusal.sentence)
        if data.get("replaced_by") and not data.get("withdrawn_on"):
            self.add_error("withdrawn_on", _("Say from which day on it is replaced."))
        return data


class WithdrawnFilter(admin.SimpleListFilter):
    """Those that count, or those that are withdrawn."""

    title, parameter_name = "status", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two."""
        return [("current", "current"), ("withdrawn", "withdrawn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The chosen ones as of today."""
        ended = {"withdrawn_on__lte": timezone.now().date()}
        if self.value() == "current":
            return queryset.exclude(**ended)
        return queryset.filter(**ended) if self.value() == "withdrawn" else queryset


@admin.register(Competency)
class CompetencyAdmin(DeedsAdmin):
    """Competencies of all frameworks. What others published is theirs to word."""

    shows_uses = True

    form = CompetencyForm
    list_display = ("name", "code", "parent", "of_framework", "status", "position", "slug")
    list_filter = (WithdrawnFilter, "stages", ("framework", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("framework", "parent")
    search_fields = ("name", "slug", "code", "summary", "=identifier")
    autocomplete_fields = ("parent", "replaced_by")
    filter_horizontal = ("stages",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("identifier", "of_framework", "uri", "changed_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Competency | None = None) -> tuple[str, ...]:
        """The words of an imported one come with its file."""
        theirs = ("name", "summary", "code", "parent", "position") if obj and obj.framework_id else ()
        return (*self.readonly_fields, *theirs)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Competency | None = None) -> dict[str, Any]:
        """The short name follows a name that is typed here."""
        return {} if obj and obj.framework_id else dict(self.prepopulated_fields)

    @admin.display(description=gettext_lazy("framework"), ordering="framework__title")
    def of_framework(self, row: Competency) -> str:
        """Whose it is."""
        return row.framework.title if row.framework else own_title()

    @admin.display(ordering="withdrawn_on")
    def status(self, row: Competency) -> str:
        """Whether it counts."""
        return "withdrawn" if row.is_withdrawn else "current"

    def ways_of(self, request: HttpRequest, row: Competency) -> Sequence[Way]:
        """To its page and to its parts."""
        parts = f"{reverse('admin:courses_competency_changelist')}?parent__id__exact={row.pk}"
        return [Way("Its page", f"/programs/competencies/{row.slug}/"), Way("Its parts", parts)]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """The parts of one as well."""
        return lookup == "parent__id__exact" or super().lookup_allowed(lookup, value, request)


@admin.register(JourneyStage)
class JourneyStageAdmin(admin.ModelAdmin):
    """The stages of the customer's journey."""

    list_display = ("name", "slug", "position")
    list_editable = ("position",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("identifier",)


class FileForm(forms.Form):
    """A file, or the text of one that was looked at."""

    file = forms.FileField(
        label=gettext_lazy("CASE file"), required=False, help_text=gettext_lazy("A CFPackage in JSON, at most 2 MB.")
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """What it holds, or each mistake with its path."""
        data: dict[str, Any] = super().clean() or {}
        file = data.get("file")
        raw = file.read(MOST_BYTES + 1) if file else data.get("text", "").encode()
        if not raw:
            raise forms.ValidationError(_("Choose a file."))
        if len(raw) > MOST_BYTES:
            raise forms.ValidationError(_("The file has more than 2 MB. `manage.py load_framework` takes up to 5 MB."))
        found = read_package(raw)
        if not isinstance(found, ReadPackage):
            raise forms.ValidationError([str(one) for one in found])
        return data | {"read": found, "text": raw.decode("utf-8-sig")}

    def tell(self, faults: Sequence[Fault]) -> None:
        """Mistakes that only show beside what stands here."""
        self.add_error(None, forms.ValidationError([str(one) for one in faults]))


@admin.register(Framework)
class FrameworkAdmin(ReadOnlyAdmin, DeedsAdmin):
    """Frameworks of other publishers; the portal's own needs no row."""

    change_list_template = "admin/courses/framework/change_list.html"
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    list_display = ("title", "creator", "version", "competencies_in_it", "license_title", "loaded_at")
    search_fields = ("title", "creator", "publisher", "=identifier")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Framework]:
        """With the number of competencies."""
        return super().get_queryset(request).annotate(counted=Count("competencies"))

    @admin.display(description=gettext_lazy("competencies"), ordering="counted")
    def competencies_in_it(self, row: Any) -> int:
        """How many it has."""
        return row.counted

    def ways_of(self, request: HttpRequest, row: Framework) -> Sequence[Way]:
        """To its competencies, and to its file."""
        inside = f"{reverse('admin:courses_competency_changelist')}?framework__id__exact={row.pk}"
        return [
            Way("Its competencies", inside, "courses.view_competency"),
            Way("As a CASE file", reverse("admin:courses_framework_export", args=[row.pk])),
        ]

    def get_urls(self) -> list[URLPattern]:
        """With files in and out."""
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name="courses_framework_import"),
            path("own.json", view(self.export_view), name="courses_framework_export_own"),
            path("<int:pk>/case.json", view(self.export_view), name="courses_framework_export"),
            *super().get_urls(),
        ]

    @needs("courses.view_framework")
    def export_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """A framework as a file; the portal's own without `pk`."""
        return _file(get_object_or_404(Framework, pk=pk) if pk is not None else None)

    @needs("courses.add_framework")
    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A file: what would change, then the deed with what was shown."""
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        context = self.admin_site.each_context(request) | {"title": "Load a framework", "form": form}
        if not form.is_valid():
            return render(request, IMPORT, context, status=422 if form.errors else 200)
        read, digest = form.cleaned_data["read"], request.POST.get("digest", "")
        if digest:
            with told_on(form):
                done = load_framework(read=read, by=person_of(request), digest=digest)
                if not isinstance(done, list):
                    messages.success(
                        request, _("%(source)s stands here as it was shown.") % {"source": done.source.title}
                    )
                    return redirect(LIST)
        found = changes_of(read, timezone.now().date())
        if isinstance(found, list):
            form.tell(found)
            return render(request, IMPORT, context, status=422)
        context |= {"found": found, "text": form.cleaned_data["text"]}
        return render(request, IMPORT, context, status=422 if form.errors else 200)


def _file(framework: Framework | None) -> HttpResponse:
    content = content_of(framework)
    text = json.dumps(package(content), ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="framework-{content.source.identifier}.json"'
    return response
