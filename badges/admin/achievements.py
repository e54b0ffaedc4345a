"""Achievements: saving other content makes the next version."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from badges.actions.achievements import upsert_achievement
from badges.admin.designs import picture, preview_of, said, why_not_complete
from badges.models import Achievement
from badges.rules.designs import drawing_of, icon_choices, why_not_draw
from courses.admin.history import HistoryAdmin
from courses.lib.policy import needs
from courses.lib.refusals import refuse_if

LOOK = ("name", "shape", "tone", "label", "tier", "persona", "icon", "design", "alt_text")
FIELDS = ("slug", "description", "criteria", "tags", "language", *LOOK)


class AchievementForm(forms.ModelForm):
    """A badge class; its icon is chosen from those that there are, its picture is put into words."""

    icon = forms.ChoiceField(choices=icon_choices, required=False, help_text=gettext_lazy("Above the label."))

    class Meta:
        model = Achievement
        fields = (*FIELDS, "competencies")


class LookForm(AchievementForm):
    """Only what is drawn."""

    class Meta:
        model = Achievement
        fields = LOOK


@admin.register(Achievement)
class AchievementAdmin(HistoryAdmin):
    """Badge classes. Saving other content makes the next version; awards keep the text they were signed with."""

    form = AchievementForm
    list_display = ["name", "slug", "shape", "tone", "tier", "design", "version"]
    list_filter = ["shape", "tone", "tier", "design"]
    list_select_related = ["design"]
    search_fields = ["name", "slug", "description"]
    filter_horizontal = ["competencies"]
    fields = [
        "slug", "name", "description", "criteria", "tags", "language", "shape", "tone", "design", "label", "tier", "persona",
        "icon", "alt_text", "competencies", "version", "preview",
    ]  # fmt: skip

    class Media:
        js = [forms.Script("js/badge-preview.js", type="module")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Achievement]:
        """Without the pictures."""
        return super().get_queryset(request).defer("image")

    def get_readonly_fields(self, request: HttpRequest, obj: Achievement | None = None) -> list[str]:
        """The slug is part of every award's address, so it stays."""
        return ["version", "preview"] if obj is None else ["slug", "version", "preview"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Awards point to it."""
        return False

    def save_model(self, request: HttpRequest, obj: Achievement, form: Any, change: bool) -> None:
        """Save by the action, which numbers the version and draws the picture."""
        saved = upsert_achievement(**{field: getattr(obj, field) for field in FIELDS}, by=request.user)  # type: ignore[arg-type]
        obj.pk, obj.version = saved.pk, saved.version

    def get_urls(self) -> list[URLPattern]:
        """The preview draws what is typed and keeps nothing."""
        view = self.admin_site.admin_view(require_POST(self.preview_view))
        return [path("preview/", view, name="badges_achievement_preview"), *super().get_urls()]

    @needs("badges.change_achievement")
    @said
    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What is typed, or why it can't be drawn."""
        form = LookForm(request.POST)
        refuse_if(why_not_complete(form))
        drawing = drawing_of(form.instance, form.cleaned_data["design"])
        refuse_if(why_not_draw(drawing))
        return picture(drawing)

    @admin.display(description=gettext_lazy("drawing"))
    def preview(self, row: Achievement) -> SafeString:
        """The picture as it is kept, and as it would be."""
        saved = f"{reverse('badges:achievement-image', args=[row.slug])}?{row.version}" if row.pk else ""
        return preview_of(reverse("admin:badges_achievement_preview"), saved, row.alt_text)
