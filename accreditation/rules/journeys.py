"""A learner's way through the programs they are on: what is done, what is open, what is locked, and the one next step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from accreditation.models import Enrolment, Program, Proof, Requirement, RequirementKind, User
from accreditation.rules.programs import InForce, on_programs, standings, version_of
from accreditation.rules.standing import RequirementStanding, Standing
from assessments.models import Attempt, Practical, Submission
from assessments.models.practicals import SubmissionState
from assessments.rules.practicals import behind_its_exam
from courses.lib.refusals import Refusal
from courses.models import ContentState

QUESTIONS = {Proof.KNOW: "Do you know it?", Proof.SHOW: "Can you do it?", Proof.KEEP: "Can you keep doing it?"}
WAITING = {
    "submitted": "handed in, waiting for a grader",
    "in_review": "a grader is on it",
    "returned": "given back to you",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One requirement as a stop: its state (done, now, open, locked), a note, where it leads, and why it is locked.

    `is_needed` is false where its group is met without it.
    """

    title: str
    state: str
    note: str
    link: str
    kind: str
    refusal: Refusal | None = None
    is_needed: bool = True


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
class Work:
    """What a learner has begun: the newest submission of each practical, and the exams that they passed."""

    submissions: Mapping[int, Submission]
    exams_passed: frozenset[int]


NO_WORK = Work({}, frozenset())


@dataclass(frozen=True, slots=True)
class Journey:
    """A program as one learner goes through it. `enrolment` is None for somebody who only looks."""

    program: Program
    enrolment: Enrolment | None
    standing: Standing
    stages: tuple[Stage, ...]
    next_step: NextStep | None


def journeys(learner: User, now: datetime, *, in_force: InForce | None = None) -> list[Journey]:
    """The published programs that the learner is on, those with a due date first. Eight queries, whatever their number.

    One less with `in_force`, where the caller has loaded what the learner holds.
    """
    mine = Enrolment.objects.open().filter(learner=learner, program__state=ContentState.PUBLISHED)
    rows = list(on_programs(mine).order_by("due_on", "enrolled_at"))
    found = standings(learner, [row.program for row in rows], now, in_force=in_force)
    work = work_of(learner)
    return [journey(row.program, found[row.program_id], work, row) for row in rows if row.program_id in found]


def work_of(learner: User) -> Work:
    """The learner's work. Two queries."""
    rows = Submission.objects.filter(learner=learner).order_by("practical_id", "-number").distinct("practical_id")
    passed = Attempt.objects.passed().filter(learner=learner).values_list("exam_id", flat=True)
    return Work({row.practical_id: row for row in rows}, frozenset(passed))


def journey(program: Program, standing: Standing, work: Work, enrolment: Enrolment | None = None) -> Journey:
    """One program's journey, from a standing that is computed already. No query where `with_rules` loaded the program."""
    rows = {row.pk: row for group in version_of(program).groups.all() for row in group.requirements.all()}
    steps = [
        (one.rules.proof, replace(_step(one, rows[one.rules.pk], work), is_needed=not group.is_met))
        for group in standing.groups
        for one in group.requirements
    ]
    steps.append((Proof.KEEP, _badge(program, standing)))
    stages = tuple(
        Stage(proof, proof.label, QUESTIONS[proof], tuple(_first_open_is_now(step for p, step in steps if p == proof)))
        for proof in Proof
        if any(p == proof for p, _ in steps)
    )
    return Journey(program, enrolment, standing, stages, _next_step(program, standing, stages, enrolment))


def _badge(program: Program, standing: Standing) -> Step:
    """The badge that the proofs lead to, and how long it holds."""
    months = version_of(program).validity_months
    if standing.is_in_force:
        name, since = f"Badge, valid until {_day(standing.valid_until)}", f"since {_day(standing.completed_on)}"
        return Step(name, "done", since, "", "badge")
    if standing.valid_until:
        return Step("Badge ran out", "fading", standing.reason, "", "badge")
    return Step(f"Badge, valid {months} months", "locked", "Issued the day the last proof is in.", "", "badge")


def _step(one: RequirementStanding, row: Requirement, work: Work) -> Step:
    link = row.target.get_absolute_url()
    if one.is_met:
        return Step(one.rules.title, "done", _day(one.met_on), link, row.kind)
    if row.kind == RequirementKind.PRACTICAL:
        return _practical_step(one, row, work, link)
    note = f"{one.done} of {one.total} courses done" if row.kind == RequirementKind.PATH else row.get_kind_display()
    return Step(one.rules.title, "open", note, link, row.kind)


def _practical_step(one: RequirementStanding, row: Requirement, work: Work, link: str) -> Step:
    submission = work.submissions.get(one.rules.target)
    if submission is None or submission.state == SubmissionState.WITHDRAWN:
        return _untried_step(one, row, work, link)
    if submission.state in WAITING:
        return Step(one.rules.title, "now", WAITING[submission.state], submission.get_absolute_url(), row.kind)
    note = f"try {submission.number} was not a pass yet" if submission.state == SubmissionState.DECIDED else "begun"
    return Step(one.rules.title, "open", note, link, row.kind)


def _untried_step(one: RequirementStanding, row: Requirement, work: Work, link: str) -> Step:
    practical: Practical = row.target
    if practical.exam_id in work.exams_passed:
        return Step(one.rules.title, "open", "open to you", link, row.kind)
    refusal = behind_its_exam(practical)
    return Step(one.rules.title, "locked", refusal.sentence, link, row.kind, refusal)


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
    if standing.is_in_force:
        return None
    steps = [step for stage in stages for step in stage.steps]
    waiting = ("waiting for a grader", "a grader is on it")
    doable = [step for step in steps if step.state == "now" and step.is_needed and not step.note.endswith(waiting)]
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
