"""`manage.py load_framework FILE`: a framework of competencies from CASE 1.0 JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from courses.actions.frameworks import load_framework
from courses.rules.case_files import MOST_BYTES, Fault, read_package
from courses.rules.framework_changes import CHANGED, Changes, changes_of


class Command(BaseCommand):
    """Let a framework stand here as its file says it; what is gone from it is withdrawn, never deleted."""

    help = (
        "Load a 1EdTech CASE 1.0 package: the portal's own framework where the file is one of it, else another publisher's. "
        "Everything is checked first; every mistake is named with its path, and nothing is written then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, whether only to look, and in which form to answer."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        """Load; exit 1 with every mistake on stderr."""
        found = _load(file, dry_run=dry_run)
        if isinstance(found, list):
            if options["json"]:
                errors = [{"path": one.path, "message": one.message} for one in found]
                self.stdout.write(json.dumps({"loaded": False, "errors": errors}))
            raise CommandError("\n".join([*map(str, found), "Nothing was written."]), returncode=1)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found, dry_run=dry_run)))
        else:
            self._say(found, dry_run=dry_run)

    def _say(self, found: Changes, *, dry_run: bool) -> None:
        for one in found.rows:
            what = f"{one.what}: {', '.join(one.fields)}" if one.what == CHANGED else one.what
            self.stdout.write(f"{one.name}{f' ({one.code})' if one.code else ''}: {what}")
        for name, count in found.left_out.items():
            self.stdout.write(self.style.WARNING(f"No place for: {name} ({count})"))
        counts = ", ".join(f"{count} {word}" for word, count in found.counts.items())
        end = " Nothing was written." if dry_run or found.is_nothing else ""
        self.stdout.write(f"{found.source.title}: {counts}.{end}")


def _load(file: Path, *, dry_run: bool) -> Changes | list[Fault]:
    try:
        with file.open("rb") as opened:
            read = read_package(opened.read(MOST_BYTES + 1))
    except OSError as problem:
        raise CommandError(f"{file} can't be read: {problem.strerror}") from None
    if isinstance(read, list):
        return read
    return changes_of(read, timezone.now().date()) if dry_run else load_framework(read=read, by=None)


def _as_json(found: Changes, *, dry_run: bool) -> dict[str, Any]:
    rows = [{"what": one.what, "name": one.name, "code": one.code, "fields": list(one.fields)} for one in found.rows]
    return {
        "loaded": not dry_run,
        "framework": str(found.source.identifier),
        "counts": found.counts,
        "rows": rows,
        "left_out": dict(found.left_out),
    }
