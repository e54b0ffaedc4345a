"""Withdrawing what others use: with a reason, what replaces it, and news for those under way."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move
from courses.models import ContentState, Withdrawal
from courses.models.content import TRANSITIONS
from courses.models.withdrawals import subject_of
from courses.rules.uses import uses_of, why_not_withdraw_used
from courses.rules.withdrawals import people_under_way
from courses.signals import content_withdrawn


@transaction.atomic
def withdraw_used(
    *,
    row: Model,
    by: Person,
    deed: Callable[[], Any],
    reason: str = "",
    replacement: Model | None = None,
    is_known: bool = False,
) -> Withdrawal:
    """Withdraw a row by the deed of its kind, once what it would break is answered for. Those under way are told later.

    `is_known`: that nobody new could finish what asks for it. Refused: `wrong-state` where it isn't
    open, as `why_not_withdraw_used`, and as the deed refuses.
    """
    locked: Any = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    refuse_if(why_not_move(TRANSITIONS, old=locked.state, new=ContentState.WITHDRAWN))
    uses, people = uses_of(row), people_under_way(row)
    refuse_if(why_not_withdraw_used(uses, len(people), reason=reason, replacement=replacement, is_known=is_known))
    withdrawal = Withdrawal.objects.create(
        subject=subject_of(row),
        title=str(row)[:200],
        reason=reason.strip(),
        replaced_by=subject_of(replacement) if replacement else "",
        under_way=len(people),
        withdrawn_by_id=by.pk,
        tell_due_at=timezone.now() if people else None,
    )
    deed()
    content_withdrawn.send(sender=Withdrawal, withdrawal=withdrawal, row=row)
    return withdrawal
