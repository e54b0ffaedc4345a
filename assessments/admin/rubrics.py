"""Rubrics in the administration: their wordings, how a new one is written, and which practicals it is for."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from assessments.actions.rubrics import align_criteria, author_rubric, use_wording
from assessments.forms.rubrics import AlignForm, WordingForm, one_more
from assessments.models import Criterion, Practical, Rubric, RubricVersion
from assessments.models.rubrics import HIGHEST_LEVEL
from assessments.rules.rubrics import practicals_of, why_not_use_wording
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.telling import do_or_say_why, told_on


class RubricVersionInline(ReadOnlyInline):
    """The wordings of a rubric; each is its own page."""

    model = RubricVersion
    fields = ("number", "pass_points", "published_at")
    readonly_fields = fields
    show_change_link = True


@admin.register(Rubric)
class RubricAdmin(DeedsAdmin, HistoryAdmin):
    """Rubrics by name. What one says is written anew, never edited: each writing is a version of its own."""

    shows_uses = True

    list_display = ("title", "slug", "versions_count")
    search_fields = ("title", "slug")
    inlines = (RubricVersionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rubric]:
        """With the count of versions."""
        return super().get_queryset(request).annotate(versions_count=Count("versions"))

    def get_urls(self) -> list[URLPattern]:
        """With the page that writes a wording."""
        view = self.admin_site.admin_view
        return [
            path("<int:rubric_id>/wording/", view(self.wording_view), name="assessments_rubric_wording"),
            path("<int:rubric_id>/align/", view(self.align_view), name="assessments_rubric_align"),
            *super().get_urls(),
        ]

    def ways_of(self, request: HttpRequest, row: Rubric) -> Sequence[Way]:
        """To a new wording, and to the practicals that read against it."""
        write = reverse("admin:assessments_rubric_wording", args=[row.pk])
        align = reverse("admin:assessments_rubric_align", args=[row.pk])
        practicals = f"{reverse('admin:assessments_practical_changelist')}?rubric_version__rubric__id__exact={row.pk}"
        return [
            Way("Write a new wording…", write, "assessments.add_rubricversion"),
            Way("What its criteria show…", align, "assessments.change_rubric"),
            Way("Practicals that are read against it", practicals, "assessments.view_practical"),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A rubric begins with its first wording."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._write(request, None)

    @needs("assessments.add_rubricversion")
    def wording_view(self, request: HttpRequest, rubric_id: int) -> HttpResponse:
        """A new wording, from the newest one."""
        return self._write(request, get_object_or_404(Rubric, pk=rubric_id))

    @needs("assessments.change_rubric")
    def align_view(self, request: HttpRequest, rubric_id: int) -> HttpResponse:
        """Which competency each criterion shows, in every wording."""
        rubric = get_object_or_404(Rubric, pk=rubric_id)
        form = AlignForm(request.POST or None, rubric=rubric)
        if form.is_valid():
            changed = align_criteria(rubric=rubric, to=form.cleaned_data, by=person_of(request))
            messages.success(
                request,
                _("Saved; %(changed)s criteria show something else now. No mark changes by it.") % {"changed": changed},
            )
            return redirect("admin:assessments_rubric_change", rubric.pk)
        context = {"form": form, "rubric": rubric, "opts": self.opts}
        return render(request, "admin/assessments/rubric/align.html", self.admin_site.each_context(request) | context)

    def _write(self, request: HttpRequest, rubric: Rubric | None) -> HttpResponse:
        if "more" in request.POST:
            return self._page(request, WordingForm(rubric, one_more(request.POST)).unjudged())
        typed = WordingForm(rubric, request.POST if request.method == "POST" else None)
        if "preview" in request.POST:
            return render(request, "admin/assessments/rubric/preview.html", _preview(typed))
        if request.method == "POST" and typed.is_valid():
            with told_on(typed.form):
                return self._written(request, typed)
        return self._page(request, typed)

    def _page(self, request: HttpRequest, typed: WordingForm) -> HttpResponse:
        context = {"typed": typed, "rubric": typed.rubric, "newest": typed.newest, "opts": self.opts}
        return render(request, "admin/assessments/rubric/write.html", self.admin_site.each_context(request) | context)

    def _written(self, request: HttpRequest, typed: WordingForm) -> HttpResponse:
        version = author_rubric(**typed.text(), by=person_of(request))
        if typed.newest is not None and version.pk == typed.newest.pk:
            messages.info(request, f"No new wording: {version} says this already.")
            return redirect("admin:assessments_rubric_change", version.rubric_id)
        self.log_change(request, version.rubric, f"Wrote version {version.number}.")
        messages.success(
            request, _("%(version)s is written. Practicals get it when you say so here.") % {"version": version}
        )
        return redirect("admin:assessments_rubricversion_change", version.pk)

    @admin.display(description=gettext_lazy("versions"), ordering="versions_count")
    def versions_count(self, rubric: Any) -> int:
        """How many wordings there are."""
        return rubric.versions_count

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug is how program files name it."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: marks stand on it."""
        return False


