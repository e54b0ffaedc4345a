"""`manage.py export_questions BANK --format FORMAT`: a bank's questions as a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.models import QuestionBank
from assessments.rules.exports import export_bank
from assessments.rules.formats import formats


class Command(BaseCommand):
    """Write the file to standard output or to a path; what the format can't hold is named on standard error."""

    help = "Export the questions of a bank. What the format can't hold is listed on standard error."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The bank's slug, the format, and where the file goes."""
        parser.add_argument("bank", metavar="BANK")
        parser.add_argument("--format", choices=sorted(formats()), required=True)
        parser.add_argument("--output", type=Path, metavar="FILE", help="standard output where not given")

    def handle(self, *args: Any, bank: str, output: Path | None, **options: Any) -> None:
        """Write the file, list what stayed out; exit 2 for a bank that isn't there."""
        row = QuestionBank.objects.filter(slug=bank).first()
        if row is None:
            raise CommandError(f"There is no bank “{bank}”.", returncode=2)
        file = export_bank(row, options["format"])
        if output:
            output.write_bytes(file.content)
        else:
            self._print(file.content)
        for one in file.left_out:
            self.stderr.write(f"left out: {one.external_id}: {one.reason}.")
        for note in file.notes:
            self.stderr.write(note)
        self.stderr.write(f"{file.held} questions written, {len(file.left_out)} left out.")

    def _print(self, content: bytes) -> None:
        """The bytes as they are, so that a package can be piped; text where standard output is a text only."""
        binary: Any = getattr(self.stdout, "buffer", None)
        if binary is None:
            self.stdout.write(content.decode("utf-8", errors="replace"), ending="")
        else:
            binary.write(content)
