"""Bulk work in the administration: files of people, people chosen by a filter, and the journal of what was done."""

import hashlib
from collections.abc import Iterator
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accreditation.actions.bulk import continue_deed, order_deed, stop_deed, undo_deed
from accreditation.actions.people_imports import apply_people, drop_people, upload_people, why_not_apply
from accreditation.bulk_forms import FORMS, PeopleFileForm, SelectionForm
from accreditation.models import (
    BulkDeed,
    BulkDeedRow,
    DeedKind,
    DeedRowState,
    PeopleImport,
    PeopleImportRow,
    RowOutcome,
    User,
)
from accreditation.rules.bulk import (
    ORDER,
    order_of,
    outlook_of,
    why_not_begin,
    why_not_continue,
    why_not_order,
    why_not_stop,
    why_not_undo,
)
from accreditation.rules.people_files import COLUMNS, IMPORT
from accreditation.rules.selections import selected
from accreditation.views.who import user_of
from courses.actions.audit import record_event
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.cells import csv_file, disarmed
from courses.lib.limits import seconds_to_wait
from courses.lib.policy import needs
from courses.lib.refusals import Refusal, refuse_if
from courses.lib.telling import do_or_say_why, told_on

ROWS_A_PAGE = 100
SHOWN = 50
EXPORTS_AN_HOUR = 20
EXPORT = "accreditation.export_bulkdeed"


class FreshAdmin(ReadOnlyAdmin):
    """Shows rows of people page by page, and gives them as a file to who said anew who they are."""

    def _export(self, request: HttpRequest, row: Any, cells: Iterator[list[str]], name: str) -> HttpResponseBase:
        by = user_of(request)
        if seconds_to_wait("bulk-export", f"person {by.pk}", allowed=EXPORTS_AN_HOUR, per_seconds=3600):
            refuse_if(Refusal("too-many", _("You have taken many files within the hour. Go on later.")))
        record_event(event="export", by=by, subject=f"{row._meta.label_lower}:{row.pk}")
        return csv_file(cells, name)

    def _page(self, request: HttpRequest, rows: QuerySet[Any], field: str, words: Any) -> dict[str, Any]:
        """The rows that the reader asks for by `?only=`, with how many there are of each kind."""
        wanted = request.GET.get("only", "")
        found = dict(rows.order_by().values_list(field).annotate(Count("pk")))
        counts = [(value, label, found[value]) for value, label in words if value in found]
        if wanted in found:
            rows = rows.filter(**{field: wanted})
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
        return {"page": page, "counts": counts, "wanted": wanted if wanted in found else "", "all": sum(found.values())}

    def _to(self, row: Any) -> HttpResponse:
        return redirect(f"admin:accreditation_{row._meta.model_name}_change", row.pk)


