"""Posting facts to chat channels: a row first, the request from the row."""

import json
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accreditation.actions.notices import tell
from accreditation.models import IN_FORCE, Accreditation, Channel, ChannelPost, NoticeKind, TierHolding, User
from accreditation.models.channels import ChannelFact, PostState
from accreditation.rules.channels import USE, channels_for, due_soon, host_of, plain, why_not_address, why_not_test
from accreditation.signals import post_written
from courses.lib.outbound import Ask, OutboundFailed, OutboundRefused, Reply, ask, is_configured
from courses.lib.refusals import refuse_if
from courses.lib.sealing import Unsealable, seal, unseal

TRIES = 12
OFF_AFTER = 20
STUCK_AFTER = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=1)
PURPOSE = "address of a chat channel"


def give_address(*, channel: Channel, url: str) -> Channel:
    """Set the address of a channel that is about to be saved; it is never read out again. Refused as `why_not_address` says."""
    refuse_if(why_not_address(url))
    channel.sealed_address, channel.host = seal(url, purpose=PURPOSE), host_of(url)
    channel.failed_in_a_row, channel.problem = 0, ""
    return channel


def post(*, channel: Channel, key: str, text: str) -> ChannelPost:
    """Write one post once per channel and key; it is sent from the row."""
    row, is_new = ChannelPost.objects.get_or_create(
        channel=channel, key=key, defaults={"text": text, "due_at": timezone.now()}
    )
    if is_new:
        post_written.send(sender=ChannelPost, post=row)
    return row


def post_standing(*, accreditation: Accreditation, old: str) -> None:
    """Somebody became accredited who wasn't: name and program, nothing else."""
    if accreditation.state not in IN_FORCE or old in IN_FORCE:
        return
    facts = {"name": plain(accreditation.learner.name), "program": plain(str(accreditation.program))}
    key = f"earned:{accreditation.pk}:{accreditation.valid_until}"
    found = channels_for(fact=ChannelFact.EARNED, learner=accreditation.learner, program=accreditation.program)
    for channel in found:
        post(channel=channel, key=key, text=_("%(name)s is accredited: %(program)s") % facts)


def post_tier(*, holding: TierHolding, old: str) -> None:
    """Somebody's tier is another one."""
    if not holding.tier:
        return
    facts = {"name": plain(holding.learner.name), "tier": plain(holding.tier)}
    for channel in channels_for(fact=ChannelFact.TIER, learner=holding.learner):
        key = f"tier:{holding.pk}:{old}:{holding.tier}:{timezone.now():%Y%m%d}"
        post(channel=channel, key=key, text=_("%(name)s has reached the tier “%(tier)s”") % facts)


def post_due(*, today: date) -> int:
    """On Mondays, what is due within seven days, once a week for each channel that wants it. Nothing due, no post."""
    if today.weekday() != 0:
        return 0
    wanted = Channel.objects.filter(is_active=True, facts__contains=[ChannelFact.DUE])
    wanted = wanted.exclude(posts__key=f"due:{today}")
    for channel in wanted:
        if rows := due_soon(channel, today):
            post(channel=channel, key=f"due:{today}", text=_summary(rows))
    return len(wanted)


def _summary(rows: list[tuple[str, int]]) -> str:
    lines = [
        ngettext("%(program)s: %(count)d person", "%(program)s: %(count)d people", count)
        % {"program": plain(title), "count": count}
        for title, count in rows
    ]
    return "\n".join([_("Due within seven days:"), *lines])


def post_trial(*, channel: Channel, by: User) -> ChannelPost:
    """Send a trial message, so that whoever set the channel sees whether it arrives. Refused as `why_not_test` says."""
    refuse_if(why_not_test(channel))
    facts = {"portal": plain(settings.ORGANISATION_NAME)}
    key = f"trial:{by.pk}:{timezone.now():%Y%m%d%H%M%S}"
    return post(channel=channel, key=key, text=_("A trial from the accreditation portal of %(portal)s.") % facts)


