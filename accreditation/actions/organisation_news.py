"""What partner managers and their people are told. One function a fact, as in `news`."""

from accreditation.actions.notices import tell
from accreditation.models import IN_FORCE, Accreditation, JoinRequest, Move, NoticeKind, Organisation
from accreditation.rules.organisation_tiers import (
    Dropping,
    Ends,
    departure_in_words,
    ends_in,
    ends_of_person,
    tier_name,
    use_case_names,
)
from accreditation.rules.organisations import Ending, managers_of
from accreditation.rules.reasons import day_in_words
from accreditation.rules.tier_holdings import tier_day, tiers_of_organisations


def _tell_managers(organisation: Organisation, *, but: int = 0, **news: str) -> None:
    """Every partner manager of the organisation, but this person."""
    page = {"link": organisation.get_absolute_url(), "link_text": "See your organisation"}
    for recipient_id in managers_of(organisation).exclude(pk=but).values_list("pk", flat=True):
        tell(recipient_id=recipient_id, kind=NoticeKind.ORGANISATION, **page | news)


def tell_of_departure(*, move: Move) -> None:
    """Somebody left: what that takes along, what it does to the tier now and within 90 days, and not where they went."""
    if move.old is None:
        return
    held = Accreditation.objects.filter(learner=move.person, state__in=IN_FORCE).count()
    counted = f"{held} accreditation{' goes' if held == 1 else 's go'} with them and" if held else "Nothing of theirs"
    _tell_managers(
        move.old,
        but=move.person_id,
        key=f"left:{move.pk}",
        title=f"{move.person} left {move.old}",
        text=f"{counted} no longer count{'s' if held < 2 else ''} for you. You don't see them any more.{_tier_without(move)}",
    )


def _tier_without(move: Move) -> str:
    """What a departure that is written does to the tier of the old organisation; nothing where they had shown nothing."""
    today = tier_day(move.recorded_at)
    gone = ends_of_person(move.person_id, today)
    if move.old_id is None or not (gone.use_cases or gone.complex_until):
        return ""
    left = ends_in(today, [move.old_id]).get(move.old_id, Ends())
    said = departure_in_words(tiers_of_organisations(), gone, left, use_case_names(), today)
    return f" {said}" if said else ""


def tell_of_dropping(*, one: Dropping) -> None:
    """An organisation's managers: its tier ends within 90 days, and what keeps it. Once per tier and day."""
    drop, organisation = one.drop, one.organisation
    then = f"it is {tier_name(drop.then)}" if drop.then else "there is none"
    _tell_managers(
        organisation,
        key=f"tier-drops:{organisation.pk}:{drop.tier.slug}:{drop.day}",
        title=f"{organisation}: {drop.tier.title} holds until {day_in_words(drop.day)}",
        text=f"From the day after {then}, because {one.ending} will have ended. What your people renew or show again by then "
        "keeps it; your page says who carries what.",
    )


def tell_of_arrival(*, move: Move) -> None:
    """Somebody came, with what they hold."""
    if move.new is None:
        return
    _tell_managers(
        move.new,
        but=move.person_id,
        key=f"came:{move.pk}",
        title=f"{move.person} belongs to {move.new} now",
        text="Their accreditations came with them and count for you from today.",
    )


def tell_of_own_move(*, move: Move) -> None:
    """The person: where they belong now, and what stays theirs."""
    where = f"You belong to {move.new} now" if move.new else f"You no longer belong to {move.old}"
    tell(
        recipient_id=move.person_id,
        kind=NoticeKind.ORGANISATION,
        key=f"moved:{move.pk}",
        title=where,
        text="Your accreditations, badges and open work stay yours. If this is wrong, tell Field Enablement.",
        link="/profile/",
        link_text="See your profile",
    )


def tell_of_expiring(*, ending: Ending) -> None:
    """An organisation's managers: how many accreditations of its people end in so many days."""
    one, days = ending.count == 1, ending.days
    _tell_managers(
        ending.organisation,
        key=f"expiring:{ending.organisation.pk}:{ending.day}:{days}",
        title=f"{ending.count} accreditation{' ends' if one else 's end'} in {days} day{'' if days == 1 else 's'}",
        text=f"{'It holds' if one else 'They hold'} until {ending.day:%-d %B %Y}. What isn't renewed by then no longer counts "
        f"for {ending.organisation}.",
    )


def tell_of_request(*, request: JoinRequest) -> None:
    """Somebody with an address of the organisation's domain waits to be let in."""
    _tell_managers(
        request.organisation,
        key=f"asks:{request.pk}",
        title=f"{request.person} would like to join {request.organisation}",
        text="Their address is of your domain and proved. Take them in or not on your organisation's page.",
    )


def tell_of_answer(*, request: JoinRequest) -> None:
    """Whoever asked was not let in."""
    tell(
        recipient_id=request.person_id,
        kind=NoticeKind.ORGANISATION,
        key=f"not-taken-in:{request.pk}",
        title=f"You don't belong to {request.organisation}",
        text="Its manager didn't take you in. You can learn and become accredited all the same. If this is wrong, ask them.",
        link="/profile/",
        link_text="See your profile",
    )
