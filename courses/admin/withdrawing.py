"""Withdrawing content in the administration: at once where nothing uses it, otherwise on a page that says what would break."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from courses.actions.withdrawals import withdraw_used
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.readonly import ReadOnlyAdmin, each_or_say_why
from courses.lib.people import person_of
from courses.lib.telling import told_on
from courses.models import ContentState, Withdrawal
from courses.rules.uses import why_not_withdraw_used
from courses.rules.withdrawals import people_under_way


class WithdrawForm(forms.Form):
    """Why it goes, what replaces it, and that the author knows what breaks."""

    reason = forms.CharField(
        label=gettext_lazy("Why it goes"),
        help_text=gettext_lazy("Learners who are under way read it."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    replacement: Any = forms.ModelChoiceField(
        None, label=gettext_lazy("What replaces it"), required=False, empty_label=gettext_lazy("Nothing")
    )
    is_known = forms.BooleanField(
        label=gettext_lazy("I know that nobody new can finish what asks for it until its rules are changed."),
        required=False,
    )

    def __init__(self, *args: Any, replacements: QuerySet[Any], breaks: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["replacement"]
        field.queryset = replacements
        if not breaks:
            del self.fields["is_known"]


class WithdrawingAdmin(DeedsAdmin):
    """Where content is withdrawn. `withdraw_row` is the deed of its kind."""

    shows_uses = True

    def withdraw_row(self, row: Any, request: HttpRequest) -> Any:
        """Withdraw it."""
        raise NotImplementedError

    def withdraw_deed(self, row: Any, words: str) -> Deed:
        """The button; off where a reason is asked for, which is given on the page behind the way beside it."""
        refusal = why_not_withdraw_used(self.uses_of(row), _under_way(row), reason="", replacement=None, is_known=False)
        return Deed("withdraw", words, refusal)

    def withdraw_ways(self, row: Any) -> Sequence[Way]:
        """To the page that asks why, where anything uses it or anybody is under way."""
        if row.state != ContentState.PUBLISHED or not (self.uses_of(row) or _under_way(row)):
            return []
        permission = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return [Way(_("Withdraw…"), reverse(f"admin:{self._named}_withdraw", args=[row.pk]), permission)]

    def get_urls(self) -> list[URLPattern]:
        """With the page that withdraws."""
        view = self.admin_site.admin_view(self.withdraw_view)
        return [path("<int:pk>/withdraw/", view, name=f"{self._named}_withdraw"), *super().get_urls()]

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Withdraw what nothing uses; the others say that they ask for a reason."""
        rows = queryset.exclude(state=ContentState.WITHDRAWN)
        each_or_say_why(
            self,
            request,
            rows,
            lambda row: withdraw_used(row=row, by=person_of(request), deed=lambda: self.withdraw_row(row, request)),
        )

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What would break, and the form that asks why."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        uses, under_way = self.uses_of(row), _under_way(row)
        replacements = self.model._default_manager.filter(state=ContentState.PUBLISHED).exclude(pk=row.pk)
        breaks = any(one.breaks for one in uses)
        form = WithdrawForm(request.POST or None, replacements=replacements, breaks=breaks)
        if request.method == "POST" and form.is_valid():
            with told_on(form):
                deed = lambda: self.withdraw_row(row, request)  # noqa: E731 - the deed of this row
                withdraw_used(row=row, by=person_of(request), deed=deed, **form.cleaned_data)
                self.log_change(request, row, _("Withdrawn: %(reason)s") % {"reason": form.cleaned_data["reason"]})
                messages.success(request, _("It is withdrawn. Those who were under way are told within minutes."))
                return redirect(self.page_of(row))
        said = ngettext("%(count)s person is under way.", "%(count)s people are under way.", under_way)
        context = self.admin_site.each_context(request) | {
            "title": _("Withdraw “%(row)s”") % {"row": row},
            "form": form,
            "row": row,
            "row_page": self.page_of(row),
            "opts": self.opts,
            "uses": uses,
            "under_way": said % {"count": under_way},
        }
        return render(request, "admin/courses/withdraw.html", context, status=422 if form.errors else 200)


def _under_way(row: Any) -> int:
    if not hasattr(row, "counted_under_way"):
        row.counted_under_way = len(people_under_way(row))
    return int(row.counted_under_way)


class WithdrawalAdmin(ReadOnlyAdmin):
    """What was withdrawn, why, and what replaces it."""

    list_display = (
        "title",
        "subject",
        "reason",
        "replaced_by",
        "under_way",
        "withdrawn_by",
        "withdrawn_at",
        "tell_due_at",
    )
    list_filter = ("withdrawn_at",)
    list_select_related = ("withdrawn_by",)
    search_fields = ("title", "reason", "subject")


admin.site.register(Withdrawal, WithdrawalAdmin)
