"""Statistics of one exam put together from its attempts, and which exams are due for them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet

from assessments.models import Attempt, Exam, ExamStatistics, Question
from assessments.rules.nights import last_night
from assessments.rules.statistics.distractors import OptionFigures, option_figures
from assessments.rules.statistics.exposure import Exposure, alarm_of, exposure_of
from assessments.rules.statistics.figures import ItemFigures, exam_figures
from assessments.rules.statistics.reading import (
    EXPOSURE,
    MOST_PERSONS,
    Choice,
    Given,
    Sittings,
    read_choices,
    read_given,
    read_sittings,
)
from assessments.rules.statistics.tables import residuals, totals_of

CLASSES = 20


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What is stored of one question version."""

    version: int
    item: ItemFigures
    exposure: float | None
    options: list[OptionFigures]

    @property
    def flags(self) -> list[str]:
        """What is odd about it: of the item, of its options, and how often it is given."""
        found = {*self.item.flags, *(flag for option in self.options for flag in option.flags)}
        alarm = alarm_of(self.exposure) if self.exposure is not None else ""
        return sorted(found | ({f"exposure-{alarm}"} if alarm else set()))


@dataclass(frozen=True, slots=True)
class Computed:
    """Everything that one computation stores."""

    persons: int
    figures: dict[str, Any]
    rows: list[ItemRow]


def statistics_of(exam: Exam, now: datetime) -> Computed:
    """The figures of an exam with a current version. Six queries, at most 10,000 people; ten seconds or less."""
    sittings = read_sittings(exam)
    cut = float(exam.current_version.pass_percent) / 100 if exam.current_version else None
    found = exam_figures(sittings.table, cut=cut)
    options = _options_by_version(sittings, read_choices(exam, sittings))
    given = read_given(exam, now)
    exposed = exposure_of(given.times, attempts=given.attempts)
    rates = _rates_by_version(sittings, given, exposed)
    rows = [
        ItemRow(int(item.name), item, rates.get(int(item.name)), options.get(int(item.name), []))
        for item in found.items
    ]
    figures = {name: value for name, value in asdict(found).items() if name != "items"}
    figures |= {"histogram": histogram_of(sittings), "exposure": _exposure(given, exposed)}
    if found.persons == MOST_PERSONS:
        figures["notes"] = [*found.notes, f"The newest {MOST_PERSONS:,} people were taken."]
    return Computed(found.persons, figures, rows)


def histogram_of(sittings: Sittings) -> list[int]:
    """Persons by total in classes of 5 %; a total of 100 % is in the last one."""
    totals = totals_of(sittings.table)
    # A total on the edge of a class belongs above it; floats may lie a breath below.
    classes = np.floor(totals[np.isfinite(totals)] * CLASSES + 1e-9).astype(int)
    return [int(count) for count in np.bincount(np.minimum(classes, CLASSES - 1), minlength=CLASSES)]


def _options_by_version(sittings: Sittings, choices: list[Choice]) -> dict[int, list[OptionFigures]]:
    if not choices:
        return {}
    whole = residuals(sittings.table, without_own=False)
    rests = residuals(sittings.table, without_own=True)
    return {
        one.version: option_figures(
            [str(option) for option in one.options],
            one.chosen,
            keys=one.keys,
            totals=whole[one.seen, one.column],
            rests=rests[one.seen, one.column],
        )
        for one in choices
    }


def _rates_by_version(sittings: Sittings, given: Given, exposed: Exposure) -> dict[int, float]:
    """The exposure of each version is that of its question."""
    rates = dict(zip(given.questions, exposed.rates, strict=True)) if given.attempts else {}
    rows = Question.objects.filter(versions__in=sittings.versions).values_list("versions__pk", "pk")
    return {version: rates[question] for version, question in rows if question in rates}


def _exposure(given: Given, exposed: Exposure) -> dict[str, Any]:
    alarms = [alarm_of(rate) for rate in exposed.rates]
    return {
        "attempts": given.attempts,
        "questions": len(given.questions),
        "never": int((given.times == 0).sum()),
        "alarm": alarms.count("alarm"),
        "review": alarms.count("review"),
        "overlap": exposed.overlap,
    }


def exams_due(now: datetime) -> QuerySet[Exam]:
    """Exams with attempts in the last 90 days that nobody has asked for since last night's hour. One query."""
    asked = ExamStatistics.objects.filter(exam=OuterRef("pk"), requested_at__gte=last_night(now))
    sat = Attempt.objects.filter(exam=OuterRef("pk"), scored=True, started_at__gt=now - EXPOSURE)
    return Exam.objects.filter(~Exists(asked), Exists(sat)).order_by("pk")
