"""Standard setting: what is judged, by whom, what a judge sees, and what comes of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Case, Count, Q, When
from django.utils.translation import gettext as _

from assessments.models import (
    Attempt,
    BlueprintCell,
    ExamVersion,
    ItemStatistics,
    Judge,
    Judgement,
    Option,
    StandardItem,
    StandardSetting,
    StandardState,
)
from assessments.models.attempts import LIVE
from assessments.models.standards import OPEN, TRANSITIONS
from assessments.rules.blueprints import cell_of, pool_of
from assessments.rules.draws import Candidate
from assessments.rules.statistics.angoff import PanelCut, panel_cut
from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move

FEWEST_JUDGES = 2
Percents = Mapping[tuple[int, int], int]
"""(judge, item) -> of a hundred."""


def weights_of(cells: Sequence[BlueprintCell], pool: Sequence[Candidate]) -> dict[int, float]:
    """How often a form asks each question version on average: for every cell its count over what fits, at most 1."""
    found: dict[int, float] = {}
    for row in cells:
        fitting = [one for one in pool if one.fits(cell_of(row))]
        for one in fitting:
            found[one.version_id] = min(found.get(one.version_id, 0.0) + row.count / len(fitting), 1.0)
    return found


def items_to_judge(version: ExamVersion) -> dict[int, float]:
    """The question versions that this exam version may ask now, each with its weight. Two queries."""
    return weights_of(list(version.cells.all()), pool_of(version.exam.bank_id))


def why_not_start(version: ExamVersion | None, judges: Sequence[int]) -> Refusal | None:
    """Why a standard setting can't start: no version, one is open, fewer than two judges, nothing to judge, or a judge
    sits an exam with these questions now."""
    if version is None:
        return Refusal("no-version", _("Publish the exam first: its questions are what is judged."))
    if StandardSetting.objects.filter(exam_version=version, state__in=OPEN).exists():
        return Refusal("standard-open", _("A standard setting is open for this version. Close or cancel it first."))
    if len(set(judges)) < FEWEST_JUDGES:
        return Refusal("few-judges", _("Choose two judges or more: one opinion has no spread. Five to ten are usual."))
    if not items_to_judge(version):
        return Refusal("no-questions", _("The bank holds no question that this exam could ask."))
    sitting = Attempt.objects.filter(scored=True, state__in=LIVE, exam__bank=version.exam.bank_id, learner__in=judges)
    if running := sitting.select_related("learner").first():
        return Refusal(
            "judge-sits",
            _("%(learner)s sits an exam with these questions now. Ask them afterwards.") % {"learner": running.learner},
        )
    return None


def why_not_judge(setting: StandardSetting, percents: Mapping[int, int], items: Iterable[int]) -> Refusal | None:
    """Why these judgements can't be kept: no round is open, they aren't from 0 to 100, or of other questions."""
    if setting.state not in OPEN:
        return Refusal("standard-ended", _("This standard setting has ended. Your judgements are kept as they were."))
    if not set(percents) <= set(items) or not all(0 <= one <= 100 for one in percents.values()):
        return Refusal(
            "not-a-percent", _("Each judgement is a whole number from 0 to 100, for a question of this form.")
        )
    return None


def why_not_go_on(setting: StandardSetting, new: str, *, without_missing: bool = False) -> Refusal | None:
    """Why a round can't end: wrong state, fewer than two judges have judged every question in it, or some haven't.

    `without_missing`: the lead goes on without those. Cancelling asks for nobody. Source: rules.md 3.33.
    """
    if refusal := why_not_move(TRANSITIONS, old=setting.state, new=new):
        return refusal
    if new == StandardState.CANCELLED:
        return None
    done = _complete(setting, setting.round)
    missing = [str(one.person) for one in setting.judges.select_related("person") if one.pk not in done]
    if len(done) < FEWEST_JUDGES:
        words = (
            f"Two judges or more must have judged every question of this round first. Missing: {', '.join(missing)}."
        )
        return Refusal("few-judgements", words)
    if missing and not without_missing:
        words = f"Not every judge is done with this round. Missing: {', '.join(missing)}."
        return Refusal("judges-missing", words)
    return None


@dataclass(frozen=True, slots=True)
class Judging:
    """What a judge is asked for now: the exam, the round, and how many of its questions are left."""

    setting: StandardSetting
    left: int
    total: int


def judging_of(person: Person) -> list[Judging]:
    """The standard settings that wait for this person's judgements. One query."""
    places = Judge.objects.visible_to(person).filter(setting__state__in=OPEN)
    number = Case(When(setting__second_at__isnull=True, then=1), default=2)
    found = places.select_related("setting__exam_version__exam").annotate(
        total=Count("setting__items", distinct=True),
        done=Count("judgements__item", distinct=True, filter=Q(judgements__round=number)),
    )
    return [Judging(one.setting, one.total - one.done, one.total) for one in found if one.done < one.total]


def percents_of(setting: StandardSetting, number: int) -> dict[tuple[int, int], int]:
    """The newest judgement of each judge and item in a round. One query."""
    rows = Judgement.objects.filter(judge__setting=setting, round=number).order_by("judge_id", "item_id", "-pk")
    rows = rows.distinct("judge_id", "item_id")
    return {(judge, item): percent for judge, item, percent in rows.values_list("judge_id", "item_id", "percent")}


