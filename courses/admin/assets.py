"""The library in the administration: what an asset says is written here and kept version by version."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from courses.actions.assets import give_version
from courses.admin.content import ContentAdmin
from courses.admin.deeds import Way
from courses.admin.readonly import ReadOnlyInline
from courses.lib.people import person_of
from courses.models import Asset, AssetVersion, SourceRevision
from courses.rules.assets import why_not_say


class AssetForm(forms.ModelForm):
    """An asset and what it says today; another text, link or file is its next version."""

    body = forms.CharField(label="Text", required=False, widget=forms.Textarea, help_text="Markdown.")
    url = forms.URLField(label="Link", required=False, assume_scheme="https", max_length=500)
    file = forms.FileField(label="File", required=False, help_text="Without another one it keeps the one that it has.")
    source_revision = forms.ModelChoiceField(
        SourceRevision.objects.select_related("source"), label="Checked against", required=False
    )
    notes = forms.CharField(label="What is new", required=False, max_length=300)

    class Meta:
        model = Asset
        fields = (
            "title", "slug", "kind", "summary", "journey_stage", "wows", "field_only", "roles", "products", "personas",
            "use_cases", "verticals", "ecosystems", "sizes", "competencies", "lessons", "owner", "review_on",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        live = self.instance.current_version if self.instance.pk else None
        if live:
            for name in ("body", "url", "source_revision"):
                self.fields[name].initial = getattr(live, name)

    def clean(self) -> dict[str, Any]:
        """It says something."""
        said = super().clean() or {}
        live = self.instance.current_version if self.instance.pk else None
        file = said.get("file") or (live.file if live else "")
        if "body" in said and "url" in said and (refusal := why_not_say(said["body"], said["url"], file)):
            self.add_error("body", refusal.sentence)
        return said


class VersionInline(ReadOnlyInline):
    """What it said, newest first."""

    model = AssetVersion
    fk_name = "asset"
    fields = ("number", "notes", "source_revision", "published_at", "published_by")


@admin.register(Asset)
class AssetAdmin(ContentAdmin):
    """Items of the library."""

    form = AssetForm
    list_display = ("title", "kind", "state", "wows", "owner", "review_on", "slug")
    list_filter = ("state", "kind", "wows", "personas", "products", "use_cases", "verticals", "ecosystems", "review_on")
    list_select_related = ("owner",)
    search_fields = ("title", "slug", "summary")
    autocomplete_fields = ("owner",)
    filter_horizontal = (
        "roles", "products", "personas", "use_cases", "verticals", "ecosystems", "sizes", "competencies", "lessons",
    )  # fmt: skip
    inlines = (VersionInline,)

    def ways_of(self, request: HttpRequest, row: Asset) -> Sequence[Way]:
        """To its page."""
        if not row.current_version_id:
            return self.withdraw_ways(row)
        return [*super().ways_of(request, row), Way("Its page in the library", row.get_absolute_url())]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What it says is given once the row is there."""
        super().save_related(request, form, formsets, change)
        said = {name: form.cleaned_data[name] for name in ("body", "url", "file", "notes", "source_revision")}
        give_version(asset=form.instance, by=person_of(request), **said)
