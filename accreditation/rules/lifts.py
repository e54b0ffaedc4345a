"""What could lift to the next tier: use cases that briefs of the programs in force could still prove, with their practicals."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from accreditation.models import IN_FORCE, Accreditation, Requirement, User
from accreditation.rules.proofs import Key
from assessments.models import Brief, Practical, Submission, SubmissionState
from courses.models import ContentState, UseCase


@dataclass(frozen=True, slots=True)
class CouldProve:
    """A use case that doesn't count yet, and the practicals whose customers bring it."""

    use_case: UseCase
    practicals: Sequence[Practical]


def could_prove(learner: User, known: Collection[Key], programs: "QuerySet[Any] | None" = None) -> list[CouldProve]:
    """What this person could still show within the programs that they hold (or within those of `programs` that they hold).

    `known`: use cases that count already. A practical without tries left is left out. Four queries at most.
    """
    held = Accreditation.objects.filter(learner=learner, state__in=IN_FORCE)
    held = held.filter(program__in=programs) if programs is not None else held
    practicals = practicals_of(held.values("program"))
    if not practicals:
        return []
    tries = Submission.objects.filter(learner=learner, practical__in=practicals).order_by()
    counted = tries.exclude(state=SubmissionState.WITHDRAWN).values("practical").annotate(count=Count("pk"))
    used = dict(counted.values_list("practical", "count"))
    found = _from_briefs(practicals, known)
    return _by_use_case((pk, one) for pk, one in found if used.get(one.pk, 0) < one.max_attempts)


def could_prove_in(people: QuerySet[User], known: Collection[Key]) -> list[CouldProve]:
    """What these people could still show together within the programs that they hold. Three queries at most."""
    held = Accreditation.objects.filter(learner__in=people, state__in=IN_FORCE)
    practicals = practicals_of(held.values("program"))
    return _by_use_case(_from_briefs(practicals, known)) if practicals else []


def practicals_of(programs: Any) -> set[int]:
    """The practicals that the rules of these programs name as they stand. One query."""
    rows = Requirement.objects.filter(
        group__version__program__in=programs, group__version=F("group__version__program__current_version")
    )
    rows = rows.filter(Q(practical__isnull=False) | Q(count__isnull=False)).order_by()
    found: set[int] = set()
    for practical, count in rows.values_list("practical_id", "count"):
        found.update([practical] if practical else (count or {}).get("targets", ()))
    return found


def _from_briefs(practicals: Collection[int], known: Collection[Key]) -> list[tuple[int, Practical]]:
    """Use cases with the open practicals whose briefs bring them. Two queries."""
    rows = Practical.objects.filter(pk__in=practicals, state=ContentState.PUBLISHED, brief_pool__isnull=False)
    by_pool: dict[int, list[Practical]] = {}
    for row in rows.order_by("title"):
        by_pool.setdefault(row.brief_pool_id or 0, []).append(row)
    briefs = Brief.objects.drawable().filter(pool__in=by_pool, use_case__isnull=False).exclude(use_case__in=known)
    pairs = briefs.order_by().values_list("use_case", "pool").distinct()
    return [(use_case, one) for use_case, pool in pairs for one in by_pool[pool]]


def _by_use_case(found: Iterable[tuple[int, Practical]]) -> list[CouldProve]:
    practicals: dict[int, list[Practical]] = {}
    for key, one in found:
        practicals.setdefault(key, []).append(one)
    rows = UseCase.objects.filter(pk__in=practicals) if practicals else []
    return [CouldProve(row, sorted(practicals[row.pk], key=str)) for row in rows]
