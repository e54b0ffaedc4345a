"""Addresses that content points at, and what their check found."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.actions.links import ask_again, dismiss_change
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.readonly import ReadOnlyAdmin, each_or_say_why
from courses.lib.outbound import is_configured
from courses.lib.people import person_of
from courses.models import Link, Source
from courses.rules.links import USE, difference, uses_of


class KeeperFilter(admin.SimpleListFilter):
    """Whose content points at it."""

    title = _("keeper")
    parameter_name = "keeper"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One's own, and what nobody keeps."""
        return [("me", _("me")), ("nobody", _("nobody"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """By the owner of the source or item."""
        if self.value() not in ("me", "nobody"):
            return rows
        uses = uses_of(rows.values_list("url", flat=True))
        owners = {url: {one.owner_id for one in found} for url, found in uses.items()}
        if self.value() == "me":
            return rows.filter(url__in=[url for url, found in owners.items() if request.user.pk in found])
        return rows.filter(url__in=[url for url, found in owners.items() if not found - {None}])


class DueFilter(admin.SimpleListFilter):
    """What the next sweep checks."""

    title = _("next check")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Due now."""
        return [("now", _("due now"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Compared with this moment."""
        return rows.filter(due_at__lte=timezone.now()) if self.value() == "now" else rows


@admin.register(Link)
class LinkAdmin(DeedsAdmin, ReadOnlyAdmin):
    """Links of lessons, items and sources: dead, moved and changed ones, and what points at them."""

    list_display = ("url", "state", "pointing", "changed_at", "problem", "checked_at", "due_at")
    list_filter = ("state", KeeperFilter, DueFilter, ("changed_at", admin.EmptyFieldListFilter))
    search_fields = ("url", "host", "problem", "moved_to")
    actions = ("check_now", "was_no_change")
    fields = (
        "url",
        "state",
        "problem",
        "status",
        "moved_to",
        "pointing",
        "changed_at",
        "what_changed",
        "tries",
        "failing_since",
        "checked_at",
        "due_at",
        "dismissed_by",
        "dismissed_at",
    )

    def has_check_permission(self, request: HttpRequest) -> bool:
        """Whether this person may have addresses checked."""
        return request.user.has_perm("courses.change_link")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The rows of the page at hand with what points at them, looked up once for all."""
        found = super().get_changelist_instance(request)
        uses = uses_of([row.url for row in found.result_list])
        for row in found.result_list:
            row.uses = uses.get(row.url, [])
        return found

    def deeds_of(self, request: HttpRequest, row: Link) -> Sequence[Deed]:
        """Checking it again; agreeing to the page where it looks changed."""
        again = Deed("check_now", gettext("Check it now"))
        same = [Deed("was_no_change", gettext("It was not a change"))] if row.changed_at else []
        return [*same, again]

    def ways_of(self, request: HttpRequest, row: Link) -> Sequence[Way]:
        """To the page itself, and to the revision that its change is noted as."""
        ways = [Way(gettext("Open the page"), row.url)]
        if row.changed_at and (source := Source.objects.filter(url=row.url).first()):
            note = reverse("admin:courses_source_note", args=[source.pk])
            ways.insert(0, Way(gettext("Note a new revision of the source…"), note, "courses.add_sourcerevision"))
        return ways

    def notes_of(self, request: HttpRequest, row: Link) -> Sequence[str]:
        """That nothing is asked, where it isn't."""
        off = gettext("The check of links is off: nothing is asked. Its operator can switch it on (OUTBOUND_USES).")
        return () if is_configured(USE) else [off]

    @admin.action(description=_("Check now"), permissions=["check"])
    def check_now(self, request: HttpRequest, rows: QuerySet[Link]) -> None:
        """Within the next minutes, as politeness allows."""
        each_or_say_why(self, request, rows, lambda row: ask_again(link=row, by=person_of(request)))

    @admin.action(description=_("It was not a change"), permissions=["check"])
    def was_no_change(self, request: HttpRequest, rows: QuerySet[Link]) -> None:
        """The page as it is now is what later ones are compared with."""
        each_or_say_why(self, request, rows, lambda row: dismiss_change(link=row, by=person_of(request)))

    @admin.display(description=_("used in"))
    def pointing(self, link: Any) -> SafeString:
        """What points at it, each with its page in the administration."""
        uses = link.uses if hasattr(link, "uses") else uses_of([link.url])[link.url]
        rows = ((reverse(f"admin:{one.page[0]}", args=[one.page[1]]), one.name) for one in uses[:5])
        shown = format_html_join("; ", '<a href="{}">{}</a>', rows)
        return format_html("{} …", shown) if len(uses) > 5 else shown

    @admin.display(description=_("what changed"))
    def what_changed(self, link: Link) -> SafeString | str:
        """The lines that went and came."""
        lines = difference(link)
        if not lines:
            return "–"
        shown = format_html_join("", "<li>{}</li>", ((_marked(sign, line),) for sign, line in lines))
        return format_html("<ul>{}</ul>", shown)


def _marked(sign: str, line: str) -> SafeString:
    return format_html("<ins>{}</ins>", line) if sign == "+" else format_html("<del>{}</del>", line)
