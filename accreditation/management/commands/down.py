"""`manage.py down`: stop the portal of this folder, and end what a killed `up` left behind."""

import fcntl
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accreditation.embedded import LOCAL
from accreditation.embedded.processes import reap, remembered

RECORD = LOCAL / "up.json"
PATIENCE = 60  # seconds


class Command(BaseCommand):
    """Stop a running `up`, or end the children of one that was killed. Does nothing while none are left."""

    help = "Stop the portal of this folder, also what a killed `manage.py up` left behind."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask a living `up` and wait for it; without one, reap by pid and start time."""
        LOCAL.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (LOCAL / "lock").open("a") as lock:
            stopped = False
            for _ in range(PATIENCE * 10):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    stopped = stopped or self._ask()
                    time.sleep(0.1)
            else:
                raise CommandError("The portal still runs. End `manage.py up` by hand, then try again.")
            left = reap(RECORD)
        said = "Stopped the portal." if stopped else "Nothing was left running."
        self.stdout.write(f"Ended: {', '.join(left)}" if left else said)

    def _ask(self) -> bool:
        """Ask the `up` that holds the lock to stop; whether there was one to ask."""
        living = [one for one in remembered(RECORD) if one.name == "up"]
        for one in living:
            one.ask()
        return bool(living)
