"""`manage.py down`: end what a killed `up` left behind."""

from typing import Any

from django.core.management.base import BaseCommand

from accreditation.embedded import LOCAL
from accreditation.embedded.processes import reap


class Command(BaseCommand):
    """End the children of an `up` that was killed. Does nothing while none are left."""

    help = "End the processes that a killed `manage.py up` left behind."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Reap by pid and start time."""
        left = reap(LOCAL / "up.json")
        self.stdout.write(f"Ended: {', '.join(left)}" if left else "Nothing was left running.")
