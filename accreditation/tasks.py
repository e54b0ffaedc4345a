"""Background work of the top app: each task takes ids, calls one action and may run twice."""

from celery import shared_task
from django.utils import timezone

from accreditation.actions import (
    applications,
    awards,
    bulk,
    channels,
    figures,
    invitations,
    notices,
    people_imports,
    proposals,
    reassessing,
    report_mails,
    standing,
    sweeps,
    tier_awards,
    update_news,
    updates,
    withdrawal_news,
)
from courses.actions.feedback import forget_old
from courses.actions.search import settle_entries


@shared_task(time_limit=300, soft_time_limit=240)
def reassess_learner(reassessment_id: int) -> None:
    """Settle one reassessment."""
    standing.settle_reassessment(reassessment_id=reassessment_id)


@shared_task(time_limit=1800, soft_time_limit=1740)
def reassess_program(reassessment_id: int) -> None:
    """Settle one reassessment of a whole program."""
    reassessing.settle_program(reassessment_id=reassessment_id)


@shared_task(time_limit=1800, soft_time_limit=1740)
def preview_proposal(proposal_id: int) -> None:
    """Make the list of one proposal."""
    proposals.settle_preview(proposal_id=proposal_id)


@shared_task(time_limit=1800, soft_time_limit=1740)
def tell_of_proposal(proposal_id: int) -> None:
    """Tell those who lose something by rules that went live."""
    proposals.tell_of_proposal(proposal_id=proposal_id)


@shared_task(time_limit=1800, soft_time_limit=1740)
def preview_update(update_id: int) -> None:
    """Count whom one update asks."""
    updates.settle_update_preview(update_id=update_id)


@shared_task(time_limit=1800, soft_time_limit=1740)
def tell_of_withdrawal(withdrawal_id: int) -> None:
    """Tell those who were under way with what was withdrawn."""
    withdrawal_news.tell_of_withdrawal(withdrawal_id=withdrawal_id)


@shared_task(time_limit=1800, soft_time_limit=1740)
def tell_of_update(update_id: int) -> None:
    """Tell those whom an update asks, or no longer does."""
    update_news.tell_of_update(update_id=update_id)


@shared_task(time_limit=300, soft_time_limit=240)
def issue_award(accreditation_id: int) -> None:
    """Issue one award."""
    awards.issue_award(accreditation_id=accreditation_id)


@shared_task(time_limit=300, soft_time_limit=240)
def issue_tier_award(holding_id: int) -> None:
    """Issue the badge of one person's tier."""
    tier_awards.issue_tier_award(holding_id=holding_id)


@shared_task(time_limit=300, soft_time_limit=240)
def deliver_notice(notice_id: int) -> None:
    """Send one mail."""
    notices.deliver_notice(notice_id=notice_id)


@shared_task(time_limit=300, soft_time_limit=240)
def deliver_post(post_id: int) -> None:
    """Send one post to a chat channel."""
    channels.deliver_post(post_id=post_id)


@shared_task(time_limit=300, soft_time_limit=240)
def deliver_report(mail_id: int) -> None:
    """Send one report."""
    report_mails.deliver_report(mail_id=mail_id)


@shared_task(time_limit=900, soft_time_limit=840)
def sweep_reports() -> None:
    """Find reports to mail."""
    sweeps.sweep_reports()


@shared_task(time_limit=300, soft_time_limit=240)
def sweep_channels() -> None:
    """Find posts to send to chat channels, and on Mondays what is due."""
    sweeps.sweep_channels()


@shared_task(time_limit=300, soft_time_limit=240)
def deliver_invitation(invitation_id: int) -> None:
    """Send the mail of one invitation."""
    invitations.deliver_invitation(invitation_id=invitation_id)


@shared_task(time_limit=300, soft_time_limit=240)
def sweep_standings() -> None:
    """Find standings to compute again."""
    sweeps.sweep_standings()


@shared_task(time_limit=300, soft_time_limit=240)
def sweep_awards() -> None:
    """Find awards to issue."""
    sweeps.sweep_awards()


@shared_task(time_limit=300, soft_time_limit=240)
def sweep_notices() -> None:
    """Find mails to send."""
    sweeps.sweep_notices()


@shared_task(time_limit=300, soft_time_limit=240)
def sweep_reminders() -> None:
    """Find people to remind."""
    sweeps.sweep_reminders()


@shared_task(time_limit=300, soft_time_limit=240)
def sweep_applications() -> None:
    """Delete tokens, consents and applications that have run out."""
    applications.clear_applications()


@shared_task(time_limit=900, soft_time_limit=840)
def compute_figures(figures_id: int) -> None:
    """Compute one set of figures of the administration's first page."""
    figures.compute_figures(figures_id=figures_id)


@shared_task(time_limit=1800, soft_time_limit=1740)
def sweep_figures() -> None:
    """Compute every set of figures whose time has come."""
    sweeps.sweep_figures()


@shared_task(time_limit=1800, soft_time_limit=1740)
def sweep_search() -> None:
    """Find what can't be found as it reads today."""
    settle_entries()


@shared_task(time_limit=600, soft_time_limit=540)
def read_people(import_id: int) -> None:
    """Read one file of people."""
    people_imports.read_people(import_id=import_id)


@shared_task(time_limit=600, soft_time_limit=540)
def work_on_deed(deed_id: int) -> None:
    """Do batches of one bulk deed for some minutes."""
    bulk.work_on_deed(deed_id=deed_id)


@shared_task(time_limit=600, soft_time_limit=540)
def sweep_bulk_work() -> None:
    """Find files of people to read and bulk deeds to go on with."""
    sweeps.sweep_bulk_work()


@shared_task(time_limit=900, soft_time_limit=840)
def sweep_links() -> None:
    """Check addresses that content points at."""
    sweeps.sweep_links()


@shared_task(time_limit=600, soft_time_limit=540)
def sweep_feedback() -> None:
    """Delete the words of remarks that were settled long ago."""
    while forget_old(now=timezone.now()):
        pass
