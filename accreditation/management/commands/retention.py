"""`manage.py retention`: which recordings and files are deleted within the next days, and why."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from assessments.actions.retention import purge_again
from assessments.rules.retention import due_files, due_recordings, not_asked_for, waiting_purges, why_not_purge
from courses.lib.clock import database_now


class Command(BaseCommand):
    """Print what goes next and what waits, without names of people; changes nothing but with `--again`."""

    help = "Print which recordings and files are deleted within the next days, and what waits for what."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How far to look, in which form, and the deed after a restore."""
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument(
            "--again", action="store_true", help="after a restore: delete again what was deleted before"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout")

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        """Print, or delete again."""
        if options["again"]:
            self.stdout.write(f"{purge_again()} recordings and files are deleted, as their receipts say.")
            return
        now = database_now()
        rows = [*_coming(now + timedelta(days=days)), *_waiting(now)]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write(f"{row['kind']} {row['id']}: {row['because']}{row['waits']}")
        self.stdout.write(f"{len(rows)} within {days} days.")


def _coming(until: Any) -> Iterator[dict[str, str]]:
    for source in (due_recordings(until), due_files(until)):
        for rule, things in source:
            for thing in not_asked_for(things, rule).order_by("pk"):
                yield _row(thing, str(rule.label), "")


def _waiting(now: Any) -> Iterator[dict[str, str]]:
    for purge in waiting_purges():
        refusal = why_not_purge(purge, now)
        yield _row(purge.recording or purge.file, purge.get_rule_display(), refusal.sentence if refusal else "goes now")


def _row(thing: Any, because: str, waits: str) -> dict[str, str]:
    return {
        "kind": thing._meta.verbose_name,
        "id": str(thing.pk),
        "because": because,
        "waits": f" ({waits})" if waits else "",
    }
