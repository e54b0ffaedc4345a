"""Who may say what about a lesson."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move
from courses.models import FeedbackState, LessonFeedback
from courses.models.progress import FEEDBACK_TRANSITIONS

REMARKS_PER_HOUR = 20


def why_not_tell(person: Person, now: datetime) -> Refusal | None:
    """Twenty remarks an hour are a person's; more are a machine's. One query."""
    recent = LessonFeedback.objects.filter(author_id=person.pk, created_at__gt=now - timedelta(hours=1)).count()
    if recent >= REMARKS_PER_HOUR:
        return Refusal(
            "too-many-remarks", _("You told us a lot in the last hour. Send the next remark a little later.")
        )
    return None


def why_not_answer(feedback: LessonFeedback, answer: str) -> Refusal | None:
    """An answer has words, and a closed remark stays closed."""
    if not answer.strip():
        return Refusal("empty-answer", _("Write the answer first; the author is told of it."))
    return why_not_move(FEEDBACK_TRANSITIONS, old=feedback.state, new=FeedbackState.ANSWERED)
