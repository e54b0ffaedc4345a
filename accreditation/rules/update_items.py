"""Which lessons, questions and criteria of a program a change of sources moved, and whether an update may be asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_noop

from accreditation.models import PartKind, Program, RequirementKind, Update, UpdatePart, UpdateState
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.programs import rules_of
from accreditation.rules.updates import UpdatePartRules, UpdateRules
from assessments.models import Criterion, QuestionVersion
from courses.lib.clock import show_day
from courses.lib.refusals import Refusal
from courses.models import ContentState, Lesson, SourceRevision

NOTHING = Refusal(
    "nothing-changed",
    gettext_noop(
        "Nothing that this program asks for was checked against these revisions yet. Look at the lessons, "
        "questions and criteria that their sources list first."
    ),
)


@dataclass(frozen=True, slots=True)
class Changed:
    """Something that was checked against a new revision. `item`: as the columns of `UpdateItem` name it."""

    kind: str
    target_id: int
    item: Mapping[str, int]
    revision_id: int


def changed_by(program: Program, revisions: Iterable[SourceRevision]) -> list[Changed]:
    """What a program asks for that points at these revisions of their sources, or later ones. Six queries."""
    return [
        Changed(kind, target, {name: pk}, revision)
        for kind, name, rows in _pointing(program, newest_of(revisions), "gte")
        for target, pk, revision in rows
    ]


def not_moved(program: Program, revisions: Iterable[SourceRevision]) -> int:
    """How much of it still points at an older revision, so that it is not proposed. Six queries."""
    return sum(len(rows) for _, _, rows in _pointing(program, newest_of(revisions), "lt"))


def newest_of(revisions: Iterable[SourceRevision]) -> dict[int, int]:
    """The last of these revisions of each source."""
    return {row.source_id: row.number for row in sorted(revisions, key=lambda row: row.number)}


def _pointing(program: Program, newest: Mapping[int, int], how: str) -> Iterable[tuple[str, str, list[Any]]]:
    """For each kind of content the rows (target, item, revision) whose revision compares so with the newest one."""
    pointing = Q(pk__in=[])
    for source, number in newest.items():
        pointing |= Q(source_revision__source=source, **{f"source_revision__number__{how}": number})
    targets = _targets(rules_of(program))
    lessons = Lesson.in_use().filter(pointing, course__in=targets["course"], course__state=ContentState.PUBLISHED)
    yield PartKind.COURSE, "lesson_id", _rows(lessons, "course_id", "pk")
    place = "question__bank__exams"
    questions = QuestionVersion.in_use().filter(pointing, question__practice_only=False)
    asked = questions.filter(**{f"{place}__in": targets["exam"]})
    yield PartKind.EXAM, "question_id", _rows(asked, place, "question_id")
    place = "rubric_version__practicals"
    criteria = Criterion.objects.filter(pointing, **{f"{place}__in": targets["practical"]})
    yield PartKind.PRACTICAL, "criterion_id", _rows(criteria, place, "pk")


def _rows(found: QuerySet[Any], target: str, item: str) -> list[Any]:
    return sorted(set(found.order_by().values_list(target, item, "source_revision_id")))


def _targets(rules: ProgramRules) -> dict[str, set[Any]]:
    """The courses, exams and practicals that the rules in force ask for, in whichever way."""
    asked = [one for group in (*rules.groups, *rules.renewal) for one in group.everything()]
    found: dict[str, set[Any]] = {
        "course": {pk for one in asked for pk in one.courses},
        "exam": set(),
        "practical": set(),
    }
    for one in asked:
        if one.kind in found:
            found[one.kind].add(one.target)
        elif one.kind == RequirementKind.PROOFS and one.count:
            found["practical"].update(one.count.targets)
    return found


def rules_of_update(update: Update, due_on: date | None = None) -> UpdateRules:
    """An update as the rules of standing see it, with its parts and items prefetched; parts that ask nothing are left out."""
    end = due_on or update.due_on
    if end is None:
        raise ValueError(f"{update} has no day yet")
    parts = [(part, len(asked_of(part))) for part in update.parts.all()]
    said = tuple(
        UpdatePartRules(part.pk, part.kind, part.target_id, 1 if part.kind == PartKind.PRACTICAL else count)
        for part, count in parts
        if count
    )
    return UpdateRules(update.pk, update.number, update.title, update.changed_on, end, said)


def asked_of(part: UpdatePart) -> list[Any]:
    """The items of a part that were not left out."""
    return [item for item in part.items.all() if not item.is_left_out]


def why_not_open(program: Program, revisions: Sequence[SourceRevision]) -> Refusal | None:
    """An update is about material changes of what a program's rules ask for."""
    if program.current_version_id is None:
        return Refusal("no-rules", gettext("This program has no rules yet, so nobody holds its accreditation."))
    if not revisions or not all(row.is_material for row in revisions):
        return Refusal("not-material", gettext("Choose the material revisions that people have to know of."))
    return None


def why_not_change_update(update: Update) -> Refusal | None:
    """What people were asked for stays as they were asked."""
    if update.state != UpdateState.DRAFT:
        return Refusal(
            "done",
            gettext("It is %(state)s already. Open another one for further changes.")
            % {"state": update.get_state_display()},
        )
    return None


def why_not_publish_update(update: Update, today: date) -> Refusal | None:
    """Only what somebody has seen the preview of, about a change that has been, with something to do in it. Two queries."""
    if refusal := why_not_change_update(update):
        return refusal
    if not any(asked_of(part) for part in update.parts.prefetch_related("items")):
        return Refusal("nothing-asked", gettext("Everything is left out. Ask for something, or withdraw it."))
    if update.previewed_at is None or update.preview_due_at is not None:
        return Refusal(
            "not-previewed",
            gettext("It is being counted whom this asks. Look at that first: it takes a minute or two."),
        )
    if update.changed_on > today:
        return Refusal("not-yet", gettext("The day of the change is still to come."))
    return None


def why_not_withdraw_update(update: Update, reason: str, today: date) -> Refusal | None:
    """Until its day an update is withdrawn with a reason; after it, accreditations have ended by it."""
    if update.state == UpdateState.WITHDRAWN:
        return Refusal("done", gettext("It was withdrawn before."))
    if update.state == UpdateState.PUBLISHED and update.due_on and today > update.due_on:
        return Refusal(
            "over",
            gettext("Its last day was %(day)s. It is history now, and stays.") % {"day": show_day(update.due_on)},
        )
    if update.state == UpdateState.PUBLISHED and not reason.strip():
        return Refusal("no-reason", gettext("Say why: those who were asked read it."))
    return None


def due_day(update: Update, today: date) -> date:
    """The last day to do it, where it is published on this day."""
    return today + timedelta(days=update.days_to_do)
