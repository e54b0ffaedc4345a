"""What staff may do to one attempt: each deed is a page that asks for its reason, and one line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone

from assessments.actions.interventions import admit_late_answers, ask_to_reopen, consent_to_reopen, void_attempt
from assessments.actions.timekeeping import adjust_time, pause_attempt, resume_attempt
from assessments.forms.attempt_deeds import AdmitForm, PauseForm, ReopenForm, ResumeForm, TimeForm, VoidForm
from assessments.models import Attempt, AttemptState
from assessments.models.attempts import CLOSED, LIVE
from courses.lib.people import Person

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """A deed: its address, right, title and explanation, what it asks, in which states it is open, and what it does.

    `act` gets attempt, person and the form's data, and returns the sentence to show.
    """

    name: str
    permission: str
    title: str
    words: str
    form: type[forms.Form]
    states: tuple[str, ...]
    act: Callable[[Attempt, Person, Data], str]

    def is_open(self, attempt: Attempt, by: Person) -> bool:
        """Whether this person may do it to this attempt as it stands."""
        return attempt.state in self.states and by.has_perm(self.permission)


def _void(attempt: Attempt, by: Person, data: Data) -> str:
    void_attempt(attempt=attempt, by=by, cause=data["cause"], reason=data["reason"])
    return "The attempt doesn't count any more."


def _move(attempt: Attempt, by: Person, data: Data) -> str:
    moved = adjust_time(attempt=attempt, seconds=data["minutes"] * 60, reason=data["reason"], by=by)
    return f"The attempt now ends at {moved.deadline_at:%H:%M} UTC."


def _pause(attempt: Attempt, by: Person, data: Data) -> str:
    pause_attempt(attempt=attempt, reason=data["reason"], by=by)
    return "The clock stands still. The learner sees it within twenty seconds."


def _resume(attempt: Attempt, by: Person, data: Data) -> str:
    gone_on = resume_attempt(attempt=attempt, by=by)
    return f"The clock runs again, until {gone_on.deadline_at:%H:%M} UTC."


def _reopen(attempt: Attempt, by: Person, data: Data) -> str:
    asked = ask_to_reopen(attempt=attempt, minutes=data["minutes"], reason=data["reason"], by=by)
    if asked.done_at is None:
        return "Its result was shown already, so a second person has to consent. They find it on this page."
    return f"The attempt is open again, for {asked.minutes} minutes."


def _consent(attempt: Attempt, by: Person, data: Data) -> str:
    asked = attempt.reopenings.select_related("attempt").filter(done_at=None).first()
    if asked is None:
        return "Nothing waits for consent any more."
    gone_on = consent_to_reopen(reopening=asked, by=by)
    assert gone_on.deadline_at is not None  # it runs
    return f"The attempt is open again, until {timezone.localtime(gone_on.deadline_at):%H:%M}."


def _admit(attempt: Attempt, by: Person, data: Data) -> str:
    run = admit_late_answers(attempt=attempt, minutes=data["minutes"], reason=data["reason"], by=by)
    return f"The late answers count. The result is {run}."


NOT_VOID = tuple(state for state in AttemptState if state != AttemptState.VOID)
DEEDS = (
    Deed(
        "time", "assessments.add_timeadjustment", "Move the deadline",
        "The learner sees it within twenty seconds.", TimeForm, LIVE, _move,
    ),
    Deed(
        "pause", "assessments.pause_attempt", "Pause",
        "The clock stops and the questions are hidden until you resume it.", PauseForm, (AttemptState.IN_PROGRESS,), _pause,
    ),
    Deed(
        "resume", "assessments.pause_attempt", "Resume",
        "The pause is added to the deadline, and the learner's page comes back by itself.",
        ResumeForm, (AttemptState.PAUSED,), _resume,
    ),
    Deed(
        "reopen", "assessments.reopen_attempt", "Reopen",
        "The learner goes on with what they had answered. Where the result was shown, a second person has to consent first.",
        ReopenForm, CLOSED, _reopen,
    ),
    Deed(
        "consent", "assessments.reopen_attempt", "Consent to reopening",
        "A colleague asked to reopen this attempt although its result was shown. With your consent it goes on now.",
        ResumeForm, CLOSED, _consent,
    ),
    Deed(
        "admit", "assessments.admit_late_answers", "Let late answers count",
        "Answers that came after the end become current, and the attempt is scored again. Its receipt stays.",
        AdmitForm, (AttemptState.GRADED,), _admit,
    ),
    Deed(
        "void", "assessments.void_attempt", "Take out of the count",
        "It stays on record with every answer, but counts neither as a pass nor as a try.", VoidForm, NOT_VOID, _void,
    ),
)  # fmt: skip


def open_deeds(attempt: Attempt, by: Person) -> list[Deed]:
    """The deeds that are open to this person now. One query where the attempt is closed."""
    found = [deed for deed in DEEDS if deed.is_open(attempt, by)]
    waits = attempt.state in CLOSED and attempt.reopenings.filter(done_at=None).exists()
    hidden = "reopen" if waits else "consent"
    return [deed for deed in found if deed.name != hidden]
