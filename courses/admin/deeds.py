"""What can be done with one row, on its own page: the list's actions as buttons, and the ways to what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from courses.lib.refusals import Refusal
from courses.rules.uses import Use, uses_of


@dataclass(frozen=True, slots=True)
class Deed:
    """A list action for the row at hand. `refusal`: why it isn't open now; `notes`: what to know before pressing."""

    action: str
    words: str
    refusal: Refusal | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """A link to what belongs to the row, for those who hold `permission`; an empty one is everybody's."""

    words: str
    link: str
    permission: str = ""


def preview_way(row: Any) -> Way:
    """To the row's page as a learner would see it. Source: rules.md 2.40."""
    return Way(_("Preview as a learner"), f"/admin/preview{row.get_absolute_url()}")


class DeedsAdmin(admin.ModelAdmin):
    """The page of a row offers what its list offers. Pressing a button runs the list's action for this one row.

    `shows_uses`: it says what uses the row, too.
    """

    shows_uses = False

    def uses_of(self, row: Any) -> Sequence[Use]:
        """What uses the row, asked for once a page."""
        if not hasattr(row, "found_uses"):
            row.found_uses = uses_of(row)
        return list(row.found_uses)

    def deeds_of(self, request: HttpRequest, row: Any) -> Sequence[Deed]:
        """The deeds that make sense for this row as it stands, refused ones with their reason."""
        return ()

    def ways_of(self, request: HttpRequest, row: Any) -> Sequence[Way]:
        """Where to go from this row."""
        return ()

    def notes_of(self, request: HttpRequest, row: Any) -> Sequence[str]:
        """What the reader of this page should know."""
        return ()

    def get_urls(self) -> list[URLPattern]:
        """With the one address of every deed."""
        view = self.admin_site.admin_view(require_POST(self.deed_view))
        deed = path("<path:object_id>/deed/<slug:action>/", view, name=f"{self._named}_deed")
        return [deed, *super().get_urls()]

    @property
    def _named(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def deed_view(self, request: HttpRequest, object_id: str, action: str) -> HttpResponse:
        """Run a list action for one row, then show the row again with what came of it."""
        row = self.get_object(request, unquote(object_id))
        if row is None or action not in {one.action for one in self._open_deeds(request, row)}:
            raise Http404
        found: Any = self.get_actions(request)[action]
        answer: HttpResponse | None = found[0](self, request, self.get_queryset(request).filter(pk=row.pk))
        return answer or redirect(self.page_of(row))

    def page_of(self, row: Any) -> str:
        """The address of a row's page."""
        return reverse(f"admin:{self._named}_change", args=[quote(row.pk)])

    def _open_deeds(self, request: HttpRequest, row: Any) -> list[Deed]:
        allowed = self.get_actions(request)
        return [deed for deed in self.deeds_of(request, row) if deed.action in allowed]

    def buttons_of(self, request: HttpRequest, row: Any) -> list[tuple[Deed, str]]:
        """Each deed that is open to this person with the address that does it."""
        address = f"admin:{self._named}_deed"
        deeds = self._open_deeds(request, row)
        return [(deed, reverse(address, args=[quote(row.pk), deed.action])) for deed in deeds]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With deeds, ways and notes where there is a row."""
        row = kwargs.get("obj")
        if row is not None:
            context["row_deeds"] = self.buttons_of(request, row)
            ways = self.ways_of(request, row)
            context["row_ways"] = [one for one in ways if not one.permission or request.user.has_perm(one.permission)]
            context["row_notes"] = self.notes_of(request, row)
            context["shows_uses"] = self.shows_uses
            context["row_uses"] = self.uses_of(row) if self.shows_uses else ()
        return super().render_change_form(request, context, *args, **kwargs)
