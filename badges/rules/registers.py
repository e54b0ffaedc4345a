"""The register of awards as rows, for people who keep them elsewhere."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from badges.models import Credential
from badges.openbadges import timestamp
from badges.rules.issuing import is_expired
from courses.lib.cells import disarmed
from courses.lib.refusals import Refusal

COLUMNS = (
    "holder", "email", "badge", "version", "state", "awarded", "valid_from", "valid_until", "revoked", "page",
)  # fmt: skip
MOST_ROWS = 100_000
"""Rows of one file; who needs more takes them by filter, each time with a second look at who asks."""
CHUNK = 2_000


def why_not_export(count: int) -> Refusal | None:
    """A file is whole or it isn't made: who reads it can't see what was cut off. Source: rules.md 8.17."""
    if count > MOST_ROWS:
        return Refusal(
            "too-many",
            _("These are %(count)s awards; a file takes %(most_rows)s. Narrow the list by its filters.")
            % {"count": f"{count:,}", "most_rows": f"{MOST_ROWS:,}"},
        )
    return None


def register_rows(credentials: QuerySet[Credential], *, now: datetime) -> Iterator[list[str]]:
    """A row of cells for each award, after one of headings: times in UTC, days as dates, formulas disarmed.

    One query per `CHUNK` rows, and no picture, token or document is read. Personal data: names and addresses.
    """
    yield list(COLUMNS)
    rows = credentials.select_related("holder", "achievement", "edition").only(
        "id", "state", "awarded_at", "valid_from", "valid_until", "expires_at", "revoked_at", "holder__name",
        "holder__email", "achievement__name", "achievement__version", "edition__name", "edition__version",
    )  # fmt: skip
    for row in rows.order_by("awarded_at", "pk").iterator(chunk_size=CHUNK):
        given = row.edition or row.achievement
        yield [
            disarmed(row.holder.get_full_name()),
            disarmed(row.holder.email),
            disarmed(given.name),
            str(given.version) if row.edition else "",
            state_of(row, now),
            timestamp(row.awarded_at),
            timestamp(row.valid_from),
            row.valid_until.isoformat() if row.valid_until else "",
            timestamp(row.revoked_at) if row.revoked_at else "",
            f"{settings.SITE_URL}{reverse('badges:credential', args=[row.pk])}",
        ]


def state_of(credential: Credential, now: datetime) -> str:
    """Revoked, expired or valid, as of `now`. Expiry is read from the date."""
    if credential.state == Credential.State.REVOKED:
        return "revoked"
    return "expired" if is_expired(credential, now) else "valid"
