"""What happens below, answered here: each receiver writes a row, and the row's task is hurried after the commit."""

from typing import Any

from allauth.account.signals import email_confirmed, password_changed, password_reset, password_set, user_signed_up
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.utils import timezone

from accreditation import tasks
from accreditation.actions import (
    applications,
    awards,
    channels,
    feedback_news,
    invitations,
    joining,
    lead_news,
    news,
    people,
    practical_news,
    tiers,
    updates,
)
from accreditation.actions.ledger import settle_fact
from accreditation.actions.reassessing import ask_for_program
from accreditation.actions.uses import under_way_with, uses_by_programs
from accreditation.models import IN_FORCE, MailState, Program
from accreditation.rules.ledger import ATTEMPTS, COMPLETIONS, CREDENTIALS, SUBMISSIONS
from accreditation.rules.people import why_not_second_person
from accreditation.rules.programs import LONELY, is_asked_for
from accreditation.rules.update_pages import why_not_sit_update
from accreditation.signals import (
    attested,
    bulk_deed_ordered,
    enrolled,
    figures_asked,
    invitation_written,
    notice_written,
    people_file_uploaded,
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
from assessments.models import RecordingState
from assessments.rules.recordings import sentence_about
from assessments.signals import (
    appeal_received,
    attempt_graded,
    attempt_opening,
    attempt_received,
    attempt_reopened,
    attempt_scheduled,
    attempt_voided,
    exam_publishing,
    promises_at_risk,
    recording_checked,
    ruling_clip_failed,
    session_attested,
    session_booked,
    session_called_off,
    standard_round_opened,
    submission_decided,
    submission_received,
    submission_returned,
    upload_waits,
)
from badges import tasks as badge_tasks
from badges.signals import (
    credential_issued,
    credential_reissued,
    credential_revoked,
    credentials_exported,
    endorsement_resigned,
    endorsement_withdrawn,
    endorsement_written,
    revocation_confirming,
    signing_key_withdrawn,
)
from courses.actions.audit import record_event
from courses.lib.refusals import refuse_if
from courses.lib.tasks import nudge
from courses.models import ContentState
from courses.rules.uses import Use
from courses.signals import (
    content_withdrawn,
    course_completed,
    feedback_stepped,
    lesson_reread,
    under_way_asked,
    uses_asked,
)


@receiver(post_migrate, dispatch_uid="groups")
def write_groups(sender: Any, **_: Any) -> None:
    """The groups follow `roles.py` after every migration: once, when the apps before django.contrib.auth have permissions."""
    if sender.name == "django.contrib.auth":
        people.write_groups()


@receiver(user_signed_up)
def welcome(user: Any, **_: Any) -> None:
    """A new person is a learner."""
    people.make_learner(person=user)


@receiver(email_confirmed)
def take_up_invitation(email_address: Any, **_: Any) -> None:
    """A proved address takes up the invitation that was sent to it; else it may be of an organisation's domain."""
    if invitations.accept_invitation(person=email_address.user, email=email_address.email) is None:
        joining.join_by_domain(person=email_address.user, email=email_address.email)


@receiver(user_logged_in)
def note_sign_in(user: Any, **_: Any) -> None:
    """Sign-ins stand in the audit trail."""
    record_event(event="sign-in", by=user, subject=f"accreditation.user:{user.pk}")


@receiver(user_login_failed)
def note_failed_sign_in(**_: Any) -> None:
    """Failed sign-ins too; what was typed is not kept."""
    record_event(event="sign-in failed", by=None, subject="accreditation.user:")


@receiver([password_changed, password_reset, password_set])
def end_applications(user: Any, **_: Any) -> None:
    """A new password signs out everywhere; applications that read by an old consent are out too."""
    applications.withdraw_everything(person=user)


@receiver(credential_issued)
def audit_badge(credential: Any, **_: Any) -> None:
    """Issued badges stand in the audit trail."""
    record_event(event="badge issued", by=None, subject=f"badges.credential:{credential.pk}")


@receiver(credentials_exported)
def audit_export(by: Any, query: str, **_: Any) -> None:
    """Who took the register with them, and which part of it."""
    record_event(event="badges exported", by=by, subject="badges.credential:", query=query[:500])


@receiver(credential_revoked)
def audit_revocation(credential: Any, request: Any, **_: Any) -> None:
    """So do revocations, with both people."""
    people_of = {"asked_by": request.asked_by_id, "confirmed_by": request.confirmed_by_id}
    record_event(
        event="badge revoked", by=request.confirmed_by, subject=f"badges.credential:{credential.pk}", **people_of
    )


@receiver(signing_key_withdrawn)
def sign_anew(**_: Any) -> None:
    """Awards of a withdrawn key are signed anew at once, not with the next sweep."""
    nudge(badge_tasks.sweep_reissues)


@receiver(credential_reissued)
def follow_badge(credential: Any, predecessor: Any, **_: Any) -> None:
    """An award that was signed anew takes the place of the one before, in the audit trail too, and its holder is told."""
    record_event(
        event="badge signed anew", by=None, subject=f"badges.credential:{credential.pk}", before=str(predecessor.pk)
    )
    awards.follow_credential(credential=credential, predecessor=predecessor)
    news.tell_of_new_signature(credential=credential)


@receiver(endorsement_written)
def tell_of_endorsement(endorsement: Any, **_: Any) -> None:
    """An endorsement stands in the audit trail, and the holder of the award is told."""
    subject = f"badges.endorsement:{endorsement.pk}"
    record_event(
        event="endorsement written", by=endorsement.author, subject=subject, award=str(endorsement.credential_id)
    )
    news.tell_of_endorsement(endorsement=endorsement)


@receiver(endorsement_withdrawn)
def tell_of_withdrawn_endorsement(endorsement: Any, by: Any, **_: Any) -> None:
    """So does taking it back; its reason stays with the row."""
    subject = f"badges.endorsement:{endorsement.pk}"
    record_event(event="endorsement withdrawn", by=by, subject=subject, award=str(endorsement.credential_id))
    news.tell_of_withdrawn_endorsement(endorsement=endorsement)


@receiver(endorsement_resigned)
def audit_endorsement(endorsement: Any, predecessor: Any, **_: Any) -> None:
    """An endorsement was signed anew by the system."""
    subject = f"badges.endorsement:{endorsement.pk}"
    record_event(event="endorsement signed anew", by=None, subject=subject, before=str(predecessor.pk))


@receiver(submission_decided)
def audit_decision(submission: Any, decision: Any, **_: Any) -> None:
    """And decisions: which version, which total."""
    total = {"total": str(decision.total), "passed": decision.passed}
    record_event(event="submission decided", by=None, subject=f"assessments.submission:{submission.pk}", **total)


@receiver(course_completed)
def prove_course(completion: Any, **_: Any) -> None:
    """A completed course is evidence."""
    settle_fact(source=COMPLETIONS, key=completion.pk)


@receiver(lesson_reread)
def prove_reading(reread: Any, **_: Any) -> None:
    """A changed lesson that was read again may be the last one that an update asks for."""
    updates.note_reread(lesson=reread.lesson, learner_id=reread.learner_id)


@receiver(attempt_opening)
def refuse_who_is_not_asked(learner: Any, exam: Any, now: Any, **_: Any) -> None:
    """The exam of an update is for those whom it asks."""
    if exam.for_asked_only:
        refuse_if(why_not_sit_update(learner, exam, now))


@receiver(exam_publishing)
def warn_of_lonely_exam(exam: Any, **_: Any) -> str:
    """Learners come to an exam through a program."""
    return "" if is_asked_for(exam) else LONELY


@receiver(attempt_graded)
def prove_exam(attempt: Any, passed: bool, first_time_graded: bool, **_: Any) -> None:
    """A passed exam is evidence, a pass that was taken away none any more; either result is news."""
    if passed or not first_time_graded:
        settle_fact(source=ATTEMPTS, key=attempt.pk, reason=attempt.current_run.reason)
    news.tell_of_result(attempt=attempt, passed=passed)


@receiver(attempt_received)
def tell_of_arrival(attempt: Any, **_: Any) -> None:
    """A closed exam that waits to be scored has its receipt."""
    news.tell_of_arrival(attempt=attempt)


@receiver(attempt_scheduled)
def tell_of_sitting(attempt: Any, **_: Any) -> None:
    """A planned sitting is news."""
    news.tell_of_sitting(attempt=attempt)


@receiver(standard_round_opened)
def ask_judges(setting: Any, **_: Any) -> None:
    """Judges learn that their judgements are wanted."""
    news.tell_of_judging(setting=setting)


@receiver(attempt_reopened)
def tell_of_reopening(attempt: Any, **_: Any) -> None:
    """So is an exam that goes on again."""
    news.tell_of_reopening(attempt=attempt)


@receiver(attempt_voided)
def forget_exam(attempt: Any, cause: str, **_: Any) -> None:
    """A pass that doesn't count any more proves nothing."""
    settle_fact(source=ATTEMPTS, key=attempt.pk, reason=f"attempt taken out of the count: {cause}")


@receiver(submission_received)
def tell_of_hand_in(submission: Any, **_: Any) -> None:
    """A hand-in has its receipt in the notices."""
    practical_news.tell_of_submission(submission=submission)


@receiver(submission_returned)
def tell_of_return(submission: Any, reason: str, **_: Any) -> None:
    """A hand-in that was given back says why."""
    practical_news.tell_of_return(submission=submission, reason=reason)


@receiver(submission_decided)
def prove_practical(submission: Any, decision: Any, **_: Any) -> None:
    """A passed practical is evidence of one use case, its brief's; either outcome is news."""
    if decision.passed or decision.appeal is not None:
        reason = f"read once more, with {decision.total} of {decision.maximum}"
        settle_fact(source=SUBMISSIONS, key=submission.pk, reason=reason)
    practical_news.tell_of_decision(submission=submission, decision=decision)


@receiver(promises_at_risk)
def tell_leads_of_risk(risk: Any, **_: Any) -> None:
    """Promised dates that can't be kept are news to those who lead the queue."""
    lead_news.tell_of_risk(risk=risk, today=timezone.now().date())


@receiver(ruling_clip_failed)
def tell_leads_of_clip(clip: Any, **_: Any) -> None:
    """A clip that could not be cut is news to those who lead the queue."""
    lead_news.tell_of_clip(clip=clip)


@receiver(appeal_received)
def tell_of_appeal(appeal: Any, submission: Any, **_: Any) -> None:
    """An appeal is news to those who lead the queue."""
    lead_news.tell_of_appeal(appeal=appeal, submission=submission)


@receiver(session_booked)
def tell_of_session(booking: Any, **_: Any) -> None:
    """A booked session is news to everybody in it."""
    practical_news.tell_of_session(booking=booking)


@receiver(session_attested)
def tell_of_attestation(booking: Any, **_: Any) -> None:
    """A session that took place is news to its learner, who waits for that."""
    practical_news.tell_of_attestation(booking=booking)


@receiver(session_called_off)
def tell_of_session_off(booking: Any, by: Any, reason: str, **_: Any) -> None:
    """A session that was called off is news to the others in it."""
    practical_news.tell_of_session_off(booking=booking, by=by, reason=reason)


@receiver(recording_checked)
def tell_of_recording(recording: Any, **_: Any) -> None:
    """A recording that can't be used is news; one that can shows on its page. A camera track alone holds nobody up."""
    if recording.state == RecordingState.REJECTED and recording.main_id is None:
        practical_news.tell_of_recording(recording=recording, sentence=sentence_about(recording))


@receiver(upload_waits)
def tell_of_upload(upload: Any, **_: Any) -> None:
    """An upload that stands still for a day is news to its owner."""
    practical_news.tell_of_upload(upload=upload)


@receiver(feedback_stepped)
def tell_of_step(feedback: Any, step: Any, **_: Any) -> None:
    """An answered remark is news to its author."""
    feedback_news.tell_of_step(feedback=feedback, step=step)


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


@receiver(people_file_uploaded)
def hurry_reading(people_import: Any, **_: Any) -> None:
    """Read it soon."""
    nudge(tasks.read_people, people_import.pk)


@receiver(bulk_deed_ordered)
def hurry_deed(deed: Any, **_: Any) -> None:
    """Begin soon."""
    nudge(tasks.work_on_deed, deed.pk)


@receiver(invitation_written)
def hurry_invitation(invitation: Any, **_: Any) -> None:
    """Send it soon."""
    nudge(tasks.deliver_invitation, invitation.pk)


@receiver(credential_issued)
def tell_of_badge(credential: Any, **_: Any) -> None:
    """A badge is news."""
    news.tell_of_badge(credential=credential)


@receiver(credential_revoked)
def undo_standing(credential: Any, **_: Any) -> None:
    """A revoked badge is evidence against the standing it stood for, and news."""
    settle_fact(source=CREDENTIALS, key=credential.pk)
    news.tell_of_revocation(credential=credential)


@receiver(credential_revoked)
def undo_tier(credential: Any, **_: Any) -> None:
    """The badge of a tier takes the tier along."""
    tiers.follow_revocation(credential=credential)


@receiver(revocation_confirming)
def refuse_one_person_twice(request: Any, by: Any, **_: Any) -> None:
    """The two people of a revocation are two."""
    refuse_if(why_not_second_person(request.asked_by, by))


@receiver(uses_asked)
def name_what_asks(row: Any, **_: Any) -> list[Use]:
    """Programs and updates that use content."""
    return uses_by_programs(row)


@receiver(under_way_asked)
def name_who_is_on_it(row: Any, **_: Any) -> set[int]:
    """People on programs that ask for content."""
    return under_way_with(row)


@receiver(content_withdrawn)
def audit_withdrawal(withdrawal: Any, **_: Any) -> None:
    """Who withdraws content is audited; those under way are told soon."""
    said = {"reason": withdrawal.reason, "replaced_by": withdrawal.replaced_by, "under_way": withdrawal.under_way}
    record_event(event="content withdrawn", by=withdrawal.withdrawn_by, subject=withdrawal.subject, **said)
    if withdrawal.tell_due_at:
        nudge(tasks.tell_of_withdrawal, withdrawal.pk)
