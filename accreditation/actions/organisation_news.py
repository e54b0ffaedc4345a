"""What partner managers and their people are told. One function a fact, as in `news`."""

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import tell
from accreditation.models import (
    IN_FORCE,
    Accreditation,
    BulkDeed,
    DeedRowState,
    JoinRequest,
    Move,
    NoticeKind,
    Organisation,
    RowOutcome,
    User,
)
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
from accreditation.rules.tier_holdings import tier_day, tiers_of_organisations
from courses.lib.words import Said, counted


def _tell_managers(organisation: Organisation, *, but: int = 0, **news: Any) -> None:
    """Every partner manager of the organisation, but this person."""
    page = {"link": organisation.get_absolute_url(), "link_text": Said(noop("See your organisation"))}
    for recipient_id in managers_of(organisation).exclude(pk=but).values_list("pk", flat=True):
        tell(recipient_id=recipient_id, kind=NoticeKind.ORGANISATION, **page | news)


def tell_of_import(*, deed: BulkDeed) -> None:
    """Managers of partner organisations: how many people a file made in theirs, once a file. Moves are told one by one."""
    rows = deed.rows.filter(state=DeedRowState.DONE, import_row__becomes=RowOutcome.CREATE)
    counts = dict(rows.exclude(person=None).values_list("person__organisation").annotate(Count("pk")).order_by())
    for organisation in Organisation.objects.filter(pk__in=[pk for pk in counts if pk]).order_by("pk"):
        facts = {"organisation": str(organisation), "count": counts[organisation.pk]}
        _tell_managers(
            organisation,
            but=deed.by_id,
            key=f"import:{deed.pk}:{organisation.pk}",
            title=counted(
                "%(count)s person is new at %(organisation)s", "%(count)s people are new at %(organisation)s", facts
            ),
            text=Said(noop("Field Enablement made their accounts by a file.")),
        )


def tell_of_departure(*, move: Move) -> None:
    """Somebody left: what that takes along, what it does to the tier now and within 90 days, and not where they went."""
    if move.old is None:
        return
    held = Accreditation.objects.filter(learner=move.person, state__in=IN_FORCE).count()
    taken = counted(
        "%(count)s accreditation goes with them and no longer counts for you. You don't see them any more.",
        "%(count)s accreditations go with them and no longer count for you. You don't see them any more.",
        {"count": held},
    )
    nothing = Said(noop("Nothing of theirs counted for you. You don't see them any more."))
    _tell_managers(
        move.old,
        but=move.person_id,
        key=f"left:{move.pk}",
        title=Said(noop("%(person)s left %(organisation)s"), _names(move.person, move.old)),
        text=(taken if held else nothing, _tier_without(move)),
    )


def _tier_without(move: Move) -> str:
    """What a departure that is written does to the tier of the old organisation; nothing where they had shown nothing."""
    today = tier_day(move.recorded_at)
    gone = ends_of_person(move.person_id, today)
    if move.old_id is None or not (gone.use_cases or gone.complex_until):
        return ""
    left = ends_in(today, [move.old_id]).get(move.old_id, Ends())
    return departure_in_words(tiers_of_organisations(), gone, left, use_case_names(), today)


def tell_of_dropping(*, one: Dropping) -> None:
    """An organisation's managers: its tier ends within 90 days, and what keeps it. Once per tier and day."""
    drop, organisation = one.drop, one.organisation
    facts = {"then": tier_name(drop.then) if drop.then else "", "ending": one.ending}
    _tell_managers(
        organisation,
        key=f"tier-drops:{organisation.pk}:{drop.tier.slug}:{drop.day}",
        title=Said(
            noop("%(organisation)s: %(tier)s holds until %(day)s"),
            {"organisation": str(organisation), "tier": drop.tier.title, "day": drop.day},
        ),
        text=(
            Said(
                noop("From the day after it is %(then)s, because %(ending)s will have ended.")
                if drop.then
                else noop("From the day after there is none, because %(ending)s will have ended."),
                facts,
            ),
            Said(noop("What your people renew or show again by then keeps it; your page says who carries what.")),
        ),
    )


def tell_of_arrival(*, move: Move) -> None:
    """Somebody came, with what they hold."""
    if move.new is None:
        return
    _tell_managers(
        move.new,
        but=move.person_id,
        key=f"came:{move.pk}",
        title=Said(noop("%(person)s belongs to %(organisation)s now"), _names(move.person, move.new)),
        text=Said(noop("Their accreditations came with them and count for you from today.")),
    )


def tell_of_own_move(*, move: Move) -> None:
    """The person: where they belong now, and what stays theirs."""
    text = noop("You belong to %(organisation)s now") if move.new else noop("You no longer belong to %(organisation)s")
    where = Said(text, {"organisation": str(move.new or move.old)})
    tell(
        recipient_id=move.person_id,
        kind=NoticeKind.ORGANISATION,
        key=f"moved:{move.pk}",
        title=where,
        text=Said(
            noop("Your accreditations, badges and open work stay yours. If this is wrong, tell Field Enablement.")
        ),
        link="/profile/",
        link_text=Said(noop("See your profile")),
    )


def _names(person: User, organisation: Organisation) -> dict[str, str]:
    return {"person": str(person), "organisation": str(organisation)}


def _ending(count: int) -> Said:
    return counted("%(count)s accreditation ends", "%(count)s accreditations end", {"count": count})


def tell_of_expiring(*, ending: Ending) -> None:
    """An organisation's managers: how many accreditations of its people end in so many days."""
    days = {"count": ending.days, "ending": _ending(ending.count)}
    held = {"count": ending.count, "day": ending.day, "organisation": str(ending.organisation)}
    _tell_managers(
        ending.organisation,
        key=f"expiring:{ending.organisation.pk}:{ending.day}:{ending.days}",
        title=counted("%(ending)s in %(count)s day", "%(ending)s in %(count)s days", days),
        text=counted(
            "It holds until %(day)s. What isn't renewed by then no longer counts for %(organisation)s.",
            "They hold until %(day)s. What isn't renewed by then no longer counts for %(organisation)s.",
            held,
        ),
    )


def tell_of_request(*, request: JoinRequest) -> None:
    """Somebody with an address of the organisation's domain waits to be let in."""
    _tell_managers(
        request.organisation,
        key=f"asks:{request.pk}",
        title=Said(
            noop("%(person)s would like to join %(organisation)s"), _names(request.person, request.organisation)
        ),
        text=Said(noop("Their address is of your domain and proved. Take them in or not on your organisation's page.")),
    )


def tell_of_answer(*, request: JoinRequest) -> None:
    """Whoever asked was not let in."""
    tell(
        recipient_id=request.person_id,
        kind=NoticeKind.ORGANISATION,
        key=f"not-taken-in:{request.pk}",
        title=Said(noop("You don't belong to %(organisation)s"), {"organisation": str(request.organisation)}),
        text=Said(
            noop(
                "Its manager didn't take you in. You can learn and become accredited all the same. If this is wrong, "
                "ask them."
            )
        ),
        link="/profile/",
        link_text=Said(noop("See your profile")),
    )
