"""A learner's way through the programs they are on: what is done, what is open, what is locked, and the one next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accreditation.models import Enrolment, Program, Proof, Requirement, RequirementKind, User
from accreditation.rules.programs import standings, with_rules
from accreditation.rules.standing import RequirementStanding, Standing
from assessments.models import Submission
from courses.lib.refusals import Refusal

QUESTIONS = {Proof.KNOW: "Do you know it?", Proof.SHOW: "Can you do it?", Proof.KEEP: "Can you keep doing it?"}
WAITING = {
    "submitted": "handed in, waiting for a grader",
    "in_review": "a grader is on it",
    "returned": "given back to you",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One requirement as a stop: its state (done, now, open, locked), a note, where it leads, and why it is locked."""

    title: str
    state: str
    note: str
    link: str
    kind: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Know, show or keep, with its stops."""

    proof: str
    name: str
    question: str
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        """How many stops are behind."""
        return sum(step.state == "done" for step in self.steps)

    @property
    def percent(self) -> int:
        """The same as a whole percent, for the bar."""
        return self.done * 100 // len(self.steps)


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do now: the one inverted block of a page."""

    title: str
    text: str
    link: str
    deed: str
    note: str


@dataclass(frozen=True, slots=True)
class Journey:
    """A program as one learner goes through it. `enrolment` is None for somebody who only looks."""

    program: Program
    enrolment: Enrolment | None
    standing: Standing
    stages: tuple[Stage, ...]
    next_step: NextStep | None


def journeys(learner: User, now: datetime) -> list[Journey]:
    """The programs that the learner is on, those with a due date first. Eight queries, whatever their number."""
    rows = list(Enrolment.objects.open().filter(learner=learner).order_by("due_on", "enrolled_at"))
    programs = {one.pk: one for one in with_rules(Program.objects.filter(pk__in=[row.program_id for row in rows]))}
    found = standings(learner, programs.values(), now)
    submissions = submissions_by_practical(learner)
    return [
        journey(programs[row.program_id], found[row.program_id], submissions, row)
        for row in rows
        if row.program_id in found
    ]


def submissions_by_practical(learner: User) -> dict[int, Submission]:
    """The learner's newest submission of each practical. One query."""
    rows = Submission.objects.filter(learner=learner).order_by("practical_id", "-number").distinct("practical_id")
    return {row.practical_id: row for row in rows}


def journey(
    program: Program, standing: Standing, submissions: Mapping[int, Submission], enrolment: Enrolment | None = None
) -> Journey:
    """One program's journey, from a standing that is computed already. No query where `with_rules` loaded the program."""
    rows = {row.pk: row for group in program.current_version.groups.all() for row in group.requirements.all()}
    passed = {
        one.rules.target for one in standing.requirements if one.is_met and one.rules.kind == RequirementKind.EXAM
    }
    steps = [(one.rules.proof, _step(one, rows[one.rules.pk], passed, submissions)) for one in standing.requirements]
    stages = tuple(
        Stage(proof, proof.label, QUESTIONS[proof], tuple(_first_open_is_now(step for p, step in steps if p == proof)))
        for proof in Proof
        if any(p == proof for p, _ in steps)
    )
    stages = (*stages, _keep(program, standing))
    return Journey(program, enrolment, standing, stages, _next_step(program, standing, stages, enrolment))


def _keep(program: Program, standing: Standing) -> Stage:
    """The badge that the proofs lead to, and how long it holds."""
    months = program.current_version.validity_months
    if standing.is_in_force:
        step = Step(
            f"Badge, valid until {_day(standing.valid_until)}",
            "done",
            f"since {_day(standing.completed_on)}",
            "",
            "badge",
        )
    elif standing.valid_until:
        step = Step("Badge ran out", "fading", standing.reason, "", "badge")
    else:
        step = Step(f"Badge, valid {months} months", "locked", "Issued the day the last proof is in.", "", "badge")
    return Stage(Proof.KEEP, Proof.KEEP.label, QUESTIONS[Proof.KEEP], (step,))


def _step(one: RequirementStanding, row: Requirement, passed: set[int], submissions: Mapping[int, Submission]) -> Step:
    link = row.target.get_absolute_url()
    if one.is_met:
        return Step(one.rules.title, "done", _day(one.met_on), link, row.kind)
    if row.kind == RequirementKind.PRACTICAL:
        return _practical_step(one, row, passed, submissions, link)
    note = f"{one.done} of {one.total} courses done" if row.kind == RequirementKind.PATH else row.get_kind_display()
    return Step(one.rules.title, "open", note, link, row.kind)


def _practical_step(
    one: RequirementStanding, row: Requirement, passed: set[int], submissions: Mapping[int, Submission], link: str
) -> Step:
    submission = submissions.get(row.practical_id)
    if submission is None and row.practical.exam_id not in passed:
        refusal = Refusal("exam-not-passed", "Opens when you have passed the written exam.", link, "See what it asks")
        return Step(one.rules.title, "locked", refusal.sentence, link, row.kind, refusal)
    if submission is None:
        return Step(one.rules.title, "open", "open to you", link, row.kind)
    if submission.state in WAITING:
        return Step(one.rules.title, "now", WAITING[submission.state], submission.get_absolute_url(), row.kind)
    note = f"try {submission.number} was not a pass yet" if submission.state == "decided" else "begun"
    return Step(one.rules.title, "open", note, link, row.kind)


def _first_open_is_now(steps: Sequence[Step]) -> list[Step]:
    out, seen = [], False
    for step in steps:
        is_first = step.state == "open" and not seen
        seen = seen or is_first
        out.append(Step(step.title, "now", step.note, step.link, step.kind) if is_first else step)
    return out


def _next_step(
    program: Program, standing: Standing, stages: Sequence[Stage], enrolment: Enrolment | None
) -> NextStep | None:
    if standing.is_in_force:
        return None
    steps = [step for stage in stages for step in stage.steps]
    waiting = ("waiting for a grader", "a grader is on it")
    doable = [step for step in steps if step.state == "now" and not step.note.endswith(waiting)]
    if not doable:
        return None
    step = doable[0]
    note = f"due {_day(enrolment.due_on)}" if enrolment and enrolment.due_on else step.note
    return NextStep(_deed(step), f"For {program.title}.", step.link, "Open it", note)


def _deed(step: Step) -> str:
    verbs = {
        RequirementKind.PATH: "Go on with the path",
        RequirementKind.COURSE: "Go on with the course",
        RequirementKind.EXAM: "Take the exam",
        RequirementKind.PRACTICAL: "Hand in",
        RequirementKind.PROGRAM: "Get accredited first in",
    }
    return f"{verbs[RequirementKind(step.kind)]}: {step.title}"


def _day(day: date | None) -> str:
    return f"{day:%-d %B %Y}" if day else ""
