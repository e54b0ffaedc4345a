"""The board: what people told us, what is done about it, and how they found the courses."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.actions.feedback import (
    answer_feedback,
    mark_duplicate,
    own_feedback,
    publish_feedback,
    read_rating,
    tag_feedback,
)
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.readonly import ReadOnlyAdmin, ReadOnlyInline, each_or_say_why
from courses.admin.refusals import RefusedFormAdmin
from courses.lib.people import person_of
from courses.models import CourseRating, Feedback, FeedbackState, FeedbackStep
from courses.models.feedback import FEEDBACK_TRANSITIONS, WAITING
from courses.rules.feedback import board_figures

PUBLIC = ("shown_to", "public_title", "done_sentence")


class WaitsFilter(admin.SimpleListFilter):
    """What somebody has still to do, and what is past its promise."""

    title = _("what waits")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """In words."""
        return [
            ("open", _("not settled")),
            ("reply", _("without a first reply")),
            ("late", _("past the promised reply")),
            ("mine", _("mine")),
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those."""
        waits: dict[str, dict[str, Any]] = {
            "open": {"state__in": WAITING},
            "reply": {"first_reply_at": None},
            "late": {"first_reply_at": None, "promised_at__lt": timezone.now()},
            "mine": {"state__in": WAITING, "owner": request.user.pk},
        }
        return rows.filter(**waits.get(self.value() or "", {}))


class StepInline(ReadOnlyInline):
    """The trail."""

    model = FeedbackStep
    fields = ("happened_at", "what", "before", "after", "by")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With who did it."""
        return super().get_queryset(request).select_related("by")


class BoardForm(forms.ModelForm):
    """What may be set of a remark; states that the table allows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "state" in self.fields:
            now = self.instance.state
            open_to = {now, *FEEDBACK_TRANSITIONS.get(now, ())} - {FeedbackState.DUPLICATE} | {now}
            self.fields["state"] = forms.ChoiceField(
                label=_("State"), choices=[one for one in FeedbackState.choices if one[0] in open_to]
            )

    def _get_validation_exclusions(self) -> set[str]:
        """The actions decide what goes together; constraints of the row are theirs to keep."""
        left_out: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return left_out | {"state", "duplicate_of", *PUBLIC}


