"""What waits for the people who run the portal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accreditation.models import Proposal, ProposalState
from assessments import disk
from assessments.models import GraderFigures, Recording, RecordingState, ReviewStatistics, ReviewTask, TaskState
from badges.models import RevocationRequest
from courses.rules.feedback import board_figures


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many of something, in words, and the list of them. `is_late` where some of them are past their time."""

    count: int
    words: str
    link: str
    is_late: bool = False


def what_waits(person: Any) -> list[Waiting]:
    """What this person may see and act on, by permission. One query for each kind, six in all."""
    kinds: dict[str, Callable[[], Waiting]] = {
        "courses.change_feedback": _remarks,
        "assessments.view_reviewtask": _reviews,
        "assessments.lead_reviews": _graders,
        "accreditation.change_proposal": _proposals,
        "badges.revoke": _revocations,
        "assessments.change_recording": _recordings,
    }
    waiting = [count() for permission, count in kinds.items() if person.has_perm(permission)]
    room = [_room()] if person.has_perm("assessments.change_recording") and disk.is_filling() else []
    return [*waiting, *room]


def _room() -> Waiting:
    """The disk of the recordings, once it is time to look at it."""
    words = "percent of the disk for recordings is free"
    if disk.is_low():
        words += ": new uploads are refused"
    return Waiting(disk.free_percent(), words, _list("assessments_recording", "o=-7"), True)


def _list(name: str, query: str) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{query}"


def _remarks() -> Waiting:
    found = board_figures(timezone.now())
    words = ngettext("remark to see to", "remarks to see to", found.open)
    if found.late:
        words += ", " + _("%(n)s past the promised reply") % {"n": found.late}
    return Waiting(found.open, words, _list("courses_feedback", "waits=open"), bool(found.late))


def _proposals() -> Waiting:
    """Rules that somebody, or a path that changed, proposed."""
    count = Proposal.objects.filter(state=ProposalState.PROPOSED).count()
    link = _list("accreditation_proposal", f"state__exact={ProposalState.PROPOSED}")
    words = (
        "proposal of other rules to publish or discard"
        if count == 1
        else "proposals of other rules to publish or discard"
    )
    return Waiting(count, words, link)


def _reviews() -> Waiting:
    late = Count("pk", filter=Q(due_at__lt=timezone.now()))
    found = ReviewTask.objects.filter(state=TaskState.WAITING).aggregate(all=Count("pk"), late=late)
    words = f"waiting for a grader, {found['late']} past the promised time" if found["late"] else "waiting for a grader"
    link = _list("assessments_reviewtask", f"state__exact={TaskState.WAITING}")
    return Waiting(found["all"], words, link, bool(found["late"]))


def _graders() -> Waiting:
    """Those with a flag in the newest figures."""
    newest = ReviewStatistics.objects.computed().values("pk")[:1]
    count = GraderFigures.objects.filter(statistics=Subquery(newest)).exclude(flags=[]).count()
    words = "grader to look at" if count == 1 else "graders to look at"
    return Waiting(count, words, reverse("assessments:review-statistics"), count > 0)


def _revocations() -> Waiting:
    count = RevocationRequest.objects.filter(confirmed_at=None).count()
    words = "revocation waits for its second person" if count == 1 else "revocations wait for their second person"
    return Waiting(count, words, _list("badges_revocationrequest", "confirmed_at__isempty=1"))


def _recordings() -> Waiting:
    count = Recording.objects.filter(state=RecordingState.FAILED).count()
    words = "recording could not be prepared" if count == 1 else "recordings could not be prepared"
    return Waiting(count, words, _list("assessments_recording", f"state__exact={RecordingState.FAILED}"), count > 0)
