"""Updates in the administration: open one from revisions, thin it out, see whom it asks, publish or withdraw it."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accreditation.actions.updates import change_update, holders, open_update, publish_update, withdraw_update
from accreditation.models import Program, Update, UpdateItem, UpdateState, User
from accreditation.rules.programs import local_day, with_rules
from accreditation.rules.update_items import (
    due_day,
    not_moved,
    why_not_change_update,
    why_not_publish_update,
    why_not_withdraw_update,
)
from accreditation.views.who import user_of
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.readonly import each_or_say_why
from courses.admin.refusals import RefusedFormAdmin
from courses.lib.cells import csv_file, disarmed
from courses.lib.policy import needs
from courses.lib.telling import told_on
from courses.models import SourceRevision

PORTION = 1000
COLUMNS = ("name", "address", "organisation", "standing", "until", "is asked")
DATE = forms.DateInput(attrs={"type": "date"})


class OpenForm(forms.ModelForm):
    """What an update is about; what it asks is found from that."""

    refused_at = {"no-rules": "program", "not-material": "revisions", "nothing-changed": "revisions"}
    program = forms.ModelChoiceField(Program.objects.exclude(current_version=None).order_by("title"))
    revisions = forms.ModelMultipleChoiceField(
        SourceRevision.objects.filter(is_material=True).select_related("source").order_by("-noted_on", "-pk"),
        help_text=gettext_lazy("The changes that holders have to know of, newest first. Several with Ctrl or ⌘."),
    )

    class Meta:
        model = Update
        fields = ("program", "revisions", "title", "summary", "changed_on", "days_to_do")
        widgets = {"changed_on": DATE, "summary": forms.Textarea(attrs={"rows": 4, "cols": 80})}


class UpdateForm(forms.ModelForm):
    """Words, days, and what of it is asked for."""

    asked = forms.ModelMultipleChoiceField(
        UpdateItem.objects.none(),
        label=gettext_lazy("Is asked for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What you leave out stays as it was proved."),
    )

    class Meta:
        model = Update
        fields = ("title", "summary", "changed_on", "days_to_do")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = _items(self.instance)
        field: Any = self.fields["asked"]
        field.queryset = items
        field.label_from_instance = _label
        self.initial["asked"] = [one.pk for one in items if not one.is_left_out]


class WithdrawForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Why it is withdrawn"),
        max_length=300,
        help_text=gettext_lazy("Those who were asked read it."),
        widget=forms.TextInput(attrs={"size": 80}),
    )


def _items(update: Update) -> QuerySet[UpdateItem]:
    rows = UpdateItem.objects.filter(part__update=update)
    names = ("lesson__course", "question__current_version", "criterion__rubric_version__rubric", "revision__source")
    return rows.select_related("part__course", "part__exam", "part__practical", *names)


def _label(item: UpdateItem) -> str:
    kind = "lesson" if item.lesson_id else "question" if item.question_id else "criterion"
    return f"{item.part.target}, {kind} {item} ({item.revision})"


@admin.register(Update)
class UpdateAdmin(RefusedFormAdmin, DeedsAdmin):
    """What changes of sources ask of those who hold an accreditation."""

    form = UpdateForm
    change_form_template = "admin/accreditation/update/change_form.html"
    list_display = ("title", "program", "state", "changed_on", "due_on", "opened_by", "published_by", "withdrawn_at")
    list_filter = ("state", "program")
    list_select_related = ("program", "opened_by", "published_by")
    search_fields = ("title", "program__title", "program__slug")
    fields = ("program", "state", "title", "summary", "changed_on", "days_to_do", "due_on", "asked", "about")
    actions = ("publish",)
    view_on_site = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What may change before it is published; nothing after."""
        return ("program", "state", "due_on", "about")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The choice only while it is one."""
        left = obj is None or why_not_change_update(obj) is None
        return self.fields if left else [name for name in self.fields or () if name != "asked"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Nothing of what was published can be typed over."""
        if obj is not None and why_not_change_update(obj):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What people were asked for is only looked at."""
        return super().has_change_permission(request, obj) and (obj is None or why_not_change_update(obj) is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The record stays: it is withdrawn instead."""
        return False

    @admin.display(description=gettext_lazy("about"))
    def about(self, update: Update) -> str:
        """The revisions that it is opened for."""
        return "; ".join(f"{row}: {row.changes}" for row in update.revisions.select_related("source"))

    def deeds_of(self, request: HttpRequest, row: Update) -> Sequence[Deed]:
        """Publishing, with what stands in its way and whom it asks."""
        if why_not_change_update(row):
            return []
        today = local_day(row.program, timezone.now())
        asked = row.counts.get("asked", 0) + row.counts.get("ends_before", 0)
        notes = [f"{asked:,} are asked and told, until {due_day(row, today):%-d %B %Y}. Save your changes first."]
        words = "Publish: ask for exactly this"
        return [Deed("publish", words, why_not_publish_update(row, today), notes if row.previewed_at else ())]

    def ways_of(self, request: HttpRequest, row: Update) -> Sequence[Way]:
        """To the people, to its page, and to taking it back."""
        ways = [
            Way("Everybody who holds it, and who is asked, as CSV", self._page("csv", row), "accreditation.view_update")
        ]
        if row.published_at:
            ways.append(Way("Its page, as learners see it", row.get_absolute_url()))
        if why_not_withdraw_update(row, "…", local_day(row.program, timezone.now())) is None:
            ways.append(Way("Withdraw…", self._page("withdraw", row), "accreditation.change_update"))
        return [*ways, Way("The program", reverse("admin:accreditation_program_change", args=[row.program_id]))]

    def _page(self, name: str, row: Update) -> str:
        return reverse(f"admin:accreditation_update_{name}", args=[row.pk])

    def notes_of(self, request: HttpRequest, row: Update) -> Sequence[str]:
        """While people are counted, and what was not moved yet."""
        notes = ["It is being counted whom this asks. Reload this page in a minute."] if row.preview_due_at else []
        if row.state == UpdateState.DRAFT:
            program = with_rules(Program.objects.filter(pk=row.program_id)).get()
            if left := not_moved(program, row.revisions.all()):
                notes.append(
                    f"{left} more of this program still point at an older revision and are not asked for. Look at them first, "
                    "or leave them."
                )
        return notes

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With whom it asks, and what it asks for once that is fixed."""
        row = kwargs.get("obj")
        if row is not None:
            words = (("asked", "are asked"), ("ends_before", "are asked, and their accreditation ends before the day"),
                     ("not_asked", "hold it and are not asked"))  # fmt: skip
            context["totals"] = [(text, row.counts.get(name, 0)) for name, text in words]
            context["items"] = (
                [(_label(one), one.is_left_out) for one in _items(row)] if why_not_change_update(row) else []
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Open one: what it asks is proposed from what was moved to these revisions."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        first = {"changed_on": timezone.now().date(), "revisions": request.GET.getlist("revision")}
        form = OpenForm(request.POST or None, initial=first)
        if request.method == "POST" and form.is_valid():
            with told_on(form):
                row = open_update(by=user_of(request), **form.cleaned_data)
                self.log_addition(request, row, "Opened.")
                messages.success(
                    request, gettext("Opened, not asked for yet. Thin it out, look whom it asks, then publish it.")
                )
                return redirect("admin:accreditation_update_change", row.pk)
        context = self.admin_site.each_context(request) | {"title": "Open an update", "form": form, "opts": self.opts}
        return render(request, "admin/accreditation/update/open.html", context, status=422 if form.errors else 200)

    def save_model(self, request: HttpRequest, obj: Update, form: Any, change: bool) -> None:
        """Words, days and what is left out; people are counted anew."""
        said = {name: form.cleaned_data[name] for name in ("title", "summary", "changed_on", "days_to_do")}
        kept = {one.pk for one in form.cleaned_data["asked"]}
        left_out = [one.pk for one in _items(obj) if one.pk not in kept]
        change_update(update=obj, left_out=left_out, by=user_of(request), **said)

    def get_urls(self) -> list[URLPattern]:
        """With the list as a file, and the page that withdraws."""
        return [
            path("<int:pk>/csv/", self.admin_site.admin_view(self.csv_view), name="accreditation_update_csv"),
            path(
                "<int:pk>/withdraw/",
                self.admin_site.admin_view(self.withdraw_view),
                name="accreditation_update_withdraw",
            ),
            *super().get_urls(),
        ]

    @needs("accreditation.view_update")
    def csv_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Everybody who holds it and whether they are asked, streamed."""
        row = get_object_or_404(Update.objects.select_related("program"), pk=pk)
        return csv_file(_cells(row), f"{row.program.slug}-update-{row.number}.csv")

    @needs("accreditation.change_update")
    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it back with a reason."""
        row = get_object_or_404(Update.objects.select_related("program"), pk=pk)
        form = WithdrawForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            with told_on(form):
                withdraw_update(update=row, reason=form.cleaned_data["reason"], by=user_of(request))
                self.log_change(request, row, "Withdrawn.")
                messages.success(request, gettext("Withdrawn. Nobody is asked for it any more."))
                return redirect("admin:accreditation_update_change", row.pk)
        context = self.admin_site.each_context(request) | {"title": "Withdraw an update", "form": form, "update": row}
        return render(request, "admin/accreditation/update/withdraw.html", context, status=422 if form.errors else 200)

    @admin.action(description=gettext_lazy("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, rows: QuerySet[Update]) -> None:
        """Ask for these; each that can't be says why."""
        each_or_say_why(self, request, rows, lambda row: publish_update(update=row, by=user_of(request)))


def _cells(update: Update) -> Iterator[list[str]]:
    yield list(COLUMNS)
    portion: list[Any] = []
    for one in holders(update, timezone.now()):
        portion.append(one)
        if len(portion) == PORTION:
            yield from _people(portion)
            portion = []
    yield from _people(portion)


def _people(portion: Sequence[Any]) -> Iterator[list[str]]:
    people = User.objects.select_related("organisation").in_bulk([pk for pk, _, _ in portion])
    for pk, found, asked in portion:
        one = people[pk]
        said = (found.state, str(found.valid_until), "yes" if asked else "no")
        yield [disarmed(cell) for cell in (one.name, one.email, str(one.organisation or ""), *said)]
