"""`manage.py exam_statistics --csv FILE`: the statistics of an exam from a table of marks, to check them elsewhere."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accreditation.management.tables import content_of, refuse, three
from assessments.rules.statistics.csv_rows import MalformedTable, Problem
from assessments.rules.statistics.csv_tables import read_table
from assessments.rules.statistics.figures import ExamFigures, ItemFigures, exam_figures


class Command(BaseCommand):
    """The figures that the administration shows for an exam, from a file. Needs no database and writes nothing."""

    help = (
        "Statistics of a persons × items table: first row names of items, first column persons, marks as shares of 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The table, the pass mark in percent, and whether to print JSON."""
        parser.add_argument("--csv", type=Path, required=True, metavar="FILE", help="a row “max” may follow the names")
        parser.add_argument("--cut", metavar="PERCENT", help="the pass mark, above 0 and up to 100")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, csv: Path, cut: str | None, **options: Any) -> None:
        """Print the figures; exit 2 with every problem and its line on stderr when the input can't be read."""
        try:
            share = None if cut is None else _share(cut)
            figures = exam_figures(read_table(content_of(csv)), cut=share)
        except MalformedTable as malformed:
            refuse(self, malformed, as_json=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps(asdict(figures), allow_nan=False))
            return
        for line in _lines(figures):
            self.stdout.write(line)


def _share(cut: str) -> float:
    """The pass mark as a share of 1."""
    try:
        percent = float(cut)
    except ValueError:
        percent = 0
    if not 0 < percent <= 100:
        raise MalformedTable([Problem(0, f"--cut must be a number above 0 and up to 100, not “{cut[:40]}”.")])
    return percent / 100


def _lines(figures: ExamFigures) -> Iterator[str]:
    """The figures as a table for people."""
    decision = figures.decision
    yield f"{figures.persons} persons, {len(figures.items)} items"
    yield from _whole(
        ("mean", figures.mean, None),
        ("standard deviation", figures.sd, None),
        ("alpha", figures.alpha, figures.alpha_interval),
        ("phi", figures.phi, figures.phi_interval),
        ("standard error of measurement", figures.sem, figures.sem_interval),
        ("consistency", decision.consistency, decision.consistency_interval),
        ("accuracy", decision.accuracy, decision.accuracy_interval),
        ("kappa", decision.kappa, decision.kappa_interval),
    )
    width = max(len(name) for name in ("item", *(item.name for item in figures.items)))
    yield ""
    yield f"{'item':{width}}{'n':>9}  facility  item-total  corrected  alpha without"
    yield from (_item_line(item, width) for item in figures.items)
    yield ""
    yield from figures.notes


def _whole(*rows: tuple[str, float | None, Sequence[float] | None]) -> Iterator[str]:
    for name, value, interval in rows:
        span = f"  (95 %: {three(interval[0])} to {three(interval[1])})" if interval else ""
        yield f"{name:30}{three(value):>9}{span}"


def _item_line(item: ItemFigures, width: int) -> str:
    figures = [item.facility, item.item_total, item.item_total_corrected, item.alpha_if_dropped]
    parts = (f"{three(value):>{size}}" for value, size in zip(figures, (10, 12, 11, 15), strict=True))
    return f"{item.name:{width}}{item.n:9}{''.join(parts)}{'  ' + ', '.join(item.flags) if item.flags else ''}"
