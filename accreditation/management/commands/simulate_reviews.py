"""`manage.py simulate_reviews`: the review queue played through in a model, with the rules of production."""

import json
import math
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand

from assessments.rules.simulation.figures import PolicyFigures, as_document, simulate
from assessments.rules.simulation.policies import POLICIES
from assessments.rules.simulation.worlds import WorldOptions

DEFAULT = WorldOptions()


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers between two bounds."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ArgumentTypeError(f"must be a whole number from {least} to {most}, not “{text[:40]}”")
        return number

    return read


def decimal(least: float, most: float) -> Callable[[str], float]:
    """A reader of decimal numbers between two bounds."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise ArgumentTypeError(f"must be a number from {least:g} to {most:g}, not “{text[:40]}”")
        return number

    return read


OPTIONS: tuple[tuple[str, Any, str], ...] = (
    ("submissions", whole(20, 10_000), "how many works are handed in, over all weeks"),
    ("graders", whole(2, 60), "how many graders there are from the first week on"),
    ("severity-sd", decimal(0, 3), "how much graders differ in severity, in points a criterion"),
    ("marks", decimal(1, 3), "readings a submission that near_cut, random_second and production may spend"),
    ("error-sd", decimal(0, 3), "how much a usual grader's marks err, in points a criterion"),
    ("cohort-sd", decimal(0, 3), "how much the works differ between graders who read them first"),
    ("ability-mean", decimal(1, 5), "how good works are on average, in points a criterion"),
    ("ability-sd", decimal(0, 3), "how much works differ, in points a criterion"),
    ("leave-weeks", whole(0, 20), "whole weeks in which each grader is away"),
    ("drift", decimal(0, 1), "how much lower graders mark with each hour of their day"),
    ("new-graders", whole(0, 20), "graders who join in the fifth week; their first 20 readings are all read twice"),
    ("duty-hours", decimal(0.5, 40), "hours a week that each grader reads"),
    ("reading-minutes", decimal(1, 240), "minutes that a reading takes on average"),
    ("promise-days", decimal(1, 90), "days from hand-in to the promised date"),
)


class Command(BaseCommand):
    """Plays policies for further readings in a model of graders, and counts wrong decisions. Needs no database."""

    help = "Simulate the review queue: wrong decisions, waiting and promises kept, by policy for further readings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The world's options, the policies, and how often it is played."""
        parser.add_argument(
            "--policy", nargs="+", action="extend", choices=list(POLICIES), metavar="NAME",
            help=f"which to play; all without it: {', '.join(POLICIES)}",
        )  # fmt: skip
        for name, read, told in OPTIONS:
            usual = getattr(DEFAULT, name.replace("-", "_"))
            parser.add_argument(f"--{name}", type=read, default=usual, help=f"{told} (usually {usual:g})")
        parser.add_argument("--peaks", action="store_true", help="two weeks bring three times the usual number")
        parser.add_argument(
            "--pulled", action="store_true", help="first readings go to whoever is free, as in production"
        )
        parser.add_argument("--runs", type=whole(1, 1000), default=20, help="how many worlds are drawn (usually 20)")
        parser.add_argument("--seed", type=whole(0, 2**32 - 1), default=1, help="the same seed, the same figures")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Play, then print."""
        names = list(dict.fromkeys(options["policy"] or POLICIES))
        asked = {name.replace("-", "_"): options[name.replace("-", "_")] for name, _, _ in OPTIONS}
        world = WorldOptions(**asked, peaks=options["peaks"], pulled=options["pulled"])
        figures = simulate(world, names, runs=options["runs"], seed=options["seed"])
        if options["json"]:
            document = as_document(world, figures, runs=options["runs"], seed=options["seed"])
            self.stdout.write(json.dumps(document, allow_nan=False))
            return
        for line in _lines(figures):
            self.stdout.write(line)


def _lines(figures: dict[str, PolicyFigures]) -> Iterator[str]:
    """The figures as a table for people."""
    yield f"{'policy':20}{'wrong':>8}{'±':>8}{'false pass':>12}{'false fail':>12}{'marks':>8}{'wait h':>8}{'95 %':>8}{'kept':>8}"
    for name, one in figures.items():
        yield (
            f"{name:20}{one.wrong:8.3f}{one.standard_error:8.3f}{one.false_pass:12.3f}{one.false_fail:12.3f}"
            f"{one.marks_per_submission:8.3f}{one.wait_hours_p50:8.0f}{one.wait_hours_p95:8.0f}{one.promises_kept:8.0%}"
        )
