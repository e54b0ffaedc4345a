"""What people are told of an update: that it asks something of them, or no longer does. Once each."""

from django.utils import timezone
from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import tell
from accreditation.actions.updates import holders
from accreditation.models import Notice, NoticeKind, Update, UpdateState
from accreditation.rules.updates import UpdateStanding
from courses.lib.words import Said


def tell_of_update(*, update_id: int) -> int:
    """Tell whom a published update asks, or those who were told that a withdrawn one no longer does. May run twice."""
    update = Update.objects.select_related("program").get(pk=update_id)
    due = update.tell_due_at
    told = _tell_withdrawn(update) if update.state == UpdateState.WITHDRAWN else _tell_asked(update)
    Update.objects.filter(pk=update.pk, tell_due_at=due).update(tell_due_at=None)
    return told


def _tell_asked(update: Update) -> int:
    count = 0
    if update.state == UpdateState.PUBLISHED:
        for learner_id, _, asked in holders(update, timezone.now()):
            if asked:
                _tell_one(update, learner_id, asked)
                count += 1
    return count


def _tell_one(update: Update, learner_id: int, asked: UpdateStanding) -> None:
    facts = {"deed": asked.deed.capitalize(), "day": update.due_on or timezone.now().date()}
    tell(
        recipient_id=learner_id,
        kind=NoticeKind.UPDATE,
        key=f"update:{update.pk}",
        title=f"{update.program}: {update.title}",
        text=Said(
            noop(
                "Something that you proved has changed since. %(deed)s by %(day)s, and nothing else: your accreditation "
                "stays."
            ),
            facts,
        ),
        link=update.get_absolute_url(),
        link_text=Said(noop("See what changed")),
    )


def _tell_withdrawn(update: Update) -> int:
    asked = Notice.objects.filter(key=f"update:{update.pk}").values_list("recipient_id", flat=True)
    for learner_id in asked.order_by("recipient_id").iterator():
        tell(
            recipient_id=learner_id,
            kind=NoticeKind.UPDATE,
            key=f"update-withdrawn:{update.pk}",
            title=Said(noop("No longer asked for: %(update)s"), {"update": update.title}),
            text=(
                update.withdrawal_reason,
                Said(
                    noop("You need to do nothing for it; %(program)s stands as before."),
                    {"program": str(update.program)},
                ),
            ),
            link=update.program.get_absolute_url(),
            link_text=Said(noop("See the program")),
        )
    return len(asked)
