"""The public page of an award: what it reads, what it shows to whom, and how it is made once for many visitors."""

import secrets
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Func, IntegerField, Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format

from badges.canonical import Unreadable, read_json
from badges.models import Credential
from badges.rules.cards import embed_snippet
from badges.rules.days import day_of
from badges.rules.endorsement_checks import endorsements_as_text, voices_of
from badges.rules.issuing import linkedin_url, profile_of, shown_holder
from badges.rules.keys import keys_as_text
from badges.rules.signatures import row_version
from badges.rules.verdicts import Verdict
from courses.lib.compiled import Compiled
from courses.lib.kept import Kept

PAGE = "badges/credential.html"
PAGES = Kept(most=512)
"""Pages as visitors see them, some 20 kB each."""
NONCE, MOMENT = secrets.token_hex(16), secrets.token_hex(16)
"""What stands in a kept page for what is another on every page. Nobody can write them: no page ever shows them."""


HEAVY = frozenset({"jwt", "jwt_rs256", "png", "svg"})
READ = (
    *(field.name for field in Credential._meta.concrete_fields if field.name not in HEAVY),
    "achievement__slug", "achievement__name", "holder__name", "holder__organisation", "status_list__document",
)  # fmt: skip


@Compiled
def credential_of_page(pk: Any) -> QuerySet[Any]:
    """An award with what its page says, and the key of the newer one."""
    rows = Credential.objects.select_related("achievement", "holder", "status_list").only(*READ).order_by()
    rows = rows.annotate(row_version=row_version(), issuer_keys=keys_as_text())
    newer = Coalesce("successor__pk", "superseded_by")
    rows = rows.annotate(
        newer=newer, has_svg=GreaterThan(_stored_bytes("svg"), 8), has_assertion=Q(recipient__isnull=False)
    )
    return rows.annotate(endorsements_text=endorsements_as_text()).filter(pk=pk)


def _stored_bytes(column: str) -> Func:
    """How much room a value takes, which is told without reading it; an empty text takes a byte or four."""
    return Func(column, function="pg_column_size", output_field=IntegerField())


def page_of(request: HttpRequest, row: Credential, verdict: Verdict, *, status: int = 200) -> HttpResponse:
    """The page of an award with its verdict of this moment; no shared cache keeps it.

    Who brings no cookie is a visitor like any other, and gets a page that was made for all of them.
    """
    if request.COOKIES:
        facts = _facts(row, verdict, checked_at=_this_second()) | _of_reader(request, row)
        response = HttpResponse(render_to_string(PAGE, facts, request), status=status)
    else:
        response = HttpResponse(_for_visitors(request, row, verdict), status=status)
    if not request.user.is_authenticated:
        response["Cache-Control"] = "no-cache"
    return response


def _for_visitors(request: Any, row: Any, verdict: Verdict) -> str:
    """The page by all that it is made from: the row, today's verdict, and what it says of other rows."""
    others = (row.newer, row.has_assertion, row.endorsements_text, shown_holder(row), row.achievement.name)
    key = (row.pk, row.row_version, row.issuer_keys, verdict.checks, *others)
    page: str = PAGES.get(key, partial(_made, request, row, verdict))
    return page.replace(NONCE, str(request.csp_nonce)).replace(MOMENT, _this_second())


def _made(request: Any, row: Credential, verdict: Verdict) -> str:
    facts = _facts(row, verdict, checked_at=MOMENT) | _of_reader(request, row)
    return render_to_string(PAGE, facts, request).replace(str(request.csp_nonce), NONCE)


def _this_second() -> str:
    return date_format(timezone.localtime(), "j M Y, H:i:s")


def _facts(row: Credential, verdict: Verdict, *, checked_at: str) -> dict[str, Any]:
    page_url = f"{settings.SITE_URL}{row.get_absolute_url()}"
    return {
        "credential": row,
        "award": _award_of(row),
        "holder": shown_holder(row),
        "verdict": verdict,
        "checked_at": checked_at,
        "results": profile_of(row.facts),
        "page_url": page_url,
        "awarded_on": day_of(row, row.awarded_at),
        "revoked_on": day_of(row, row.revoked_at) if row.revoked_at else None,
        "linkedin_url": linkedin_url(row, page_url),
        "snippet": embed_snippet(row),
    }


def _award_of(row: Credential) -> dict[str, Any]:
    """What was signed; its badge's name alone where that can't be read any more, which no check lets pass."""
    try:
        award: dict[str, Any] = read_json(row.document)
    except Unreadable:
        return {"name": row.achievement.name}
    return award


def _of_reader(request: HttpRequest, row: Any) -> dict[str, Any]:
    """What the page shows to this reader: its holder chooses what stands on it, and sees what they have hidden."""
    is_holder = row.holder_id == request.user.pk
    facts: dict[str, Any] = {
        "is_holder": is_holder,
        "endorsements": voices_of(row.endorsements_text, row.issuer_keys, for_holder=is_holder),
    }
    return facts | ({"shown_name_choices": Credential.ShownName.choices} if is_holder else {})
