"""Which channels hear of a fact, and what is due within a week. Source: rules.md 9.11."""

from datetime import date, timedelta
from urllib.parse import urlsplit

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accreditation.models import IN_FORCE, Accreditation, Channel, Enrolment, Program, User
from accreditation.rules.reminders import manager_to_tell
from courses.lib.outbound import why_not_ask
from courses.lib.refusals import Refusal

USE = "webhooks"
AHEAD = timedelta(days=7)


def why_not_address(url: str) -> Refusal | None:
    """Why this can't be the address of a channel. Nobody is asked."""
    return why_not_ask(url, use=USE)


def host_of(url: str) -> str:
    """All of the address that is ever shown."""
    return urlsplit(url).hostname or ""


def channels_for(*, fact: str, learner: User, program: Program | None = None) -> QuerySet[Channel]:
    """The channels that hear of this: the portal's, and those of the person's organisation, manager and program.

    A manager's channel hears what the manager would.
    """
    scope = Q(organisation=None, manager=None, program=None)
    if learner.organisation_id is not None:
        scope |= Q(organisation=learner.organisation_id)
    if manager := manager_to_tell(learner):
        scope |= Q(manager=manager)
    if program is not None:
        scope |= Q(program=program)
    return Channel.objects.filter(scope, is_active=True, facts__contains=[fact])


def due_soon(channel: Channel, today: date) -> list[tuple[str, int]]:
    """Programs with how many people of this channel they are due for within seven days. Counts only, no names. One query."""
    held = Accreditation.objects.filter(learner=OuterRef("learner"), program=OuterRef("program"), state__in=IN_FORCE)
    rows = Enrolment.objects.open().filter(due_on__range=(today, today + AHEAD), learner__is_active=True)
    rows = rows.exclude(Exists(held))
    if channel.organisation_id:
        rows = rows.filter(learner__organisation=channel.organisation_id)
    if channel.manager_id:
        rows = rows.filter(learner__manager=channel.manager_id)
    if channel.program_id:
        rows = rows.filter(program=channel.program_id)
    return list(rows.order_by().values_list("program__title").annotate(Count("pk")).order_by("program__title"))


def plain(text: str) -> str:
    """Text that a chat shows as it is: no mention of everybody, no link and no line of its own from somebody's name."""
    one_line = " ".join(text.split())
    return one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")


def why_not_test(channel: Channel) -> Refusal | None:
    """Why no trial message can be sent now."""
    if not channel.is_active:
        return Refusal("channel-off", _("Switch the channel on first."))
    return None
