"""What covers each competency: what teaches, tests and shows it, what asks for it, and who has it today. Gaps first.

Source: rules.md 7.76.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from accreditation.models import Program
from accreditation.rules.coverage_people import NOBODY, People, about_everything, practicals_and_exams
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.programs import rules_of, with_rules
from assessments.models import Criterion, Question
from courses.lib.cells import disarmed
from courses.models import Asset, Competency, ContentState, JourneyStage, Lesson, Objective

CONTENT = ("lessons", "assets", "questions", "criteria", "programs")
PEOPLE = ("known", "shown", "kept")
COLUMNS: Mapping[str, str] = {
    "lessons": "teach it", "assets": "in the library", "questions": "test it", "criteria": "show it", "programs": "ask for it",
    "known": "know it", "shown": "have shown it", "kept": "keep it",
}  # fmt: skip
"""The figures in order: lessons, items of the library, questions, criteria, programs and badges; then people."""
GAPS: Mapping[str, str] = {
    "taught": "nothing teaches it", "tested": "no question tests it", "proved": "nobody proves it",
}  # fmt: skip
SHADES = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A competency in figures. A group, what others are part of, is covered by its parts: it has no gaps of its own."""

    competency: Competency
    figures: Mapping[str, int]
    objectives: int
    stages: tuple[str, ...]
    is_group: bool
    has_gaps_in: tuple[str, ...] = ()

    @property
    def gaps(self) -> list[str]:
        """What is missing, in words."""
        return [GAPS[one] for one in self.has_gaps_in]

    @property
    def cells(self) -> list[tuple[str, str, int]]:
        """Each figure with its name and what it counts."""
        return [(name, words, self.figures[name]) for name, words in COLUMNS.items()]


