"""Agreements of the people who are heard in a try: what was declared, when a recording goes, and who may hear it yet."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.models import Disclosure, LawfulBasis, Practical, RecordingDisclosure, Redaction, Submission
from assessments.rules.handins import why_not_add
from assessments.rules.policies import policy_now
from assessments.rules.promises import promised_at
from courses.lib.refusals import Refusal

MOST_SPEAKERS = 20
LONGEST_KEPT_YEARS = 2


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who is heard in a recording; `agreed_on` is None where they have not agreed."""

    name: str
    agreed_on: date | None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What was declared about one recording so far, and why nobody may hear it yet. `days`: first and last to delete it."""

    place: int
    disclosure: RecordingDisclosure | None
    refusal: Refusal | None
    days: tuple[date, date]


def declarations_of(submission: Submission, now: datetime) -> list[Declaration]:
    """What was declared about every recording of a try; empty where its practical doesn't ask. Eight queries at most."""
    if submission.practical.disclosure == Disclosure.NONE:
        return []
    told = {one.place: one for one in submission.disclosures.all()}
    places, days = range(1, submission.practical.recordings_required + 1), days_to_delete(submission.practical, now)
    return [Declaration(place, told.get(place), why_not_review(told.get(place), days), days) for place in places]


def why_not_declare(submission: Submission, place: int, purge_on: date, now: datetime) -> Refusal | None:
    """Why a declaration can't stand: not asked for, no such recording, or a day to delete it that is too near or too far."""
    if submission.practical.disclosure == Disclosure.NONE:
        return Refusal("not-asked", _("This practical doesn't ask for a declaration."))
    if not 1 <= place <= submission.practical.recordings_required:
        return Refusal("no-such-place", _("This practical asks for fewer recordings."))
    return why_not_delete_on(purge_on, days_to_delete(submission.practical, now)) or why_not_add(submission)


def days_to_delete(practical: Practical, now: datetime) -> tuple[date, date]:
    """The first and the last day (UTC) that may be named to delete a recording on.

    The first is the day after the practical's days, or after the answer that would be promised now where that is later: a
    recording goes when its day begins, and must not go before it was read. Source: rules.md 4.7. Seven queries at most.
    """
    today = now.date()
    promised = promised_at(practical, now, policy_now().further_percent)
    answered_on = max(now + timedelta(days=practical.review_days), promised).date()
    return answered_on + timedelta(days=1), today.replace(year=today.year + LONGEST_KEPT_YEARS, day=min(today.day, 28))


def why_not_delete_on(day: date, days: tuple[date, date]) -> Refusal | None:
    """Why a recording can't be deleted on a day: it would go before its grader has answered, or stay too long. Pure."""
    first, last = days
    if first <= day <= last:
        return None
    words = _("Choose a day from %(first)s, so that a grader can read it before, to %(last)s.") % {
        "first": _in_words(first),
        "last": _in_words(last),
    }
    return Refusal("purge-day", words)


def _in_words(day: date) -> str:
    return date_format(day, "j F Y")


def speakers_of(disclosure: RecordingDisclosure) -> list[Speaker]:
    """The people in a recording as they were declared."""
    return [
        Speaker(one["name"], date.fromisoformat(one["agreed_on"]) if one["agreed_on"] else None)
        for one in disclosure.speakers
    ]


def why_not_review(disclosure: RecordingDisclosure | None, days: tuple[date, date]) -> Refusal | None:
    """Why a recording with other people in it may not be read yet: rules.md 4.7. `days`: as `days_to_delete` gives them."""
    if disclosure is None:
        return Refusal("disclosure-missing", _("Say who is heard in it and what they agreed to."))
    speakers = speakers_of(disclosure)
    if not speakers:
        return Refusal("speakers-missing", _("Name everybody who is heard in it."))
    waiting = [one.name for one in speakers if one.agreed_on is None]
    if waiting and disclosure.basis == LawfulBasis.CONSENT:
        return Refusal(
            "consent-missing",
            _("%(join)s did not agree yet. Without that nobody may hear it.") % {"join": ", ".join(waiting)},
        )
    if disclosure.redaction == Redaction.TO_DO:
        return Refusal("redaction", _("Take out what a reader does not need, then send the recording again."))
    return why_not_delete_on(disclosure.purge_on, days)  # a draft may have waited longer than its day allows


def why_not_hear(submission: Submission, now: datetime) -> Refusal | None:
    """Why the recordings of a try may not be heard yet, the first of them first. Eight queries at most. Source: rules.md 4.7."""
    for one in declarations_of(submission, now):
        if one.refusal:
            number = (
                _("Recording %(place)s: ") % {"place": one.place}
                if submission.practical.recordings_required > 1
                else ""
            )
            return Refusal(one.refusal.code, number + one.refusal.sentence)
    return None


def as_handed_in(disclosure: RecordingDisclosure) -> dict[str, Any]:
    """A declaration as its version keeps it: JSON, with the words of each choice."""
    return {
        "place": disclosure.place,
        "basis": disclosure.get_basis_display(),
        "speakers": disclosure.speakers,
        "redaction": disclosure.get_redaction_display(),
        "purge_on": disclosure.purge_on.isoformat(),
        "declared_at": disclosure.declared_at.isoformat(),
    }
