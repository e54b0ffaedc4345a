"""A learner's way through the programs they are on: what is done, what is open, what is locked, and the one next step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from accreditation.models import Enrolment, Program, Proof, StandingState, User
from accreditation.rules.programs import on_programs, standings, version_of
from accreditation.rules.proofs import GroupStanding, Held, RequirementStanding
from accreditation.rules.reasons import day_in_words
from accreditation.rules.standing import Standing
from accreditation.rules.steps import Step, Work, badge_step, step_of, work_of
from accreditation.rules.updates import UpdateStanding
from courses.models import ContentState

QUESTIONS = {
    Proof.KNOW: gettext_noop("Do you know it?"),
    Proof.SHOW: gettext_noop("Can you do it?"),
    Proof.KEEP: gettext_noop("Can you keep doing it?"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Know, show or keep, with its stops: `done` of the `needed` ones are behind. `choices`: where fewer do than are named."""

    proof: str
    name: str
    question: str
    steps: tuple[Step, ...]
    done: int
    needed: int
    choices: tuple[str, ...] = ()

    @property
    def percent(self) -> int:
        """The same as a whole percent, for the bar."""
        return self.done * 100 // self.needed if self.needed else 100


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do now: the one inverted block of a page. `waits` where nothing can be done before a time or a person."""

    title: str
    text: str
    link: str
    deed: str
    note: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Journey:
    """A program as one learner goes through it. `enrolment` is None for somebody who only looks."""

    program: Program
    enrolment: Enrolment | None
    standing: Standing
    stages: tuple[Stage, ...]
    next_step: NextStep | None


def journeys(learner: User, now: datetime, *, held: Held | None = None) -> list[Journey]:
    """The published programs that the learner is on, those with a due date first. Seven queries, whatever their number.

    One less with `held`, where the caller has loaded what the learner holds.
    """
    mine = Enrolment.objects.open().filter(learner=learner, program__state=ContentState.PUBLISHED)
    rows = list(on_programs(mine).order_by("due_on", "enrolled_at"))
    found = standings(learner, [row.program for row in rows], now, held=held)
    work = work_of(learner)
    return [journey(row.program, found[row.program_id], work, now, row) for row in rows if row.program_id in found]


def first_step(found: Iterable[Journey]) -> NextStep | None:
    """The one next step over all programs: the first that can be done now, else what everything waits for."""
    steps = [one.next_step for one in found if one.next_step]
    return min(steps, key=lambda step: step.waits, default=None)


def journey(
    program: Program, standing: Standing, work: Work, now: datetime, enrolment: Enrolment | None = None
) -> Journey:
    """One program's journey, from a standing that is computed already. No query where `with_rules` loaded the program."""
    rows = {row.pk: row for group in version_of(program).groups.all() for row in group.requirements.all()}
    steps = [
        (one.rules.proof, replace(step_of(one, rows[one.rules.pk], program, work, now), is_needed=is_needed))
        for group in standing.groups
        for one, is_needed in _asked(group)
    ]
    steps.append((Proof.KEEP, badge_step(program, standing)))
    stages = tuple(
        _stage(proof, _first_open_is_now(step for p, step in steps if p == proof), standing.groups)
        for proof in Proof
        if any(p == proof for p, _ in steps)
    )
    return Journey(program, enrolment, standing, stages, _next_step(program, standing, stages, enrolment))


def _stage(proof: Proof, steps: Sequence[Step], groups: Sequence[GroupStanding]) -> Stage:
    """A stage with its count: of a group that leaves a choice only what is needed counts, and the badge is one itself."""
    counts = [_counted(group, proof) for group in groups]
    is_keep = proof == Proof.KEEP  # its last stop is the badge, which no group asks for
    return Stage(
        proof,
        str(proof.label),
        gettext(QUESTIONS[proof]),
        tuple(steps),
        done=sum(done for done, _ in counts) + (is_keep and steps[-1].state == "done"),
        needed=sum(needed for _, needed in counts) + is_keep,
        choices=tuple(_in_words(one) for one in _all(groups) if _is_open_choice(one, proof)),
    )


def _all(groups: Iterable[GroupStanding]) -> list[GroupStanding]:
    """Groups and the groups in them."""
    return [one for group in groups for one in (group, *group.groups)]


