"""What people are told of their own tier."""

from datetime import date

from accreditation.actions.notices import tell
from accreditation.models import NoticeKind, TierHolding
from accreditation.rules.reasons import day_in_words
from accreditation.rules.tier_reminders import TierEnding, ending_of


def remind_of_tier(*, holding: TierHolding, rung: int, today: date) -> None:
    """Remind one person, where their tier still ends on that day."""
    if ending := ending_of(holding, rung, today):
        tell_of_tier_ending(ending=ending, today=today)


def tell_of_tier_ending(*, ending: TierEnding, today: date) -> None:
    """A tier ends soon: what is held then, and what keeps it. Once for each tier, last day and reminder."""
    drop, days = ending.drop, (ending.drop.day - today).days
    when = f"in {days} day{'' if days == 1 else 's'}" if days else "today"
    then = f"you hold {drop.then.title.lower()}" if drop.then else "you hold no tier"
    keeps = (
        f"Renewing {' and '.join(ending.renewals)} by then keeps it."
        if ending.renewals
        else "A practical on one of these, or on another use case, passed by then, keeps it."
    )
    tell(
        recipient_id=ending.holding.learner_id,
        kind=NoticeKind.FADING,
        key=ending.key,
        title=f"Your tier {drop.tier.title.lower()} ends {when}",
        text=f"It holds until {day_in_words(drop.day)}, with {ending.ending}; after that {then}. {keeps}",
        link="/",
        link_text="See what keeps it",
    )
