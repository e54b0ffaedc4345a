"""What happens to lessons, courses, remarks and content.

Each receiver writes a row, and its task is hurried after the commit.
"""

from typing import Any

from django.dispatch import receiver

from accreditation import tasks
from accreditation.actions import (
    feedback_news,
    updates,
)
from accreditation.actions.ledger import settle_fact
from accreditation.actions.uses import under_way_with, uses_by_programs
from accreditation.rules.ledger import COMPLETIONS
from courses.actions.audit import record_event
from courses.lib.tasks import nudge
from courses.rules.uses import Use
from courses.signals import (
    content_withdrawn,
    course_completed,
    feedback_stepped,
    lesson_reread,
    under_way_asked,
    uses_asked,
)


@receiver(course_completed)
def prove_course(completion: Any, **_: Any) -> None:
    """A completed course is evidence."""
    settle_fact(source=COMPLETIONS, key=completion.pk)


@receiver(lesson_reread)
def prove_reading(reread: Any, **_: Any) -> None:
    """A changed lesson that was read again may be the last one that an update asks for."""
    updates.note_reread(lesson=reread.lesson, learner_id=reread.learner_id)


@receiver(feedback_stepped)
def tell_of_step(feedback: Any, step: Any, **_: Any) -> None:
    """An answered remark is news to its author."""
    feedback_news.tell_of_step(feedback=feedback, step=step)


@receiver(uses_asked)
def name_what_asks(row: Any, **_: Any) -> list[Use]:
    """Programs and updates that use content."""
    return uses_by_programs(row)


@receiver(under_way_asked)
def name_who_is_on_it(row: Any, **_: Any) -> set[int]:
    """People on programs that ask for content."""
    return under_way_with(row)


@receiver(content_withdrawn)
def audit_withdrawal(withdrawal: Any, **_: Any) -> None:
    """Who withdraws content is audited; those under way are told soon."""
    said = {"reason": withdrawal.reason, "replaced_by": withdrawal.replaced_by, "under_way": withdrawal.under_way}
    record_event(event="content withdrawn", by=withdrawal.withdrawn_by, subject=withdrawal.subject, **said)
    if withdrawal.tell_due_at:
        nudge(tasks.tell_of_withdrawal, withdrawal.pk)
