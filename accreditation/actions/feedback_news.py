"""What became of a remark, told to whoever made it."""

from django.urls import reverse
from django.utils.translation import gettext_noop as noop

from accreditation.actions.notices import tell
from accreditation.models.notices import NoticeKind
from courses.lib.words import Said
from courses.models import Feedback, FeedbackState, FeedbackStep

ANSWERED = noop("Answered: %(about)s")
TITLES: dict[str, str] = {
    FeedbackState.LOOKED_AT: noop("Looked at: %(about)s"),
    FeedbackState.PLANNED: noop("Planned: %(about)s"),
    FeedbackState.DONE: noop("Done: %(about)s"),
    FeedbackState.DUPLICATE: noop("Said before: %(about)s"),
}
SENTENCES: dict[str, str] = {
    FeedbackState.LOOKED_AT: noop("Somebody of Field Enablement has read what you told us."),
    FeedbackState.PLANNED: noop("It is planned. You hear again when it is done."),
    FeedbackState.DONE: noop("What you told us about is done. Thank you."),
    FeedbackState.DUPLICATE: noop("Somebody told us the same before. You hear together with them."),
}


def tell_of_step(*, feedback: Feedback, step: FeedbackStep) -> None:
    """Tell the author, and those whose remark was merged into this one; each once per step. Not whoever did it."""
    told = {feedback.author_id, *feedback.duplicates.values_list("author_id", flat=True)} - {step.by_id}
    for person in sorted(told):
        tell(
            recipient_id=person,
            kind=NoticeKind.ANSWER,
            key=f"feedback:{step.pk}",
            title=title_of(feedback, step),
            text=step.answer or sentence_of(feedback),
            link=f"{reverse('feedback')}#remark-{feedback.pk}",
            link_text=Said(noop("See your remarks")),
        )


def title_of(feedback: Feedback, step: FeedbackStep) -> Said:
    """What happened, and to which remark."""
    named = str(feedback.lesson or feedback.page_title)
    about = {"about": named or Said(noop("your remark"))}
    return Said(ANSWERED if step.answer else TITLES.get(feedback.state, ANSWERED), about)


def sentence_of(feedback: Feedback) -> str | Said:
    """What the state means for whoever asked."""
    if feedback.state == FeedbackState.DONE and feedback.done_sentence:
        return feedback.done_sentence
    return Said(SENTENCES.get(feedback.state, ""))
