"""What an organisation's page and file say of its people: standing, personas and use cases; nothing of the work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accreditation.models import IN_FORCE, Accreditation, Evidence, EvidenceKind, Organisation, User
from accreditation.rules.people import members_of
from courses.lib.cells import disarmed
from courses.models import Persona, UseCase

COLUMNS = ("name", "role", "persona", "program", "standing", "accredited_on", "valid_until")
"""What a partner manager takes along: no addresses, no marks."""


@dataclass(frozen=True, slots=True)
class Certified:
    """How many certified people have shown a use case: `counts` by persona, in the order of the personas, and all of them."""

    use_case: UseCase
    counts: tuple[int, ...]
    total: int


def certified_in(organisation: Organisation) -> QuerySet[User]:
    """Its people who hold an accreditation in force."""
    held = Accreditation.objects.filter(learner=OuterRef("pk"), state__in=IN_FORCE)
    return members_of(organisation).filter(Exists(held))


def shown_by(learner: str, today: date) -> QuerySet[Evidence]:
    """Practicals passed that count today, of the learner at this place of the outer query."""
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gte=today)
    return Evidence.objects.filter(
        lasting, learner=OuterRef(learner), kind=EvidenceKind.PRACTICAL, withdrawn_by=None, use_case__isnull=False
    )


def certified_by_use_case(organisation: Organisation, personas: Sequence[Persona], today: date) -> list[Certified]:
    """Certified people by use case and persona; use cases that nobody has shown are left out. Two queries."""
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gte=today)
    rows = Evidence.objects.filter(
        lasting, learner__in=certified_in(organisation), kind=EvidenceKind.PRACTICAL, withdrawn_by=None
    )
    by_persona = {f"p{one.pk}": Count("learner", distinct=True, filter=Q(learner__persona=one)) for one in personas}
    counted = rows.exclude(use_case=None).order_by().values("use_case")
    found: dict[int, dict[str, Any]] = {
        row["use_case"]: dict(row) for row in counted.annotate(total=Count("learner", distinct=True), **by_persona)
    }
    words = UseCase.objects.filter(pk__in=found)
    return [Certified(one, tuple(found[one.pk][key] for key in by_persona), found[one.pk]["total"]) for one in words]


def narrowed(people: QuerySet[User], persona: str, use_case: str, today: date) -> QuerySet[User]:
    """The people of a persona, and of those who are certified the ones who have shown a use case; by slug, "" for all."""
    if persona:
        people = people.filter(persona__slug=persona)
    if use_case:
        held = Accreditation.objects.filter(learner=OuterRef("pk"), state__in=IN_FORCE)
        people = people.filter(Exists(held), Exists(shown_by("pk", today).filter(use_case__slug=use_case)))
    return people


def people_rows(organisation: Organisation) -> Iterator[list[str]]:
    """Headings, then a row for each person and program, formulas disarmed; people without any standing once. One query."""
    yield list(COLUMNS)
    rows = members_of(organisation).order_by("name", "pk", "accreditations__program__title")
    cells = rows.values_list(
        "name", "role__name", "persona__name", "accreditations__program__title", "accreditations__state",
        "accreditations__completed_on", "accreditations__valid_until",
    )  # fmt: skip
    for *words, since, until in cells.iterator(chunk_size=2000):
        yield [*(disarmed(word or "") for word in words), *(day.isoformat() if day else "" for day in (since, until))]
