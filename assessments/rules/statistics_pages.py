"""What the pages of exam statistics show. They read what was computed, they compute nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, OuterRef, QuerySet, Subquery

from assessments.models import Exam, ExamStatistics, ItemStatistics, Option
from assessments.rules.statistics.distractors import FLAGS_FROM
from assessments.rules.statistics.readings import (
    ABOUT_EXPOSURE,
    FEWEST,
    is_odd,
    methods_of,
    readings_of,
    reliability_of,
    told,
    why_too_few,
)

EACH_PAGE = 100
HISTORY = 10
SORTS = {
    "question": "version__question__external_id",
    "n": "n",
    "facility": "facility",
    "correlation": "item_total_corrected",
    "exposure": "exposure",
}


def exams_with_statistics() -> QuerySet[Any]:
    """Every exam by title, with when its newest figures were computed and over how many people. One query."""
    newest = ExamStatistics.objects.computed().filter(exam=OuterRef("pk"))
    return Exam.objects.annotate(
        computed_at=Subquery(newest.values("computed_at")[:1]), persons=Subquery(newest.values("persons")[:1])
    ).order_by("title")


@dataclass(frozen=True, slots=True)
class StatisticsPage:
    """The newest figures (None before the first), what waits, sentences, questions, and earlier computations.

    `too_few`: why nothing is said of the exam as a whole. `tells_exposure`: whether enough attempts were given to say that
    a question is given often. `fewest`: people below which a question has no correlation to show.
    """

    exam: Exam
    latest: ExamStatistics | None
    waiting: ExamStatistics | None
    readings: Sequence[str]
    reliability: float | None
    reliability_interval: Sequence[float] | None
    reliability_name: str
    questions: Page
    points: Sequence[ItemStatistics]
    flagged: int
    history: Sequence[ExamStatistics]
    sort: str
    too_few: str
    methods: Sequence[str]
    tells_exposure: bool
    fewest: int = FEWEST


def statistics_page(exam: Exam, *, sort: str, page: str | None) -> StatisticsPage:
    """The page of one exam. `sort`: a key of SORTS, with a minus for falling; anything else is by question. Six queries."""
    computed = list(exam.statistics.computed().defer("figures")[1:HISTORY])
    latest = exam.statistics.computed().first()
    sort = sort if sort.lstrip("-") in SORTS else "question"
    items = latest.items.select_related("version__question") if latest else ItemStatistics.objects.none()
    figures = latest.figures if latest else {}
    value, interval, name = reliability_of(figures) if latest else (None, None, "")
    return StatisticsPage(
        exam=exam,
        latest=latest,
        waiting=exam.statistics.waiting().first(),
        readings=readings_of(latest.persons or 0, figures) if latest else (),
        reliability=value,
        reliability_interval=interval,
        reliability_name=name,
        questions=Paginator(_sorted(items, sort), EACH_PAGE).get_page(page),
        points=[one for one in items if one.n >= FEWEST and None not in (one.facility, one.item_total_corrected)],
        flagged=sum(is_odd(one.flags) for one in items),
        history=computed,
        sort=sort,
        too_few=why_too_few(latest.persons or 0, figures) if latest else "",
        methods=methods_of(latest.persons or 0, figures) if latest else (),
        tells_exposure=latest is not None and tells_exposure(figures),
    )


def tells_exposure(figures: dict[str, Any]) -> bool:
    """Whether there were enough attempts in 90 days to call a question given often."""
    return figures["exposure"]["attempts"] >= FLAGS_FROM


def _sorted(items: QuerySet[ItemStatistics], sort: str) -> QuerySet[ItemStatistics]:
    """Undefined figures come last, whichever way."""
    column = F(SORTS[sort.lstrip("-")])
    way = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return items.order_by(way, "version__question__external_id", "pk")


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option of a question: its letter, text, and figures as `OptionFigures` has them, with sentences for flags."""

    letter: str
    text: str
    figures: dict[str, Any]
    told: Sequence[str]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One question within the newest computation. `waits`: how many people its flags still wait for.

    `is_few`: too few people to show who chose what by thirds.
    """

    item: ItemStatistics
    options: Sequence[OptionRow]
    told: Sequence[str]
    waits: int
    is_few: bool


def item_page(item: ItemStatistics) -> ItemPage:
    """The page of one question; `item` with its version and computation. One query."""
    texts = {str(pk): text for pk, text in Option.objects.filter(version=item.version_id).values_list("pk", "text")}
    options = [
        OptionRow(chr(65 + place), texts.get(one["option"], ""), one, [told(flag) for flag in one["flags"]])
        for place, one in enumerate(item.options)
    ]
    own = {flag for one in item.options for flag in one["flags"]}
    hidden = own if tells_exposure(item.statistics.figures) else own | ABOUT_EXPOSURE
    sentences = [told(flag) for flag in item.flags if flag not in hidden]
    return ItemPage(item, options, sentences, max(FLAGS_FROM - item.n, 0), item.n < FEWEST)
