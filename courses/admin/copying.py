"""A row as a new one, from a page that says what is copied."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.admin.deeds import Way
from courses.lib.telling import told_on
from courses.rules.copies import copied_of, free_slug


class CopyForm(forms.Form):
    """What the copy is called."""

    refused_at = {"taken": "slug"}
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    slug = forms.SlugField(
        label=gettext_lazy("Address"), max_length=80, help_text=gettext_lazy("Letters, digits and hyphens.")
    )


class CopyingAdmin(admin.ModelAdmin):
    """Where rows are copied. `copy_row` is the deed of its kind, `copied_words` what it takes along."""

    def copy_row(self, row: Any, request: HttpRequest, said: dict[str, Any]) -> Any:
        """The copy."""
        raise NotImplementedError

    def copied_words(self, row: Any) -> Sequence[str]:
        """What is copied, a line each."""
        return copied_of(row)

    def copy_form(self, row: Any, data: Any) -> forms.Form:
        """The form, with a title and an address that are free."""
        title = _("%(title)s (copy)") % {"title": row.title[:190]}
        return CopyForm(data, initial={"title": title, "slug": free_slug(self.model, row.slug)})

    def copy_ways(self, row: Any) -> Sequence[Way]:
        """To the page that copies."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_copy"
        permission = f"{self.opts.app_label}.add_{self.opts.model_name}"
        return [Way(_("Copy…"), reverse(name, args=[row.pk]), permission)]

    def get_urls(self) -> list[URLPattern]:
        """With the page that copies."""
        named = f"{self.opts.app_label}_{self.opts.model_name}_copy"
        return [path("<int:pk>/copy/", self.admin_site.admin_view(self.copy_view), name=named), *super().get_urls()]

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is copied, and what the copy is called."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not (self.has_add_permission(request) and self.has_view_permission(request, row)):
            raise PermissionDenied
        form = self.copy_form(row, request.POST or None)
        if request.method == "POST" and form.is_valid():
            with told_on(form):
                copied = self.copy_row(row, request, form.cleaned_data)
                self.log_addition(request, copied, _("Copied from “%(row)s”.") % {"row": row})
                messages.success(request, _("The copy is a draft: nobody but authors sees it."))
                return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", copied.pk)
        context = self.admin_site.each_context(request) | {
            "title": _("Copy “%(row)s”") % {"row": row},
            "form": form,
            "row": row,
            "row_page": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk]),
            "copied": self.copied_words(row),
            "opts": self.opts,
        }
        return render(request, "admin/courses/copy.html", context, status=422 if form.errors else 200)