@admin.register(PeopleImport)
class PeopleImportAdmin(FreshAdmin):
    """Files of people, each with what its rows would do."""

    change_form_template = "admin/accreditation/peopleimport/change_form.html"
    change_list_template = "admin/accreditation/peopleimport/change_list.html"
    list_display = ("name", "state", "mode", "new", "changed", "wrong", "made_by", "made_at")
    list_select_related = ("made_by",)
    list_filter = ("state", "made_at")
    search_fields = ("name", "made_by__email", "made_by__name")
    fields = readonly_fields = ("name", "mode", "only_whole", "state", "made_by", "made_at")

    @admin.display(description=_("new"))
    def new(self, row: PeopleImport) -> Any:
        """How many rows are new people."""
        return row.counts.get(RowOutcome.CREATE, "–")

    @admin.display(description=_("change"))
    def changed(self, row: PeopleImport) -> Any:
        """How many rows change somebody."""
        return row.counts.get(RowOutcome.CHANGE, "–")

    @admin.display(description=_("wrong"))
    def wrong(self, row: PeopleImport) -> Any:
        """How many rows are wrong."""
        return row.counts.get(RowOutcome.WRONG, "–")

    def get_urls(self) -> list[URLPattern]:
        """With uploading, applying, putting aside and the rows as a file."""
        wrap, name = self.admin_site.admin_view, "accreditation_peopleimport"
        return [
            path("upload/", wrap(self.upload_view), name=f"{name}_upload"),
            path("template.csv", wrap(self.template_view), name=f"{name}_template"),
            path("<int:pk>/apply/", wrap(self.apply_view), name=f"{name}_apply"),
            path("<int:pk>/drop/", wrap(self.drop_view), name=f"{name}_drop"),
            path("<int:pk>/rows.csv", wrap(self.rows_view), name=f"{name}_rows"),
            *super().get_urls(),
        ]

    @needs(IMPORT)
    @method_decorator(reauthentication_required)
    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file and what it may do. Whoever signed in long ago says once more who they are."""
        form = PeopleFileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            with told_on(form):
                return self._to(upload_people(by=user_of(request), **form.cleaned_data))
        context = self.admin_site.each_context(request) | {
            "title": _("Import people"), "form": form, "columns": COLUMNS, "opts": self.opts,
        }  # fmt: skip
        status = 422 if form.errors else 200
        return render(request, "admin/accreditation/peopleimport/upload.html", context, status=status)

    @needs(IMPORT)
    def template_view(self, request: HttpRequest) -> HttpResponseBase:
        """A file with the columns and one row to write over."""
        row = ["ada@example.com", "Ada Lovelace", "", "", "", "", "Europe/London", "en", "learner", "yes"]
        return csv_file([COLUMNS, row], "people.csv")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the rows, a hundred a page, and what can be done."""
        row: Any = self.get_object(request, object_id)
        context = extra_context or {}
        if row is not None:
            context |= self._page(request, row.rows.order_by("line"), "becomes", RowOutcome.choices)
            by = user_of(request)
            context |= {
                "shown": [(one, _told(one)) for one in context["page"]],
                "refusal": why_not_apply(row, by),
                "may_import": by.has_perm(IMPORT),
                "to_do": row.counts.get("create", 0) + row.counts.get("change", 0),
                "deed": BulkDeed.objects.filter(people_import=row).first(),
            }
        return super().change_view(request, object_id, form_url, context)

    @needs(IMPORT)
    @method_decorator(reauthentication_required)
    def apply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Order it as it was shown, and show the journal."""
        row = get_object_or_404(PeopleImport, pk=pk)
        if request.method != "POST":
            return self._to(row)
        return redirect(
            "admin:accreditation_bulkdeed_change",
            apply_people(row=row, tells="tells" in request.POST, by=user_of(request)).pk,
        )

    @needs(IMPORT)
    def drop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put it aside."""
        row = get_object_or_404(PeopleImport, pk=pk)
        if request.method == "POST":
            do_or_say_why(
                request, lambda: drop_people(row=row, by=user_of(request)), _("Put aside. Nothing was changed.")
            )
        return self._to(row)

    @needs(EXPORT)
    @method_decorator(reauthentication_required)
    def rows_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """What the preview shows, as a file; the rows that the page shows."""
        row = get_object_or_404(PeopleImport, pk=pk)
        rows = row.rows.order_by("line")
        if (only := request.GET.get("only", "")) in RowOutcome.values:
            rows = rows.filter(becomes=only)
        return self._export(request, row, _preview_cells(rows), f"people-{row.pk}.csv")


def _preview_cells(rows: QuerySet[PeopleImportRow]) -> Iterator[list[str]]:
    yield [_("row"), _("address"), _("becomes"), _("column"), _("before"), _("after"), _("what is wrong")]
    for row in rows.iterator(chunk_size=2000):
        head = [str(row.line), disarmed(row.email), str(row.get_becomes_display())]
        for column, why in row.problems:
            yield [*head, column, "", "", disarmed(why)]
        for column, old, new in row.changes:
            yield [*head, column, disarmed(in_words(old)), disarmed(in_words(new)), ""]
        if not row.problems and not row.changes:
            yield [*head, "", "", "", ""]


def _told(row: PeopleImportRow) -> list[tuple[str, str, str]]:
    """What a row changes, in words."""
    return [(column, in_words(old) or "–", in_words(new) or "–") for column, old, new in row.changes]


def in_words(value: Any) -> str:
    """A value of a person as a cell says it."""
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)


