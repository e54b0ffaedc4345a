"""An update as one learner sees it: what changed, what of it they have caught up with, and why something can't be done now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accreditation.models import PartKind, Program, Update, UpdateItem, UpdatePart, UpdateState, User
from accreditation.rules.programs import local_day, standings, with_rules
from accreditation.rules.standing import Standing
from accreditation.rules.update_items import asked_of
from accreditation.rules.updates import UpdateStanding
from assessments.models import Attempt, Exam
from assessments.rules.exams import why_not_start
from assessments.rules.practicals import why_not_open
from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.models import LessonReread


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A changed lesson or criterion: where it is opened, what changed, and whether it was read since."""

    item: UpdateItem
    link: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class PartPage:
    """What changed of one course, exam or practical. `refusal`: why it can't be done now.

    `result`: the page of the last try of its questions.
    """

    part: UpdatePart
    items: Sequence[ItemPage]
    done_on: date | None
    is_open: bool
    link: str = ""
    refusal: Refusal | None = None
    result: str = ""

    @property
    def left(self) -> int:
        """How many lessons are still to be read."""
        return sum(not one.is_done for one in self.items)


@dataclass(frozen=True, slots=True)
class UpdatePage:
    """`state`: asked, late (asked, its day is over), done, not-asked or withdrawn. `changes`: (source, what changed)."""

    update: Update
    state: str
    standing: Standing
    asked: UpdateStanding | None
    parts: Sequence[PartPage]
    changes: Sequence[tuple[str, str]]
    days_left: int

    @property
    def done(self) -> int:
        """How many parts are done."""
        return sum(one.done_on is not None for one in self.parts)


def update_page(learner: User, update: Update, now: datetime) -> UpdatePage:
    """The page, for an update with all of it prefetched. Seven queries, and five for each part that is open."""
    program = with_rules(Program.objects.filter(pk=update.program_id)).get()
    found = standings(learner, [program], now)[program.pk]
    asked = next((one for one in found.updates if one.rules.pk == update.pk), None)
    today = local_day(program, now)
    parts = [one for one in update.parts.all() if asked_of(one)]
    read = _read(learner, update)
    pages = [_part(one, learner, update, asked, read, now) for one in parts]
    left = (update.due_on - today).days if update.due_on else 0
    changes = [(row.source.title, row.changes) for row in update.revisions.all()]
    state = _state(update, asked, left, has_done=_has_done(learner, update))
    return UpdatePage(update, state, found, asked, pages, changes, left)


def _has_done(learner: User, update: Update) -> bool:
    """Whether anything was done for it, and not just proved anew. One query."""
    return learner.evidence.filter(update_part__update=update, withdrawn_by__isnull=True).exists()


def _state(update: Update, asked: UpdateStanding | None, left: int, *, has_done: bool) -> str:
    if update.state == UpdateState.WITHDRAWN:
        return "withdrawn"
    if asked is not None:
        return "asked" if left >= 0 else "late"
    return "done" if has_done else "not-asked"


def _read(learner: User, update: Update) -> dict[int, date]:
    """The lessons that were gone through again since the change, each with the first day. One query."""
    rows = LessonReread.objects.filter(learner=learner, done_on__gte=update.changed_on).order_by("-done_on")
    return dict(rows.values_list("lesson_id", "done_on"))


def _part(
    part: UpdatePart,
    learner: User,
    update: Update,
    asked: UpdateStanding | None,
    read: dict[int, date],
    now: datetime,
) -> PartPage:
    done_on = asked.shown.get(part.pk) if asked else _shown_on(part, learner, update)
    items = [_item(one, update, read) for one in asked_of(part)]
    link, refusal = _place(part)
    if done_on is None and asked is not None:
        refusal = _why_not(part, learner, now)
    is_open = asked is not None and done_on is None
    return PartPage(part, items, done_on, is_open, link, refusal, _last_result(part, learner) if is_open else "")


def _last_result(part: UpdatePart, learner: User) -> str:
    """What was wrong, after a try that was lost. One query for questions."""
    if part.exam_asked_id is None:
        return ""
    tries = Attempt.objects.counting().filter(learner=learner, exam=part.exam_asked_id)
    last = tries.order_by("-closed_at").first()
    return last.result_url if last else ""


def _shown_on(part: UpdatePart, learner: User, update: Update) -> date | None:
    """Since when a part is shown, for whoever is asked no more. One query."""
    rows = learner.evidence.filter(withdrawn_by__isnull=True)
    own = rows.filter(update_part=part)
    fresh = rows.filter(kind=part.kind, performed_on__gte=update.changed_on, **{f"{part.kind}_id": part.target_id})
    return (own | fresh).order_by("performed_on").values_list("performed_on", flat=True).first()


def _item(item: UpdateItem, update: Update, read: dict[int, date]) -> ItemPage:
    link = reverse("update-lesson", args=[update.program.slug, update.number, item.pk]) if item.lesson_id else ""
    return ItemPage(item, link, bool(item.lesson_id and item.lesson_id in read))


def _place(part: UpdatePart) -> tuple[str, Refusal | None]:
    target: Any = part.exam_asked if part.kind == PartKind.EXAM else part.target
    return (target.get_absolute_url() if target else ""), None


def _why_not(part: UpdatePart, learner: User, now: datetime) -> Refusal | None:
    if part.kind == PartKind.EXAM and part.exam_asked:
        return why_not_start(learner, part.exam_asked, now)
    if part.kind == PartKind.PRACTICAL and part.practical:
        return why_not_open(learner, part.practical, now)
    return None


def why_not_sit_update(learner: Person, exam: Exam, now: datetime) -> Refusal | None:
    """The exam of an update is for those whom it asks; everybody else has the exam itself. Six queries."""
    part = UpdatePart.objects.select_related("update__program").filter(exam_asked=exam).first()
    person = User.objects.filter(pk=learner.pk).first()
    if part is None or person is None or part.update.state != UpdateState.PUBLISHED:
        return Refusal("not-asked", _("Nobody is asked for these questions any more."))
    programs = with_rules(Program.objects.filter(pk=part.update.program_id))
    found = standings(person, programs, now).get(part.update.program_id)
    asked = next((one for one in found.updates if one.rules.pk == part.update_id), None) if found else None
    if asked is None:
        sentence = _(
            "You are not asked for these questions: you don’t hold what they are about, or proved it since they changed."
        )
        return Refusal("not-asked", sentence, part.update.get_absolute_url(), _("See what changed"))
    return None
