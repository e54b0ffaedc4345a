"""What those who lead the review queue are told."""

from datetime import date

from django.db.models import QuerySet
from django.urls import reverse

from accreditation.actions.notices import tell
from accreditation.models import NoticeKind, User
from accreditation.roles import REVIEW_LEADS
from assessments.models import Appeal, RulingClip, Submission
from assessments.rules.promises import Risk
from assessments.rules.ruling_clips import sentence_about
from courses.lib.clock import show_moment


def _leads() -> QuerySet[User]:
    return User.objects.filter(is_active=True, groups__name__in=REVIEW_LEADS).distinct()


def tell_of_appeal(*, appeal: Appeal, submission: Submission) -> None:
    """A learner appealed: which practical, and by when the answer is promised. The reason stands in the administration."""
    for lead in _leads():
        tell(
            recipient_id=lead.pk,
            kind=NoticeKind.REVIEW_DUE,
            key=f"appeal:{appeal.pk}",
            title=f"{'An appeal' if appeal.origin == 'learner' else 'A recheck'}: {submission.practical}",
            text=f"A fresh reading waits before all others; the answer is promised by {show_moment(appeal.promised_at)}.",
            link=reverse("admin:assessments_appeal_change", args=[appeal.pk]),
            link_text="Read the reason",
        )


def tell_of_risk(*, risk: Risk, today: date) -> None:
    """Promised dates are at risk: how much is due, and how many hours are on duty; once a day and pool to each lead."""
    pool = f" of “{risk.pool}”" if risk.pool else ""
    for lead in _leads():
        tell(
            recipient_id=lead.pk,
            kind=NoticeKind.REVIEW_DUE,
            key=f"promises:{today}:{risk.pool}",
            title=f"Promised dates{pool} are at risk",
            text=f"{risk.tasks} reading{'' if risk.tasks == 1 else 's'} due by {show_moment(risk.until)} take about "
            f"{risk.minutes / 60:.0f} hours; graders are on duty for {risk.on_duty / 60:.0f}. They are drawn first now. "
            "More hours, another grader or fewer further readings would keep the dates.",
            link=reverse("admin:assessments_reviewtask_changelist"),
            link_text="See the queue",
        )


def tell_of_clip(*, clip: RulingClip) -> None:
    """The clip of a ruling could not be cut: why, and where to try again."""
    for lead in _leads():
        tell(
            recipient_id=lead.pk,
            kind=NoticeKind.REVIEW_DUE,
            key=f"clip:{clip.pk}:{clip.state_since.isoformat()}",
            title=f"The clip of a ruling could not be cut: {clip.ruling.rubric}",
            text=f"{sentence_about(clip)} Graders read its words meanwhile.",
            link=reverse("admin:assessments_ruling_change", args=[clip.ruling_id]),
            link_text="See the ruling",
        )
