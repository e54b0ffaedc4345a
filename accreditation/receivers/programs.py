"""What happens to programs, standings, tiers, reports and notices.

Each receiver writes a row, and its task is hurried after the commit.
"""

from typing import Any

from django.dispatch import receiver

from accreditation import tasks
from accreditation.actions import (
    channels,
    news,
)
from accreditation.actions.reassessing import ask_for_program
from accreditation.models import IN_FORCE, MailState, Program
from accreditation.signals import (
    attested,
    enrolled,
    figures_asked,
    notice_written,
    post_written,
    program_reassessed,
    program_reassessment_asked,
    proposal_published,
    proposal_written,
    reassessment_asked,
    report_mail_written,
    rules_changed,
    standing_changed,
    tier_changed,
    tiers_written,
    update_published,
    update_withdrawn,
    update_written,
)
from courses.actions.audit import record_event
from courses.lib.tasks import nudge
from courses.models import ContentState


@receiver(attested)
def tell_of_statement(given: Any, **_: Any) -> None:
    """What a manager attests is news to the learner."""
    news.tell_of_statement(given=given)


@receiver(enrolled)
def tell_of_enrolment(enrolment: Any, **_: Any) -> None:
    """Being put on a program by somebody else is news."""
    if enrolment.assigned_by_id:
        news.tell_of_enrolment(enrolment=enrolment)


@receiver(reassessment_asked)
def hurry_reassessment(reassessment: Any, **_: Any) -> None:
    """Compute the standing soon."""
    nudge(tasks.reassess_learner, reassessment.pk)


@receiver(rules_changed)
def ask_for_everybody(program: Any, **_: Any) -> None:
    """Other rules may change everybody's standing."""
    if program.state != ContentState.DRAFT:
        ask_for_program(program=program)


@receiver(tiers_written)
def ask_for_every_tier(**_: Any) -> None:
    """Other tiers may change everybody's: computing any one program again looks at everyone who has proved anything."""
    if program := Program.objects.published().exclude(current_version=None).order_by("pk").first():
        ask_for_program(program=program)


@receiver(program_reassessment_asked)
def hurry_program(reassessment: Any, **_: Any) -> None:
    """Compute everybody's standing soon."""
    nudge(tasks.reassess_program, reassessment.pk)


@receiver(proposal_written)
def hurry_preview(proposal: Any, **_: Any) -> None:
    """Make the list of what would change soon."""
    nudge(tasks.preview_proposal, proposal.pk)


@receiver(proposal_published)
def hurry_telling(proposal: Any, **_: Any) -> None:
    """Who decided is audited; those who lose something are told soon."""
    subject = f"accreditation.program:{proposal.program_id}"
    record_event(event="rules published", by=proposal.published_by, subject=subject, version=proposal.version.number)
    nudge(tasks.tell_of_proposal, proposal.pk)


@receiver(figures_asked)
def hurry_figures(figures_id: int, **_: Any) -> None:
    """Compute them soon."""
    nudge(tasks.compute_figures, figures_id)


@receiver(update_written)
def hurry_counting(update: Any, **_: Any) -> None:
    """Count whom it asks soon."""
    nudge(tasks.preview_update, update.pk)


@receiver(update_published)
def audit_update(update: Any, **_: Any) -> None:
    """Who asks for it is audited; those who are asked are told soon."""
    subject = f"accreditation.program:{update.program_id}"
    record_event(event="update published", by=update.published_by, subject=subject, update=update.number)
    nudge(tasks.tell_of_update, update.pk)


@receiver(update_withdrawn)
def audit_withdrawn_update(update: Any, **_: Any) -> None:
    """So is who takes it back, with the reason."""
    subject = f"accreditation.program:{update.program_id}"
    said = {"update": update.number, "reason": update.withdrawal_reason}
    record_event(event="update withdrawn", by=update.withdrawn_by, subject=subject, **said)
    nudge(tasks.tell_of_update, update.pk)


@receiver(program_reassessed)
def hurry_awards(changed: int, **_: Any) -> None:
    """Many may have a badge due; the sweep finds them."""
    if changed:
        nudge(tasks.sweep_awards)


@receiver(standing_changed)
def hurry_award(accreditation: Any, **_: Any) -> None:
    """An accreditation in force may have a badge due."""
    if accreditation.state in IN_FORCE:
        nudge(tasks.issue_award, accreditation.pk)


@receiver(tier_changed)
def hurry_tier_award(holding: Any, **_: Any) -> None:
    """A tier may have a badge due."""
    if holding.tier:
        nudge(tasks.issue_tier_award, holding.pk)


@receiver(standing_changed)
def post_standing(accreditation: Any, old: str, **_: Any) -> None:
    """Chat channels hear of a new accreditation."""
    channels.post_standing(accreditation=accreditation, old=old)


@receiver(tier_changed)
def post_tier(holding: Any, old: str, **_: Any) -> None:
    """Chat channels hear of a tier."""
    channels.post_tier(holding=holding, old=old)


@receiver(post_written)
def hurry_post(post: Any, **_: Any) -> None:
    """Send it soon."""
    nudge(tasks.deliver_post, post.pk)


@receiver(report_mail_written)
def hurry_report(mail: Any, **_: Any) -> None:
    """Send it soon."""
    nudge(tasks.deliver_report, mail.pk)


@receiver(notice_written)
def hurry_mail(notice: Any, **_: Any) -> None:
    """Send the mail soon."""
    if notice.mail_state == MailState.WAITING:
        nudge(tasks.deliver_notice, notice.pk)
