"""Writing down what a grader heard."""

from collections.abc import Sequence

from django.db import transaction

from assessments.models import Lease, Listening, Recording, ReviewTask
from assessments.rules.listening import with_heard
from courses.lib.clock import database_now
from courses.lib.people import Person


@transaction.atomic
def note_heard(*, task: ReviewTask, lease: Lease, place: int, spans: Sequence[Sequence[int]], by: Person) -> None:
    """Add stretches of one recording that the holder of this lease has played; nothing where there is no such recording."""
    recording: Recording | None = task.submission_version.recordings.filter(place=place).first()
    if recording is None or not recording.duration_ms:
        return
    now = database_now()
    row, _ = Listening.objects.select_for_update().get_or_create(
        task=task, grader_id=by.pk, recording=recording, defaults={"noted_at": lease.taken_at}
    )
    row.spans = with_heard(row.spans, spans, duration_ms=recording.duration_ms, since=row.noted_at, now=now)
    row.noted_at = now
    row.save(update_fields=["spans", "noted_at"])
