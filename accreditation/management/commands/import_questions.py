"""`manage.py import_questions BANK FILE`: questions of a GIFT, Moodle XML, QTI or CSV file into a bank."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.actions.imports import import_questions
from assessments.rules.formats import formats
from assessments.rules.imports import Report
from assessments.rules.written import MOST_BYTES, FileError


class Command(BaseCommand):
    """Report on a file, and with `--accept` write its good questions. The same file again changes nothing."""

    help = "Import questions. Without --accept it only reports. Exit 2 when nothing could be imported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The bank's slug, the file, its format, and what to do."""
        parser.add_argument("bank", metavar="BANK", help="slug; created if absent when something is imported")
        parser.add_argument("file", type=Path, metavar="FILE")
        known = ", ".join(sorted(formats()))
        parser.add_argument("--format", default="", help=f"{known}; recognised where not given")
        parser.add_argument("--accept", action="store_true", help="write the questions that can be imported")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, bank: str, file: Path, **options: Any) -> None:
        """Print the report; exit 2 when nothing could be imported."""
        report = _report(bank, file, options)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json()))
        else:
            self.stdout.write("\n".join(_lines(report, accepted=options["accept"])))
        if not report.takes:
            raise CommandError(_problems(report), returncode=2)


def _report(bank: str, file: Path, options: Mapping[str, Any]) -> Report:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the path
        reason = getattr(fault, "strerror", None) or str(fault)
        return Report(options["format"], errors=[FileError(0, f"{file} can't be read: {reason}.")])
    return import_questions(
        bank_slug=bank, data=data, name=file.name, format=options["format"], accept=options["accept"], by=None
    )


def _lines(report: Report, *, accepted: bool) -> Iterator[str]:
    """The report for people."""
    for one in report.questions:
        told = "".join(f"\n    {warning}" for warning in one.warnings)
        yield f"{one.status:12} {one.question.kind:12} {one.question.title or one.question.text[:60]!r}{told}"
    done = f", {report.imported} written" if accepted else ", nothing written"
    done += ": add --accept" if report.takes and not accepted else ""
    yield f"{report.format or 'unknown format'}: {len(report.questions)} found, {len(report.takes)} importable{done}."


def _problems(report: Report) -> str:
    told = [f"Line {one.line}: {one.message}" if one.line else one.message for one in report.errors]
    return "\n".join([*told, "Nothing could be imported."])