def deliver_post(*, post_id: int) -> bool:
    """Send one waiting post. It may come twice where a process dies in between, never not at all.

    A channel that asks to wait is waited for. An address that is refused or gone is not tried again. Twelve failures give the
    post up; twenty in a row switch the channel off, and whoever made it is told.
    """
    row = _take(post_id)
    if row is None:
        return False
    try:
        url = unseal(bytes(row.channel.sealed_address), purpose=PURPOSE)
        body = json.dumps({"text": row.text}).encode()
        reply = ask(Ask(USE, url, "POST", {"Content-Type": "application/json"}, body, seconds=10, max_bytes=65_536))
    except (OutboundFailed, Unsealable) as problem:
        sentence = (
            problem.sentence if isinstance(problem, OutboundFailed) else _("Set the address of the channel again.")
        )
        _put_back(row, sentence, for_good=isinstance(problem, OutboundRefused | Unsealable))
        return False
    return _settle(row, reply)


@transaction.atomic
def _take(post_id: int) -> ChannelPost | None:
    now, rows = timezone.now(), ChannelPost.objects.select_for_update(skip_locked=True, of=("self",))
    waiting = rows.filter(pk=post_id, state__in=[PostState.WAITING, PostState.SENDING], due_at__lte=now)
    row = waiting.select_related("channel").first()
    if row is None:
        return None
    if not row.channel.is_active or row.attempts >= TRIES:
        row.state, row.problem = PostState.FAILED, row.problem or _("The channel is off.")
    else:
        row.state, row.due_at, row.attempts = PostState.SENDING, now + STUCK_AFTER, row.attempts + 1
    row.save(update_fields=["state", "due_at", "attempts", "problem"])
    return row if row.state == PostState.SENDING else None


def _settle(row: ChannelPost, reply: Reply) -> bool:
    if reply.is_fine:
        row.state, row.sent_at, row.problem = PostState.SENT, timezone.now(), ""
        row.save(update_fields=["state", "sent_at", "problem"])
        Channel.objects.filter(pk=row.channel_id).update(failed_in_a_row=0, problem="")
        return True
    problem = _("The channel answered %(status)d.") % {"status": reply.status}
    wait = timedelta(seconds=reply.seconds_to_wait()) if reply.status in (429, 503) else None
    _put_back(row, problem, for_good=reply.status in (400, 401, 403, 404, 405, 410), wait=wait)
    return False


@transaction.atomic
def _put_back(row: ChannelPost, problem: str, *, for_good: bool, wait: timedelta | None = None) -> None:
    pause = max(wait or timedelta(0), timedelta(seconds=min(15 * 2**row.attempts, 3600)))
    row.state = PostState.FAILED if for_good or row.attempts >= TRIES else PostState.WAITING
    row.due_at, row.problem = timezone.now() + min(pause, LONGEST_WAIT), problem[:300]
    row.save(update_fields=["state", "due_at", "problem"])
    if wait:  # it was heard and asked for patience, which is no failure of the channel
        return
    Channel.objects.filter(pk=row.channel_id).update(failed_in_a_row=F("failed_in_a_row") + 1, problem=row.problem)
    channel = Channel.objects.select_for_update().get(pk=row.channel_id)
    if channel.is_active and channel.failed_in_a_row >= OFF_AFTER:
        _switch_off(channel)


def _switch_off(channel: Channel) -> None:
    channel.is_active = False
    channel.save(update_fields=["is_active"])
    tell(
        recipient_id=channel.made_by_id,
        kind=NoticeKind.ORGANISATION,
        key=f"channel-off:{channel.pk}:{timezone.now():%Y%m%d%H}",
        title=_("The chat channel “%(name)s” is off") % {"name": channel.name},
        text=_("It failed %(count)d times in a row. %(problem)s") % {"count": OFF_AFTER, "problem": channel.problem},
    )


def posts_due(now: datetime, many: int) -> list[int]:
    """Posts to send now: none while nothing may leave, then they wait."""
    if not is_configured(USE):
        return []
    rows = ChannelPost.objects.filter(state__in=[PostState.WAITING, PostState.SENDING], due_at__lte=now)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:many])
