"""Rules are proposed, previewed for everybody, and go live exactly as previewed, or are discarded."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, fields, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from accreditation.actions.impacts import Impact, Plan, impacts, plan_of
from accreditation.actions.notices import tell
from accreditation.actions.programs import Groups, take_version, write_version
from accreditation.actions.reassessing import PORTION, portions
from accreditation.models import (
    Accreditation,
    Effect,
    Evidence,
    NoticeKind,
    Outcome,
    Program,
    ProgramVersion,
    Proposal,
    ProposalState,
    TierHolding,
    User,
)
from accreditation.models.proposals import Grandfather
from accreditation.rules.curricula import said_by, times_of
from accreditation.rules.programs import AS_STORED, local_day, version_of
from accreditation.rules.proposals import STALE, both_rules, why_not_approve, why_not_change, why_not_go_live
from accreditation.rules.requirements import why_not_rules
from accreditation.signals import proposal_published, proposal_written, rules_changed
from courses.lib.refusals import Refusal, Refused, refuse_if
from courses.lib.words import Said

MARGIN = timedelta(minutes=10)
"""Evidence recorded so long before a preview began may have been committed after it read."""
LATER = timedelta(minutes=15)
LISTED = tuple(one.name for one in fields(Impact))


@transaction.atomic
def propose_rules(
    *, program: Program, times: Mapping[str, int], groups: Groups, renewal: Groups = (), by: User | None
) -> Proposal:
    """Write rules that are not live, in the place of an open proposal, and ask for their preview.

    Refused: `no-rules` for a program that has none to compare with, and what `why_not_rules` says.
    """
    program = Program.objects.select_for_update(of=("self",)).select_related("current_version").get(pk=program.pk)
    if program.current_version is None:
        raise Refused(Refusal("no-rules", _("The program has no rules yet: load these instead of proposing them.")))
    version = write_version(program, times, groups, renewal)
    _refuse_unreachable(program, version)
    program.proposals.filter(state=ProposalState.PROPOSED).update(state=ProposalState.DISCARDED, preview_due_at=None)
    proposal = Proposal.objects.create(
        program=program,
        version=version,
        replaces=program.current_version,
        goes_live_on=local_day(program, timezone.now()),
        proposed_by=by,
        preview_due_at=timezone.now(),
    )
    proposal_written.send(sender=Proposal, proposal=proposal)
    return proposal


def propose_curriculum(*, program: Program) -> Proposal:
    """Propose the rules in force with the courses that its paths have by now."""
    live = version_of(program)
    return propose_rules(
        program=program,
        times=times_of(live),
        groups=said_by(live, is_renewal=False),
        renewal=said_by(live, is_renewal=True),
        by=None,
    )


def _refuse_unreachable(program: Program, version: ProgramVersion) -> None:
    """Ask what publishing will ask, as if they were in force, then go back to those that are."""
    row, in_force = Program.objects.filter(pk=program.pk), program.current_version
    row.update(current_version=version)
    refuse_if(why_not_rules(row.get()))
    row.update(current_version=in_force)


@transaction.atomic
def ask_for_preview(*, proposal: Proposal, goes_live_on: date, grandfather: str, by: User) -> Proposal:
    """Have the list made again, for this day and this choice. Refused once it is live or discarded."""
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    refuse_if(why_not_change(proposal))
    proposal.goes_live_on, proposal.grandfather, proposal.preview_due_at = goes_live_on, grandfather, timezone.now()
    proposal.approved_at = proposal.approved_by = None
    proposal.save(update_fields=["goes_live_on", "grandfather", "preview_due_at", "approved_at", "approved_by"])
    proposal_written.send(sender=Proposal, proposal=proposal)
    return proposal


def settle_preview(*, proposal_id: int) -> bool:
    """Make the list that is wanted, if it still is. One that fails is put off and raises what went wrong."""
    proposal = Proposal.objects.select_related("program").filter(pk=proposal_id, preview_due_at__isnull=False).first()
    if proposal is None:
        return False
    wanted, began_at = proposal.preview_due_at, timezone.now()
    try:
        looked_at, found, plan = 0, list[Impact](), plan_of(proposal)
        for learners in portions(proposal.program):
            looked_at += len(learners)
            found += impacts(plan, learners, proposal.goes_live_on)
    except Exception:
        Proposal.objects.filter(pk=proposal.pk, preview_due_at=wanted).update(preview_due_at=timezone.now() + LATER)
        raise
    return _keep_list(proposal, began_at, plan.digest, looked_at, found)


@transaction.atomic
def _keep_list(proposal: Proposal, began_at: datetime, digest: str, looked_at: int, found: Sequence[Impact]) -> bool:
    """Put the list in the place of the one before, unless another one was asked for meanwhile."""
    row = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if row.preview_due_at != proposal.preview_due_at:
        return False
    row.effects.all().delete()
    Effect.objects.bulk_create((Effect(proposal=row, **asdict(one)) for one in found), batch_size=5000)
    own = [one for one in found if one.program_id == row.program_id]
    row.counts = {one.value: sum(impact.outcome == one for impact in own) for one in Outcome}
    row.counts["unchanged"] = looked_at - len(own)
    row.preview_due_at, row.previewed_at, row.rules_digest = None, began_at, digest
    row.save(update_fields=["counts", "preview_due_at", "previewed_at", "rules_digest"])
    return True


@transaction.atomic
def publish_proposal(*, proposal: Proposal, by: User, now: datetime | None = None) -> Proposal:
    """Let the rules go live, for exactly the list that was previewed.

    Whoever proved anything since the preview is computed again. Refused: `stale` where that makes the list another one,
    and what `why_not_go_live` says.
    """
    now = now or timezone.now()
    program = (
        Program.objects.select_for_update(of=("self",)).select_related("current_version").get(pk=proposal.program_id)
    )
    proposal = Proposal.objects.select_for_update(of=("self",)).select_related("version").get(pk=proposal.pk)
    refuse_if(why_not_go_live(proposal, program, local_day(program, now)))
    if not _is_fresh(proposal):
        raise Refused(STALE)
    proposal.state, proposal.published_at, proposal.published_by = ProposalState.LIVE, now, by
    if proposal.grandfather == Grandfather.UNTIL_END:
        before = replace(both_rules(proposal)[0], updates=())
        proposal.before = AS_STORED.dump_python(before, mode="json")
    proposal.save(update_fields=["state", "published_at", "published_by", "before"])
    take_version(program=program, version=proposal.version)
    rules_changed.send(sender=Program, program=program)
    proposal_published.send(sender=Proposal, proposal=proposal)
    return proposal


def _is_fresh(proposal: Proposal) -> bool:
    """Whether the list says what it would say now, for all who proved, held or lost anything since."""
    plan = plan_of(proposal)
    if proposal.previewed_at is None or proposal.rules_digest != plan.digest:
        return False
    since = proposal.previewed_at - MARGIN
    touched = set(Evidence.objects.filter(recorded_at__gt=since).values_list("learner_id", flat=True))
    moved = Accreditation.objects.filter(program__in=plan.others, computed_at__gt=since)
    tiers = TierHolding.objects.filter(computed_at__gt=since)
    found = (rows.values_list("learner_id", flat=True) for rows in (moved, tiers))
    learners = sorted(touched.union(*found))
    return all(_says_the_same(proposal, plan, learners[n : n + PORTION]) for n in range(0, len(learners), PORTION))


def _says_the_same(proposal: Proposal, plan: Plan, learners: Sequence[int]) -> bool:
    listed = proposal.effects.filter(learner__in=learners).values_list(*LISTED)
    return set(listed) == {astuple(one) for one in impacts(plan, learners, proposal.goes_live_on)}


@transaction.atomic
def approve_proposal(*, proposal: Proposal, by: User) -> Proposal:
    """Let it go live by itself on its day, if the list still says then what it says now. Refused: `why_not_approve`."""
    program = Program.objects.select_for_update(of=("self",)).get(pk=proposal.program_id)
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    refuse_if(why_not_approve(proposal, program, local_day(program, timezone.now())))
    proposal.approved_at, proposal.approved_by = timezone.now(), by
    proposal.save(update_fields=["approved_at", "approved_by"])
    return proposal


def proposals_to_publish(now: datetime) -> list[Proposal]:
    """Those that were approved and whose day has come. One query."""
    rows = Proposal.objects.filter(state=ProposalState.PROPOSED, approved_at__isnull=False).select_related("program")
    rows = rows.filter(preview_due_at=None, goes_live_on__lte=now.date() + timedelta(days=1))
    return [row for row in rows if local_day(row.program, now) >= row.goes_live_on]


def publish_approved(*, proposal: Proposal, now: datetime | None = None) -> bool:
    """Publish on its day. Where the list would say something else by now, it is made again and the approver is told."""
    by = proposal.approved_by
    assert by is not None
    try:
        publish_proposal(proposal=proposal, by=by, now=now)
    except Refused as refused:
        _take_approval_back(proposal, by, refused.refusal)
        return False
    return True


@transaction.atomic
def _take_approval_back(proposal: Proposal, by: User, refusal: Refusal) -> None:
    day = local_day(proposal.program, timezone.now())
    ask_for_preview(proposal=proposal, goes_live_on=day, grandfather=proposal.grandfather, by=by)
    tell(
        recipient_id=by.pk,
        kind=NoticeKind.FADING,
        key=f"approval:{proposal.pk}:{day}",
        title=Said(noop("%(version)s did not go live"), {"version": str(proposal.version)}),
        text=(
            refusal.sentence,
            Said(noop("The rules in force stay. The list is being made again: look at it, and publish.")),
        ),
        link=reverse("admin:accreditation_proposal_change", args=[proposal.pk]),
        link_text=Said(noop("Look at the list")),
    )


@transaction.atomic
def discard_proposal(*, proposal: Proposal, by: User) -> Proposal:
    """Take a proposal back; the rules in force stay."""
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    refuse_if(why_not_change(proposal))
    proposal.state, proposal.preview_due_at = ProposalState.DISCARDED, None
    proposal.save(update_fields=["state", "preview_due_at"])
    return proposal


def tell_of_proposal(*, proposal_id: int) -> int:
    """Tell those who lose something by rules that went live. May run twice: nobody is told twice."""
    proposal = Proposal.objects.select_related("program").get(pk=proposal_id)
    worse = proposal.effects.filter(outcome__in=[Outcome.LOSES, Outcome.EARLIER]).select_related("program")
    for effect in worse.iterator():
        _tell(proposal, effect)
    Proposal.objects.filter(pk=proposal.pk, told_at=None).update(told_at=timezone.now())
    return worse.count()


def _tell(proposal: Proposal, effect: Effect) -> None:
    lost, own = effect.outcome == Outcome.LOSES, effect.program_id == proposal.program_id
    facts = {"after": effect.until_after or "", "before": effect.until_before or ""}
    program = {"program": str(effect.program)}
    tell(
        recipient_id=effect.learner_id,
        kind=NoticeKind.FADING,
        key=f"rules:{proposal.pk}:{effect.program_id}",
        title=Said(
            noop("%(program)s: its rules changed") if own else noop("%(program)s: a program that it asks for changed"),
            program,
        ),
        text=(
            Said(
                noop("By the new rules your accreditation is no longer in force; before, it ended on %(before)s.")
                if lost
                else noop("By the new rules your accreditation now ends on %(after)s; before, it ended on %(before)s."),
                facts,
            ),
            Said(noop("What you proved stays. Its page says what is asked for now.")),
        ),
        link=effect.program.get_absolute_url(),
        link_text=Said(noop("See what to do")),
    )
