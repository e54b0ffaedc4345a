"""What the periodic sweeps find and finish. One bad row never stops the others."""

import logging
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from accreditation.actions.awards import issue_award
from accreditation.actions.bulk import work_on_deed
from accreditation.actions.channels import deliver_post, post_due, posts_due
from accreditation.actions.content_news import keepers, tell_keeper
from accreditation.actions.digests import deliver_digest, gather_due
from accreditation.actions.evidence import ask_for_reassessment
from accreditation.actions.figures import compute_figures, figures_to_compute
from accreditation.actions.invitations import deliver_invitation
from accreditation.actions.news import tell_of_due_date, tell_of_fading, tell_of_waiting_reviews
from accreditation.actions.notices import deliver_notice
from accreditation.actions.organisation_news import tell_of_dropping, tell_of_expiring
from accreditation.actions.people_imports import read_people
from accreditation.actions.practical_news import remind_of_session
from accreditation.actions.proposals import (
    proposals_to_publish,
    propose_curriculum,
    publish_approved,
    settle_preview,
    tell_of_proposal,
)
from accreditation.actions.reassessing import PORTION, ask_for_program, settle_program
from accreditation.actions.report_mails import deliver_report, mails_to_send, write_report_mail
from accreditation.actions.standing import settle_reassessment
from accreditation.actions.tier_awards import issue_tier_award
from accreditation.actions.tier_news import remind_of_tier
from accreditation.actions.tiers import compute_tiers
from accreditation.actions.update_news import tell_of_update
from accreditation.actions.updates import settle_update_preview, untold, wanted_previews
from accreditation.actions.withdrawal_news import tell_of_withdrawal, untold_withdrawals
from accreditation.models import (
    BulkDeed,
    Digest,
    Enrolment,
    Invitation,
    Notice,
    PeopleImport,
    ProgramReassessment,
    Proposal,
    ProposalState,
    Reassessment,
    TierHolding,
)
from accreditation.models.notices import GATHERING, MAILING
from accreditation.rules.awards import awards_due
from accreditation.rules.curricula import programs_behind
from accreditation.rules.organisation_tiers import dropping
from accreditation.rules.organisations import endings_of
from accreditation.rules.reminders import (
    accreditations_fading,
    accreditations_lapsed,
    enrolments_due,
    graders,
    learners_to_reassess,
    programs_to_reassess,
    reviews_waiting,
    sessions_near,
)
from accreditation.rules.report_mails import readers_due
from accreditation.rules.tier_awards import tier_awards_due
from accreditation.rules.tier_holdings import holdings_to_compute, tier_day
from accreditation.rules.tier_reminders import RUNGS, unreminded
from courses.actions.links import check_link, links_due, note_addresses

BATCH = 500
MAILS = 2000
SWEPT_SECONDS = 20.0
"""A sweep works so long on a bulk deed that nobody hurried; then it has the deed hurried again."""
POSTS = 100
log = logging.getLogger(__name__)


def each(rows: Iterable[Any], deed: Callable[[Any], Any]) -> int:
    """Do the deed for each row; a row that fails is logged with its reason and left for the next sweep."""
    done = 0
    for row in rows:
        try:
            deed(row)
            done += 1
        except SoftTimeLimitExceeded:  # the sweep's time is over, the row is not to blame
            raise
        except Exception:  # one bad row never stops the batch
            log.exception("a row was left for the next sweep", extra={"row": str(row)})
    return done


