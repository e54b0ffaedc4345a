"""What those who lead the review queue are told."""

from datetime import date

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import tell
from accreditation.models import NoticeKind, User
from accreditation.roles import REVIEW_LEADS
from assessments.models import Appeal, RulingClip, Submission
from assessments.rules.promises import Risk
from assessments.rules.ruling_clips import sentence_about
from courses.lib.words import Said, counted


def _leads() -> QuerySet[User]:
    return User.objects.filter(is_active=True, groups__name__in=REVIEW_LEADS).distinct()


def tell_of_appeal(*, appeal: Appeal, submission: Submission) -> None:
    """A learner appealed: which practical, and by when the answer is promised. The reason stands in the administration."""
    for lead in _leads():
        tell(
            recipient_id=lead.pk,
            kind=NoticeKind.REVIEW_DUE,
            key=f"appeal:{appeal.pk}",
            title=Said(
                noop("An appeal: %(practical)s") if appeal.origin == "learner" else noop("A recheck: %(practical)s"),
                {"practical": str(submission.practical)},
            ),
            text=Said(
                noop("A fresh reading waits before all others; the answer is promised by %(moment)s UTC."),
                {"moment": appeal.promised_at},
            ),
            link=reverse("admin:assessments_appeal_change", args=[appeal.pk]),
            link_text=Said(noop("Read the reason")),
        )


def tell_of_risk(*, risk: Risk, today: date) -> None:
    """Promised dates are at risk: how much is due, and how many hours are on duty; once a day and pool to each lead."""
    title = noop("Promised dates of “%(pool)s” are at risk") if risk.pool else noop("Promised dates are at risk")
    facts = {
        "count": risk.tasks,
        "moment": risk.until,
        "hours": f"{risk.minutes / 60:.0f}",
        "on_duty": f"{risk.on_duty / 60:.0f}",
    }
    for lead in _leads():
        tell(
            recipient_id=lead.pk,
            kind=NoticeKind.REVIEW_DUE,
            key=f"promises:{today}:{risk.pool}",
            title=Said(title, {"pool": str(risk.pool)} if risk.pool else {}),
            text=(
                counted(
                    "%(count)s reading due by %(moment)s UTC takes about %(hours)s hours;",
                    "%(count)s readings due by %(moment)s UTC take about %(hours)s hours;",
                    facts,
                ),
                Said(noop("graders are on duty for %(on_duty)s. They are drawn first now."), facts),
                Said(noop("More hours, another grader or fewer further readings would keep the dates.")),
            ),
            link=reverse("admin:assessments_reviewtask_changelist"),
            link_text=Said(noop("See the queue")),
        )


def tell_of_clip(*, clip: RulingClip) -> None:
    """The clip of a ruling could not be cut: why, and where to try again."""
    for lead in _leads():
        tell(
            recipient_id=lead.pk,
            kind=NoticeKind.REVIEW_DUE,
            key=f"clip:{clip.pk}:{clip.state_since.isoformat()}",
            title=Said(noop("The clip of a ruling could not be cut: %(rubric)s"), {"rubric": str(clip.ruling.rubric)}),
            text=(sentence_about(clip), Said(noop("Graders read its words meanwhile."))),
            link=reverse("admin:assessments_ruling_change", args=[clip.ruling_id]),
            link_text=Said(noop("See the ruling")),
        )
