"""Writing the audit trail."""

from collections.abc import Iterable
from typing import Any

from courses.lib.people import Person
from courses.models import AuditEvent


def record_event(*, event: str, by: Person | None, subject: str, **details: Any) -> AuditEvent:
    """Append one event. `subject` is `app.model:id`; `details` are plain JSON values, never a secret or a text of a person."""
    return AuditEvent.objects.create(event=event, actor_id=by.pk if by else None, subject=subject, details=details)


def record_events(*, event: str, by: Person | None, subjects: Iterable[str]) -> None:
    """Append the same event about many rows. One statement."""
    actor = by.pk if by else None
    AuditEvent.objects.bulk_create(AuditEvent(event=event, actor_id=actor, subject=subject) for subject in subjects)