def sweep_standings(*, now: datetime | None = None) -> int:
    """Settle every reassessment that is open, and ask for those whose day has come: what ran out since yesterday."""
    now = now or timezone.now()
    programs = ProgramReassessment.objects.filter(done_at=None, due_at__lte=now).values_list("pk", flat=True)
    each(list(programs), lambda pk: settle_program(reassessment_id=pk))
    _sweep_proposals(now)
    each(wanted_previews(now), lambda pk: settle_update_preview(update_id=pk))
    each(untold(now), lambda pk: tell_of_update(update_id=pk))
    each(untold_withdrawals()[:BATCH], lambda pk: tell_of_withdrawal(withdrawal_id=pk))
    each(programs_to_reassess(now.date(), BATCH), lambda row: ask_for_program(program=row))
    _sweep_tiers(now)
    stale = learners_to_reassess(now.date())[:BATCH]
    each(stale, lambda pk: ask_for_reassessment(learner_id=pk))
    rows = Reassessment.objects.filter(done_at=None, due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    return each(list(rows[:BATCH]), lambda pk: settle_reassessment(reassessment_id=pk))


def _sweep_tiers(now: datetime) -> None:
    """What midnight took from tiers, many people at once."""
    stale = list(holdings_to_compute(tier_day(now))[:PORTION])
    each([stale] if stale else [], lambda learners: compute_tiers(learners=learners, now=now))


def _sweep_proposals(now: datetime) -> None:
    """Paths with other courses than the rules ask for, wanted lists, what goes live today, and what went live untold."""
    each(programs_behind(), lambda row: propose_curriculum(program=row))
    wanted = Proposal.objects.filter(preview_due_at__lte=now).values_list("pk", flat=True)
    each(list(wanted), lambda pk: settle_preview(proposal_id=pk))
    each(proposals_to_publish(now), lambda row: publish_approved(proposal=row, now=now))
    untold = Proposal.objects.filter(state=ProposalState.LIVE, told_at=None).values_list("pk", flat=True)
    each(list(untold), lambda pk: tell_of_proposal(proposal_id=pk))


def sweep_awards(*, now: datetime | None = None) -> int:
    """Issue every award that is due, those of tiers after the accreditations that they count within."""
    now = now or timezone.now()
    due = list(awards_due(now).values_list("pk", flat=True)[:BATCH])
    issued = each(due, lambda pk: issue_award(accreditation_id=pk))
    tiers = list(tier_awards_due(now).values_list("pk", flat=True)[:BATCH])
    return issued + each(tiers, lambda pk: issue_tier_award(holding_id=pk))


def sweep_notices(*, now: datetime | None = None) -> int:
    """Send every mail that waits, and those that a dead process left half sent; gather what belongs into digests."""
    now = now or timezone.now()
    gathered = Notice.objects.filter(mail_state__in=GATHERING, mail_due_at__lte=now).order_by("recipient_id")
    people = list(gathered.values_list("recipient_id", flat=True).distinct()[:BATCH])
    each(people, lambda pk: gather_due(person_id=pk, now=now))
    sent = each(_mails_due(Digest, now), lambda pk: deliver_digest(digest_id=pk))
    return sent + each(_mails_due(Notice, now), lambda pk: deliver_notice(notice_id=pk)) + _sweep_invitations(now)


def sweep_channels(*, now: datetime | None = None) -> int:
    """Write the weekly posts on Mondays, and send every post that waits. A slow channel delays the others by its seconds only."""
    now = now or timezone.now()
    post_due(today=now.date())
    return each(posts_due(now, POSTS), lambda pk: deliver_post(post_id=pk))


def sweep_reports(*, now: datetime | None = None) -> int:
    """Write the sendings of reports that have come, and send those that wait or that a dead process left half sent."""
    now = now or timezone.now()
    readers = list(readers_due(now).values_list("pk", flat=True)[:BATCH])
    each(readers, lambda pk: write_report_mail(reader_id=pk, now=now))
    return each(mails_to_send(now, BATCH), lambda pk: deliver_report(mail_id=pk))


def _mails_due(kind: type[Digest] | type[Notice], now: datetime) -> list[int]:
    rows = kind.objects.filter(mail_state__in=MAILING, mail_due_at__lte=now)
    return list(rows.order_by("mail_due_at").values_list("pk", flat=True)[:MAILS])


def _sweep_invitations(now: datetime) -> int:
    rows = Invitation.objects.open().filter(mail_due_at__lte=now).order_by("mail_due_at")
    return each(list(rows.values_list("pk", flat=True)[:BATCH]), lambda pk: deliver_invitation(invitation_id=pk))


def sweep_figures(*, now: datetime | None = None) -> int:
    """Compute every set of figures whose time has come, and those that a dead process left half computed."""
    now = now or timezone.now()
    return each(figures_to_compute(now=now), lambda pk: compute_figures(figures_id=pk, now=now))


def sweep_bulk_work(*, now: datetime | None = None) -> int:
    """Read files of people that wait, and go on with bulk deeds in which nothing happened for a minute."""
    now = now or timezone.now()
    files = PeopleImport.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    read = each(list(files[:20]), lambda pk: read_people(import_id=pk))
    deeds = BulkDeed.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    return read + each(list(deeds[:20]), lambda pk: work_on_deed(deed_id=pk, seconds=SWEPT_SECONDS))


def sweep_reminders(*, now: datetime | None = None) -> int:
    """Remind of due dates, of what fades (partner managers too), of live sessions, and graders of what waits. Told once each."""
    now = now or timezone.now()
    today = now.date()
    told = each(enrolments_due(today), lambda one: _tell_of_due_date(one[0], one[1], today))
    for ending in (accreditations_fading(today), accreditations_lapsed(today)):
        told += each(ending, lambda one: tell_of_fading(accreditation=one[0], now=now, rung=one[1]))
    told += each(endings_of(today), lambda one: tell_of_expiring(ending=one))
    told += _sweep_ending_tiers(now)
    told += each(sessions_near(now), lambda row: remind_of_session(booking=row))
    if waiting := reviews_waiting(now):
        told += each(graders(), lambda row: tell_of_waiting_reviews(grader=row, waiting=waiting, today=today))
    told += each(keepers(now), lambda one: tell_keeper(keeper=one, now=now))
    return told


def sweep_links(*, now: datetime | None = None) -> int:
    """Note the addresses that content points at, and check those that are due, one machine after the other."""
    now = now or timezone.now()
    note_addresses(now=now)
    return each(links_due(now=now), lambda pk: check_link(link_id=pk))


def _tell_of_due_date(row: Enrolment, rung: int, today: date) -> None:
    days = (row.due_on - today).days if row.due_on else 0
    tell_of_due_date(enrolment=row, days=days, rung=rung)


def _sweep_ending_tiers(now: datetime) -> int:
    """Tiers that end soon: of organisations to their managers, of persons to themselves."""
    today = tier_day(now)
    told = each(dropping(today), lambda one: tell_of_dropping(one=one))
    for rung in RUNGS:
        told += each(unreminded(rung, today)[:BATCH], partial(_remind, rung=rung, today=today))
    return told


def _remind(row: TierHolding, *, rung: int, today: date) -> None:
    remind_of_tier(holding=row, rung=rung, today=today)