class AffectedFilter(admin.SimpleListFilter):
    """Deeds that name one person; the way there is on the person's page."""

    title = gettext_lazy("affected person")
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Only whom is asked for."""
        asked = str(self.value() or "")
        found = (
            User.objects.filter(pk=int(asked)).first()
            if asked.isascii() and asked.isdecimal() and len(asked) < 19
            else None
        )
        return [(asked, found.name or found.email)] if found else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[BulkDeed]) -> QuerySet[BulkDeed]:
        """Those with a row about the person."""
        asked = self.value()
        return (
            queryset.filter(Exists(BulkDeedRow.objects.filter(person=int(asked), deed=OuterRef("pk"))))
            if asked
            else queryset
        )


@admin.register(BulkDeed)
class BulkDeedAdmin(FreshAdmin):
    """The journal of bulk work, and the way to more of it."""

    change_form_template = "admin/accreditation/bulkdeed/change_form.html"
    change_list_template = "admin/accreditation/bulkdeed/change_list.html"
    list_display = ("title", "kind", "people", "state", "by", "made_at", "ended_at")
    list_select_related = ("by",)
    list_filter = ("kind", "state", "made_at", AffectedFilter)
    search_fields = ("title", "by__email", "by__name")
    fields = readonly_fields = ("title", "kind", "people", "state", "problem", "by", "made_at", "ended_at")

    def get_urls(self) -> list[URLPattern]:
        """With choosing people, ordering a deed, and what can be done with one."""
        wrap, name = self.admin_site.admin_view, "accreditation_bulkdeed"
        return [
            path("people/", wrap(self.people_view), name=f"{name}_people"),
            path("order/<slug:kind>/", wrap(self.order_view), name=f"{name}_order"),
            path("<int:pk>/stop/", wrap(self.stop_view), name=f"{name}_stop"),
            path("<int:pk>/continue/", wrap(self.continue_view), name=f"{name}_continue"),
            path("<int:pk>/undo/", wrap(self.undo_view), name=f"{name}_undo"),
            path("<int:pk>/rows.csv", wrap(self.rows_view), name=f"{name}_rows"),
            *super().get_urls(),
        ]

    @needs(ORDER)
    def people_view(self, request: HttpRequest) -> HttpResponse:
        """Choose people by a filter, see them, and choose what to do for them."""
        form = SelectionForm(request.GET or None)
        context = self.admin_site.each_context(request) | {
            "title": _("Many people at once"),
            "form": form,
            "opts": self.opts,
        }
        if form.is_bound and form.is_valid():
            people = selected(form.cleaned_data).select_related("role", "organisation")
            page = Paginator(people, SHOWN).get_page(request.GET.get("page"))
            query = request.GET.copy()
            query.pop("page", None)
            by = user_of(request)
            context |= {
                "page": page,
                "query": query.urlencode(),
                "said": form.said(),
                "kinds": [(one.value, one.label) for one in DeedKind if one in FORMS and not why_not_order(one, by)],
            }
        return render(request, "admin/accreditation/bulkdeed/people.html", context, status=422 if form.errors else 200)

    @needs(ORDER)
    def order_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """What the deed needs; then what it would do; then the deed, for exactly the people who were counted."""
        if kind not in FORMS:
            raise Http404
        by, now = user_of(request), timezone.now()
        refuse_if(why_not_order(kind, by))
        selection = SelectionForm(request.GET)
        if not selection.is_valid():
            return redirect("admin:accreditation_bulkdeed_people")
        form = FORMS[kind](request.POST or None)
        context = self.admin_site.each_context(request) | {
            "title": DeedKind(kind).label, "form": form, "kind": kind, "opts": self.opts, "said": selection.said(),
            "query": request.GET.urlencode(), "count": selected(selection.cleaned_data).count(),
        }  # fmt: skip
        template = "admin/accreditation/bulkdeed/order.html"
        if request.method != "POST" or not form.is_valid():
            return render(request, template, context, status=422 if form.errors else 200)
        people = list(selected(selection.cleaned_data).values_list("pk", flat=True))
        digest = _digest(people)
        if request.POST.get("digest") == digest and request.POST.get("people", "").strip() == str(len(people)):
            deed = order_deed(
                kind=kind, people=people, filter=selection.kept(), arguments=form.arguments(), by=by,
                title=_title(kind, form, len(people)),
            )  # fmt: skip
            return self._to(deed)
        order = order_of(kind, form.arguments(), by, now.date())
        context |= {
            "digest": digest,
            "outlook": outlook_of(order, people),
            "refusal": why_not_begin(order),
            "changed": bool(request.POST.get("digest")) and request.POST["digest"] != digest,
            "miscounted": bool(request.POST.get("digest")) and request.POST["digest"] == digest,
        }
        return render(request, template, context, status=422 if context["miscounted"] else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With its rows, how far it is, and what can be done."""
        row: Any = self.get_object(request, object_id)
        context = extra_context or {}
        if row is not None:
            by = user_of(request)
            rows = row.rows.select_related("person", "import_row", "undoes__import_row").order_by("position")
            context |= self._page(request, rows, "state", DeedRowState.choices)
            waiting = {value: count for value, _label, count in context["counts"]}.get("waiting", 0)
            context |= {
                "shown": [
                    (one, address_of(one), all_in_words(one.before), all_in_words(one.after)) for one in context["page"]
                ],
                "chosen": [(name.replace("_", " "), in_words(value)) for name, value in row.filter.items()],
                "settled": context["all"] - waiting,
                "may_stop": not (why_not_order(row.kind, by) or why_not_stop(row)),
                "may_continue": not why_not_continue(row, by),
                "may_undo": not why_not_undo(row, by),
                "undone_by": BulkDeed.objects.filter(undoes=row).first(),
                "asked": sorted(row.arguments.items()) if row.kind == DeedKind.MESSAGE else [],
            }
        return super().change_view(request, object_id, form_url, context)

    @needs(ORDER)
    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop after the batch that is under way."""
        row = get_object_or_404(BulkDeed, pk=pk)
        if request.method == "POST":
            told = _("Stopped. What is done stays, and is named below; the rest waits.")
            do_or_say_why(request, lambda: stop_deed(deed=row, by=user_of(request)), told)
        return self._to(row)

    @needs(ORDER)
    def continue_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go on with what waits."""
        row = get_object_or_404(BulkDeed, pk=pk)
        if request.method == "POST":
            do_or_say_why(request, lambda: continue_deed(deed=row, by=user_of(request)), _("It goes on."))
        return self._to(row)

    @needs(ORDER)
    @method_decorator(reauthentication_required)
    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Order that it is put back, and show that deed."""
        row = get_object_or_404(BulkDeed, pk=pk)
        if request.method != "POST":
            return self._to(row)
        return self._to(undo_deed(deed=row, by=user_of(request)))

    @needs(EXPORT)
    @method_decorator(reauthentication_required)
    def rows_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Everybody whom it was about, as a file."""
        row = get_object_or_404(BulkDeed, pk=pk)
        rows = row.rows.select_related("person", "import_row", "undoes__import_row").order_by("position")
        return self._export(request, row, _journal_cells(rows), f"bulk-{row.pk}.csv")


