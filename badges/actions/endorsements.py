"""Endorsing an award, and taking that back. Lock order: holder, credential, endorsements, status list, then the key lock."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from badges import openbadges, signals, statuslists
from badges.actions.signing import signed_endorsement
from badges.actions.statuslists import draw_entry, sign_list
from badges.endorsements import EndorsementFacts, build_endorsement
from badges.models import Credential, Endorsement, Reissue, StatusList
from badges.rules import endorsements as rules
from badges.rules.issuing import our_issuer
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if

HEAVY = ("document", "jwt", "jwt_rs256", "png", "svg", "achievement__image", "edition__image", "edition__drawing")
BATCH = 200
LATER = timedelta(minutes=5)
log = logging.getLogger(__name__)


@transaction.atomic
def write_endorsement(*, credential: Credential, comment: str, role: str, shown_author: str, by: Person) -> Endorsement:
    """Sign and store what somebody says in favour of an award. About 40 ms.

    Refused: `not-allowed` (badges.endorse), `own-award`, `other-organisation`, `wrong-state`, `already-endorsed`, `too-many`,
    `length`, `role`, `unknown-choice`, `no-name`, `address`, `names-holder`. Sends `endorsement_written`.
    """
    credential = _locked(credential.pk)
    now, author = database_now(), get_user_model()._base_manager.get(pk=by.pk)
    words = rules.words_of(comment, role, shown_author)
    refuse_if(rules.why_not_endorse(credential, by=by, now=now))
    names = {"author_name": rules.name_of(author), "holder_name": rules.name_of(credential.holder)}
    refuse_if(rules.why_not_say(words, **names))
    endorsement = _sign(
        credential,
        now,
        author=author,
        shown_author=words.shown_author,
        author_words=rules.author_words(rules.name_of(author), words),
        comment=words.comment,
        written_at=now,
    )
    signals.endorsement_written.send(sender=Endorsement, endorsement=endorsement)
    return endorsement


def _locked(credential_id: Any) -> Credential:
    rows = Credential.objects.select_for_update(no_key=True, of=["self"]).defer(*HEAVY)
    return rows.select_related("holder", "achievement", "edition").get(pk=credential_id)


def _sign(credential: Credential, now: datetime, **columns: Any) -> Endorsement:
    """Build, sign, verify and validate what came out, and only then store."""
    status_list, index = draw_entry(StatusList.Kind.ENDORSEMENTS)
    endorsement_id, valid_from = uuid4(), openbadges.whole_seconds(now)
    facts = EndorsementFacts(
        endorsement_id=str(endorsement_id),
        credential_id=str(credential.pk),
        award_name=credential.edition.name if credential.edition else credential.achievement.name,
        comment=columns["comment"],
        author=columns["author_words"],
        written_at=columns["written_at"],
        valid_from=valid_from,
        status=statuslists.entry(settings.SITE_URL, status_list.number, index),
    )
    signed = signed_endorsement(build_endorsement(issuer=our_issuer(), endorsement=facts))
    return Endorsement.objects.create(
        id=endorsement_id,
        credential=credential,
        valid_from=valid_from,
        document=signed.text,
        jwt=signed.jwt,
        signed_by=list(signed.kids),
        status_list=status_list,
        status_index=index,
        **columns,
    )


@transaction.atomic
def withdraw_endorsement(*, endorsement: Endorsement, reason: str, by: Person) -> Endorsement:
    """Take an endorsement back, with all its signings, for ever: pages, documents and the published list say so at once.

    Refused: `not-allowed` (its author, or badges.withdraw_endorsement), `no-reason`, `wrong-state`. Sends
    `endorsement_withdrawn`.
    """
    _locked(endorsement.credential_id)
    endorsement = Endorsement.objects.select_for_update(no_key=True, of=["self"]).get(pk=endorsement.pk)
    refuse_if(rules.why_not_withdraw(endorsement, by=by, reason=reason))
    return _withdraw(endorsement, reason=reason.strip(), by=by)


def _withdraw(endorsement: Endorsement, *, reason: str, by: Person) -> Endorsement:
    _locked(endorsement.credential_id)
    rows = Endorsement.objects.select_for_update(no_key=True, of=["self"]).order_by("valid_from", "pk")
    signings = list(rows.filter(series=endorsement.series).select_related("credential__achievement"))
    now = database_now()
    for one in signings:
        one.state, one.withdrawn_at, one.withdrawn_by_id, one.reason = one.State.WITHDRAWN, now, by.pk, reason
        one.resign_due_at = None
        one.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "reason", "resign_due_at"])
    for list_id in sorted({one.status_list_id for one in signings}):
        sign_list(list_id=list_id)
    newest = next((one for one in signings if one.succeeded_at is None), signings[-1])
    signals.endorsement_withdrawn.send(sender=Endorsement, endorsement=newest, by=by)
    return newest


@transaction.atomic
def forget_author(*, author: Any, by: Person) -> int:
    """Withdraw everything that a person said and blank its words, signed ones too; how many signings. For erasing them.

    Source: rules.md 8.33.
    """
    said = Endorsement.objects.filter(author_id=author.pk)
    for endorsement in said.live().order_by("pk"):
        _withdraw(endorsement, reason="Its author was erased.", by=by)
    return said.update(document="", jwt="", comment="", author_words="")


@transaction.atomic
def hide_endorsement(*, endorsement: Endorsement, hidden: bool, by: Person) -> Endorsement:
    """Let the holder take an endorsement off their page, or put it back. It stays at its own address.

    Refused: `not-yours`.
    """
    rows = Endorsement.objects.select_for_update(no_key=True, of=["self"]).select_related("credential")
    endorsement = rows.get(pk=endorsement.pk)
    if endorsement.credential.holder_id != by.pk:
        raise Refused(Refusal("not-yours", _("Only the holder of a badge chooses what stands on its page.")))
    endorsement.hidden_at = (endorsement.hidden_at or database_now()) if hidden else None
    endorsement.save(update_fields=["hidden_at"])
    return endorsement


def sweep_endorsements(*, now: datetime | None = None) -> int:
    """Sign anew what waits, awards first; how many were done. One that fails is put off, and never stops the others."""
    rows = Endorsement.objects.filter(resign_due_at__lte=now or timezone.now())
    rows = rows.exclude(credential__reissue__state=Reissue.State.WAITING).order_by("resign_due_at", "pk")
    done = 0
    for pk in list(rows.values_list("pk", flat=True)[:BATCH]):
        try:
            done += resign_endorsement(endorsement_id=pk) is not None
        except SoftTimeLimitExceeded:  # the sweep's time is over, the endorsement is not to blame
            raise
        except Exception:  # one bad row never stops the batch
            log.exception("an endorsement waits to be signed anew", extra={"endorsement": pk})
            later = timezone.now() + LATER
            Endorsement.objects.filter(pk=pk, resign_due_at__isnull=False).update(resign_due_at=later)
    return done


@transaction.atomic
def resign_endorsement(*, endorsement_id: Any) -> Endorsement | None:
    """Sign one endorsement anew, of the newest signing of its award. None when another did it, or it needs nothing any more.

    Comment, author and day stay; its id and first valid second are new. Sends `endorsement_resigned`.
    """
    found = Endorsement.objects.filter(pk=endorsement_id).values_list("credential_id", "credential__holder_id").first()
    if found is None:
        return None
    get_user_model()._base_manager.select_for_update(no_key=True).get(pk=found[1])
    credential = _locked(found[0])
    while after := Credential.objects.filter(predecessor=credential, predecessor__reissue__state=Reissue.State.DONE):
        credential = _locked(after.values_list("pk", flat=True)[0])
    rows = Endorsement.objects.select_for_update(no_key=True, of=["self"]).live().filter(resign_due_at__isnull=False)
    old = rows.filter(pk=endorsement_id).first()
    if old is None:
        return None
    now, counts = database_now(), rules.still_counts(credential, database_now())
    old.resign_due_at, old.succeeded_at = None, now if counts else None
    old.save(update_fields=["resign_due_at", "succeeded_at"])
    if not counts:
        return None
    same = ("series", "author_id", "shown_author", "author_words", "comment", "written_at", "hidden_at")
    endorsement = _sign(credential, now, **{name: getattr(old, name) for name in same})
    signals.endorsement_resigned.send(sender=Endorsement, endorsement=endorsement, predecessor=old)
    return endorsement
