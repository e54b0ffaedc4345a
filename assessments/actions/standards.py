"""Standard setting: start it, judge, go on to the second round, end it. None of these moves a pass mark."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from assessments.models import ExamVersion, Judge, Judgement, StandardItem, StandardSetting, StandardState
from assessments.rules.standards import items_to_judge, percents_of, why_not_go_on, why_not_judge, why_not_start
from assessments.signals import standard_round_opened
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def start_standard(*, version: ExamVersion | None, judges: Sequence[int], by: Person, now: datetime) -> StandardSetting:
    """Open the first round for these people over every question that the version may ask now. Refuses as the rule does."""
    if version is not None:
        ExamVersion.objects.select_for_update().get(pk=version.pk)
    refuse_if(why_not_start(version, judges))
    assert version is not None  # the rule has refused that
    setting = StandardSetting.objects.create(
        exam_version=version, started_at=now, started_by_id=by.pk, moved_by_id=by.pk
    )
    weights = sorted(items_to_judge(setting.exam_version).items())
    StandardItem.objects.bulk_create(
        StandardItem(setting=setting, version_id=pk, position=place, weight=weight)
        for place, (pk, weight) in enumerate(weights, start=1)
    )
    Judge.objects.bulk_create(Judge(setting=setting, person_id=pk) for pk in sorted(set(judges)))
    standard_round_opened.send(sender=StandardSetting, setting=setting)
    return setting


@transaction.atomic
def judge_items(*, judge: Judge, percents: Mapping[int, int], by: Person, now: datetime) -> int:
    """Keep a judge's own percents by item for the round that is open; how many are new. Nothing is overwritten.

    Refused once the setting has ended. Raises Judge.DoesNotExist for somebody else's place.
    """
    setting = StandardSetting.objects.select_for_update().get(pk=judge.setting_id)
    own = Judge.objects.visible_to(by).get(pk=judge.pk)
    refuse_if(why_not_judge(setting, percents, setting.items.values_list("pk", flat=True)))
    known = percents_of(setting, setting.round)
    fresh = [
        Judgement(judge=own, item_id=item, round=setting.round, percent=percent, made_at=now)
        for item, percent in percents.items()
        if known.get((own.pk, item)) != percent
    ]
    Judgement.objects.bulk_create(fresh)
    return len(fresh)


@transaction.atomic
def open_second_round(
    *, setting: StandardSetting, by: Person, now: datetime, without_missing: bool = False
) -> StandardSetting:
    """Show each judge how the others judged, and let all judge again; they are told.

    Refused while a judge isn't done, unless the lead goes on `without_missing` ones, and below two who are.
    """
    moved = _move(setting, StandardState.SECOND, by, now, without_missing=without_missing)
    standard_round_opened.send(sender=StandardSetting, setting=moved)
    return moved


def close_standard(
    *, setting: StandardSetting, by: Person, now: datetime, without_missing: bool = False
) -> StandardSetting:
    """End it with its report. The pass mark stays as it is. Refused as `open_second_round`."""
    return _move(setting, StandardState.CLOSED, by, now, without_missing=without_missing)


def cancel_standard(*, setting: StandardSetting, by: Person, now: datetime) -> StandardSetting:
    """End it without a result; what was judged is kept."""
    return _move(setting, StandardState.CANCELLED, by, now)


@transaction.atomic
def _move(
    setting: StandardSetting, new: StandardState, by: Person, now: datetime, *, without_missing: bool = False
) -> StandardSetting:
    row = StandardSetting.objects.select_for_update(of=("self",)).get(pk=setting.pk)
    refuse_if(why_not_go_on(row, new, without_missing=without_missing))
    row.state, row.moved_by_id = new, by.pk
    if new == StandardState.SECOND:
        row.second_at = now
    else:
        row.ended_at = now
    row.save(update_fields=["state", "moved_by", "second_at", "ended_at"])
    return row
