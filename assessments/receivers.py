"""What this app does on its own news: each receiver is one line, and only these queue tasks."""

from typing import Any

from django.dispatch import receiver

from assessments import signals, tasks
from assessments.models import Recording
from courses.lib.tasks import nudge


@receiver(signals.recording_received)
def check_what_came(sender: type[Recording], recording: Recording, **kwargs: Any) -> None:
    """Hurry the checks; the sweep does it where this gets lost."""
    nudge(tasks.check_recording, recording.pk)
