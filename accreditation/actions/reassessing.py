"""Computing a whole program again: every learner with anything to show, in portions, by the same rule as one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from accreditation.actions.tiers import store_tiers
from accreditation.models import (
    Accreditation,
    Evidence,
    EvidenceKind,
    Program,
    ProgramReassessment,
    RequirementKind,
    User,
)
from accreditation.models.programs import TARGETS
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.programs import FACT_COLUMNS, fact_from, facts_that_stand, local_day, rules_of, with_rules
from accreditation.rules.proofs import Fact, Held
from accreditation.rules.standing import Standing, has_begun, standing
from accreditation.rules.tier_holdings import tier_book
from accreditation.signals import program_reassessed, program_reassessment_asked
from courses.models import ContentState

PORTION = 2000
"""Learners a transaction: some tenths of a second, in which their other deeds wait."""
LATER = timedelta(minutes=15)
"""After a failure a whole program waits this long."""

STORED = ("state", "completed_on", "valid_until", "cycles", "steps", "met", "asked", "open_requirements")
STORE = """
INSERT INTO accreditation_accreditation
    (learner_id, program_id, version_id, computed_at, state, completed_on, valid_until, cycles, steps, met,
     asked, open_requirements)
SELECT learner_id, %s, %s, %s, state, completed_on, valid_until, cycles::date[], steps::date[], met, asked,
    open_requirements::bigint[]
FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::date[], %s::text[], %s::text[], %s::smallint[], %s::smallint[],
    %s::text[])
    AS computed (learner_id, state, completed_on, valid_until, cycles, steps, met, asked, open_requirements)
ON CONFLICT (learner_id, program_id) DO UPDATE SET
    version_id = excluded.version_id, computed_at = excluded.computed_at, state = excluded.state,
    completed_on = excluded.completed_on, valid_until = excluded.valid_until, cycles = excluded.cycles,
    steps = excluded.steps,
    met = excluded.met, asked = excluded.asked, open_requirements = excluded.open_requirements
