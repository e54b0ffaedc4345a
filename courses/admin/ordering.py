"""Putting what belongs to a row, or all rows of a list, in order: by dragging, by buttons, or by typed places."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.actions.orders import put_in_order
from courses.admin.deeds import Way
from courses.lib.people import person_of
from courses.lib.refusals import Refused
from courses.rules.orders import digest_of, order_said

EVERYTHING = "all"


class OrderingAdmin(admin.ModelAdmin):
    """`orders`: what of a row can be put in order, by the name of its relation, with the words of the way there."""

    orders: ClassVar[Mapping[str, Any]] = {}

    def order_ways(self, row: Any) -> Sequence[Way]:
        """To each list of the row that is long enough to have an order."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_order"
        permission = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return [
            Way(str(words), reverse(name, args=[row.pk, which]), permission)
            for which, words in self.orders.items()
            if getattr(row, which).count() > 1
        ]

    def get_urls(self) -> list[URLPattern]:
        """With the page of each order."""
        named = f"{self.opts.app_label}_{self.opts.model_name}_order"
        own = path("<int:pk>/order/<slug:which>/", self.admin_site.admin_view(self.order_view), name=named)
        return [own, *super().get_urls()]

    def order_view(self, request: HttpRequest, pk: int, which: str) -> HttpResponse:
        """The list of one row."""
        row = self.get_object(request, str(pk))
        if row is None or which not in self.orders:
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        return order_page(self, request, getattr(row, which).order_by("position", "pk"), of=row, what=which, back=back)


class ListOrderingAdmin(admin.ModelAdmin):
    """All rows of a model in one order, from its list."""

    change_list_template = "admin/courses/words.html"

    def get_urls(self) -> list[URLPattern]:
        """With the page of the order."""
        named = f"{self.opts.app_label}_{self.opts.model_name}_order"
        return [path("order/", self.admin_site.admin_view(self.order_view), name=named), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With the way to the order, for those who may change it."""
        way = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_order")
        more = {"order_way": way if self.has_change_permission(request) else ""}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def order_view(self, request: HttpRequest) -> HttpResponse:
        """The whole list."""
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        rows = self.model._default_manager.order_by("position", "pk")
        return order_page(self, request, rows, of=None, what=EVERYTHING, back=back)


def order_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, rows: QuerySet[Any], *, of: Any, what: str, back: str
) -> HttpResponse:
    """The list with its places; a POST saves all of them. An order of a list that moved on is refused, and shown anew."""
    if not model_admin.has_change_permission(request, of):
        raise PermissionDenied
    status, refusal = 200, None
    if request.method == "POST":
        try:
            wanted = order_said(list(rows), request.POST.dict())
            moved = put_in_order(
                rows=rows, wanted=wanted, before=request.POST.get("before", ""), of=of, what=what, by=person_of(request)
            )
        except Refused as refused:
            status, refusal = 409, refused.refusal
        else:
            said = ngettext("%(count)s place has changed.", "%(count)s places have changed.", moved)
            messages.success(request, said % {"count": moved})
            return redirect(back)
    shown = list(rows)
    context = model_admin.admin_site.each_context(request) | {
        "title": _("Put in order: %(name)s") % {"name": of or model_admin.opts.verbose_name_plural},
        "rows": [(one, getattr(one, "course", one) if what == "steps" else one) for one in shown],
        "before": digest_of([one.pk for one in shown]),
        "refusal": refusal,
        "back": back,
        "opts": model_admin.opts,
    }
    return render(request, "admin/courses/order.html", context, status=status)
