"""The stops of a learner's way: each requirement with where it stands, where it leads, and why it can't be done now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accreditation.models import Program, Requirement, RequirementKind, User
from accreditation.rules.places import places_of
from accreditation.rules.programs import version_of
from accreditation.rules.proofs import RequirementStanding
from accreditation.rules.reasons import day_in_words
from accreditation.rules.standing import Standing
from assessments.models import Attempt, Exam, Practical, SessionUse, Submission
from assessments.models.practicals import OPEN_STATES, SubmissionState
from assessments.rules.exams import counted_tries, open_attempt, sittings_of, why_not_start_after
from assessments.rules.practicals import behind_its_exam, why_not_again
from assessments.rules.sessions import Meeting, meeting_of, with_meetings
from assessments.rules.sitters import exams_apart
from courses.lib.clock import show_moment
from courses.lib.refusals import Refusal
from courses.lib.words import in_readers_language

WITH_GRADERS = {
    SubmissionState.SUBMITTED: gettext_noop("handed in, waiting for a grader"),
    SubmissionState.IN_REVIEW: gettext_noop("a grader is on it"),
}
VERBS = {
    RequirementKind.PATH: gettext_noop("Go on with the path"),
    RequirementKind.COURSE: gettext_noop("Go on with the course"),
    RequirementKind.EXAM: gettext_noop("Take the exam"),
    RequirementKind.PRACTICAL: gettext_noop("Hand in"),
    RequirementKind.PROGRAM: gettext_noop("Get accredited first in"),
    RequirementKind.PROOFS: gettext_noop("Prove it again"),
}


BY_OTHERS = {
    RequirementKind.ATTESTATION: gettext_noop("Your manager attests it on their team page."),
    RequirementKind.CREDIT: gettext_noop("The enablement team enters it when it has seen your certificate."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One requirement as a stop: its state (done, now, open, locked, not-yet), a note, where it leads.

    `verb` says what to do there. `refusal` is why it can't be done now, `waits_for` on whom or what it waits otherwise.
    `is_needed` is false where its group is met without it.
    """

    title: str
    state: str
    note: str
    link: str
    verb: str = ""
    refusal: Refusal | None = None
    waits_for: str = ""
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Work:
    """What a learner has begun: the tries of each practical and the sittings of all exams, newest first.

    `apart`: exam -> why they may not sit it for credit.
    """

    tries: Mapping[int, Sequence[Submission]]
    sittings: Sequence[Attempt]
    apart: Mapping[int, Refusal] = field(default_factory=dict)

    def has_passed(self, exam_id: int | None) -> bool:
        """Whether one of the sittings that count was a pass."""
        return any(one.exam_id == exam_id and one.current_run and one.current_run.passed for one in self.sittings)


NO_WORK = Work({}, ())


def work_of(learner: User) -> Work:
    """The learner's work. Two queries, and those of `exams_apart` for people who grade or administer."""
    tries: dict[int, list[Submission]] = {}
    for row in with_meetings(Submission.objects.filter(learner=learner)).order_by("-number"):
        tries.setdefault(row.practical_id, []).append(row)
    knows = learner.is_staff or places_of(learner).grades
    return Work(tries, sittings_of(learner), exams_apart(learner) if knows else {})


def step_of(one: RequirementStanding, row: Requirement, program: Program, work: Work, now: datetime) -> Step:
    """The stop of a requirement (loaded by `with_rules`). No query."""
    title = one.rules.title
    if row.kind in BY_OTHERS:
        return _step_by_others(one, title, _(BY_OTHERS[RequirementKind(row.kind)]))
    verb = _(VERBS[RequirementKind(row.kind)])
    link = row.target.get_absolute_url() if row.target else program.get_absolute_url()
    if one.is_met:
        return Step(title, "done", _met(one, row), link)
    if row.kind == RequirementKind.PRACTICAL:
        return _practical_step(title, row.target, work, now)
    if row.kind == RequirementKind.EXAM:
        return _exam_step(title, row.target, work, now)
    return Step(title, "open", _note(one, row), link, verb)


def _met(one: RequirementStanding, row: Requirement) -> str:
    """The day on which it was met; of proofs of the last days how long they are enough."""
    if row.kind == RequirementKind.PROOFS and one.ends_on:
        return _("%(done)s of %(total)s, enough until %(ends_on)s") % {
            "done": one.done,
            "total": one.total,
            "ends_on": day_in_words(one.ends_on),
        }
    return day_in_words(one.met_on)


def _note(one: RequirementStanding, row: Requirement) -> str:
    """How far it is, and that it was there before where it was."""
    ended = (
        _(", the last proof held until %(ended_on)s") % {"ended_on": day_in_words(one.ended_on)} if one.ended_on else ""
    )
    if row.kind == RequirementKind.PATH:
        return _("%(done)s of %(total)s courses done%(ended)s") % {"done": one.done, "total": one.total, "ended": ended}
    if row.kind == RequirementKind.PROOFS:
        return _("%(done)s of %(total)s proofs%(ended)s") % {"done": one.done, "total": one.total, "ended": ended}
    return f"{row.get_kind_display()}{ended}"


