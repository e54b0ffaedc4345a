"""Ruling books in the administration: rulings are added, replaced and retired, never edited."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from assessments.actions.ruling_clips import cut_again
from assessments.actions.rulings import decide_ruling, retire_ruling
from assessments.forms.rulings import RulingForm
from assessments.models import Recording, Ruling, RulingClip
from assessments.rules.recordings import may_watch
from assessments.rules.ruling_clips import NO_CLIP, clip_shown, own_moments, sentence_about, why_not_cut_again
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import each_or_say_why
from courses.lib.clock import database_now
from courses.lib.people import Person, person_of
from courses.lib.refusals import Refused
from courses.templatetags.text import clock

COPIED = ("rubric_id", "criterion", "situation", "ruling", "level", "recording_id", "consent")
NO_RECORDING = "Name a recording above, and it is shown here. A clip may also be left out."
NOT_YOURS = "You can’t watch this recording here. Type the moments; the clip is shown on the page of the ruling."
WATCH = "Stop where the clip begins and where it ends."


class ClipFilter(admin.ChoicesFieldListFilter):
    """By where the clip stands, under a title that says so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "clip"


@admin.register(Ruling)
class RulingAdmin(DeedsAdmin, HistoryAdmin):
    """Edge cases and what they count as. A new wording replaces an old one; both stay readable here."""

    form = RulingForm
    list_display = ("short", "rubric", "criterion", "level", "decided_on", "decided_by", "clip_state", "retired_at")
    list_select_related = ("rubric", "decided_by", "clip")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), "rubric", "level", ("clip__state", ClipFilter))
    search_fields = ("situation", "ruling")
    date_hierarchy = "decided_on"
    raw_id_fields = ("recording", "replaces")
    added = (
        "rubric",
        "criterion",
        "situation",
        "ruling",
        "level",
        "recording",
        "begins",
        "ends",
        "consent",
        "replaces",
    )
    fields = (
        "rubric", "criterion", "situation", "ruling", "level", "recording", "stretch", "consent",
        "clip_told", "decided_on", "decided_by", "replaces", "retired_at",
    )  # fmt: skip
    actions = ("retire", "cut_again")

    @admin.display(description=gettext_lazy("what was seen"))
    def short(self, ruling: Ruling) -> str:
        """The beginning of what was seen."""
        return ruling.situation if len(ruling.situation) < 80 else f"{ruling.situation[:79]}…"

    @admin.display(description=gettext_lazy("clip"), ordering="clip__state")
    def clip_state(self, ruling: Ruling) -> str:
        """Where its clip stands."""
        clip = clip_of(ruling)
        return clip.get_state_display() if clip else "–"

    @admin.display(description=gettext_lazy("stretch"))
    def stretch(self, ruling: Ruling) -> str:
        """From where to where its clip goes."""
        return f"{clock(ruling.start_ms)} to {clock(ruling.end_ms)}" if ruling.end_ms is not None else "–"

    @admin.display(description=gettext_lazy("clip"))
    def clip_told(self, ruling: Ruling) -> str:
        """Where its clip stands, in a sentence."""
        clip = clip_of(ruling)
        return sentence_about(clip) if clip else "–"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What an author writes; afterwards everything."""
        return self.fields if obj else self.added

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Everything, once it is decided."""
        return self.fields if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address gives, and the words and the clip of the ruling that is replaced, to be changed."""
        told = request.GET.get("replaces", "")
        old = Ruling.objects.in_force().filter(pk=told).first() if told.isdecimal() and len(told) < 18 else None
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return given | _copied(old) if old else given

    def deeds_of(self, request: HttpRequest, row: Ruling) -> Sequence[Deed]:
        """Retiring, once, and cutting a clip that failed."""
        clip = clip_of(row)
        failed = clip is not None and why_not_cut_again(clip) is None
        again = [Deed("cut_again", "Try to cut the clip again")] if failed else []
        return again if row.retired_at else [*again, Deed("retire", "Retire it: it no longer counts")]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With the recording that is named in the form, where this person may watch it, or with the clip."""
        ruling = kwargs.get("obj")
        if ruling is None:
            context |= _clip_source(request, context["adminform"].form["recording"].value())
        else:
            context["shown_clip"] = clip_shown(ruling, person_of(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def ways_of(self, request: HttpRequest, row: Ruling) -> Sequence[Way]:
        """To the book, and to a new wording."""
        book = Way("The ruling book", reverse("assessments:rulings", args=[row.rubric.slug]), "assessments.grade")
        new = f"{reverse('admin:assessments_ruling_add')}?replaces={row.pk}"
        return [book] if row.retired_at else [book, Way("Replace it by a new wording", new, "assessments.add_ruling")]

    def save_model(self, request: HttpRequest, obj: Ruling, form: ModelForm, change: bool) -> None:
        """Append it."""
        if not change and isinstance(form, RulingForm):
            decided = decide_ruling(
                rubric=obj.rubric, wording=form.wording(), by=person_of(request), replaces=obj.replaces
            )
            obj.pk, obj.decided_on = decided.pk, decided.decided_on

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never a form; retiring asks for the right to lead."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: retire it."""
        return False

    def has_lead_permission(self, request: HttpRequest) -> bool:
        """Whether the person leads the queue."""
        return person_of(request).has_perm("assessments.lead_reviews")

    @admin.action(description=gettext_lazy("Retire the chosen rulings"), permissions=["lead"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Ruling]) -> None:
        """They no longer count; their rows stay."""
        each_or_say_why(self, request, queryset, lambda row: retire_ruling(ruling=row, by=person_of(request)))

    @admin.action(description=gettext_lazy("Try to cut the clips again"), permissions=["lead"])
    def cut_again(self, request: HttpRequest, queryset: QuerySet[Ruling]) -> None:
        """Those that failed get three new tries; says which need none."""
        rows = queryset.select_related("clip")
        each_or_say_why(self, request, rows, lambda row: _cut_again(row, person_of(request)))


def clip_of(ruling: Ruling) -> RulingClip | None:
    """Its clip; None where it names no stretch."""
    return getattr(ruling, "clip", None)


def _cut_again(ruling: Ruling, by: Person) -> None:
    clip = clip_of(ruling)
    if clip is None:
        raise Refused(NO_CLIP)
    cut_again(clip=clip, by=by)


def _copied(old: Ruling) -> dict[str, Any]:
    moments = {"begins": old.start_ms, "ends": old.end_ms}
    written = {name: clock(at) for name, at in moments.items() if at is not None}
    return {one.removesuffix("_id"): getattr(old, one) for one in COPIED} | written | {"replaces": old.pk}


def _clip_source(request: HttpRequest, named: Any) -> dict[str, Any]:
    """The address of the recording to choose from, a pattern of such addresses, what to do, and own comments on it."""
    pattern: dict[str, Any] = {
        "clip_media": reverse("assessments:recording-media", args=[UUID(int=0)]),
        "clip_address": "",
    }
    try:
        recording = Recording.objects.select_related("submission").filter(pk=named or UUID(int=0)).first()
    except ValidationError:
        recording = None
    if recording is None:
        return pattern | {"clip_told": NO_RECORDING}
    pattern["clip_moments"] = own_moments(recording, person_of(request))
    if not may_watch(person_of(request), recording, database_now()) or recording.is_gone:
        return pattern | {"clip_told": NOT_YOURS}
    address = reverse("assessments:recording-media", args=[recording.pk])
    return pattern | {"clip_told": WATCH, "clip_address": address}
