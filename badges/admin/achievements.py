"""Achievements: saving other content makes the next version."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from badges.actions.achievements import upsert_achievement
from badges.models import Achievement
from courses.admin.history import HistoryAdmin


@admin.register(Achievement)
class AchievementAdmin(HistoryAdmin):
    """Badge classes. Saving other content makes the next version; awards keep the text they were signed with."""

    list_display = ["name", "slug", "shape", "tone", "version"]
    list_filter = ["shape", "tone"]
    search_fields = ["name", "slug", "description"]
    fields = ["slug", "name", "description", "criteria", "shape", "tone", "label", "tags", "version", "preview"]

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
        fields = ("slug", "name", "description", "criteria", "shape", "tone", "label", "tags")
        saved = upsert_achievement(**{field: getattr(obj, field) for field in fields}, by=request.user)  # type: ignore[arg-type]
        obj.pk, obj.version = saved.pk, saved.version

    @admin.display(description="drawing")
    def preview(self, row: Achievement) -> SafeString | str:
        """The picture as it is drawn now."""
        if row.pk is None:
            return "Drawn when saved."
        address = reverse("badges:achievement-image", args=[row.slug])
        return format_html('<img src="{}?{}" alt="Badge: {}" width="240">', address, row.version, row.name)