def _asked(group: GroupStanding, is_needed: bool = True) -> list[tuple[RequirementStanding, bool]]:
    """Its requirements and those of its groups, each with whether it is still needed: not where a group is met."""
    is_needed = is_needed and not group.is_met
    mine = [(one, is_needed) for one in group.requirements]
    return [*mine, *(one for nested in group.groups for one in _asked(nested, is_needed))]


def _counted(group: GroupStanding, proof: Proof) -> tuple[int, int]:
    """How much of a group is done within one proof, and how much of it is needed there.

    Of members that leave a choice those count that have the least left to do.
    """
    nearest = sorted(group.members, key=_left)[: group.rules.needed]
    counts = [_counted_member(one, proof) for one in nearest]
    return sum(done for done, _ in counts), sum(needed for _, needed in counts)


def _counted_member(one: RequirementStanding | GroupStanding, proof: Proof) -> tuple[int, int]:
    if isinstance(one, GroupStanding):
        return _counted(one, proof)
    return (int(one.is_met), 1) if one.rules.proof == proof else (0, 0)


def _left(one: RequirementStanding | GroupStanding) -> int:
    """How many requirements are still to be met in it."""
    if isinstance(one, RequirementStanding):
        return int(not one.is_met)
    return sum(sorted(_left(member) for member in one.members)[: one.rules.needed])


def _is_open_choice(group: GroupStanding, proof: Proof) -> bool:
    leaves_choice = group.rules.needed < group.rules.size
    return leaves_choice and not group.is_met and any(one.rules.proof == proof for one in group.everything())


def _in_words(group: GroupStanding) -> str:
    titles = ", ".join(one.rules.title for one in group.members)
    enough = "is" if group.rules.needed == 1 else "are"
    return gettext("%(needed)s of these %(size)s %(enough)s enough: %(titles)s.") % {
        "needed": group.rules.needed,
        "size": group.rules.size,
        "enough": enough,
        "titles": titles,
    }


def _first_open_is_now(steps: Iterable[Step]) -> list[Step]:
    out, seen = [], False
    for step in steps:
        is_first = step.state == "open" and step.is_needed and not seen
        seen = seen or is_first
        out.append(replace(step, state="now") if is_first else step)
    return out


def _next_step(
    program: Program, standing: Standing, stages: Sequence[Stage], enrolment: Enrolment | None
) -> NextStep | None:
    """The first stop that can be done now, what renews it among them; where all of them wait, the first with its reason."""
    if standing.update:
        return _update_step(program, standing.update)
    if standing.state == StandingState.ACCREDITED:
        return None
    steps = [step for stage in stages for step in stage.steps if step.is_needed]
    if step := next((one for one in steps if one.state == "now" and not one.waits_for), None):
        note = (
            gettext("due %(due_on)s") % {"due_on": day_in_words(enrolment.due_on)}
            if enrolment and enrolment.due_on
            else step.note
        )
        if standing.state == StandingState.FADING and standing.valid_until:
            note = gettext("to keep it beyond %(valid_until)s") % {"valid_until": day_in_words(standing.valid_until)}
        return NextStep(
            f"{step.verb}: {step.title}",
            gettext("For %(program)s.") % {"program": program.title},
            step.link,
            gettext("Open it"),
            note,
        )
    if step := next((one for one in steps if one.waits_for or one.refusal), None):
        return _wait(step, program)
    return None


def _update_step(program: Program, asked: UpdateStanding) -> NextStep:
    """What changed comes before everything else: without it the accreditation ends on a day."""
    link = reverse("update", args=[program.slug, asked.rules.number])
    due = gettext("by %(due_on)s") % {"due_on": day_in_words(asked.rules.due_on)}
    return NextStep(
        gettext("Catch up: %(rules)s") % {"rules": asked.rules.title},
        gettext("%(capitalize)s, for %(program)s.") % {"capitalize": asked.deed.capitalize(), "program": program.title},
        link,
        gettext("See what changed"),
        due,
    )


def _wait(step: Step, program: Program) -> NextStep:
    if step.refusal is None:
        return NextStep(
            f"{step.verb or 'With the graders'}: {step.title}",
            step.waits_for,
            step.link,
            gettext("Open it") if step.verb else gettext("See where it stands"),
            gettext("for %(program)s") % {"program": program.title},
            True,
        )
    link, deed = step.refusal.link or step.link, step.refusal.link_text or gettext("Look at it")
    return NextStep(
        gettext("Not open yet: %(step)s") % {"step": step.title},
        step.refusal.sentence,
        link,
        deed,
        gettext("for %(program)s") % {"program": program.title},
        True,
    )
