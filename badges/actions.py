"""What is done with achievements, keys and credentials. Lock order: achievement, holder, credential, then the key lock."""

import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from badges import artwork, baking, openbadges, signals, signing
from badges.models import Achievement, Credential, RevocationRequest, SigningKey
from badges.openbadges import AwardFacts, CredentialFacts
from badges.rules import issuing
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if

log = logging.getLogger(__name__)
KEY_LOCK = 0x6B65795F
"""Number of the advisory lock under which a signing key is made."""


@transaction.atomic
def upsert_achievement(
    *,
    slug: str,
    name: str,
    description: str,
    criteria: str,
    shape: str,
    tone: str,
    label: str,
    tags: Iterable[str] = (),
    by: Person | None,
) -> Achievement:
    """Write the achievement of this slug. The same content changes nothing; other content is the next version.

    `criteria` is markdown, `label` at most 18 characters. Awards that were issued keep what they say.
    """
    content: dict[str, Any] = {
        "name": name, "description": description, "criteria": criteria,
        "shape": shape, "tone": tone, "label": label, "tags": list(tags),
    }  # fmt: skip
    achievement = Achievement.objects.select_for_update().filter(slug=slug).first()
    if achievement is None:
        achievement = Achievement(slug=slug, version=0)
    elif all(getattr(achievement, field) == value for field, value in content.items()):
        return achievement
    for field, value in content.items():
        setattr(achievement, field, value)
    achievement.version += 1
    achievement.full_clean(exclude=["image"], validate_unique=False)
    achievement.image = artwork.draw_png(drawing_of(achievement))
    achievement._history_user = by  # type: ignore[attr-defined]
    achievement.save()
    return achievement


def drawing_of(achievement: Achievement) -> artwork.Drawing:
    """The drawing of an achievement: the organisation's name stands at its foot."""
    return artwork.Drawing(
        shape=achievement.shape,
        tone=achievement.tone,
        name=achievement.name,
        label=achievement.label,
        foot=settings.ORGANISATION_NAME,
    )


@transaction.atomic
def ensure_signing_key() -> SigningKey:
    """The active key, made on first use. Two first uses at once make one: a lock in the database orders them."""
    active = SigningKey.objects.filter(state=SigningKey.State.ACTIVE)
    if key := active.first():
        return key
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEY_LOCK])
    return active.first() or _make_signing_key(database_now())


def _make_signing_key(now: datetime) -> SigningKey:
    """Keys are named by date, not by value, so that whoever verifies has to ask the issuer."""
    month = f"key-{now:%Y-%m}"
    made = SigningKey.objects.filter(kid__startswith=month).count()
    kid = f"{month}-{made + 1}" if made else month
    pair = signing.make_key(kid=kid, secret=settings.ISSUER_SECRET)
    log.warning("signing key made: %s", kid)
    return SigningKey.objects.create(kid=kid, public_jwk=pair.public_jwk, sealed_private_key=pair.sealed)


@transaction.atomic
def issue_credential(
    *, achievement: Achievement, holder: Any, facts: AwardFacts, by: Person | None = None
) -> Credential:
    """Sign and store the award; the system alone does this, so `by` stays None.

    Idempotent: a live credential of this holder and achievement comes back as it is. One that has expired gets a
    successor when `facts` reach further than it did. Refused: `system-only`, `no-validity`, and `revoked` for proof that is not
    newer than the revocation. `facts.awarded_at` is the first valid second. Sends `credential_issued` for a new row.
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
    credential = _sign(achievement, holder, facts, predecessor=live)
    signals.credential_issued.send(sender=Credential, credential=credential)
    return credential


def _sign(achievement: Achievement, holder: Any, facts: AwardFacts, *, predecessor: Credential | None) -> Credential:
    """Build, validate, sign, verify what came out, and only then store."""
    own = CredentialFacts(
        credential_id=str(uuid4()),
        subject_id=str(predecessor.subject if predecessor else uuid4()),
        valid_from=openbadges.whole_seconds(facts.awarded_at),
    )
    document = openbadges.build_credential(
        issuer=issuing.our_issuer(), achievement=issuing.achievement_facts(achievement), award=facts, credential=own
    )
    if errors := openbadges.schema_errors(document):
        raise ValueError(f"This award is no valid Open Badge: {errors[0]}")
    token = _signed(document)
    text = openbadges.as_text(document)
    return Credential.objects.create(
        id=UUID(own.credential_id),
        achievement=achievement,
        holder=holder,
        subject=UUID(own.subject_id),
        awarded_at=facts.awarded_at,
        valid_from=own.valid_from,
        valid_until=facts.valid_until,
        expires_at=facts.expires_at(),
        facts=facts.as_json(),
        document=text,
        jwt=token,
        png=baking.bake(bytes(achievement.image), token),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        predecessor=predecessor,
        shown_name=predecessor.shown_name if predecessor else Credential.ShownName.INITIALS,
    )


def _signed(document: dict[str, Any]) -> str:
    key = ensure_signing_key()
    token = signing.sign(document, kid=key.kid, sealed=bytes(key.sealed_private_key), secret=settings.ISSUER_SECRET)
    if signing.verify(token, did=issuing.our_issuer().did, keys={key.kid: key.public_jwk}) != document:
        raise ValueError("The signed award does not read as it was written.")
    return token


@transaction.atomic
def choose_shown_name(*, credential: Credential, shown_name: str, by: Person) -> Credential:
    """Set what the public page says of the holder. Only the holder chooses."""
    credential = Credential.objects.select_for_update(no_key=True).get(pk=credential.pk)
    if credential.holder_id != by.pk:
        raise Refused(Refusal("not-yours", "Only the holder of a badge chooses the name on it."))
    if shown_name not in Credential.ShownName.values:
        raise Refused(Refusal("unknown-choice", "Choose your full name, your initials or no name."))
    credential.shown_name = shown_name
    credential.save(update_fields=["shown_name"])
    return credential


@transaction.atomic
def request_revocation(*, credential: Credential, reason: str, by: Person) -> RevocationRequest:
    """Ask for a revocation; nothing changes until another person confirms it.

    Refused: `not-allowed` (badges.revoke), `no-reason`, `already-asked`, `wrong-state`.
    """
    credential = Credential.objects.select_for_update(no_key=True).defer("png").get(pk=credential.pk)
    refuse_if(issuing.why_not_request_revocation(credential, by=by, reason=reason))
    return RevocationRequest.objects.create(
        credential=credential, asked_by_id=by.pk, asked_at=database_now(), reason=reason.strip()
    )


@transaction.atomic
def confirm_revocation(*, request: RevocationRequest, by: Person) -> Credential:
    """Revoke the credential that another person asked to have revoked. It shows at once and is never undone.

    Refused: `not-allowed` (badges.revoke), `same-person`, `already-confirmed`, `wrong-state`, and by a receiver of
    `revocation_confirming`. Sends `credential_revoked`.
    """
    credential = Credential.objects.select_for_update(no_key=True).defer("png").get(pk=request.credential_id)
    request = RevocationRequest.objects.select_for_update(of=["self"]).select_related("credential").get(pk=request.pk)
    refuse_if(issuing.why_not_confirm_revocation(request, by=by))
    now = database_now()
    request.confirmed_by_id, request.confirmed_at = by.pk, now
    request.save(update_fields=["confirmed_by", "confirmed_at"])
    credential.state, credential.revoked_at = Credential.State.REVOKED, now
    credential.save(update_fields=["state", "revoked_at"])
    signals.credential_revoked.send(sender=Credential, credential=credential, request=request)
    return credential
