"""The public directory: who is in it, what is shown of them, and what the reader may choose by."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from accreditation.models import IN_FORCE, Accreditation, DirectoryEntry, Evidence, User
from accreditation.rules.directory_tiers import held_today, public_tiers
from accreditation.rules.organisation_people import shown_by
from accreditation.rules.tier_holdings import tiers_here
from courses.lib.refusals import Refusal

PEOPLE_A_PAGE = 25


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader looks for, by slug (region by name); "" leaves it open. `after`: the last entry of the page before."""

    persona: str = ""
    use_case: str = ""
    region: str = ""
    organisation: str = ""
    tier: str = ""
    organisation_tier: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One person as they chose to be shown. No address, no id of the person."""

    key: UUID
    name: str
    persona: str
    organisation: str
    region: str
    accreditations: Sequence[tuple[str, str]]
    use_cases: Sequence[str]
    tier: str = ""
    organisation_tier: str = ""


def in_force(today: date) -> QuerySet[Accreditation]:
    """Accreditations that count today, also where the nightly computation hasn't come yet."""
    return Accreditation.objects.filter(state__in=IN_FORCE, valid_until__gte=today)


def listed(today: date) -> QuerySet[DirectoryEntry]:
    """Entries that are shown: of active, accredited people, and of no organisation that keeps its people out.

    Source: rules.md 1.32.
    """
    held = in_force(today).filter(learner=OuterRef("person"))
    rows = DirectoryEntry.objects.filter(Exists(held), person__is_active=True)
    return rows.exclude(person__organisation__is_listed=False)


def chosen(choice: Choice, today: date) -> QuerySet[DirectoryEntry]:
    """The listed entries that fit. Who doesn't show the organisation is found neither by it nor by its region."""
    rows = listed(today)
    if choice.persona:
        rows = rows.filter(person__persona__slug=choice.persona)
    if choice.use_case:
        rows = rows.filter(Exists(shown_by("person", today).filter(use_case__slug=choice.use_case)))
    if choice.organisation:
        rows = rows.filter(shows_organisation=True, person__organisation__slug=choice.organisation)
    if choice.region:
        rows = rows.filter(shows_organisation=True, person__organisation__region=choice.region)
    if choice.tier:
        rows = rows.filter(Exists(held_today(today).filter(learner=OuterRef("person"), tier=choice.tier)))
    if choice.organisation_tier:
        fitting = [pk for pk, slug in public_tiers(None, today).items() if slug == choice.organisation_tier]
        rows = rows.filter(shows_organisation=True, person__organisation__in=fitting)
    return rows


def page_of(choice: Choice, today: date) -> tuple[list[Shown], UUID | None]:
    """A page of the directory by name, and the key to go on after, None on the last one.

    Six queries, one more further on, two more where organisations there say their tier, three more to choose by that.
    """
    rows = chosen(choice, today).select_related("person__persona", "person__organisation")
    if choice.after and (last := _entry(choice.after, today)) is not None:
        later = Q(person__name=last.person.name, pk__gt=last.pk)
        rows = rows.filter(later | Q(person__name__gt=last.person.name))
    held = in_force(today).select_related("program", "credential").defer("credential__png", "credential__svg")
    rows = rows.prefetch_related(Prefetch("person__accreditations", held.order_by("program__title"), to_attr="held"))
    found = list(rows.order_by("person__name", "pk")[: PEOPLE_A_PAGE + 1])
    page = found[:PEOPLE_A_PAGE]
    proved = _use_cases([one.person for one in page], today)
    titles = _tiers(page, today)
    people = [
        shown(one, one.person.held, proved[one.person_id], titles[one.pk])  # type: ignore[attr-defined]
        for one in page
    ]
    return people, page[-1].key if len(found) > PEOPLE_A_PAGE else None


def _entry(key: str, today: date) -> DirectoryEntry | None:
    try:
        return listed(today).select_related("person").filter(key=UUID(key)).first()
    except ValueError:
        return None


def _use_cases(people: Sequence[User], today: date) -> dict[int, list[str]]:
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gte=today)
    rows = Evidence.objects.filter(lasting, learner__in=people, kind="practical", withdrawn_by=None)
    named = rows.exclude(use_case=None).order_by("use_case__position", "use_case__name")
    found: dict[int, list[str]] = defaultdict(list)
    for learner_id, name in named.values_list("learner", "use_case__name"):
        if name not in found[learner_id]:
            found[learner_id].append(name)
    return found


def _tiers(page: Sequence[DirectoryEntry], today: date) -> dict[int, tuple[str, str]]:
    """By entry the title of the person's tier, and of their organisation's where they show it and it says it."""
    titles = {one.slug: one.title for one in tiers_here()}
    held = dict(held_today(today).filter(learner__in=[one.person_id for one in page]).values_list("learner", "tier"))
    named = {one.pk: one.person.organisation_id for one in page if one.shows_organisation}
    said = public_tiers({pk for pk in named.values() if pk}, today)
    return {
        one.pk: (titles.get(held.get(one.person_id, ""), ""), titles.get(said.get(named.get(one.pk) or 0, ""), ""))
        for one in page
    }


def shown(
    entry: DirectoryEntry, held: Sequence[Accreditation], use_cases: Sequence[str], tiers: tuple[str, str] = ("", "")
) -> Shown:
    """An entry with nothing more than its person chose. No query where it was read by `page_of`."""
    person, organisation = entry.person, entry.person.organisation if entry.shows_organisation else None
    return Shown(
        key=entry.key,
        name=name_of(entry),
        persona=str(person.persona or ""),
        organisation=organisation.name if organisation else "",
        region=organisation.region if organisation else "",
        accreditations=[(one.program.title, _badge_of(one) if entry.shows_badges else "") for one in held],
        use_cases=use_cases,
        tier=tiers[0],
        organisation_tier=tiers[1],
    )


def _badge_of(accreditation: Accreditation) -> str:
    credential = accreditation.credential
    return credential.get_absolute_url() if credential and credential.revoked_at is None else ""


def name_of(entry: DirectoryEntry) -> str:
    """As the person chose: in full, or the first name with the initial of the last one."""
    words = entry.person.name.split()
    if entry.name == DirectoryEntry.Name.FULL or len(words) < 2:
        return entry.person.name
    return f"{words[0]} {words[-1][0]}."


def places_of(today: date) -> list[tuple[str, str, str]]:
    """Organisations that somebody in the directory shows, by name: slug, name, region. One query."""
    rows = listed(today).filter(shows_organisation=True, person__organisation__isnull=False).order_by()
    cells = rows.values_list("person__organisation__slug", "person__organisation__name", "person__organisation__region")
    return sorted(cells.distinct(), key=lambda cell: cell[1].casefold())


def why_not_shown(person: User, today: date) -> Refusal | None:
    """What keeps somebody who wants to be shown from being shown. One query."""
    if person.organisation is not None and not person.organisation.is_listed:
        return Refusal(
            "organisation-out",
            _("%(organisation)s keeps its people out of the directory.") % {"organisation": person.organisation},
        )
    if not in_force(today).filter(learner=person).exists():
        return Refusal(
            "not-accredited", _("You appear as soon as you hold an accreditation."), "/", _("See your next step")
        )
    return None
