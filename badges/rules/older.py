"""Badges of Open Badges 2.0 that name an award of ours: looked up, because nothing in them is signed."""

import re
import uuid
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from badges.canonical import is_same
from badges.models import Credential
from badges.rules.checking import check_record
from badges.rules.hosted import assertion_of, is_hosted, our_host
from badges.rules.presented import Presented
from badges.rules.verdicts import Check, Verdict

TITLE = gettext_noop("Names an award of ours")


def named_award(presented: Presented) -> uuid.UUID | None:
    """The award that an assertion names by an id of ours; None for anything else. What else it says is not believed for that."""
    pattern = re.escape(our_host().base) + r"assertions/([0-9a-f-]{36})\.json"
    match = re.fullmatch(pattern, str(presented.document.get("id", "")))
    try:
        return uuid.UUID(match[1]) if match else None
    except ValueError:
        return None


def check_named(presented: Presented, pk: uuid.UUID, *, now: datetime) -> Verdict:
    """The verdict on the award that an assertion names, as it stands today, and whether the assertion says what we serve.

    The two checks of the assertion come before the six of the award; an award that isn't there has none. Three queries.
    Source: rules.md 8.36.
    """
    rows = Credential.objects.select_related("edition", "recipient", "achievement", "status_list")
    heavy = ("png", "svg", "edition__image", "edition__drawing", "achievement__image")
    record = rows.defer(*heavy).filter(pk=pk).first()
    if record is None or not is_hosted(record):
        text = _("There is no such assertion at %(site_url)s, so we do not call it valid.") % {
            "site_url": settings.SITE_URL
        }
        return Verdict((Check("named", TITLE, False, "unknown", text),))
    found = Check(
        "named", TITLE, True, "found", _("Nothing in a badge of Open Badges 2.0 is signed: we looked the award up.")
    )
    verdict = check_record(record, now=now)
    return Verdict((found, _says_the_same(presented, record), *verdict.checks), record=verdict.record)


def _says_the_same(presented: Presented, record: Credential) -> Check:
    title = _("Says what we serve")
    if presented.is_address_only:
        return Check(
            "as-served",
            title,
            True,
            _("only its address"),
            _("It holds the address of the award and says nothing itself."),
        )
    if record.state == Credential.State.REVOKED:
        return Check("as-served", title, False, "revoked", _("At its address stands only that it was revoked."))
    if is_same(presented.document, assertion_of(record)):
        return Check("as-served", title, True, "equal", _("Every line of it stands at its address."))
    return Check("as-served", title, False, "differs", _("At its address stands something else."))
