"""How long recordings and files are kept, what is due to be removed, and what stops that. Source: rules.md 6."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import DurationField, Exists, ExpressionWrapper, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.models import (
    ClipState,
    EnrichmentState,
    Lease,
    LegalHold,
    Purge,
    PurgeRule,
    Recording,
    RecordingDisclosure,
    RecordingState,
    ReviewTask,
    RulingClip,
    StoredState,
    Submission,
    SubmissionFile,
)
from assessments.models.recordings import INCOMPLETE_STATES, WAITING_STATES
from assessments.models.retention import PROMISED_RULES
from assessments.models.reviews import OPEN_TASK_STATES
from courses.lib.clock import show_moment
from courses.lib.refusals import Refusal

REJECTED_KEPT_FOR = TAKEN_OUT_KEPT_FOR = timedelta(days=14)
HANDED_IN = Q(versions__isnull=False) | Q(main__versions__isnull=False)
ENDED_AT = Coalesce("submission__decided_at", "submission__withdrawn_at")
"""When the try of a recording or file ended: its result, or its withdrawal; null while it goes on."""


class _Months(Func):
    """So many months as an interval of the database."""

    function = "make_interval"
    template = "make_interval(months => %(expressions)s)"
    output_field = DurationField()


def _days(field: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(field) * Value(timedelta(days=1)), output_field=DurationField())


def due_recordings(now: datetime) -> Iterator[tuple[PurgeRule, QuerySet[Recording]]]:
    """What each rule wants removed by `now`, the rules that remove everything first. Lazy: one query each.

    A try that nobody ever ended keeps its recordings as long as a result would, from their last step.
    """
    there = Recording.objects.filter(stored__in=(StoredState.KEPT, StoredState.ARCHIVED))
    there = there.exclude(state__in=(*INCOMPLETE_STATES, *WAITING_STATES, RecordingState.DISCARDED))
    whole = there.filter(stored=StoredState.KEPT)
    last_day = RecordingDisclosure.objects.filter(submission=OuterRef("submission"), place=OuterRef("place"))
    kept_since = there.annotate(
        due_at=Coalesce(ENDED_AT, "state_since") + _Months("submission__practical__kept_months")
    )
    settled = whole.annotate(due_at=ENDED_AT + _days("submission__practical__original_kept_days")).filter(
        due_at__lte=now
    )
    yield PurgeRule.PURGE_DAY, there.filter(Exists(last_day.filter(purge_on__lte=timezone.localdate(now))))
    yield PurgeRule.RETENTION, kept_since.filter(due_at__lte=now)
    yield PurgeRule.REJECTED, whole.filter(state=RecordingState.REJECTED, state_since__lte=now - REJECTED_KEPT_FOR)
    yield PurgeRule.UNUSED, settled.exclude(HANDED_IN)
    yield PurgeRule.ORIGINAL, settled.filter(HANDED_IN, state=RecordingState.READY).distinct()


def due_files(now: datetime) -> Iterator[tuple[PurgeRule, QuerySet[SubmissionFile]]]:
    """The same of files that prove a try: what was taken out before it was handed in, and what is past its time."""
    there = SubmissionFile.objects.filter(stored=StoredState.KEPT)
    past = there.annotate(due_at=Coalesce(ENDED_AT, "sent_at") + _Months("submission__practical__kept_months"))
    yield PurgeRule.UNUSED, there.filter(removed_at__lte=now - TAKEN_OUT_KEPT_FOR, versions__isnull=True)
    yield PurgeRule.RETENTION, past.filter(due_at__lte=now)


def not_asked_for(things: QuerySet[Any], rule: PurgeRule) -> QuerySet[Any]:
    """Those that no purge by this rule is written for, and that don't wait to go as a whole by another one.

    What was promised to people outside is always asked for: it doesn't wait for as much.
    """
    things = things.exclude(purges__rule=rule)
    if rule in PROMISED_RULES:
        return things
    going = Purge.objects.filter(done_at__isnull=True).exclude(rule=PurgeRule.ORIGINAL)
    name = "recording" if things.model is Recording else "file"
    return things.exclude(Exists(going.filter(**{name: OuterRef("pk")})))


def submission_of(purge: Purge) -> Submission:
    """The try whose bytes a purge removes."""
    owner = purge.recording or purge.file
    assert owner is not None  # purge_of_one_thing
    return owner.submission


def why_not_purge(purge: Purge, now: datetime) -> Refusal | None:
    """What a purge has to wait for: a legal hold, somebody who is reading the try, checks, or a reading that is open.

    Open readings don't stop what was promised to people outside. Six queries at most. Source: rules.md 6.31.
    """
    submission_id = submission_of(purge).pk
    if held_by(submission_id):
        return Refusal("legal-hold", _("It is under legal hold."))
    tasks = ReviewTask.objects.filter(submission=submission_id, state__in=OPEN_TASK_STATES)
    lease = Lease.objects.holding(now).filter(task__submission=submission_id).first()
    if lease:
        return Refusal(
            "being-read",
            _("A grader is reading it, until %(expires_at)s if they stop now.")
            % {"expires_at": show_moment(lease.expires_at)},
        )
    if purge.recording and purge.recording.state in WAITING_STATES:
        return Refusal("being-checked", _("It is being checked."))
    if purge.recording and purge.recording.enrichments.filter(state=EnrichmentState.RUNNING).exists():
        return Refusal("being-checked", _("It is being looked at further: voice, pictures or words."))
    cutting = RulingClip.objects.filter(ruling__recording=purge.recording_id, state=ClipState.RUNNING)
    if purge.recording and cutting.exists():
        return Refusal("being-checked", _("A clip for the ruling book is being cut from it."))
    if purge.rule not in PROMISED_RULES and tasks.exists():
        return Refusal("reading-open", _("A reading of it is still open."))
    return None


def held_by(submission_id: UUID) -> LegalHold | None:
    """The legal hold that a try is under, None where there is none. One query."""
    return LegalHold.objects.filter(submission=submission_id, lifted_at__isnull=True).first()


def why_not_hold(submission: Submission) -> Refusal | None:
    """Why a legal hold can't be placed: there is one."""
    if held_by(submission.pk):
        return Refusal("held-already", _("This try is under legal hold already."))
    return None


def why_not_withdraw_consent(recording: Recording) -> Refusal | None:
    """Why a recording can't be deleted because somebody in it doesn't agree any more."""
    if recording.is_gone:
        return Refusal("gone-already", sentence_gone(recording))
    if recording.state in INCOMPLETE_STATES or recording.state == RecordingState.DISCARDED:
        return Refusal("not-complete", _("Its upload isn't complete. Its learner can end it, which deletes what came."))
    return None


def sentence_gone(thing: Recording | SubmissionFile) -> str:
    """When and why the bytes of a recording or file were deleted, in one sentence for whoever looks for them. One query."""
    what = "This recording" if isinstance(thing, Recording) else "This file"
    purge = thing.purges.exclude(rule=PurgeRule.ORIGINAL).order_by("-done_at", "-asked_at").first()
    if purge is None or purge.done_at is None:
        return f"{what} is being deleted{f' because {purge.get_rule_display()}' if purge else ''}."
    day = date_format(timezone.localtime(purge.done_at), "j F Y")
    return f"{what} was deleted on {day} because {purge.get_rule_display()}."


def waiting_purges() -> QuerySet[Purge]:
    """Purges that still have to be carried out, the oldest first, with their tries."""
    related = ("recording__submission", "file__submission")
    return Purge.objects.filter(done_at__isnull=True).select_related(*related).order_by("asked_at", "pk")
