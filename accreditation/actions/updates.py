"""Updates are opened from revisions of sources, thinned out, previewed, published by somebody, and may be withdrawn again."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Prefetch
from django.utils import timezone

from accreditation.actions.ledger import settle_fact
from accreditation.actions.reassessing import facts_among, held_of, portions
from accreditation.models import (
    AskedUpdates,
    PartKind,
    Program,
    Update,
    UpdateItem,
    UpdatePart,
    UpdateReading,
    UpdateState,
    User,
)
from accreditation.rules.ledger import READINGS
from accreditation.rules.programs import UPDATES_STORED, local_day, rules_of, with_rules
from accreditation.rules.standing import Standing, standing
from accreditation.rules.update_items import (
    NOTHING,
    asked_of,
    changed_by,
    due_day,
    rules_of_update,
    why_not_change_update,
    why_not_open,
    why_not_publish_update,
    why_not_withdraw_update,
)
from accreditation.rules.updates import UpdateStanding
from accreditation.signals import rules_changed, update_published, update_withdrawn, update_written
from assessments.actions.exams import Cell, publish_exam, withdraw_exam
from assessments.models import Exam
from courses.lib.refusals import Refused, refuse_if
from courses.models import Lesson, LessonReread, SourceRevision

LATER = timedelta(minutes=15)
MINUTES_A_QUESTION = 3
ITEMS = Prefetch(
    "parts__items", UpdateItem.objects.select_related("lesson__course", "question", "criterion", "revision")
)


@transaction.atomic
def open_update(
    *,
    program: Program,
    revisions: Collection[SourceRevision],
    title: str,
    summary: str = "",
    changed_on: date,
    days_to_do: int = 30,
    by: User | None,
) -> Update:
    """Prepare an update with everything that was moved to these revisions, and ask for its preview.

    Refused: as `why_not_open` says, and where nothing of the program was moved yet.
    """
    program = with_rules(Program.objects.select_for_update(of=("self",))).get(pk=program.pk)
    refuse_if(why_not_open(program, list(revisions)))
    found = changed_by(program, revisions)
    if not found:
        raise Refused(NOTHING)
    last = program.updates.aggregate(last=Max("number"))["last"] or 0
    update = Update.objects.create(
        program=program,
        number=last + 1,
        title=title,
        summary=summary,
        changed_on=changed_on,
        days_to_do=days_to_do,
        opened_by=by,
        preview_due_at=timezone.now(),
    )
    update.revisions.set(revisions)
    for one in found:
        about: dict[str, Any] = {"kind": one.kind, f"{one.kind}_id": one.target_id}
        part, _ = UpdatePart.objects.get_or_create(update=update, **about)
        UpdateItem.objects.create(part=part, revision_id=one.revision_id, **one.item)
    update_written.send(sender=Update, update=update)
    return update


@transaction.atomic
def change_update(*, update: Update, left_out: Collection[int], by: User, **said: Any) -> Update:
    """Other words, days, or things left out (keys of items); counted anew then. Refused once people were asked."""
    update = Update.objects.select_for_update().get(pk=update.pk)
    refuse_if(why_not_change_update(update))
    for name, value in said.items():
        setattr(update, name, value)
    update.preview_due_at = timezone.now()
    update.save(update_fields=[*said, "preview_due_at"])
    items = UpdateItem.objects.filter(part__update=update)
    items.update(is_left_out=False)
    items.filter(pk__in=left_out).update(is_left_out=True)
    update_written.send(sender=Update, update=update)
    return update


def settle_update_preview(*, update_id: int) -> bool:
    """Count whom an update asks, if that is still wanted. One that fails is put off and raises what went wrong."""
    update = Update.objects.filter(pk=update_id, preview_due_at__isnull=False).first()
    if update is None:
        return False
    wanted, began_at = update.preview_due_at, timezone.now()
    try:
        counts = {"asked": 0, "ends_before": 0, "not_asked": 0}
        for _, _, asked in holders(update, began_at):
            counts["not_asked" if asked is None else "asked" if asked.is_needed else "ends_before"] += 1
    except Exception:
        Update.objects.filter(pk=update.pk, preview_due_at=wanted).update(preview_due_at=timezone.now() + LATER)
        raise
    rows = Update.objects.filter(pk=update.pk, preview_due_at=wanted)
    return bool(rows.update(counts=counts, preview_due_at=None, previewed_at=began_at))


def holders(update: Update, now: datetime) -> Iterator[tuple[int, Standing, UpdateStanding | None]]:
    """Everybody who holds the accreditation today, with what the update asks of them; None where it asks nothing.

    A draft is asked as if it were published now. Two queries for every portion of learners.
    """
    program = with_rules(Program.objects.filter(pk=update.program_id)).get()
    row = Update.objects.prefetch_related(ITEMS).get(pk=update.pk)
    today = local_day(program, now)
    own = rules_of_update(row, row.due_on or due_day(row, today))
    rules = rules_of(program)
    rules = replace(rules, updates=(*(one for one in rules.updates if one.pk != own.pk), own))
    for learners in portions(program):
        facts, held = facts_among(rules, learners), held_of(rules, learners)
        for pk in learners:
            found = standing(rules, facts.get(pk, ()), today, held=held.get(pk))
            if found.is_in_force:
                yield pk, found, next((one for one in found.updates if one.rules.pk == own.pk), None)


@transaction.atomic
def publish_update(*, update: Update, by: User, now: datetime | None = None) -> Update:
    """Ask everybody for it from now on: exams of its questions open, its day is set, standings are computed again.

    Refused: as `why_not_publish_update` says, and where its questions can't be given together.
    """
    now = now or timezone.now()
    program = Program.objects.select_for_update(of=("self",)).get(pk=update.program_id)
    Update.objects.select_for_update().get(pk=update.pk)
    update = Update.objects.prefetch_related(ITEMS).get(pk=update.pk)
    today = local_day(program, now)
    refuse_if(why_not_publish_update(update, today))
    update.due_on = due_day(update, today)
    update.state, update.published_at, update.published_by, update.tell_due_at = UpdateState.PUBLISHED, now, by, now
    update.save(update_fields=["due_on", "state", "published_at", "published_by", "tell_due_at"])
    for part in update.parts.all():
        if part.kind == PartKind.EXAM and asked_of(part):
            _open_exam(update, part, by)
        if part.kind == PartKind.COURSE and asked_of(part):
            _take_earlier_readings(update, part)
    _write_asked(program)
    rules_changed.send(sender=Program, program=program)
    update_published.send(sender=Update, update=update)
    return update


def _open_exam(update: Update, part: UpdatePart, by: User) -> None:
    """An exam of exactly the changed questions, all of which have to be right, with the waits of the exam they are from."""
    like = Exam.objects.select_related("current_version").get(pk=part.target_id)
    items = asked_of(part)
    part.exam_asked = Exam.objects.create(
        slug=f"{update.program.slug[:50]}-update-{update.number}-{part.pk}",
        title=f"{update.title}: {like.title}"[:200],
        summary="The questions that changed, and no others. All of them have to be right.",
        bank_id=like.bank_id,
        for_asked_only=True,
    )
    terms: dict[str, Any] = {"pass_percent": 100, "minutes": MINUTES_A_QUESTION * len(items)}
    if version := like.current_version:
        names = ("waits_hours", "max_attempts", "within_days")
        terms |= {name: getattr(version, name) for name in names}
    cells = [Cell(1, question_id=item.question_id) for item in items]
    publish_exam(exam=part.exam_asked, cells=cells, by=by, **terms)
    part.save(update_fields=["exam_asked"])


def _take_earlier_readings(update: Update, part: UpdatePart) -> None:
    """Whoever went through the same lessons for another program since the change has read them."""
    lessons = [item.lesson_id for item in asked_of(part)]
    since = LessonReread.objects.filter(lesson__in=lessons, done_on__gte=update.changed_on)
    for learner_id in since.values_list("learner_id", flat=True).distinct().order_by("learner_id"):
        record_reading(part=part, learner_id=learner_id)


@transaction.atomic
def withdraw_update(*, update: Update, reason: str, by: User, now: datetime | None = None) -> Update:
    """Ask nobody for it any more; what was done for it stays in the record. Refused as `why_not_withdraw_update` says."""
    now = now or timezone.now()
    program = Program.objects.select_for_update(of=("self",)).get(pk=update.program_id)
    update = Update.objects.select_for_update().get(pk=update.pk)
    refuse_if(why_not_withdraw_update(update, reason, local_day(program, now)))
    was_asked = update.state == UpdateState.PUBLISHED
    update.state, update.withdrawn_at, update.withdrawn_by = UpdateState.WITHDRAWN, now, by
    update.withdrawal_reason, update.preview_due_at = reason.strip(), None
    update.tell_due_at = now if was_asked else None
    update.save()
    for exam in Exam.objects.filter(update_part__update=update):
        withdraw_exam(exam=exam, by=by)
    if was_asked:
        _write_asked(program)
        rules_changed.send(sender=Program, program=program)
        update_withdrawn.send(sender=Update, update=update)
    return update


def _write_asked(program: Program) -> None:
    """What the program's published updates ask, for the rules of standing."""
    rows = program.updates.published().order_by("number").prefetch_related(ITEMS)
    said = UPDATES_STORED.dump_python(tuple(rules_of_update(one) for one in rows), mode="json")
    AskedUpdates.objects.update_or_create(program=program, defaults={"rules": said})


