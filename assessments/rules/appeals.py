"""Whether a learner may appeal, and what an appeal comes to.

Source: rules.md 5.16.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import Appeal, AppealOrigin, Decision, Practical
from assessments.models.retention import GONE_STATES
from courses.lib.clock import show_moment
from courses.lib.refusals import Refusal

WINDOW = timedelta(days=14)
MARKED_LIVE = Refusal(
    "marked-live",
    gettext_noop(
        "Your session was marked while it took place, and nothing of it is kept that somebody else could read. If "
        "something went wrong with it, write to Field Enablement."
    ),
)
APPEALED = Refusal(
    "appealed", gettext_noop("You have appealed against this outcome. There is one appeal, and its answer is final.")
)
BEING_READ = Refusal(
    "being-read", gettext_noop("Your work is being read once more already. You may appeal against what comes of it.")
)
GONE = Refusal("recording-gone", gettext_noop("Your recording was deleted since, so nobody can read your work again."))


def closes_at(decision: Decision) -> datetime:
    """Until when a decision may be appealed against."""
    return decision.decided_at + WINDOW


def appeal_of(decision: Decision) -> Appeal | None:
    """The appeal against this decision, or the one that it answers. One query at most."""
    return Appeal.objects.filter(against=decision).first() or decision.appeal


def why_not_appeal(decision: Decision, now: datetime) -> Refusal | None:
    """Why a learner can't appeal: done before, too late, or nothing is left to read. Four queries at most."""
    if Appeal.objects.filter(against__version=decision.version_id, origin=AppealOrigin.LEARNER).exists():
        return APPEALED
    if Appeal.objects.filter(against=decision).exists():
        return BEING_READ
    if now > closes_at(decision):
        return Refusal(
            "window-closed",
            _("Appeals against this outcome were open for fourteen days, until %(decision)s.")
            % {"decision": show_moment(closes_at(decision))},
        )
    if decision.version.review_tasks.filter(wanted_grader__isnull=False).exists():
        return MARKED_LIVE
    gone = decision.version.recordings.filter(stored__in=GONE_STATES).exists()
    return GONE if gone else None


@dataclass(frozen=True, slots=True)
class AppealStanding:
    """What a learner's page says of appeals: one that is being read, one that was answered, or whether they may appeal."""

    appeal: Appeal | None
    is_answered: bool
    before: Decision | None
    refusal: Refusal | None
    closes_at: datetime


def standing_of(decision: Decision, now: datetime) -> AppealStanding:
    """Where the newest decision stands with appeals. Four queries at most."""
    appeal = appeal_of(decision)
    answered = appeal is not None and decision.appeal == appeal
    before = appeal.against if appeal and answered else None
    refusal = why_not_appeal(decision, now)
    return AppealStanding(appeal, answered, before, refusal, closes_at(decision))


def promised_for(practical: Practical, now: datetime) -> datetime:
    """By when an appeal is answered: the practical's days."""
    return now + timedelta(days=practical.review_days)
