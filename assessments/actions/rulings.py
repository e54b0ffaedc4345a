"""Adding to a ruling book, and taking out of it what no longer counts."""

from dataclasses import replace

from django.db import transaction

from assessments.actions.history import save_as
from assessments.actions.ruling_clips import ask_for_clip, let_clip_go
from assessments.models import Recording, Rubric, Ruling
from assessments.rules.rulings import RETIRED, Wording, why_not_rule
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def decide_ruling(*, rubric: Rubric, wording: Wording, by: Person, replaces: Ruling | None = None) -> Ruling:
    """Add a ruling that counts from today; one that it replaces is retired at the same moment. Its clip is cut soon after.

    Raises `Refused`: retired (what it replaces no longer counts), no-criterion, level-without-criterion, no-consent,
    other-rubric, not-usable, not-in-it. Source: rules.md 5.21.
    """
    wording = _with_recording_held(wording)
    old = _in_force(replaces) if replaces else None
    refuse_if(why_not_rule(rubric, wording))
    clip, now = wording.clip, database_now()
    if old:
        _retire(old, by)
    ruling = Ruling(
        rubric=rubric,
        criterion=wording.criterion,
        situation=wording.situation,
        ruling=wording.ruling,
        level=wording.level,
        recording=clip.recording if clip else None,
        start_ms=clip.start_ms if clip else None,
        end_ms=clip.end_ms if clip else None,
        consent=clip.consent if clip else "",
        decided_on=now.date(),
        decided_by_id=by.pk,
        replaces=old,
    )
    save_as(ruling, by)
    ask_for_clip(ruling, now=now)
    return ruling


@transaction.atomic
def retire_ruling(*, ruling: Ruling, by: Person) -> Ruling:
    """Let a ruling no longer count; it stays in the book's history, and its clip is deleted.

    Raises `Refused` (retired) where it doesn't count already.
    """
    return _retire(_in_force(ruling), by)


def _with_recording_held(wording: Wording) -> Wording:
    """The wording with its recording as it stands now, locked: a purge waits, or is seen."""
    if wording.clip is None:
        return wording
    rows = Recording.objects.select_for_update(of=("self",)).select_related("submission__rubric_version")
    return replace(wording, clip=replace(wording.clip, recording=rows.get(pk=wording.clip.recording.pk)))


def _retire(ruling: Ruling, by: Person) -> Ruling:
    ruling.retired_at = database_now()
    let_clip_go(ruling)
    return save_as(ruling, by)


def _in_force(ruling: Ruling) -> Ruling:
    locked = Ruling.objects.select_for_update().get(pk=ruling.pk)
    refuse_if(RETIRED if locked.retired_at else None)
    return locked
