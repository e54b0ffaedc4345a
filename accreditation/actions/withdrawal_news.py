"""Telling those who were under way that content was withdrawn, and what replaces it. Once each. Source: rules.md 2.44."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import tell
from accreditation.models import NoticeKind
from courses.lib.words import Said, Words
from courses.models import ContentState, Withdrawal
from courses.rules.withdrawals import people_under_way


def untold_withdrawals() -> QuerySet[Withdrawal, int]:
    """Withdrawals of which somebody is to be told by now, by primary key."""
    rows = Withdrawal.objects.filter(tell_due_at__lte=timezone.now()).order_by("tell_due_at")
    return rows.values_list("pk", flat=True)


def tell_of_withdrawal(*, withdrawal_id: int) -> int:
    """Tell everybody who is under way. May run twice: a person is told of a withdrawal once. Returns how many there are."""
    withdrawal = Withdrawal.objects.get(pk=withdrawal_id)
    row, replacement = withdrawal.row, withdrawal.replacement
    if replacement is not None and replacement.state != ContentState.PUBLISHED:
        replacement = None
    is_gone = row is not None and row.state == ContentState.WITHDRAWN  # somebody may have opened it again since
    people = sorted(people_under_way(row)) if is_gone and withdrawal.tell_due_at else []
    text: list[Words] = [withdrawal.reason]
    if replacement is not None:
        text.append(Said(noop("“%(title)s” replaces it."), {"title": str(replacement)}))
    text.append(Said(noop("What you did in it stays on your record.")))
    for person in people:
        tell(
            recipient_id=person,
            kind=NoticeKind.WITHDRAWN,
            key=f"withdrawal:{withdrawal.pk}",
            title=Said(noop("Withdrawn: %(title)s"), {"title": withdrawal.title}),
            text=tuple(text),
            link=(replacement or row).get_absolute_url(),
            link_text=Said(noop("See what replaces it")) if replacement is not None else Said(noop("See why")),
        )
    Withdrawal.objects.filter(pk=withdrawal.pk).update(tell_due_at=None)
    return len(people)