@dataclass(frozen=True, slots=True)
class Place:
    """A stage of the journey in figures: how many of its competencies are taught, tested, proved by somebody."""

    slug: str
    name: str
    competencies: int
    taught: int
    tested: int
    proved: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole report. `rows`: those with most gaps first, then in the order of the framework."""

    rows: Sequence[Row]
    places: Sequence[Place]
    most: Mapping[str, int] = field(default_factory=dict)

    @property
    def with_gaps(self) -> int:
        """How many competencies have a gap."""
        return sum(bool(row.has_gaps_in) for row in self.rows)

    def shade(self, name: str, count: int) -> int:
        """How dark a cell is: 0 for nothing, else 1 to 4 by its share of the largest of its column."""
        return 0 if not count else max(1, -(-SHADES * count // max(self.most.get(name, 1), 1)))


@dataclass(frozen=True, slots=True)
class Within:
    """What a program asks for: only that is counted where one is chosen. None of each: everything."""

    courses: frozenset[int] | None = None
    exams: frozenset[int] | None = None
    practicals: frozenset[int] | None = None

    def only(self, place: str, kind: str) -> Q:
        """The rows whose `place` is one of these."""
        keys = getattr(self, kind)
        return Q() if keys is None else Q(**{f"{place}__in": keys})


def coverage(today: date, *, stage: str = "", program: Program | None = None) -> Coverage:
    """The report as of today, of one stage (its slug, "-" for none) and of one program where they are chosen.

    Fifteen queries, whatever there is.
    """
    every, rules = programs_and_rules()
    within = within_of(rules[program.pk]) if program else Within()
    found = {
        "lessons": _counted(lessons_about(within), "objective__competency"),
        "objectives": _counted(objectives_about(within), "competency"),
        "assets": _counted(assets_about(within), "competencies"),
        "questions": _counted(questions_about(within), "about"),
        "criteria": _counted(criteria_about(within), "competency"),
    }
    people = people_of(list(rules.values()), today, program)
    asking = published_of(every, program)
    found["programs"] = {key: len(programs) for key, programs in programs_asking(asking, rules, people).items()}
    touched = _rows(found, people.counts(), only_touched=program is not None)
    rows = [row for row in touched if not stage or stage in row.stages or (stage == "-" and not row.stages)]
    most = {name: max((row.figures[name] for row in rows), default=0) for name in COLUMNS}
    return Coverage(sorted(rows, key=lambda row: -len(row.has_gaps_in)), _places(rows), most)


def programs_and_rules() -> tuple[list[Program], dict[int, ProgramRules]]:
    """Every program that has rules, by title, and the rules by program. Three queries."""
    every = list(with_rules(Program.objects.exclude(current_version=None).order_by("title")))
    return every, {one.pk: rules_of(one) for one in every}


def published_of(every: Iterable[Program], program: Program | None) -> list[Program]:
    """The open ones of these, or the chosen one."""
    return [one for one in every if one.state == ContentState.PUBLISHED and (not program or one.pk == program.pk)]


def people_of(rules: Sequence[ProgramRules], today: date, program: Program | None) -> People:
    """What people are counted with. Four queries."""
    return People(rules, about_everything(), practicals_and_exams(), today, program.pk if program else None)


def within_of(rules: ProgramRules) -> Within:
    """The courses, exams and practicals that a program asks for."""
    found: dict[str, set[int]] = {"course": set(), "exam": set(), "practical": set()}
    for one in (one for group in (*rules.groups, *rules.renewal) for one in group.everything()):
        found["course"].update(int(key) for key in one.courses)
        found["practical"].update(int(key) for key in (one.count.targets if one.count else ()))
        if one.kind in found and one.target is not None:
            found[one.kind].add(int(one.target))
    return Within(*(frozenset(found[kind]) for kind in ("course", "exam", "practical")))


def objectives_about(within: Within) -> QuerySet[Objective]:
    """Objectives of published courses."""
    return Objective.objects.filter(within.only("course", "courses"), course__state=ContentState.PUBLISHED)


def lessons_about(within: Within) -> QuerySet[Lesson]:
    """Lessons of published courses."""
    return Lesson.objects.filter(within.only("course", "courses"), course__state=ContentState.PUBLISHED)


def assets_about(within: Within) -> QuerySet[Asset]:
    """Published items of the library; of a program those that its lessons use."""
    return Asset.objects.filter(within.only("lessons__course", "courses"), state=ContentState.PUBLISHED)


def questions_about(within: Within) -> QuerySet[Question]:
    """Questions that a published exam may draw, each with `about`."""
    rows = Question.objects.filter(within.only("bank__exams", "exams"), bank__exams__state=ContentState.PUBLISHED)
    return rows.drawable().about()


def questions_on(competency: Competency, within: Within) -> QuerySet[Question]:
    """Those of one competency, with their bank and wording."""
    rows: Any = questions_about(within)
    return rows.filter(about=competency.pk).select_related("bank", "current_version").distinct()


def criteria_about(within: Within) -> QuerySet[Criterion]:
    """Criteria that a published practical is read against now."""
    place = "rubric_version__practicals"
    return Criterion.objects.filter(within.only(place, "practicals"), **{f"{place}__state": ContentState.PUBLISHED})


def _counted(rows: QuerySet[Any], place: str) -> dict[int, int]:
    pairs = rows.order_by().values_list(place).annotate(count=Count("pk", distinct=True))
    return {key: count for key, count in pairs if key is not None}


def programs_asking(
    programs: Iterable[Program], rules: Mapping[int, ProgramRules], people: People
) -> dict[int, list[Program]]:
    """Which of these programs ask for something about each competency, or name it in their badge. One query."""
    exam_of = dict(people.practicals)
    named: dict[int, set[int]] = {}
    badges = Competency.objects.filter(achievements__isnull=False).order_by()
    for badge, competency in badges.values_list("achievements", "pk"):
        named.setdefault(badge, set()).add(competency)
    found: dict[int, list[Program]] = {}
    for program in programs:
        within, about = within_of(rules[program.pk]), set(named.get(program.achievement_id or 0, ()))
        about.update(*(people.about.by_course.get(one, ()) for one in within.courses or ()))
        about.update(*(people.about.by_exam.get(one, ()) for one in within.exams or ()))
        about.update(
            *(people.about.of_practical(one, exam_of[one]) for one in within.practicals or () if one in exam_of)
        )
        for competency in about:
            found.setdefault(competency, []).append(program)
    return found


def _rows(
    found: Mapping[str, Mapping[int, int]], people: Mapping[int, tuple[int, int, int]], *, only_touched: bool
) -> Iterator[Row]:
    """Every competency that isn't withdrawn, of a program those that anything of it is about. Two queries."""
    rows = list(Competency.objects.current().select_related("parent").prefetch_related("stages"))
    groups = {row.parent_id for row in rows}
    for row in rows:
        figures = {name: found[name].get(row.pk, 0) for name in CONTENT}
        figures |= dict(zip(PEOPLE, people.get(row.pk, NOBODY), strict=True))
        objectives = found["objectives"].get(row.pk, 0)
        is_group = row.pk in groups
        is_touched = objectives or any(figures[name] for name in CONTENT)
        if not is_touched and (only_touched or (is_group and not any(figures.values()))):
            continue
        stages = tuple(one.slug for one in row.stages.all())
        yield Row(row, figures, objectives, stages, is_group, () if is_group else _gaps(figures, objectives))


def _gaps(figures: Mapping[str, int], objectives: int) -> tuple[str, ...]:
    """A competency is taught by lessons of an objective; an objective without lessons teaches nothing yet."""
    there = {
        "taught": figures["lessons"],
        "tested": figures["questions"],
        "proved": any(figures[name] for name in PEOPLE),
    }
    return tuple(name for name in GAPS if not there[name])


def _places(rows: Sequence[Row]) -> list[Place]:
    """The stages that the competencies of these rows belong to, and those of none. One query."""
    names = [*JourneyStage.objects.values_list("slug", "name"), ("-", "No stage")]
    found = []
    for slug, name in names:
        here = [row for row in rows if not row.is_group and (slug in row.stages or (slug == "-" and not row.stages))]
        if here:
            taught, tested, proved = (sum(gap not in row.has_gaps_in for row in here) for gap in GAPS)
            found.append(Place(slug, name, len(here), taught, tested, proved))
    return found


def lines_of(report: Coverage) -> Iterator[list[str]]:
    """The report as cells of a spreadsheet, headings first."""
    yield ["competency", "code", "slug", "part of", "stages", "objectives", *COLUMNS, "gaps"]
    for row in report.rows:
        one = row.competency
        texts = (one.name, one.code, one.slug, one.parent.name if one.parent else "", ", ".join(row.stages))
        numbers = (str(number) for number in (row.objectives, *row.figures.values()))
        yield [*(disarmed(text) for text in texts), *numbers, "; ".join(row.gaps)]
