"""`manage.py rebuild_evidence`: compare the ledger of evidence with the rows that it stands on, and put it right."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accreditation.actions.ledger import settle_differences
from accreditation.management.operators import operator
from accreditation.rules.ledger import SOURCES, Difference, Problem, count_of, differences, row_of
from courses.actions.audit import record_event

WORD = "rebuild"


class Command(BaseCommand):
    """With `--check` it only compares. Without, it appends what is missing and withdraws what has no ground, by new rows."""

    help = (
        "Compare the ledger of evidence with completions, attempts, decisions and revoked badges. Without --check, append what "
        "is missing and withdraw what stands on nothing; no row is ever changed or deleted. Exit 1 where something differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether only to look, whether to ask, in which form, and who does it."""
        parser.add_argument("--check", action="store_true", help="only compare")
        parser.add_argument("--yes", action="store_true", help="don't ask")
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
        parser.add_argument("--by", default=operator(), help="who does it, for the audit trail")

    def handle(self, *args: Any, check: bool, yes: bool, by: str, **options: Any) -> None:
        """Print what differs; exit 1 where anything still does."""
        if not check and options["json"] and not yes:
            raise CommandError("With --json nobody can be asked: add --yes, or --check to look only.", returncode=2)
        found = Found(self, as_json=options["json"])
        found.tell()
        if not check and found.total:
            if not yes:
                self._ask(found.total)
            self._put_right(by, found)
        found.end()
        if found.left:
            raise SystemExit(1)

    def _ask(self, number: int) -> None:
        """Twice: whether, and the word."""
        self.stdout.write(
            f"{number} differences are put right by new rows in the ledger. No row is changed or deleted."
        )
        if input("Go on? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was written.")
        if input(f"The standing of these people is computed again. Type “{WORD}” to begin: ").strip() != WORD:
            raise CommandError("Nothing was written.")

    def _put_right(self, by: str, found: "Found") -> None:
        settled = sum(settle_differences(source=one, found=differences(one)) for one in SOURCES)
        found.left = sum(1 for one in SOURCES for _ in differences(one))
        found.settled = settled - found.left
        record_event(
            event="evidence rebuilt", by=None, subject="accreditation.evidence:", operator=by, settled=found.settled
        )


class Found:
    """What is told while the database answers: one line for each difference, or one document piece by piece."""

    def __init__(self, command: BaseCommand, *, as_json: bool) -> None:
        self.write, self.as_json = command.stdout.write, as_json
        self.counts = dict.fromkeys(Problem.values, 0)
        self.facts = self.left = 0
        self.settled: int | None = None

    @property
    def total(self) -> int:
        """How many differences there are."""
        return sum(self.counts.values())

    def tell(self) -> None:
        """Every difference, table by table."""
        if self.as_json:
            self.write('{"differences": [')
        for source in SOURCES:
            self.facts += count_of(source)
            for one in differences(source):
                self._tell(one)
        self.left = self.total

    def _tell(self, one: Difference) -> None:
        comma = "," if self.total else ""
        self.counts[one.problem] += 1
        if self.as_json:
            self.write(comma + json.dumps(_plain(one), default=str))
            return
        row = f" (evidence {one.evidence_id})" if one.evidence_id else ""
        self.write(f"{one.source}{row} {one.problem.label}{': ' if one.cells else ''}{', '.join(_words(one))}")

    def end(self) -> None:
        """The numbers."""
        numbers: dict[str, Any] = {
            "facts": self.facts,
            "counts": self.counts,
            "settled": self.settled,
            "left": self.left,
        }
        if self.as_json:
            self.write("], " + json.dumps(numbers)[1:])
            return
        told = ", ".join(f"{self.counts[one]} {one.label}" for one in Problem if self.counts[one])
        self.write(f"{self.facts} facts: {told or 'the ledger says the same'}.")
        if self.settled is not None:
            self.write(f"{self.settled} put right, {self.left} left.")
        if self.settled is not None and self.left:
            self.write("What is left are revocations, which are never withdrawn: look at each of them.")


def _plain(one: Difference) -> dict[str, Any]:
    table, key = row_of(one.source)
    cells = {name: {"ledger": kept, "row": wanted} for name, (kept, wanted) in one.cells.items()}
    return {"problem": one.problem, "table": table, "row": key, "evidence": one.evidence_id, "cells": cells}


def _words(one: Difference) -> Iterator[str]:
    for name, (kept, wanted) in one.cells.items():
        yield f"{name} {kept} instead of {wanted}"