def _step_by_others(one: RequirementStanding, title: str, waits_for: str) -> Step:
    """What somebody else says or enters: there is nothing to open, so it leads to who that is."""
    if one.is_met:
        return Step(title, "done", day_in_words(one.met_on), "")
    return Step(title, "open", waits_for, reverse("profile"), waits_for=waits_for)


def badge_step(program: Program, standing: Standing) -> Step:
    """The badge that the proofs lead to, and how long it holds."""
    months = version_of(program).validity_months
    if standing.is_in_force:
        name = _("Badge, valid until %(valid_until)s") % {"valid_until": day_in_words(standing.valid_until)}
        return Step(
            name, "done", _("since %(completed_on)s") % {"completed_on": day_in_words(standing.completed_on)}, ""
        )
    if standing.valid_until:
        return Step(_("Badge ran out"), "fading", standing.reason, "")
    return Step(
        _("Badge, valid %(months)s months") % {"months": months},
        "locked",
        _("Issued the day the last proof is in."),
        "",
    )


def _exam_step(title: str, exam: Exam, work: Work, now: datetime) -> Step:
    verb, link = _(VERBS[RequirementKind.EXAM]), exam.get_absolute_url()
    running = open_attempt(work.sittings)
    if running and running.exam_id == exam.pk:
        return Step(
            title, "open", _("you are in the middle of it"), running.get_absolute_url(), _("Go on with the exam")
        )
    has_failed = bool(counted_tries(work.sittings, exam))
    if refusal := why_not_start_after(work.sittings, exam, now, (), work.apart.get(exam.pk)):
        note = _("Not yet. %(sentence)s") % {"sentence": refusal.sentence} if has_failed else refusal.sentence
        return Step(title, "not-yet" if has_failed else "locked", note, link, verb, refusal)
    if has_failed:
        return Step(title, "open", _("not yet; you may try again"), link, _("Take the exam again"))
    return Step(title, "open", str(RequirementKind.EXAM.label), link, verb)


def _practical_step(title: str, practical: Practical, work: Work, now: datetime) -> Step:
    tries = work.tries.get(practical.pk, ())
    if begun := next((one for one in tries if one.state in OPEN_STATES), None):
        return _begun_step(title, begun, practical, now)
    verb, link = _(VERBS[RequirementKind.PRACTICAL]), practical.get_absolute_url()
    if not work.has_passed(practical.exam_id):
        refusal = behind_its_exam(practical)
        return Step(title, "locked", refusal.sentence, link, verb, refusal)
    decided = next((one for one in tries if one.state == SubmissionState.DECIDED), None)
    said = _("try %(number)s was not a pass yet") % {"number": decided.number} if decided else ""
    if waits := why_not_again(practical, list(tries), now):
        note = f"{said.capitalize()}. {waits.sentence}" if said else waits.sentence
        return Step(title, "not-yet" if said else "locked", note, link, verb, waits)
    return Step(title, "open", said or _("open to you"), link, verb)


def _begun_step(title: str, begun: Submission, practical: Practical, now: datetime) -> Step:
    link = practical.get_absolute_url()
    if note := in_readers_language(WITH_GRADERS.get(SubmissionState(begun.state), "")):
        until = (
            _("Your answer comes by %(promised_at)s.") % {"promised_at": show_moment(begun.promised_at)}
            if begun.promised_at
            else _("It is with a grader.")
        )
        return Step(title, "now", note, begun.get_absolute_url(), waits_for=until)
    if begun.state == SubmissionState.RETURNED:
        return Step(title, "open", _("given back to you"), link, _("Hand in again"))
    meeting = meeting_of(begun)
    if meeting:
        return _meeting_step(title, meeting, link, now)
    if practical.session == SessionUse.REQUIRED:
        return Step(title, "open", _("no session is booked yet"), link, _("Book your session"))
    return Step(title, "open", "begun", link, _("Go on with"))


def _meeting_step(title: str, meeting: Meeting, link: str, now: datetime) -> Step:
    """A booked session: ahead, to be attested, or behind; without a grader in it its recording is sent meanwhile."""
    if now < meeting.starts_at:
        note = _("your session is on %(starts_at)s") % {"starts_at": show_moment(meeting.starts_at)}
        return Step(title, "now", note, link, _("Prepare your session"), waits_for=f"Y{note[1:]}.")
    if meeting.took_place:
        return Step(title, "open", _("your session took place"), link, _("Hand in"))
    missing = _("%(host)s still has to say that it took place") % {"host": meeting.host}
    if meeting.is_marked_live:
        return Step(title, "now", missing, link, _("Waits for your host"), waits_for=f"{missing}.")
    return Step(title, "open", missing, link, _("Send the recording of your session"))
