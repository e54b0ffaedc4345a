"""Issuing, and what the holder chooses. Lock order: achievement, holder, credential, status list, then the key lock."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from badges import baking, openbadges, signals, statuslists
from badges.actions.achievements import edition_of
from badges.actions.hosted import keep_recipient
from badges.actions.signing import signed_credential
from badges.actions.statuslists import draw_entry
from badges.canonical import read_json
from badges.models import Achievement, Credential
from badges.openbadges import AwardFacts, CredentialFacts, Earlier
from badges.proofs import bare
from badges.rules import issuing
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if


@transaction.atomic
def issue_credential(
    *,
    achievement: Achievement,
    holder: Any,
    facts: AwardFacts,
    supersedes: Credential | None = None,
    by: Person | None = None,
) -> Credential:
    """Sign and store the award; the system alone does this, so `by` stays None.

    Idempotent: a live credential of this holder and achievement comes back as it is. One that has expired or is about to
    gets a successor when `facts` reach further; the old one stays as it is, to its own date. `supersedes`: a lower award of the
    holder that points to this one from then on. The new document names either by its id. Refused: `system-only`,
    `no-validity`, `revoked` for proof that is not newer than the revocation, and like `supersede_credential`.
    `facts.awarded_at` is the first valid second. Sends `credential_issued` for a new row.
    """
    get_user_model()._base_manager.select_for_update(no_key=True).get(pk=holder.pk)
    chain = Credential.objects.filter(holder_id=holder.pk, achievement=achievement)
    refuse_if(issuing.why_not_issue(chain.order_by("-issued_at").first(), facts, by=by))
    live = chain.live().select_for_update(no_key=True).first()
    now = database_now()
    if live is not None and not issuing.is_renewal(live, facts, now):
        return live
    if live is not None:
        live.succeeded_at = now
        live.save(update_fields=["succeeded_at"])
    credential = _sign(achievement, holder, facts, predecessor=live, supersedes=supersedes)
    if supersedes is not None:
        supersede_credential(credential=supersedes, by_newer=credential)
    keep_recipient(credential=credential, holder=holder)
    signals.credential_issued.send(sender=Credential, credential=credential)
    return credential


def _sign(
    achievement: Achievement,
    holder: Any,
    facts: AwardFacts,
    *,
    predecessor: Credential | None,
    supersedes: Credential | None,
) -> Credential:
    """Build, sign, verify and validate what came out, and only then store."""
    status_list, index = draw_entry()
    own = CredentialFacts(
        credential_id=str(uuid4()),
        subject_id=str(predecessor.subject if predecessor else uuid4()),
        valid_from=openbadges.whole_seconds(facts.awarded_at),
        status=statuslists.entry(settings.SITE_URL, status_list.number, index),
        follows=tuple(
            Earlier(str(one.pk), words)
            for one, words in (
                (predecessor, "This award renews it."),
                (supersedes, "This higher award stands in for it."),
            )
            if one is not None
        ),
    )
    document = openbadges.build_credential(
        issuer=issuing.our_issuer(), achievement=issuing.achievement_facts(achievement), award=facts, credential=own
    )
    edition = edition_of(achievement)
    return _store(
        document,
        image=bytes(achievement.image),
        drawing=edition.drawing,
        id=UUID(own.credential_id),
        achievement=achievement,
        edition=edition,
        holder=holder,
        subject=UUID(own.subject_id),
        awarded_at=facts.awarded_at,
        valid_from=own.valid_from,
        valid_until=facts.valid_until,
        expires_at=facts.expires_at(),
        facts=facts.as_json(),
        status_list=status_list,
        status_index=index,
        predecessor=predecessor,
        shown_name=predecessor.shown_name if predecessor else Credential.ShownName.INITIALS,
    )


def _store(document: dict[str, Any], *, image: bytes, drawing: str, **columns: Any) -> Credential:
    """Sign the bare document in every form and store it. `drawing`: the SVG, or nothing where there is none."""
    signed = signed_credential(document)
    return Credential.objects.create(
        document=signed.text,
        jwt=signed.jwt,
        jwt_rs256=signed.jwt_rs256,
        signed_by=list(signed.kids),
        png=baking.bake(image, signed.text),
        svg=baking.bake_svg(drawing, signed.text) if drawing else "",
        content_hash=hashlib.sha256(signed.text.encode()).hexdigest(),
        **columns,
    )


def store_anew(*, old: Credential, now: datetime) -> Credential:
    """The award of `old` once more, signed by the keys of today and linked to it. Whoever calls holds its lock.

    The document says what it said, in the words it was given with; its id, its first valid second and its status are new.
    """
    status_list, index = draw_entry()
    credential_id, valid_from = uuid4(), openbadges.whole_seconds(now)
    document = openbadges.anew(
        bare(read_json(old.document)),
        site_url=settings.SITE_URL,
        credential_id=str(credential_id),
        valid_from=valid_from,
        status=statuslists.entry(settings.SITE_URL, status_list.number, index),
    )
    same = ("achievement_id", "edition_id", "holder_id", "subject", "awarded_at", "valid_until", "expires_at", "facts")
    return _store(
        document,
        image=bytes(old.png),
        drawing=old.edition.drawing if old.edition else "",
        id=credential_id,
        valid_from=valid_from,
        status_list=status_list,
        status_index=index,
        predecessor=old,
        superseded_by_id=old.superseded_by_id,
        shown_name=old.shown_name,
        **{name: getattr(old, name) for name in same},
    )


@transaction.atomic
def supersede_credential(*, credential: Credential, by_newer: Credential) -> Credential:
    """Let the page of an award point to a higher one of the same holder. It stays valid to its date.

    Refused: `other-holder`, `same-badge` (a renewal is linked when it is issued), `already-superseded`, `wrong-state`.
    Repeating it changes nothing.
    """
    rows = Credential.objects.select_for_update(no_key=True).defer("png", "document", "jwt")
    credential = rows.get(pk=credential.pk)
    if credential.superseded_by_id == by_newer.pk:
        return credential
    refuse_if(issuing.why_not_supersede(credential, by_newer))
    credential.superseded_by = by_newer
    credential.save(update_fields=["superseded_by"])
    return credential


@transaction.atomic
def choose_shown_name(*, credential: Credential, shown_name: str, by: Person) -> Credential:
    """Set what the public page says of the holder. Only the holder chooses."""
    credential = Credential.objects.select_for_update(no_key=True).get(pk=credential.pk)
    if credential.holder_id != by.pk:
        raise Refused(Refusal("not-yours", _("Only the holder of a badge chooses the name on it.")))
    if shown_name not in Credential.ShownName.values:
        raise Refused(Refusal("unknown-choice", _("Choose your full name, your initials or no name.")))
    credential.shown_name = shown_name
    credential.save(update_fields=["shown_name"])
    return credential
