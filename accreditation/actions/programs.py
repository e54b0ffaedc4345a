"""Programs are authored as versions; people enrol in them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accreditation.actions.standing import begin_standing, end_standing
from accreditation.models import (
    Enrolment,
    Program,
    ProgramVersion,
    Requirement,
    RequirementCourse,
    RequirementGroup,
    User,
)
from accreditation.rules.curricula import courses_of_path, has_todays_curriculum
from accreditation.rules.program_rules import RENEWAL_WINDOW_DAYS
from accreditation.rules.programs import why_not_enrol, why_not_give_badge
from accreditation.rules.requirements import why_not_publish_program, why_not_rules
from accreditation.signals import enrolled, rules_changed
from badges.models import Achievement
from courses.actions.content import put
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move
from courses.models import ContentState
from courses.models.content import TRANSITIONS

Groups = Sequence[Mapping[str, Any]]


@transaction.atomic
def author_program(
    *,
    slug: str,
    values: Mapping[str, Any],
    validity_months: int,
    groups: Groups,
    renewal: Groups = (),
    renewal_window_days: int = RENEWAL_WINDOW_DAYS,
    grace_days: int = 0,
) -> tuple[Program, bool]:
    """Write a program; its rules become a new version only where they differ from those in force.

    `groups` and `renewal`: `{"title", "rule", "count", "requirements": [{"kind", "proof", <kind>: row, "title",
    "valid_months", "count"}], "groups"}`. Returns the program and whether anything changed. Refused where the new rules
    can't be met: `why_not_rules`.
    """
    program, changed = put(Program, {"slug": slug}, values)
    times = {"validity_months": validity_months, "renewal_window_days": renewal_window_days, "grace_days": grace_days}
    live = program.current_version
    if live and live.content_hash == content_hash(times, groups, renewal) and has_todays_curriculum(live):
        return program, changed
    take_version(program=program, version=write_version(program, times, groups, renewal))
    rules_changed.send(sender=Program, program=program)
    return program, True


def write_version(program: Program, times: Mapping[str, int], groups: Groups, renewal: Groups) -> ProgramVersion:
    """Write a version of a program's rules, which are not in force yet."""
    newest = program.versions.aggregate(newest=Max("number"))["newest"]
    version = ProgramVersion.objects.create(
        program=program,
        number=(newest or 0) + 1,
        content_hash=content_hash(times, groups, renewal),
        published_at=timezone.now(),
        **times,
    )
    for is_renewal, said in ((False, groups), (True, renewal)):
        for position, group in enumerate(said):
            _write_group(version, group, position, is_renewal=is_renewal)
    return version


def take_version(*, program: Program, version: ProgramVersion) -> None:
    """Let a program go by these rules. Refused where nobody could meet them."""
    program.current_version = version
    program.save(update_fields=["current_version"])
    refuse_if(why_not_rules(program))


@transaction.atomic
def give_badge(*, program: Program, achievement: Achievement, by: User) -> Program:
    """Let the program award this badge from now on. The sweep issues it to everyone who is accredited already.

    Refused: `has-badge` (awards name theirs for ever), `taken` by another program.
    """
    program = Program.objects.select_for_update().get(pk=program.pk)
    achievement = Achievement.objects.select_for_update().defer("image").get(pk=achievement.pk)
    refuse_if(why_not_give_badge(program, achievement))
    program.achievement = achievement
    program._history_user = by  # type: ignore[attr-defined]
    program.save()
    return program


def content_hash(times: Mapping[str, int], groups: Groups, renewal: Groups) -> str:
    """What tells two versions apart. What says nothing is left out, so that rules from before it hash as they did."""
    plain: list[Any] = [times["validity_months"], [_plain(group) for group in groups]]
    later = {
        name: days for name, days in times.items() if days not in (0, RENEWAL_WINDOW_DAYS) and name != "validity_months"
    }
    if renewal or later:
        plain.append([[_plain(group) for group in renewal], later])
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _plain(group: Mapping[str, Any]) -> list[Any]:
    requirements = [_plain_requirement(one) for one in group["requirements"]]
    nested = [_plain(one) for one in group.get("groups", ())]
    return [group["title"], group["rule"], group["count"], requirements, *([nested] if nested else [])]


