"""`manage.py dump_program SLUG`: a program, and everything that it asks for, as a program file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError

from accreditation.models import Program
from accreditation.rules.dumps import dump_of, lines_of

WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as such, and nothing is an alias of anything."""

    def ignore_aliases(self, data: Any) -> bool:
        """Each thing is written where it stands."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


class Command(BaseCommand):
    """Write a program out. Loading the file again changes nothing; it holds answer keys, so it is for authors only."""

    help = "Write a program and everything that it asks for as a file that load_program reads. It holds answer keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The program; `--to` a file, standard output without."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--to", type=Path, metavar="FILE", help="write it there; standard output without")

    def handle(self, *args: Any, slug: str, to: Path | None, **options: Any) -> None:
        """Write it; what the format can't say is named above the file and on stderr."""
        program = Program.objects.select_related("current_version", "achievement__design").filter(slug=slug).first()
        if program is None or program.current_version is None:
            raise CommandError(f"There is no program `{slug}` with rules.", returncode=1)
        dump = dump_of(program)
        for sentence in dump.left_out:
            self.stderr.write(sentence)
        said = dump.file.model_dump(mode="json", exclude_defaults=True)
        text = "".join(f"# {line}\n" for line in lines_of(dump))
        text += yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
        if to is None:
            self.stdout.write(text, ending="")
            return
        to.write_text(text, encoding="utf-8")
        self.stdout.write(f"Written to {to}. It holds answer keys: keep it where learners don't read.")
