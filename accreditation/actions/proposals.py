"""Rules are proposed, previewed for everybody, and go live exactly as previewed, or are discarded."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accreditation.actions.notices import tell
from accreditation.actions.programs import Groups, take_version, write_version
from accreditation.actions.reassessing import facts_among, held_of, portions
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
    RequirementKind,
    User,
)
from accreditation.models.proposals import Grandfather
from accreditation.rules.curricula import said_by, times_of
from accreditation.rules.programs import AS_STORED, local_day, version_of
from accreditation.rules.proposals import STALE, both_rules, digest_of, outcome, why_not_change, why_not_go_live
from accreditation.rules.reasons import day_in_words
from accreditation.rules.requirements import why_not_rules
from accreditation.rules.standing import ProgramRules, standing
from accreditation.signals import proposal_published, proposal_written, rules_changed
from courses.lib.refusals import Refusal, Refused, refuse_if

MARGIN = timedelta(minutes=10)
"""Evidence recorded so long before a preview began may have been committed after it read."""
LATER = timedelta(minutes=15)
Row = tuple[str, str, date | None, str, date | None]


@transaction.atomic
def propose_rules(
    *, program: Program, times: Mapping[str, int], groups: Groups, renewal: Groups = (), by: User | None
) -> Proposal:
    """Write rules that are not live, in the place of an open proposal, and ask for their preview.

    Refused: `no-rules` for a program that has none to compare with, and what `why_not_rules` says.
    """
    program = Program.objects.select_for_update(of=("self",)).select_related("current_version").get(pk=program.pk)
    if program.current_version is None:
        raise Refused(Refusal("no-rules", "The program has no rules yet: load these instead of proposing them."))
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
    proposal.save(update_fields=["goes_live_on", "grandfather", "preview_due_at"])
    proposal_written.send(sender=Proposal, proposal=proposal)
    return proposal


def settle_preview(*, proposal_id: int) -> bool:
    """Make the list that is wanted, if it still is. One that fails is put off and raises what went wrong."""
    proposal = Proposal.objects.select_related("program").filter(pk=proposal_id, preview_due_at__isnull=False).first()
    if proposal is None:
        return False
    wanted, began_at = proposal.preview_due_at, timezone.now()
    try:
        looked_at, effects = 0, []
        old, new = both_rules(proposal)
        for learners in portions(proposal.program):
            looked_at += len(learners)
            effects += [
                Effect(proposal=proposal, **_named(pk, row)) for pk, row in _effects(proposal, old, new, learners)
            ]
    except Exception:
        Proposal.objects.filter(pk=proposal.pk, preview_due_at=wanted).update(preview_due_at=timezone.now() + LATER)
        raise
    return _keep_list(proposal, began_at, digest_of(old, new), looked_at, effects)


def _named(learner: int, row: Row) -> dict[str, Any]:
    names = ("outcome", "state_before", "until_before", "state_after", "until_after")
    return {"learner_id": learner, **dict(zip(names, row, strict=True))}


@transaction.atomic
def _keep_list(proposal: Proposal, began_at: datetime, digest: str, looked_at: int, effects: Sequence[Effect]) -> bool:
    """Put the list in the place of the one before, unless another one was asked for meanwhile."""
    row = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if row.preview_due_at != proposal.preview_due_at:
        return False
    row.effects.all().delete()
    Effect.objects.bulk_create(effects, batch_size=5000)
    row.counts = {one.value: sum(effect.outcome == one for effect in effects) for one in Outcome}
    row.counts["unchanged"] = looked_at - len(effects)
    row.preview_due_at, row.previewed_at, row.rules_digest = None, began_at, digest
    row.save(update_fields=["counts", "preview_due_at", "previewed_at", "rules_digest"])
    return True


def _effects(
    proposal: Proposal, old: ProgramRules, new: ProgramRules, learners: Sequence[int]
) -> Iterable[tuple[int, Row]]:
    """What changes for whom on the day of going live, by what is known now. One query, two where programs are asked for."""
    both = [(rules, facts_among(rules, learners), held_of(rules, learners)) for rules in (old, new)]
    day = proposal.goes_live_on
    for pk in learners:
        now, then = (standing(rules, facts.get(pk, ()), day, held=held.get(pk)) for rules, facts, held in both)
        if said := outcome(now, then):
            yield pk, (str(said), str(now.state), now.valid_until, str(then.state), then.valid_until)


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
    old, new = both_rules(proposal)
    if not _is_fresh(proposal, old, new):
        raise Refused(STALE)
    proposal.state, proposal.published_at, proposal.published_by = ProposalState.LIVE, now, by
    if proposal.grandfather == Grandfather.UNTIL_END:
        proposal.before = AS_STORED.dump_python(old, mode="json")
    proposal.save(update_fields=["state", "published_at", "published_by", "before"])
    take_version(program=program, version=proposal.version)
    rules_changed.send(sender=Program, program=program)
    proposal_published.send(sender=Proposal, proposal=proposal)
    return proposal


def _is_fresh(proposal: Proposal, old: ProgramRules, new: ProgramRules) -> bool:
    """Whether the list says what it would say now, for all who proved, held or lost anything since."""
    if proposal.previewed_at is None or proposal.rules_digest != digest_of(old, new):
        return False
    since = proposal.previewed_at - MARGIN
    asked: set[Any] = {one.target for one in (*old.asked, *new.asked) if one.kind == RequirementKind.PROGRAM}
    touched = set(Evidence.objects.filter(recorded_at__gt=since).values_list("learner_id", flat=True))
    moved = Accreditation.objects.filter(Q(program__in=asked), computed_at__gt=since)
    learners = sorted(touched | set(moved.values_list("learner_id", flat=True)))
    listed = {
        row[0]: row[1:]
        for row in proposal.effects.filter(learner__in=learners).values_list(
            "learner_id", "outcome", "state_before", "until_before", "state_after", "until_after"
        )
    }
    return listed == dict(_effects(proposal, old, new, learners))


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
    worse = proposal.effects.filter(outcome__in=[Outcome.LOSES, Outcome.EARLIER])
    for effect in worse.iterator():
        _tell(proposal, effect)
    Proposal.objects.filter(pk=proposal.pk, told_at=None).update(told_at=timezone.now())
    return worse.count()


def _tell(proposal: Proposal, effect: Effect) -> None:
    lost = effect.outcome == Outcome.LOSES
    then = "is no longer in force" if lost else f"now ends on {day_in_words(effect.until_after)}"
    tell(
        recipient_id=effect.learner_id,
        kind=NoticeKind.FADING,
        key=f"rules:{proposal.pk}",
        title=f"{proposal.program}: its rules changed",
        text=f"By the new rules your accreditation {then}; before, it ended on {day_in_words(effect.until_before)}. What you "
        "proved stays. Its page says what is asked for now.",
        link=proposal.program.get_absolute_url(),
        link_text="See what to do",
    )
