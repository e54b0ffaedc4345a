"""`manage.py simulate_program PROGRAM.yaml HISTORIES.json`: what a program's rules make of invented careers."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from pydantic import ValidationError

from accreditation.rules.file_parts import double
from accreditation.rules.histories import LAST_YEAR, HistoriesFile, HistoryFile, Outcome, Simulation, program_asked
from accreditation.rules.reasons import Reason
from accreditation.rules.yaml_lines import ReadFile, read_file

MAX_BYTES = 64 << 20


def moment(text: str) -> date | datetime:
    """A day, or a moment with its offset; of a year that has others around it, since time zones move it."""
    found: date | datetime | None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = _offset_moment(text)
    if found is None:
        raise ArgumentTypeError(f"must be a day such as 2026-05-20, or a moment with its offset, not “{text[:40]}”")
    if not date.min.year < found.year <= LAST_YEAR:
        raise ArgumentTypeError(f"must be of the years {date.min.year + 1} to {LAST_YEAR}, not “{text[:40]}”")
    return found


def _offset_moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; a key given twice would silently overwrite the first."""
    found = dict(pairs)
    if len(found) < len(pairs) and (twice := double([key for key, _ in pairs])) is not None:
        raise ValueError(f"the key `{twice}` is given twice in one object")
    return found


class Command(BaseCommand):
    """Computes standing, tier, reasons and next step of each history, by the rules of the file. Needs no database."""

    help = (
        "Print what a program's rules make of each history: standing, tier, reasons and next step. Nothing is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The two files, the day, and which program of several."""
        parser.add_argument("program", type=Path, metavar="PROGRAM.yaml")
        parser.add_argument("histories", type=Path, metavar="HISTORIES.json")
        parser.add_argument("--at", type=moment, metavar="DATE", help="the day to look at; today without it")
        parser.add_argument("--program", dest="slug", metavar="SLUG", help="which program, where the file has several")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read both files, then print."""
        simulation = _simulation(options["program"], options["slug"])
        histories = _histories(options["histories"])
        at = options["at"] or timezone.now()
        found = [(one, simulation.outcome(one, at)) for one in histories.histories]
        if options["json"]:
            document = {"at": simulation.day(at).isoformat(), "histories": [_as_json(*one) for one in found]}
            self.stdout.write(json.dumps(document))
            return
        for line in (line for one in found for line in _lines(*one)):
            self.stdout.write(line)


def _simulation(path: Path, slug: str | None) -> Simulation:
    read = read_file(path)
    if not isinstance(read, ReadFile):
        raise CommandError("\n".join(map(str, read)), returncode=1)
    asked = program_asked(read.content, slug)
    if asked is None:
        names = ", ".join(one.slug for one in read.content.programs) or "none"
        wanted = f"no program `{slug}`" if slug else "no single program to simulate: name it with --program"
        raise CommandError(f"{path}: {wanted}. There are: {names}.", returncode=1)
    return Simulation(read.content, asked)


def _histories(path: Path) -> HistoriesFile:
    """The histories; every mistake is named by its path, such as `histories[0].facts[2].scor`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CommandError(f"{path}: is larger than 64 MiB", returncode=1)
        return HistoriesFile.model_validate(json.loads(path.read_bytes(), object_pairs_hook=_once))
    except (OSError, ValueError) as problem:
        if isinstance(problem, ValidationError):
            errors = problem.errors(include_url=False)
            raise CommandError("\n".join(f"{path}: {_place(e)}: {_words(e)}" for e in errors), returncode=1) from None
        raise CommandError(f"{path}: can't be read: {problem}", returncode=1) from None
    except RecursionError:
        raise CommandError(f"{path}: is nested too deeply", returncode=1) from None


def _place(error: Any) -> str:
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"])
    return words.removeprefix(".") or "file"


def _words(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "is not a key that is known here"
    return "is missing" if error["type"] == "missing" else str(error["msg"]).removeprefix("Value error, ")


def _as_json(history: HistoryFile, found: Outcome) -> dict[str, Any]:
    until = found.standing.valid_until
    return {
        "id": history.id,
        "standing": str(found.standing.state),
        "tier": found.tier.tier.slug if found.tier.tier else None,
        "valid_until": until.isoformat() if until else None,
        "reasons": [{"code": one.code, "requirement": _requirement(one)} for one in found.reasons],
        "next_step": found.next_step,
    }


def _requirement(reason: Reason) -> str | None:
    """The kind and the slug of what a reason is about; the title of a number of proofs."""
    about = reason.requirement
    return f"{about.kind}:{about.target or about.title}" if about else None


def _lines(history: HistoryFile, found: Outcome) -> Iterator[str]:
    """One history as people read it."""
    tier = f", {found.tier.tier.title}" if found.tier.tier else ""
    yield f"{history.id}: {found.standing.state}{tier}. {found.standing.reason}"
    for one in found.reasons:
        if one.requirement:
            yield f"  {one.code:12} {one.sentence}"
    if found.next_step:
        yield f"  next: {found.next_step}"
