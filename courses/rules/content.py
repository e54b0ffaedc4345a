"""Whether content may be published, and how a lesson's outside content may be shown."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move
from courses.models import Asset, ContentState, Course, Lesson
from courses.models.content import TRANSITIONS, Content


def why_not_publish(content: Content) -> Refusal | None:
    """A course needs a lesson before anyone may see it, an item of the library a version; a withdrawn one may come back."""
    if refusal := why_not_move(TRANSITIONS, old=content.state, new=ContentState.PUBLISHED):
        return refusal
    if isinstance(content, Course) and not content.lessons.exists():
        return Refusal("no-lessons", _("A course needs at least one lesson before it is published."))
    if isinstance(content, Asset) and content.current_version_id is None:
        return Refusal("no-version", _("Write a text, give it a link or upload a file first."))
    return None


def embed_address(lesson: Lesson) -> str:
    """The address to show in the page on click, or "" where the lesson or its host doesn't allow it."""
    parts = urlsplit(lesson.url)
    return lesson.url if lesson.embed and parts.scheme == "https" and parts.hostname in settings.EMBED_HOSTS else ""
