"""`manage.py demo`: people of every role, work in every state."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accreditation.management.demo.listing import listing
from accreditation.management.demo.people import ACCOUNTS, PASSWORD, make_people
from accreditation.management.demo.work import DemoWork
from accreditation.models import Program, User

__all__ = ["ACCOUNTS", "PASSWORD", "Command"]


class Command(BaseCommand):
    """Load the demo data. Refused while DEBUG is off: its passwords are known."""

    help = "Load the demo: the shipped programs, people of every role, work in every state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--json` changes nothing and prints what there is; `--if-empty` does nothing once there are people."""
        parser.add_argument("--json", action="store_true", help="change nothing; print accounts and addresses as JSON")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are people already")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the demo once; a second call leaves everything as it is."""
        if options["json"]:
            self.stdout.write(json.dumps(listing()))
            return
        if not settings.DEBUG:
            raise CommandError("The demo is refused while DEBUG is off: everybody knows its passwords.")
        if User.objects.filter(email__in=ACCOUNTS).exists() or (options["if_empty"] and User.objects.exists()):
            self.stderr.write("The demo's people are there already; nothing was changed.")
            return
        if not Program.objects.exists():
            files = sorted((settings.BASE_DIR / "accreditation" / "catalogue").glob("*.yaml"))
            call_command("load_program", *map(str, files), quiet=True)
        # All or nothing: a demo that was interrupted would look like people who are there already.
        with transaction.atomic():
            DemoWork(make_people()).make()
