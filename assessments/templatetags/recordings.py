"""What the rules say of a recording, for templates."""

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from assessments.models import Recording, Submission, SubmissionFile, Upload
from assessments.rules import players, retention
from assessments.rules import recordings as rules
from assessments.rules.recorder import recorded_ms
from assessments.rules.uploads import why_not_send
from courses.templatetags.text import clock

register = template.Library()


@register.filter
def sentence_about(recording: Recording) -> str:
    """Where it stands."""
    return rules.sentence_about(recording)


@register.filter
def sentence_gone(thing: Recording | SubmissionFile) -> str:
    """When and why its bytes were deleted; empty while they are there. One query where they are gone."""
    return retention.sentence_gone(thing) if thing.is_gone else ""


@register.filter
def advice_for(recording: Recording) -> str:
    """What its owner can do about a rejection."""
    rejection = rules.rejection_of(recording)
    return rejection.advice if rejection else ""


@register.filter
def is_waiting(recording: Recording | None) -> bool:
    """Whether its checks still have to end."""
    return recording is not None and rules.is_waiting(recording)


@register.filter
def is_unfinished_here(place: rules.Place) -> bool:
    """Whether a recording in the browser stands here that was not finished yet."""
    return place.recording is not None and rules.is_unfinished_in_browser(place.recording)


@register.filter
def safe_so_far(upload: Upload) -> str:
    """How much of a recording in the browser is safe, as people count it; bytes where no time is known."""
    came = recorded_ms(upload)
    return _("about %(came)s") % {"came": clock(came)} if came else filesizeformat(upload.offset)


@register.filter
def takes_recording(submission: Submission) -> bool:
    """Whether a file may be sent or replaced."""
    return why_not_send(submission) is None


@register.filter
def open_uploads(submission: Submission, place: int) -> list[Upload]:
    """Unfinished uploads of one recording of a submission, the latest first. One query."""
    return list(Upload.objects.open().filter(recording__submission=submission, recording__place=place))


@register.filter
def notices_about(recording: Recording) -> tuple[str, ...]:
    """What its owner should know about a ready recording. One query."""
    return players.notices_about(recording)
