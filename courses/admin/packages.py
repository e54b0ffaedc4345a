"""Interactive packages in the administration: uploaded once, checked, used by lessons; how far learners are in them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from courses.actions.packages import take_package
from courses.admin.readonly import ReadOnlyAdmin
from courses.lib.people import person_of
from courses.lib.refusals import Refused
from courses.models import Package, PackageProgress


class PackageForm(forms.ModelForm):
    """A file to take; what it is stands in it."""

    file = forms.FileField(label=_("SCORM package"), help_text=_("A ZIP file, SCORM 1.2 or 2004, 200 MB at most."))

    class Meta:
        model = Package
        fields = ("file",)

    def clean(self) -> dict[str, Any]:
        """Checked here, so that the reason stands beside the field."""
        said = super().clean() or {}
        if said.get("file"):
            try:
                self.taken = take_package(file=said["file"], by=self.by)  # type: ignore[attr-defined]
            except Refused as refused:
                self.add_error("file", refused.refusal.sentence)
        return said


@admin.register(Package)
class PackageAdmin(admin.ModelAdmin):
    """Packages; one never changes, another file is another package."""

    form = PackageForm
    list_display = ("title", "version", "files", "unpacked", "uploaded_at", "uploaded_by")
    list_filter = ("version",)
    list_select_related = ("uploaded_by",)
    search_fields = ("title", "sha256")
    fields: ClassVar[Any] = ("title", "version", "files", "unpacked", "sha256", "uploaded_at", "uploaded_by")
    readonly_fields = fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only the file while there is none."""
        return self.fields if obj else ("file",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """That knows who uploads."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by = person_of(request)
        return form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: what learners did stands on it."""
        return False

    def save_model(self, request: HttpRequest, obj: Package, form: Any, change: bool) -> None:
        """It was taken with the form; the same file again is the same package."""
        taken = form.taken
        obj.pk, obj.title = taken.pk, taken.title


@admin.register(PackageProgress)
class PackageProgressAdmin(ReadOnlyAdmin):
    """How far learners are in packages; nothing of it is evidence."""

    list_display = ("learner", "lesson", "item", "completion", "success", "score", "is_done", "updated_at")
    list_filter = ("is_done", "completion", "success")
    list_select_related = ("learner", "lesson__course", "package")
    search_fields = ("learner__name", "learner__email", "lesson__title", "package__title")
    fields = ("learner", "lesson", "package", "item", "completion", "success", "score", "is_done", "updated_at")
