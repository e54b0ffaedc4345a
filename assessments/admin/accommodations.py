"""Accommodations in the administration: only for those who hold their permission; graders and readers of results don't."""

from typing import Any

from django.contrib import admin, messages
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from assessments.actions.accommodations import apply_accommodations, what_would_apply
from assessments.models import Accommodation, Attempt
from courses.admin.history import HistoryAdmin
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.telling import told_on


class AccommodationForm(ModelForm):
    """What was agreed; nobody approves their own."""

    approver_id: int

    def clean(self) -> dict[str, Any]:
        """The approver is who saves it."""
        data = super().clean() or {}
        if getattr(data.get("learner"), "pk", None) == self.approver_id:
            self.add_error("learner", _("Nobody approves their own. Ask a colleague."))
        return data


@admin.register(Accommodation)
class AccommodationAdmin(HistoryAdmin):
    """What was agreed with whom, by whom, and until when; who approved it is who saves it."""

    form = AccommodationForm
    change_form_template = "admin/assessments/accommodation/change_form.html"
    list_display = ("learner", "exam", "time_percent", "extra_minutes", "break_minutes", "valid_from", "valid_until")
    list_select_related = ("learner", "exam")
    list_filter = (("exam", admin.RelatedOnlyFieldListFilter), "valid_from", "valid_until", "large_print")
    search_fields = ("learner__email", "learner__name", "exam__title")
    autocomplete_fields = ("exam",)
    raw_id_fields = ("learner",)
    readonly_fields = ("approved_by",)
    fieldsets = (
        (None, {"fields": ("learner", "exam", "valid_from", "valid_until", "reason", "approved_by")}),
        ("Time", {"fields": ("time_percent", "extra_minutes", "break_minutes")}),
        ("Window and tries", {"fields": ("opens_at", "closes_at", "window_extension_minutes", "extra_attempts")}),
        ("Page", {"fields": ("large_print",)}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never; it ends with a day in "valid until"."""
        return False

    def save_model(self, request: HttpRequest, obj: Accommodation, form: ModelForm, change: bool) -> None:
        """Who saves it approves it."""
        obj.approved_by_id = person_of(request).pk
        super().save_model(request, obj, form, change)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A form that knows who approves."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.approver_id = person_of(request).pk
        return form

    def get_urls(self) -> list[URLPattern]:
        """With the page that applies it to the running exam."""
        apply = path("<int:accommodation_id>/apply/", self.apply_view, name="assessments_accommodation_apply")
        return [apply, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With "apply now" where the person sits an exam at this moment."""
        agreed: Any = self.get_object(request, object_id)
        may = agreed and request.user.has_perm("assessments.apply_accommodation") and _running(agreed) is not None
        return super().change_view(request, object_id, form_url, (extra_context or {}) | {"may_apply": may})

    @needs("assessments.apply_accommodation")
    def apply_view(self, request: HttpRequest, accommodation_id: int) -> HttpResponse:
        """Show what the running exam becomes, then apply it."""
        agreed = get_object_or_404(Accommodation.objects.select_related("learner"), pk=accommodation_id)
        page = reverse("admin:assessments_accommodation_change", args=[agreed.pk])
        attempt = _running(agreed)
        if attempt is None:
            messages.warning(request, _("This person sits no such exam now. It holds from the next start."))
            return redirect(page)
        form = Form(request.POST if request.method == "POST" else None)
        if form.is_valid():
            with told_on(form):
                applied = apply_accommodations(attempt=attempt, by=person_of(request))
                messages.success(request, f"Applied. The exam now ends at {applied.deadline_after:%H:%M} UTC.")
                return redirect(page)
        context = {
            "attempt": attempt,
            "applied": what_would_apply(attempt=attempt),
            "page": page,
            "agreed": agreed,
            "form": form,
        }
        context |= self.admin_site.each_context(request)
        return render(request, "admin/assessments/accommodation/apply.html", context)


def _running(agreed: Accommodation) -> Attempt | None:
    """The exam that the person sits now, where the accommodation is meant for it."""
    rows = Attempt.objects.live().timed().filter(learner_id=agreed.learner_id)
    rows = rows.filter(exam_id=agreed.exam_id) if agreed.exam_id else rows
    return rows.select_related("exam", "exam_version", "learner").first()
