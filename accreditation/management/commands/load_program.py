"""`manage.py load_program FILE…`: programs, content, exams, practicals, rubrics, briefs and badges as code."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accreditation.actions.loading import Mistakes, load_programs, propose_programs
from accreditation.actions.program_sections import Loaded
from accreditation.models import Proposal


class Command(BaseCommand):
    """Write program files into the database. Checks everything first; on a mistake nothing is written."""

    help = "Load programs from YAML files. Every mistake is named with file and line; nothing is written then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files; `--propose` lets nothing go live; `--quiet` says nothing on success, `--json` prints one document."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--quiet", action="store_true", help="say nothing when all went well")
        parser.add_argument(
            "--propose",
            action="store_true",
            help="propose the rules; they go live in the administration",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        """Load; exit 1 with every mistake on stderr."""
        try:
            if options["propose"]:
                self._say_proposed(propose_programs(paths=files, by=None), as_json=options["json"])
                return
            loaded = load_programs(paths=files, by=None)
        except Mistakes as mistakes:
            if options["json"]:
                self.stdout.write(json.dumps({"loaded": False, "errors": [_as_json(one) for one in mistakes.problems]}))
            raise CommandError(
                "\n".join([*map(str, mistakes.problems), "Nothing was written."]), returncode=1
            ) from None
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "loaded": True,
                        "counts": loaded.counts,
                        "rows_written": loaded.rows_written,
                        "warnings": loaded.warnings,
                    }
                )
            )
        elif not options["quiet"]:
            self._say(loaded)

    def _say_proposed(self, proposals: list[Proposal], *, as_json: bool) -> None:
        links = [{"proposal": str(one), "link": f"/admin/accreditation/proposal/{one.pk}/change/"} for one in proposals]
        if as_json:
            self.stdout.write(json.dumps({"loaded": True, "proposed": links}))
        for one in () if as_json else links:
            self.stdout.write(f"Proposed, not live: {one['proposal']}. Its preview is being made: {one['link']}")

    def _say(self, loaded: Loaded) -> None:
        for warning in loaded.warnings:
            self.stdout.write(self.style.WARNING(warning))
        read = ", ".join(f"{count} {section.replace('_', ' ')}" for section, count in loaded.counts.items())
        wrote = f"{loaded.rows_written} rows written" if loaded.rows_written else "nothing changed"
        self.stdout.write(f"Read {read or 'nothing'}: {wrote}.")


def _as_json(problem: Any) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "message": problem.message}