def _complete(setting: StandardSetting, number: int) -> dict[int, dict[int, int]]:
    """Those judges who judged every item in a round, each with their percents."""
    items = setting.items.count()
    found: dict[int, dict[int, int]] = {}
    for (judge, item), percent in percents_of(setting, number).items():
        found.setdefault(judge, {})[item] = percent
    return {judge: own for judge, own in found.items() if len(own) == items}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One question as a judge sees it: no key. In round two with how the others judged and how many got it right."""

    item: StandardItem
    options: Sequence[str]
    percent: int | None
    others: tuple[int, float, int] | None
    facility: float | None


def sheet_of(judge: Judge) -> list[SheetRow]:
    """The judge's form: own judgements of this round, in round two those of round one until changed.

    `others`: lowest, median and highest of the other judges' first round, without names, from two others on.
    Five queries.
    """
    setting = judge.setting
    items = list(setting.items.select_related("version"))
    texts = _option_texts(items)
    own, first = percents_of(setting, setting.round), percents_of(setting, 1)
    second = setting.round == 2
    facilities = _facilities(setting, items) if second else {}
    return [
        SheetRow(
            item=item,
            options=texts.get(item.version_id, ()),
            percent=own.get((judge.pk, item.pk), first.get((judge.pk, item.pk))),
            others=_spread(first, judge.pk, item.pk) if second else None,
            facility=facilities.get(item.version_id),
        )
        for item in items
    ]


def _option_texts(items: Sequence[StandardItem]) -> dict[int, list[str]]:
    """The options in an order that says nothing: as written, steps would stand in their right order and pairs side by side."""
    found: dict[int, list[str]] = {}
    options = Option.objects.filter(version__in=[one.version_id for one in items])
    for option in sorted(options, key=_place_of):
        found.setdefault(option.version_id, []).append(option.text)
    return found


def _place_of(option: Option) -> tuple[str, bool, int, str]:
    """By group, pinned ones last and as written, the others by their random key."""
    return option.group, option.pinned_last, option.position if option.pinned_last else 0, str(option.key)


def _spread(first: Percents, judge: int, item: int) -> tuple[int, float, int] | None:
    others = [percent for (who, what), percent in first.items() if what == item and who != judge]
    return (min(others), median(others), max(others)) if len(others) > 1 else None


def _facilities(setting: StandardSetting, items: Sequence[StandardItem]) -> dict[int, float]:
    """How many got each question right, by the newest statistics; nothing where there are none."""
    newest = setting.exam_version.exam.statistics.computed().values("pk")[:1]
    rows = ItemStatistics.objects.filter(statistics__in=newest, version__in=[one.version_id for one in items])
    pairs = rows.values_list("version_id", "facility")
    return {version: facility for version, facility in pairs if facility is not None}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One question: mean and range of the judges who finished, per round; None where nobody has."""

    item: StandardItem
    first: tuple[float, int, int] | None
    second: tuple[float, int, int] | None


@dataclass(frozen=True, slots=True)
class Report:
    """Both rounds' cuts (None while no judge has finished), who has finished, and what the pass mark looks like by it."""

    setting: StandardSetting
    first: PanelCut | None
    second: PanelCut | None
    judges: Sequence[tuple[Any, bool]]
    rows: Sequence[ReportRow]
    reading: str


def report_of(setting: StandardSetting) -> Report:
    """The report; `setting` with its exam version. Six queries."""
    items = list(setting.items.select_related("version__question"))
    rounds = {number: _complete(setting, number) for number in (1, 2)}
    cuts = {number: _cut(found, items) for number, found in rounds.items()}
    finished = rounds[setting.round]
    people = [(one.person, one.pk in finished) for one in setting.judges.select_related("person")]
    rows = [ReportRow(item, *(_item_row(rounds[number], item.pk) for number in (1, 2))) for item in items]
    mark = float(setting.exam_version.pass_percent)
    which = "Second round: " if cuts[2] else "First round: "
    return Report(setting, cuts[1], cuts[2], people, rows, which + reading_of(cuts[2] or cuts[1], mark))


def _cut(complete: Mapping[int, Mapping[int, int]], items: Sequence[StandardItem]) -> PanelCut | None:
    shares = [[own[item.pk] / 100 for item in items] for own in complete.values()]
    return panel_cut(shares, [item.weight for item in items])


def _item_row(complete: Mapping[int, Mapping[int, int]], item: int) -> tuple[float, int, int] | None:
    found = [own[item] for own in complete.values()]
    return (sum(found) / len(found), min(found), max(found)) if found else None


def reading_of(cut: PanelCut | None, pass_percent: float) -> str:
    """What the judges' cut says of the pass mark, in a sentence."""
    mark = f"{pass_percent:g} %"
    if cut is None:
        return "No judge has judged every question yet."
    if cut.interval is None:
        return f"One judge asks for {cut.percent:.1f} %. A second one shows how far opinions lie apart."
    low, high = cut.interval
    about = f"{cut.percent:.1f} % ({low:.1f} to {high:.1f})"
    if low <= pass_percent <= high:
        return f"The judges ask for {about}. The pass mark of {mark} lies within that, so they don't speak against it."
    if pass_percent > high:
        return f"The judges ask for {about}. The pass mark of {mark} is stricter than they would have it."
    return f"The judges ask for {about}. The pass mark of {mark} is milder than they would have it."
