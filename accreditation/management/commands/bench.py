"""`manage.py bench`: how fast the portal's flows are, in relation to two bare views on the same server in the same run."""

import json
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accreditation.embedded.binaries import Unusable

SETTINGS = "accreditation.testing.bench_settings"


class Command(BaseCommand):
    """Load learners into a database of its own, run the flows on gunicorn, print the figures, leave nothing behind."""

    help = "Measure the portal's flows against two bare views. Five to six minutes; --quick takes half a minute."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much, how long, how often; `--quick` is a small run that shows that everything answers."""
        parser.add_argument("--learners", type=int, default=10_000)
        parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 16], metavar="N")
        parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
        parser.add_argument("--repeats", type=int, default=3)
        parser.add_argument("--quick", action="store_true", help="300 learners, 1 and 2 clients, half a second, once")
        parser.add_argument("--json", action="store_true", help="print one JSON document at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start over with the settings of the bench, then run. Any unexpected answer fails the run."""
        if settings.SETTINGS_MODULE != SETTINGS:
            os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"DJANGO_SETTINGS_MODULE": SETTINGS})  # noqa: S606 - ourselves again
        from accreditation.management.bench.client import WrongAnswer
        from accreditation.management.bench.run import Plan, run

        if options["quick"]:
            options |= {"learners": 300, "clients": [1, 2], "seconds": 0.5, "repeats": 1}
        names = ("learners", "clients", "seconds", "repeats")
        try:
            outcome = run(Plan(**{name: options[name] for name in names}), say=self._say)
        except Unusable as problem:
            raise CommandError(str(problem)) from problem
        except KeyboardInterrupt:
            raise CommandError("Stopped; nothing is left running.", returncode=130) from None
        except WrongAnswer as problem:
            raise CommandError(f"The bench stops, its figures would be those of an error page.\n{problem}") from problem
        self.stdout.write(json.dumps(outcome.as_json()) if options["json"] else outcome.as_text())

    def _say(self, text: str) -> None:
        self.stderr.write(text)
        self.stderr.flush()