def _preview(typed: WordingForm) -> dict[str, Any]:
    """What learners would read, or that it isn't finished."""
    if not typed.is_valid():
        return {"faulty": True}
    text = typed.text()
    rows = [
        {**row, "levels": [{"text": one} for one in row["levels"]], "raises": list(enumerate(row["raises"], start=2))}
        for row in text["criteria"]
    ]
    return {"title": text["title"], "points": text["pass_points"], "most": HIGHEST_LEVEL * len(rows), "rows": rows}


class CriterionInline(ReadOnlyInline):
    """The rows of a rubric version with their five levels."""

    model = Criterion
    fields = ("area", "name", "competency", "described")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Criterion]:
        """With the levels, in one more query."""
        return super().get_queryset(request).select_related("competency").prefetch_related("levels")

    @admin.display(description=gettext_lazy("levels"))
    def described(self, criterion: Criterion) -> SafeString:
        """The five levels, each on its line."""
        return format_html_join("", "<p>{}. {}</p>", ((level.number, level.text) for level in criterion.levels.all()))


@admin.register(RubricVersion)
class RubricVersionAdmin(DeedsAdmin, ReadOnlyAdmin):
    """One wording of a rubric, immutable. New tries of a practical get it by a deed here; open ones keep theirs."""

    list_display = ("rubric", "number", "pass_points", "published_at")
    list_select_related = ("rubric",)
    list_filter = ("rubric",)
    search_fields = ("rubric__title",)
    inlines = (CriterionInline,)

    def get_urls(self) -> list[URLPattern]:
        """With the deed that gives it to a practical."""
        view = self.admin_site.admin_view(require_POST(self.use_view))
        use = path("<int:version_id>/use/<int:practical_id>/", view, name="assessments_rubricversion_use")
        return [use, *super().get_urls()]

    def buttons_of(self, request: HttpRequest, row: RubricVersion) -> list[tuple[Deed, str]]:
        """One for each practical that is read against this rubric, those that have it already with that reason."""
        if not request.user.has_perm("assessments.change_practical"):
            return []
        return [
            (
                Deed(f"use-{one.pk}", f"Use this wording for new tries of {one}", why_not_use_wording(one, row)),
                reverse("admin:assessments_rubricversion_use", args=[row.pk, one.pk]),
            )
            for one in practicals_of(row)
        ]

    def ways_of(self, request: HttpRequest, row: RubricVersion) -> Sequence[Way]:
        """To its rubric."""
        rubric = reverse("admin:assessments_rubric_change", args=[row.rubric_id])
        return [Way(f"The rubric: {row.rubric}", rubric, "assessments.view_rubric")]

    def notes_of(self, request: HttpRequest, row: RubricVersion) -> Sequence[str]:
        """What moving a practical does not do."""
        return [
            "Tries that are open keep the wording that they were opened with.",
            "A program file that is loaded again brings its own wording back: change it there too, where there is one.",
        ]

    @needs("assessments.change_practical")
    def use_view(self, request: HttpRequest, version_id: int, practical_id: int) -> HttpResponse:
        """Give new tries of a practical this wording."""
        version = get_object_or_404(RubricVersion.objects.select_related("rubric"), pk=version_id)
        practical = get_object_or_404(Practical, pk=practical_id)
        do_or_say_why(
            request,
            lambda: use_wording(practical=practical, version=version, by=person_of(request)),
            f"New tries of {practical} are read against {version}.",
        )
        return redirect("admin:assessments_rubricversion_change", version.pk)
