"""What people are told of their own tier."""

from datetime import date

from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import tell
from accreditation.models import NoticeKind, TierHolding
from accreditation.rules.tier_reminders import TierEnding, ending_of
from courses.lib.words import Said, counted


def remind_of_tier(*, holding: TierHolding, rung: int, today: date) -> None:
    """Remind one person, where their tier still ends on that day."""
    if ending := ending_of(holding, rung, today):
        tell_of_tier_ending(ending=ending, today=today)


def tell_of_tier_ending(*, ending: TierEnding, today: date) -> None:
    """A tier ends soon: what is held then, and what keeps it. Once for each tier, last day and reminder."""
    drop, days = ending.drop, (ending.drop.day - today).days
    tier = {"tier": drop.tier.title.lower(), "count": days}
    soon = counted("Your tier %(tier)s ends in %(count)s day", "Your tier %(tier)s ends in %(count)s days", tier)
    facts = {"day": drop.day, "ending": ending.ending, "then": drop.then.title.lower() if drop.then else ""}
    keeps = (
        Said(noop("Renewing %(names)s by then keeps it."), {"names": " and ".join(ending.renewals)})
        if ending.renewals
        else Said(noop("A practical on one of these, or on another use case, passed by then, keeps it."))
    )
    tell(
        recipient_id=ending.holding.learner_id,
        kind=NoticeKind.FADING,
        key=ending.key,
        title=soon if days else Said(noop("Your tier %(tier)s ends today"), tier),
        text=(
            Said(
                noop("It holds until %(day)s, with %(ending)s; after that you hold %(then)s.")
                if drop.then
                else noop("It holds until %(day)s, with %(ending)s; after that you hold no tier."),
                facts,
            ),
            keeps,
        ),
        link="/",
        link_text=Said(noop("See what keeps it")),
    )
