"""`manage.py rater_agreement --csv FILE`: how far raters agree and how severe each is, from a file."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accreditation.management.tables import content_of, refuse, three
from assessments.rules.statistics.agreement import Share
from assessments.rules.statistics.csv_rows import MalformedTable, Problem
from assessments.rules.statistics.csv_scores import read_scores
from assessments.rules.statistics.notes import rater_notes
from assessments.rules.statistics.rater_figures import RaterFigures, Scale, rater_figures

SCALE = re.compile(r"\s*(-?\d{1,9})\s*-\s*(-?\d{1,9})\s*")


class Command(BaseCommand):
    """The figures that the administration shows of graders, from any file. Needs no database and writes nothing."""

    help = "Agreement and severity of raters: rows unit,rater,score[,criterion], in any order, gaps allowed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The scores, the categories of kappa, and whether to print JSON."""
        parser.add_argument("--csv", type=Path, required=True, metavar="FILE", help="unit,rater,score[,criterion]")
        parser.add_argument("--scale", metavar="LOW-HIGH", help="categories of kappa alone, 1-5 for example")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, csv: Path, scale: str | None, **options: Any) -> None:
        """Print the figures; exit 2 with every problem and its line on stderr when the input can't be read."""
        try:
            categories = None if scale is None else _scale(scale)
            figures = rater_figures(read_scores(content_of(csv)), scale=categories)
        except MalformedTable as malformed:
            refuse(self, malformed, as_json=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps(_document(figures), allow_nan=False))
            return
        for line in _lines(figures, categories):
            self.stdout.write(line)


def _scale(text: str) -> Scale:
    """The categories from the lowest to the highest; a scale that begins below 0 is given as --scale=-2-2."""
    match = SCALE.fullmatch(text)
    if match is None or int(match[1]) >= int(match[2]):
        raise MalformedTable([Problem(0, f"--scale must be two whole numbers such as 1-5, not “{text[:40]}”.")])
    return Scale(int(match[1]), int(match[2]))


def _document(figures: RaterFigures) -> dict[str, Any]:
    """What `--json` prints: the names are an interface."""
    return {
        "units": figures.units,
        "raters": figures.raters,
        "exact": figures.exact.value,
        "adjacent": figures.adjacent.value,
        "kappa_quadratic": figures.kappa_quadratic,
        "alpha_nominal": figures.alpha_nominal,
        "alpha_ordinal": figures.alpha_ordinal,
        "alpha_interval": figures.alpha_interval,
        "icc_2_1": figures.icc_2_1,
        "icc_2_1_interval": figures.icc_2_1_interval,
        "severity": {
            name: {"estimate": one.estimate, "standard_error": one.standard_error}
            for name, one in figures.severity.items()
        },
    }


def _lines(figures: RaterFigures, scale: Scale | None) -> Iterator[str]:
    """The figures as a table for people."""
    yield f"{figures.units} units, {figures.raters} raters"
    yield _share("exact agreement", figures.exact)
    yield _share("adjacent agreement", figures.adjacent)
    yield _figure("kappa, quadratic weights", figures.kappa_quadratic)
    yield _figure("alpha, nominal", figures.alpha_nominal)
    yield _figure("alpha, ordinal", figures.alpha_ordinal)
    yield _figure("alpha, interval", figures.alpha_interval)
    yield _figure("ICC(2,1)", figures.icc_2_1, figures.icc_2_1_interval)
    width = max(len(name) for name in ("rater", *figures.severity))
    yield ""
    yield f"{'rater':{width}}{'shared':>9}  adds to a total  standard error"
    for name, one in figures.severity.items():
        yield f"{name:{width}}{one.shared:9}{three(one.estimate):>17}{three(one.standard_error):>16}"
    yield ""
    yield from rater_notes(figures, scale)


def _share(name: str, share: Share) -> str:
    return f"{_figure(name, share.value, share.interval)}  n = {share.n} pairs"


def _figure(name: str, value: float | None, interval: Sequence[float] | None = None) -> str:
    span = f"  (95 %: {three(interval[0])} to {three(interval[1])})" if interval else ""
    return f"{name:30}{three(value):>9}{span}"
