"""Tiers: writing what they ask for, and storing who holds which. Computed with every standing, never counted up."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from accreditation.actions.evidence import ask_for_reassessment
from accreditation.models import IN_FORCE, Accreditation, Program, Tier, TierHolding, User
from accreditation.rules.proofs import Fact
from accreditation.rules.tier_holdings import (
    Stored,
    TierBook,
    as_stored,
    in_force_of,
    practical_facts,
    revocations_of,
    stored_of,
    tier_book,
)
from accreditation.signals import tier_changed, tiers_written
from badges.models import Credential
from courses.actions.content import put

STORE = """
INSERT INTO accreditation_tierholding AS held
    (learner_id, computed_at, tier, valid_until, use_cases, complex_until, verticals, revoked, changes_after)
SELECT learner_id, %s, tier, valid_until, use_cases::jsonb, complex_until, verticals::jsonb, revoked::jsonb, changes_after
FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::text[], %s::date[], %s::text[], %s::text[], %s::date[])
    AS computed (learner_id, tier, valid_until, use_cases, complex_until, verticals, revoked, changes_after)
ON CONFLICT (learner_id) DO UPDATE SET
    computed_at = excluded.computed_at, tier = excluded.tier, valid_until = excluded.valid_until,
    use_cases = excluded.use_cases, complex_until = excluded.complex_until, verticals = excluded.verticals,
    revoked = excluded.revoked, changes_after = excluded.changes_after,
    credential_id = CASE WHEN held.tier = excluded.tier THEN held.credential_id END,
    award_refused_at = CASE WHEN held.tier = excluded.tier THEN held.award_refused_at END
"""
"""A credential belongs to the tier that it was issued for: another tier begins without one."""


@transaction.atomic
def author_tiers(*, tiers: Sequence[Mapping[str, Any]]) -> bool:
    """Let these be the tiers, from the lowest: `{"slug", "title", "use_cases", "complex_is_enough", "achievement"}`.

    Returns whether anything changed; then everybody's tier is computed again. A tier that is no longer named ends, and
    the badges that were issued for it stay valid to their dates.
    """
    gone = list(Tier.objects.exclude(slug__in=[one["slug"] for one in tiers]))
    for row in gone:
        row.delete()
    wrote = [put(Tier, {"slug": one["slug"]}, {name: one[name] for name in one if name != "slug"})[1] for one in tiers]
    if gone or any(wrote):
        tiers_written.send(sender=Tier)
        return True
    return False


def store_tier(
    *, learner: User, programs: Iterable[Program], rows: Iterable[Accreditation], facts: Sequence[Fact], now: datetime
) -> None:
    """Store the tier of one person beside the standings that were just computed (`rows`). Three or four statements."""
    held = [(row.program_id, row.valid_until) for row in rows if row.state in IN_FORCE and row.valid_until]
    revoked = revocations_of([learner.pk]).get(learner.pk)
    found = {learner.pk: as_stored(tier_book(programs).standing(held, facts, now, revoked))}
    stored = stored_of([learner.pk])
    if _store(_differing(found, stored), now):
        old = stored[learner.pk][0] if learner.pk in stored else ""
        holding = TierHolding.objects.get(learner=learner)
        if holding.tier != old:
            tier_changed.send(sender=TierHolding, holding=holding, old=old)


def store_tiers(*, book: TierBook, learners: Sequence[int], now: datetime) -> int:
    """The same for many, whose rows are locked: four statements, five where something differs. Returns how many did."""
    facts, in_force, stored = practical_facts(book, learners), in_force_of(learners), stored_of(learners)
    revoked = revocations_of(learners)
    found = {
        pk: as_stored(book.standing(in_force.get(pk, ()), facts.get(pk, ()), now, revoked.get(pk)))
        for pk in learners
        if pk in stored or (pk in facts and pk in in_force)
    }
    return _store(_differing(found, stored), now)


@transaction.atomic
def compute_tiers(*, learners: Sequence[int], now: datetime) -> int:
    """Compute the tiers of these people anew, from their standings as stored. May run at any time, any number of times."""
    list(User.objects.select_for_update(no_key=True).filter(pk__in=learners).order_by("pk").values_list("pk"))
    return store_tiers(book=tier_book(), learners=learners, now=now)


def follow_revocation(*, credential: Credential) -> None:
    """A revoked badge takes its tier: where it is one of a tier, its holder's is computed again. One query, or two."""
    if Tier.objects.filter(achievement=credential.achievement_id).exists():
        ask_for_reassessment(learner_id=credential.holder_id)


def _differing(found: Mapping[int, Stored], stored: Mapping[int, Stored]) -> Mapping[int, Stored]:
    """What has to be written: nothing for those who hold nothing and never did."""
    return {pk: one for pk, one in found.items() if stored.get(pk) != one and (pk in stored or any(one))}


def _store(changed: Mapping[int, Stored], now: datetime) -> int:
    """Write what differs, in one statement."""
    if changed:
        columns = [list(one) for one in zip(*map(_cells, changed.values()), strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(STORE, [now, list(changed), *columns])
    return len(changed)


def _cells(one: Stored) -> tuple[Any, ...]:
    """A row for `STORE`; last the first day after which it is another one."""
    tier, until, use_cases, complex_until, verticals, revoked = one
    days = [date.fromisoformat(day) for day in use_cases.values()]
    changes_after = min([*days, *([complex_until] if complex_until else [])], default=None)
    texts = (json.dumps(verticals), json.dumps(revoked))
    return (tier, until, json.dumps(use_cases), complex_until, *texts, changes_after)
