"""Whether a badge is what it says: six checks by name, each with what was looked at. Whatever can't be told, fails."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from badges import openbadges
from badges.canonical import Unreadable, is_same, read_json
from badges.models import Credential
from badges.rules.days import day_in_words, zone_of_award
from badges.rules.endorsement_checks import check_presented_endorsement
from badges.rules.foreign import OTHER_ISSUER, check_foreign
from badges.rules.issuing import is_expired
from badges.rules.keys import keys_as_text, ring_now, ring_of
from badges.rules.presented import Presented
from badges.rules.shared_checks import (
    NO_FORM_OF_OURS,
    NOT_AS_KEPT,
    SAME,
    UNCHANGED,
    claimed_key,
    is_ours,
    signed_by_us,
    signed_itself,
    well_formed,
    well_formed_itself,
)
from badges.rules.signatures import Examined, examine_stored, row_version
from badges.rules.statuslists import is_revoked_on_list
from badges.rules.verdicts import Check, Verdict
from badges.statuslists import BadList
from courses.lib.compiled import Compiled


@Compiled
def claimed_award(pk: Any) -> QuerySet[Any]:
    """The award that a document claims to be, as far as a check reads it, and all keys."""
    rows = Credential.objects.select_related("status_list").defer("png", "svg", "facts")
    return rows.annotate(row_version=row_version(), issuer_keys=keys_as_text(), time_zone=zone_of_award()).filter(pk=pk)


def record_of(document: Mapping[str, Any]) -> Credential | None:
    """Our row for the award that the document claims to be, by its id; None where there is none. One query."""
    key = claimed_key(document, "/credentials/")
    record: Credential | None = claimed_award.first(pk=key) if key else None
    return record


def check_presented(presented: Presented, *, now: datetime) -> Verdict:
    """The verdict on what somebody brought. Two queries; none for a badge of another issuer, which is never called verified."""
    if not is_ours(presented.document):
        return Verdict(check_foreign(presented, now=now), refusal=OTHER_ISSUER)
    if openbadges.is_endorsement(presented.document):
        return check_presented_endorsement(presented, now=now)
    record = record_of(presented.document)
    if record is not None and _is_kept(presented, record):
        return check_record(record, now=now)
    ring = ring_of(record.issuer_keys) if record else ring_now()  # type: ignore[attr-defined]
    checks = (
        NOT_AS_KEPT,
        signed_itself(presented, ring),
        _not_revoked(record),
        _in_date(record, now),
        well_formed_itself(presented.document),
        NO_FORM_OF_OURS,
    )
    return Verdict(checks, record=record)


def check_record(record: Credential, *, now: datetime) -> Verdict:
    """The verdict on a stored award, from its stored bytes. Two queries at most, none where it was examined before.

    `record` with `row_version` and `issuer_keys` as `claimed_award` brings them; another one is read once more.
    """
    if not hasattr(record, "row_version"):
        record = claimed_award.get(pk=record.pk)
    found = examine_stored(record.pk, record.row_version, record.issuer_keys)  # type: ignore[attr-defined]
    checks = (
        _unchanged(found),
        signed_by_us(found, "award"),
        _not_revoked(record),
        _in_date(record, now),
        well_formed(found.is_well_formed),
        _same(found),
    )
    return Verdict(checks, record=record)


def _is_kept(presented: Presented, record: Credential) -> bool:
    """Whether what was brought is a form that we keep: a token letter by letter, a document member by member."""
    if presented.token and presented.token not in filter(None, (record.jwt, record.jwt_rs256)):
        return False
    try:
        return presented.is_token_only or is_same(presented.document, read_json(record.document))
    except Unreadable:
        return False


def _unchanged(found: Examined) -> Check:
    if found.reason:
        return Check(
            "unchanged", UNCHANGED, False, _("not proven"), _("No signature that counts says that it is as it was.")
        )
    text = _("The signature fits") if found.is_older else _("Both signatures inside and both tokens fit")
    return Check("unchanged", UNCHANGED, True, "fits", _("%(text)s every line of the award.") % {"text": text})


def _same(found: Examined) -> Check:
    if found.differing:
        text = _("Another thing is told by the %(join)s.") % {"join": " and the ".join(found.differing)}
        return Check("same-in-every-form", SAME, False, "differs", text)
    text = _("JSON, token and pictures") if found.is_older else _("JSON, both tokens and the pictures")
    return Check("same-in-every-form", SAME, True, "equal", _("%(text)s tell the same.") % {"text": text})


def _not_revoked(record: Credential | None) -> Check:
    if record is None:
        text = _("We have no such award on record, so we do not call it valid.")
        return Check("not-revoked", _("Not revoked"), False, "unknown", text)
    if record.state == Credential.State.REVOKED:
        text = (
            _("Revoked on %(record)s.") % {"record": day_in_words(record, record.revoked_at)}
            if record.revoked_at
            else "Revoked."
        )
        return Check("not-revoked", _("Not revoked"), False, "revoked", text)
    return _on_list(record)


def _on_list(record: Credential) -> Check:
    try:
        listed = is_revoked_on_list(record)
    except BadList:
        return Check("not-revoked", _("Not revoked"), False, "unknown", _("The published list can't be read just now."))
    if listed:
        text = _("The published list says that it is revoked, the register does not. Until they agree, it isn't valid.")
        return Check("not-revoked", _("Not revoked"), False, "unknown", text)
    where = _("the register of awards") if listed is None else _("the register and from the published list")
    return Check(
        "not-revoked", _("Not revoked"), True, _("not revoked"), _("Read from %(where)s just now.") % {"where": where}
    )


def _in_date(record: Credential | None, now: datetime) -> Check:
    if record is None:
        return Check("in-date", _("In date"), False, "unknown", _("Without a record there is no date to go by."))
    since = day_in_words(record, record.valid_from)
    if now < record.valid_from:
        return Check("in-date", _("In date"), False, _("not yet"), _("Valid from %(since)s.") % {"since": since})
    if record.valid_until is None or record.expires_at is None:
        return Check(
            "in-date", _("In date"), True, _("no end"), _("From %(since)s, without an end.") % {"since": since}
        )
    text = _("From %(since)s to %(valid_until)s.") % {
        "since": since,
        "valid_until": date_format(record.valid_until, "j F Y"),
    }
    if is_expired(record, now):
        return Check("in-date", _("In date"), False, "expired", text)
    days = (record.expires_at - now).days
    return Check(
        "in-date", _("In date"), True, _("%(days)s days left") % {"days": days} if days != 1 else _("1 day left"), text
    )
