"""What a deed behind "Save" refuses is an error of its form, like any other."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from courses.lib.refusals import Refused


class RefusedFormAdmin(admin.ModelAdmin):
    """Where saving goes through an action: a refusal is shown above the form, and everything that was typed is kept."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save; a refused one was rolled back by now and is shown again, this time with the refusal as its error."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            request.refused_with = refused.refusal.sentence  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form; after a refusal it has that as its error."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        sentence = getattr(request, "refused_with", "")
        return _refused_form(form, sentence) if sentence else form


def _refused_form(form: Any, sentence: str) -> Any:
    class RefusedForm(form):
        def clean(self) -> Any:
            data = super().clean()
            self.add_error(None, sentence)
            return data

    return RefusedForm