@admin.register(Feedback)
class FeedbackAdmin(DeedsAdmin, RefusedFormAdmin):
    """Remarks, those whose promise ends first on top; each step is an action and tells the author."""

    form = BoardForm
    change_list_template = "admin/courses/feedback/change_list.html"
    list_display = ("__str__", "state", "owner", "voices", "waits", "promised_at", "author", "created_at")
    list_filter = (WaitsFilter, "state", "kind", "about_kind", "shown_to", "created_at")
    list_select_related = ("lesson", "author", "owner")
    search_fields = ("text", "answer", "tags", "public_title", "page_title", "lesson__title", "author__email")
    ordering = ("settled_at", "promised_at", "pk")
    autocomplete_fields = ("owner", "duplicate_of")
    readonly_fields = (
        "lesson", "author", "kind", "text", "page", "page_title", "may_quote", "answered_by", "answered_at",
        "created_at", "promised_at", "first_reply_at", "settled_at",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("kind", "text", "may_quote", "lesson", "page_title", "page", "author", "created_at")}),
        (_("What becomes of it"), {"fields": ("state", "answer", "owner", "tags", "duplicate_of")}),
        (_("You said, we did"), {"fields": PUBLIC}),
        (_("When"), {"fields": ("promised_at", "first_reply_at", "answered_by", "answered_at", "settled_at")}),
    )
    inlines = (StepInline,)
    actions = ("take", "look_at", "close")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of those who want the same."""
        return super().get_queryset(request).annotate(_voices=Count("votes"))

    @admin.display(description=_("voices"), ordering="_voices")
    def voices(self, row: Any) -> int:
        """The author counts."""
        return int(row._voices) + 1

    @admin.display(description=_("waits, days"), ordering="created_at")
    def waits(self, row: Feedback) -> str:
        """Whole days until it was settled, or until now."""
        return str(((row.settled_at or timezone.now()) - row.created_at).days)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the board's figures."""
        shown = {"board": board_figures(timezone.now())}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def deeds_of(self, request: HttpRequest, row: Feedback) -> Sequence[Deed]:
        """Taking it, looking at it, and putting it away."""
        deeds = [] if row.owner_id == person_of(request).pk else [Deed("take", str(_("I see to it")))]
        return [*deeds, *([Deed("look_at", str(_("Looked at")))] if row.state == FeedbackState.OPEN else [])]

    def ways_of(self, request: HttpRequest, row: Feedback) -> Sequence[Way]:
        """The page that it is about, and what else says so."""
        ways = [Way(str(_("Open the page")), row.page)] if row.page.startswith("/") else []
        link = f"../../?duplicate_of__id__exact={row.pk}"
        return [*ways, Way(str(_("Remarks that say the same")), link, "courses.view_feedback")]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Duplicates of one remark are a list too."""
        return lookup == "duplicate_of__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Remarks come from those who say them."""
        return False

    def save_model(self, request: HttpRequest, obj: Feedback, form: forms.ModelForm, change: bool) -> None:
        """Each part that was changed through its action; what was read meanwhile is read again there."""
        by, said, changed = person_of(request), form.cleaned_data, set(form.changed_data)
        if "owner" in changed:
            own_feedback(feedback=obj, owner=said["owner"], by=by)
        if "tags" in changed:
            tag_feedback(feedback=obj, tags=said["tags"], by=by)
        if changed.intersection(PUBLIC):
            line = {"title": said["public_title"], "sentence": said["done_sentence"], "shown_to": said["shown_to"]}
            publish_feedback(feedback=obj, by=by, **line)
        if "duplicate_of" in changed and said["duplicate_of"]:
            mark_duplicate(feedback=obj, of=said["duplicate_of"], by=by)
        elif changed.intersection({"state", "answer"}):
            answer = said["answer"] if "answer" in changed else ""
            answer_feedback(feedback=obj, answer=answer, state=said["state"] if "state" in changed else "", by=by)

    @admin.action(description=_("I see to it"), permissions=["change"])
    def take(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Own the remarks."""
        by = person_of(request)
        each_or_say_why(self, request, rows, lambda row: own_feedback(feedback=row, owner=by, by=by))

    @admin.action(description=_("Looked at"), permissions=["change"])
    def look_at(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Tell the authors that somebody has read it."""
        by, state = person_of(request), FeedbackState.LOOKED_AT
        each_or_say_why(self, request, rows, lambda row: answer_feedback(feedback=row, state=state, by=by))

    @admin.action(description=_("Done"), permissions=["change"])
    def close(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """Tell the authors that it is done."""
        by, state = person_of(request), FeedbackState.DONE
        each_or_say_why(self, request, rows, lambda row: answer_feedback(feedback=row, state=state, by=by))


@admin.register(CourseRating)
class CourseRatingAdmin(ReadOnlyAdmin, DeedsAdmin):
    """How learners found the courses; a rating that was read can't be changed any more."""

    list_display = ("course", "stars", "text", "rated_at", "read_at", "read_by")
    list_filter = ("stars", ("read_at", admin.EmptyFieldListFilter), "completion__course", "rated_at")
    list_select_related = ("completion__course", "read_by")
    search_fields = ("text", "completion__course__title")
    exclude = ("completion",)
    actions = ("read",)

    @admin.display(description=_("course"), ordering="completion__course__title")
    def course(self, row: CourseRating) -> str:
        """Which."""
        return str(row.completion.course)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All of it, without who said it."""
        return ("course", "stars", "text", "rated_at", "read_at", "read_by")

    def deeds_of(self, request: HttpRequest, row: CourseRating) -> Sequence[Deed]:
        """Reading it, once."""
        return [] if row.read_at else [Deed("read", str(_("I have read it")))]

    @admin.action(description=_("I have read it"), permissions=["view"])
    def read(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """From then on the ratings stay as they are."""
        each_or_say_why(self, request, rows, lambda row: read_rating(rating=row, by=person_of(request)))
