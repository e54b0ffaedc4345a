"""Remarks on lessons: told, answered, closed."""

from django.db import transaction
from django.utils import timezone

from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move
from courses.models import FeedbackState, Lesson, LessonFeedback
from courses.models.progress import FEEDBACK_TRANSITIONS
from courses.rules.feedback import why_not_answer, why_not_tell
from courses.signals import feedback_answered


@transaction.atomic
def tell_us(*, lesson: Lesson, kind: str, text: str, page: str, by: Person) -> LessonFeedback:
    """Keep a remark. Refused past twenty an hour."""
    refuse_if(why_not_tell(by, timezone.now()))
    return LessonFeedback.objects.create(lesson=lesson, author_id=by.pk, kind=kind, text=text.strip(), page=page[:300])


@transaction.atomic
def answer_feedback(*, feedback: LessonFeedback, answer: str, by: Person) -> LessonFeedback:
    """Answer a remark and tell its author by `feedback_answered`. An empty answer and a closed remark are refused."""
    feedback = LessonFeedback.objects.select_for_update().get(pk=feedback.pk)
    refuse_if(why_not_answer(feedback, answer))
    feedback.state, feedback.answer = FeedbackState.ANSWERED, answer.strip()
    feedback.answered_by_id, feedback.answered_at = by.pk, timezone.now()
    feedback.save()
    feedback_answered.send(sender=LessonFeedback, feedback=feedback)
    return feedback


@transaction.atomic
def close_feedback(*, feedback: LessonFeedback, by: Person) -> LessonFeedback:
    """Put a remark away without, or after, an answer."""
    feedback = LessonFeedback.objects.select_for_update().get(pk=feedback.pk)
    refuse_if(why_not_move(FEEDBACK_TRANSITIONS, old=feedback.state, new=FeedbackState.CLOSED))
    feedback.state = FeedbackState.CLOSED
    feedback.save()
    return feedback