def note_reread(*, lesson: Lesson, learner_id: int) -> int:
    """A learner went through a lesson again: with the last one of a part, that part is evidence. How many became so."""
    items = UpdateItem.objects.filter(lesson=lesson, is_left_out=False, part__update__state=UpdateState.PUBLISHED)
    parts = UpdatePart.objects.filter(pk__in=items.values("part")).order_by("pk")
    return sum(record_reading(part=part, learner_id=learner_id) for part in parts)


def record_reading(*, part: UpdatePart, learner_id: int) -> bool:
    """Record that somebody has read every changed lesson of a part since the change, if they have. Once; four queries."""
    lessons = part.items.filter(is_left_out=False).values_list("lesson_id", flat=True)
    read = LessonReread.objects.filter(
        learner_id=learner_id, lesson__in=lessons, done_on__gte=part.update.changed_on
    ).aggregate(count=Count("lesson", distinct=True), last=Max("done_on"))
    if read["count"] < len(lessons):
        return False
    row, is_new = UpdateReading.objects.get_or_create(
        part=part, learner_id=learner_id, defaults={"read_on": read["last"]}
    )
    if is_new:
        settle_fact(source=READINGS, key=row.pk)
    return is_new


def wanted_previews(now: datetime) -> Sequence[int]:
    """Updates whose people are to be counted."""
    return list(Update.objects.filter(preview_due_at__lte=now).values_list("pk", flat=True))


def untold(now: datetime) -> Iterable[int]:
    """Updates that people are still to be told of."""
    return list(Update.objects.filter(tell_due_at__lte=now).values_list("pk", flat=True))