def _plain_requirement(one: Mapping[str, Any]) -> list[Any]:
    target = getattr(one.get(one["kind"]), "pk", None)
    more = {name: one[name] for name in ("title", "valid_months", "count") if one.get(name)}
    return [one["kind"], one["proof"], target, *([more] if more else [])]


def _write_group(
    version: ProgramVersion,
    group: Mapping[str, Any],
    position: int,
    *,
    is_renewal: bool,
    parent: RequirementGroup | None = None,
) -> None:
    row = RequirementGroup.objects.create(
        version=version,
        parent=parent,
        is_renewal=is_renewal,
        title=group["title"],
        rule=group["rule"],
        count=group["count"],
        position=position,
    )
    said = enumerate(group["requirements"])
    _write_steps(Requirement.objects.bulk_create(Requirement(group=row, position=place, **one) for place, one in said))
    for place, nested in enumerate(group.get("groups", ())):
        _write_group(version, nested, place, is_renewal=is_renewal, parent=row)


def _write_steps(requirements: Iterable[Requirement]) -> None:
    """Keep which courses their paths have now."""
    steps = [
        RequirementCourse(requirement=one, course_id=course, position=place)
        for one in requirements
        if one.path_id
        for place, course in enumerate(courses_of_path(one.path_id))
    ]
    RequirementCourse.objects.bulk_create(steps)


@transaction.atomic
def publish_program(*, program: Program, by: User | None) -> Program:
    """Open a program to everyone. Refused without rules that can be met."""
    program = _locked(program)
    refuse_if(why_not_publish_program(program))
    program.state = ContentState.PUBLISHED
    program.save(update_fields=["state"])
    return program


@transaction.atomic
def withdraw_program(*, program: Program, by: User | None) -> Program:
    """Hide a program; accreditations that were earned stay."""
    program = _locked(program)
    refuse_if(why_not_move(TRANSITIONS, old=program.state, new=ContentState.WITHDRAWN))
    program.state = ContentState.WITHDRAWN
    program.save(update_fields=["state"])
    return program


def _locked(program: Program) -> Program:
    return Program.objects.select_for_update(of=("self",)).select_related("current_version").get(pk=program.pk)


@transaction.atomic
def enrol(*, learner: User, program: Program, by: User, due_on: date | None = None) -> Enrolment:
    """Put a learner on a program; doing it again brings a withdrawn enrolment back, with the due date that it had.

    A due date comes from others only, and they may set another one at any time.
    """
    refuse_if(why_not_enrol(program))
    set_by_others = {} if by.pk == learner.pk else {"due_on": due_on, "assigned_by": by}
    row, is_news = Enrolment.objects.get_or_create(learner=learner, program=program, defaults=set_by_others)
    if not is_news:
        is_news = _take_up_again(row, set_by_others if due_on else {})
    if is_news:
        begin_standing(learner=learner, program=program)
        enrolled.send(sender=Enrolment, enrolment=row)
    return row


def _take_up_again(row: Enrolment, set_by_others: Mapping[str, Any]) -> bool:
    """Whether anything changed."""
    if row.withdrawn_at is None and row.due_on == set_by_others.get("due_on", row.due_on):
        return False
    for name, value in {"withdrawn_at": None, **set_by_others}.items():
        setattr(row, name, value)
    row.save()
    return True


@transaction.atomic
def set_due_date(*, enrolment: Enrolment, due_on: date | None, by: User) -> Enrolment:
    """Set another due date, or none; a new date of somebody who is on the program is news to them."""
    row = Enrolment.objects.select_for_update(of=("self",)).get(pk=enrolment.pk)
    if row.due_on == due_on:
        return row
    row.due_on, row.assigned_by = due_on, by
    row.save(update_fields=["due_on", "assigned_by"])
    if due_on and row.withdrawn_at is None:
        enrolled.send(sender=Enrolment, enrolment=row)
    return row


@transaction.atomic
def leave(*, enrolment: Enrolment, by: User) -> Enrolment:
    """End an enrolment; what was proved stays."""
    enrolment.withdrawn_at = enrolment.withdrawn_at or timezone.now()
    enrolment.save(update_fields=["withdrawn_at"])
    end_standing(learner=enrolment.learner, program=enrolment.program)
    return enrolment