def _journal_cells(rows: QuerySet[BulkDeedRow]) -> Iterator[list[str]]:
    yield [_("number"), _("address"), _("state"), _("why"), _("before"), _("after"), _("when")]
    for row in rows.iterator(chunk_size=2000):
        yield [
            str(row.position + 1), disarmed(address_of(row)), str(row.get_state_display()), disarmed(row.why),
            disarmed(all_in_words(row.before)), disarmed(all_in_words(row.after)),
            row.settled_at.isoformat(timespec="seconds") if row.settled_at else "",
        ]  # fmt: skip


def address_of(row: BulkDeedRow) -> str:
    """Whom a row is about; the address of the file for somebody who isn't there (yet)."""
    if row.person is not None:
        return row.person.email
    read = row.import_row or (row.undoes.import_row if row.undoes else None)
    return read.email if read else ""


def all_in_words(values: dict[str, Any]) -> str:
    """Values of a row as one cell."""
    return "; ".join(f"{name}: {in_words(value)}" for name, value in values.items())


def _digest(people: list[int]) -> str:
    """What was counted, in short: what is ordered is about the same people."""
    return hashlib.sha256(",".join(map(str, sorted(people))).encode()).hexdigest()


def _title(kind: str, form: Any, count: int) -> str:
    """The deed as the journal names it."""
    said = (
        form.cleaned_data.get("program")
        or form.cleaned_data.get("organisation")
        or form.cleaned_data.get("title")
        or ""
    )
    words = {"deed": DeedKind(kind).label, "what": said, "n": count}
    return (_("%(deed)s: %(what)s (%(n)s people)") if said else _("%(deed)s (%(n)s people)")) % words
