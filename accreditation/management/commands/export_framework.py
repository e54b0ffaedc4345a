"""`manage.py export_framework [FILE]`: a framework of competencies as CASE 1.0 JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from courses.models import Framework
from courses.rules.case import package
from courses.rules.frameworks import content_of


class Command(BaseCommand):
    """Write the portal's own framework, or one that was imported, for other systems."""

    help = (
        "Write the framework of competencies as a 1EdTech CASE 1.0 package: to FILE, or to stdout (also with --json)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and which one."""
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
        parser.add_argument("--framework", metavar="UUID", help="an imported one; the portal's own without it")
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        """Write it; an unknown framework is refused."""
        content = content_of(_named(options["framework"]))
        text = json.dumps(package(content), ensure_ascii=False, indent=2)
        if file is None or options["json"]:
            self.stdout.write(text)
        if file is not None:
            file.write_text(f"{text}\n", encoding="utf-8")
        if file is not None and not options["json"]:
            self.stdout.write(f"{content.source.title}: {len(content.statements)} competencies written to {file}.")


def _named(identifier: str | None) -> Framework | None:
    if identifier is None:
        return None
    for row in Framework.objects.all():
        if str(row.identifier) == identifier.lower():
            return row
    raise CommandError(f"There is no framework {identifier}. Its identifier stands in the administration.")
