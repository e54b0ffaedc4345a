"""Designs of badges, and the preview that achievements and designs have in common."""

from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from badges import artwork, drawings
from badges.actions.designs import upsert_design
from badges.artwork import Drawing
from badges.models import BadgeDesign
from badges.rules.designs import sample_of, why_not_design
from courses.admin.history import HistoryAdmin
from courses.lib.policy import needs
from courses.lib.refusals import Refusal, Refused, refuse_if

COLOURS = ("light", "deep", "ground", "ink")
FIELDS = ("slug", "name", "template", *COLOURS)


def picture(drawing: Drawing) -> HttpResponse:
    """The drawing as PNG, or a refusal. Raises `Refused` for what can't be drawn."""
    try:
        content = artwork.draw_png(drawing)
    except drawings.BadDrawing as bad:
        raise Refused(Refusal("bad-drawing", _("This drawing can't be a badge. %(bad)s") % {"bad": bad})) from None
    return HttpResponse(content, "image/png", headers={"Cache-Control": "no-store"})


def preview_of(address: str, image: str, words: str) -> SafeString:
    """The picture as it is kept, the place where a preview of what is typed appears, and its button for those without script."""
    return format_html(
        '<div data-preview="{0}"><img src="{1}" alt="{2}" width="240" height="240"{3}><p role="status"></p>'
        '<button class="deed" type="submit" formaction="{0}" formtarget="_blank" formnovalidate>Preview</button></div>',
        address,
        image,
        words,
        "" if image else SafeString(" hidden"),
    )


def said(view: Any) -> Any:
    """A preview that is refused says why in JSON, whatever the browser asked for."""

    @wraps(view)
    def handle(self: Any, request: HttpRequest) -> HttpResponse:
        try:
            answer: HttpResponse = view(self, request)
        except Refused as refused:
            answer = JsonResponse(refused.refusal.as_json(), status=409)
        return answer

    return handle


class DesignForm(forms.ModelForm):
    """A design, with its template as a file or typed."""

    file = forms.FileField(
        required=False, label=gettext_lazy("SVG file"), help_text=gettext_lazy("Takes the place of the template below.")
    )

    class Meta:
        model = BadgeDesign
        fields = FIELDS
        widgets = dict.fromkeys(COLOURS, forms.TextInput(attrs={"type": "color"})) | {
            "template": forms.Textarea(attrs={"rows": 12, "cols": 100, "spellcheck": "false"})
        }

    def clean(self) -> dict[str, Any]:
        """The file's text, where there is one."""
        data = super().clean() or {}
        if upload := data.get("file"):
            if upload.size > drawings.LARGEST:
                self.add_error(
                    "file", _("The drawing is larger than %(value)s kB.") % {"value": drawings.LARGEST // 1000}
                )
                return data
            try:
                data["template"] = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("This is no SVG: save it as UTF-8 text."))
        return data


class SampleForm(DesignForm):
    """Only what is drawn."""

    class Meta(DesignForm.Meta):
        fields: Any = tuple(field for field in FIELDS if field != "slug")


def why_not_complete(form: forms.BaseForm) -> Refusal | None:
    """What a form of a preview lacks, all of it in one sentence."""
    faults = [f"{name}: {fault}" for name, found in form.errors.items() for fault in found]
    return Refusal("not-complete", " ".join(faults)) if faults else None


@admin.register(BadgeDesign)
class BadgeDesignAdmin(HistoryAdmin):
    """Designs: saving another look draws every badge of it anew, as its next version; awards keep their picture."""

    form = DesignForm
    list_display = ["name", "slug", "light", "deep", "ground", "ink"]
    search_fields = ["name", "slug"]
    fields = ["slug", "name", *COLOURS, "file", "template", "places", "preview"]

    class Media:
        js = [forms.Script("js/badge-preview.js", type="module")]

    def get_readonly_fields(self, request: HttpRequest, obj: BadgeDesign | None = None) -> list[str]:
        """Program files name a design by its slug, so it stays."""
        return ["places", "preview"] if obj is None else ["slug", "places", "preview"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Badges and their history point to it."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The preview draws what is typed and keeps nothing."""
        view = self.admin_site.admin_view(require_POST(self.preview_view))
        return [path("preview/", view, name="badges_badgedesign_preview"), *super().get_urls()]

    @needs("badges.change_badgedesign")
    @said
    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What is typed, with sample words, or why it can't be drawn."""
        form = SampleForm(request.POST, request.FILES)
        refuse_if(why_not_complete(form))
        design = BadgeDesign(**{field: form.cleaned_data[field] for field in SampleForm.Meta.fields})
        refuse_if(why_not_design(design))
        return picture(sample_of(design))

    def save_model(self, request: HttpRequest, obj: BadgeDesign, form: Any, change: bool) -> None:
        """Save by the action, which checks the drawing and draws what depends on it."""
        saved = upsert_design(**{field: getattr(obj, field) for field in FIELDS}, by=request.user)  # type: ignore[arg-type]
        obj.pk = saved.pk

    @admin.display(description=gettext_lazy("places of a template"))
    def places(self, row: BadgeDesign) -> str:
        """What a template may name, and how."""
        words = ", ".join(f"{{{name}}}" for name in drawings.WORDS)
        colours = ", ".join(f"{{{name}}}" for name in drawings.COLOURS)
        return (
            f'Words in texts: {words}; a text with {drawings.ROOM}="420" becomes smaller where it would be wider than that. '
            f'Colours in attributes: {colours}. The icon goes into an empty <g id="{drawings.ICON}">, '
            "24 units wide and high around its origin."
        )

    @admin.display(description=gettext_lazy("drawing"))
    def preview(self, row: BadgeDesign) -> SafeString:
        """The design with sample words."""
        return preview_of(reverse("admin:badges_badgedesign_preview"), "", "A badge of this design")