"""


@dataclass(frozen=True, slots=True)
class Reassessed:
    """How many learners were looked at, and whose standing is another one now (a new version of the rules among it)."""

    learners: int
    changed: int

    def __add__(self, other: "Reassessed") -> "Reassessed":
        return Reassessed(self.learners + other.learners, self.changed + other.changed)


def reassess_all(*, program: Program, now: datetime | None = None) -> Reassessed:
    """Compute everybody's standing in a program anew, then in the programs that ask for it, and their tiers.

    Learners go in portions, each its own transaction, so that a stop in between loses nothing and a second run finds the
    rest; a portion takes nine statements at most. May run at any time, any number of times.
    """
    now = now or timezone.now()
    whole = Reassessed(0, 0)
    for one in with_dependents(program):
        whole += _reassess_program(one, now)
    return whole


def ask_for_program(*, program: Program) -> ProgramReassessment:
    """Write the row that a task hurries and a sweep finds; one open row per program is enough."""
    row, is_fresh = ProgramReassessment.objects.get_or_create(
        program=program, done_at=None, defaults={"due_at": timezone.now()}
    )
    if is_fresh:
        program_reassessment_asked.send(sender=ProgramReassessment, reassessment=row)
    return row


def settle_program(*, reassessment_id: int) -> bool:
    """Do one asked-for reassessment of a program, if it is still open. One that fails is put off and raises."""
    row = ProgramReassessment.objects.select_related("program").filter(pk=reassessment_id, done_at=None).first()
    if row is None:
        return False
    began_at = timezone.now()
    try:
        done = reassess_all(program=row.program)
    except Exception:
        ProgramReassessment.objects.filter(pk=row.pk, done_at=None).update(due_at=timezone.now() + LATER)
        raise
    values = {"learners": done.learners, "changed": done.changed, "began_at": began_at, "done_at": timezone.now()}
    return bool(ProgramReassessment.objects.filter(pk=row.pk, done_at=None).update(**values))


def with_dependents(program: Program) -> list[Program]:
    """The program, then those that ask for it, each after all that it asks for itself."""
    found, waiting = {program.pk: 0}, [(program.pk, 0)]
    while waiting:
        here, depth = waiting.pop()
        for pk in _asking(here):
            if depth + 1 > found.get(pk, -1):
                found[pk] = depth + 1
                waiting.append((pk, depth + 1))
    rows = with_rules(Program.objects.exclude(state=ContentState.DRAFT).exclude(current_version=None))
    return sorted(rows.filter(pk__in=found), key=lambda row: found[row.pk])


def _asking(program_id: int) -> Iterable[int]:
    """Programs whose current rules ask for this one; circles are never published."""
    asking = Program.objects.filter(
        versions=F("current_version"), versions__groups__requirements__program_id=program_id
    )
    return asking.values_list("pk", flat=True).distinct()


def _reassess_program(program: Program, now: datetime) -> Reassessed:
    rules, today, book = rules_of(program), local_day(program, now), tier_book()
    whole = Reassessed(0, 0)
    for learners in portions(program):
        with transaction.atomic():
            whole += _reassess_portion(program, rules, learners, today, now)
            store_tiers(book=book, learners=learners, now=now)
    program_reassessed.send(sender=Program, program=program, changed=whole.changed)
    return whole


def portions(program: Program) -> Iterator[list[int]]:
    """Primary keys of those who proved anything, or hold it as last computed; ascending, so that locks are in order."""
    last = 0
    while True:
        proved = Evidence.objects.filter(learner_id__gt=last).order_by("learner_id").values("learner_id").distinct()
        held = Accreditation.objects.filter(program=program, learner_id__gt=last).order_by("learner_id")
        found = {row["learner_id"] for row in proved[:PORTION]}
        found |= set(held.values_list("learner_id", flat=True)[:PORTION])
        portion = sorted(found)[:PORTION]
        if not portion:
            return
        yield portion
        last = portion[-1]


def _reassess_portion(
    program: Program, rules: ProgramRules, learners: Sequence[int], today: date, now: datetime
) -> Reassessed:
    list(User.objects.select_for_update(no_key=True).filter(pk__in=learners).order_by("pk").values_list("pk"))
    facts, held = facts_among(rules, learners), held_of(rules, learners)
    stored = {row[0]: row[1:] for row in _stored(program, learners)}
    changed = []
    for pk in learners:
        found = standing(rules, facts.get(pk, ()), today, held=held.get(pk))
        row = (program.current_version_id, *_plain(found))
        if stored.get(pk) != row and (pk in stored or has_begun(found)):
            changed.append((pk, *row[1:]))
    _store(program, changed, now)
    return Reassessed(len(learners), len(changed))


def begin_standings(*, program: Program, learners: Sequence[int], now: datetime) -> list[int]:
    """Write the standing of locked people who enrol and have proved nothing of what the program asks for; returns who they are.

    The others, and those who have a standing, are left to `begin_standing`. Six statements, whatever the number.
    """
    held = set(Accreditation.objects.filter(program=program, learner__in=learners).values_list("learner_id", flat=True))
    loaded = with_rules(Program.objects.filter(pk=program.pk)).get()
    rules, today = rules_of(loaded), local_day(loaded, now)
    facts, programs = facts_among(rules, learners), held_of(rules, learners)
    new = []
    for pk in (one for one in learners if one not in held and one not in facts and one not in programs):
        found = standing(rules, (), today, held=None)
        if not has_begun(found):
            new.append((pk, *_plain(found)))
    _store(loaded, new, now)
    return [row[0] for row in new]


def _plain(found: Standing) -> tuple[Any, ...]:
    """A standing as its row holds it, in the order of `STORED`."""
    counters, (cycles, steps) = found.counters, ([list(one) for one in times] for times in (found.cycles, found.steps))
    dates = (found.completed_on, found.valid_until)
    return str(found.state), *dates, cycles, steps, counters.met, counters.asked, sorted(counters.open)


def facts_among(rules: ProgramRules, learners: Sequence[int]) -> Mapping[int, list[Fact]]:
    """What each of them proved of what the rules ask for. One query."""
    rows = facts_that_stand(Evidence.objects.filter(_asked(rules), learner__in=learners)).order_by("learner_id")
    by_learner = groupby(rows.values_list(*FACT_COLUMNS, "learner_id"), key=lambda row: row[-1])
    return {pk: [fact_from(row) for row in theirs] for pk, theirs in by_learner}


def _asked(rules: ProgramRules) -> Q:
    """The evidence that the rules look at; without conditions of its own a count looks at every practical."""
    asked = rules.asked
    wanted = Q(kind=EvidenceKind.REVOCATION, program_id=rules.program_id)
    targets: dict[str, set[Any]] = {"course": {pk for one in asked for pk in one.courses}}
    for one in asked:
        if one.count and not one.count.targets:
            wanted |= Q(kind=EvidenceKind.PRACTICAL)
        elif one.count:
            targets.setdefault("practical", set()).update(one.count.targets)
        elif one.kind in TARGETS and one.kind in EvidenceKind.values:
            targets.setdefault(one.kind, set()).add(one.target)
    parts = [part for update in rules.updates for part in update.parts]
    targets["update_part"] = {part.pk for part in parts}
    for part in parts:
        targets.setdefault(part.kind, set()).add(part.target)
    for kind, keys in targets.items():
        if keys:
            wanted |= Q(**{"kind": kind.removesuffix("_part"), f"{kind}__in": keys})
    return wanted


def held_of(rules: ProgramRules, learners: Sequence[int]) -> Mapping[int, Held]:
    """When each of them held the programs that the rules ask for. One query where they ask for any."""
    asked: set[Any] = {one.target for one in rules.asked if one.kind == RequirementKind.PROGRAM}
    held: dict[int, dict[Any, list[tuple[date, date]]]] = {}
    if asked:
        rows = Accreditation.objects.filter(program__in=asked, learner__in=learners).exclude(cycles=[])
        for learner, program, cycles, steps in rows.values_list("learner_id", "program_id", "cycles", "steps"):
            held.setdefault(learner, {})[program] = [(start, end) for start, end in steps or cycles]
    return held


def _stored(program: Program, learners: Sequence[int]) -> Iterable[Any]:
    rows = Accreditation.objects.filter(program=program, learner__in=learners)
    return rows.values_list("learner_id", "version_id", *STORED)


def _store(program: Program, changed: Sequence[Any], now: datetime) -> None:
    """Write what differs, in one statement."""
    if not changed:
        return
    learners, states, completed, until, cycles, steps, met, asked, open_ = map(list, zip(*changed, strict=True))
    times, days = (
        ["{" + ",".join(f"{{{start},{end}}}" for start, end in one) + "}" for one in of] for of in (cycles, steps)
    )
    left = ["{" + ",".join(map(str, one)) + "}" for one in open_]
    values = [
        program.pk,
        program.current_version_id,
        now,
        learners,
        states,
        completed,
        until,
        times,
        days,
        met,
        asked,
        left,
    ]
    with connection.cursor() as cursor:
        cursor.execute(STORE, values)
