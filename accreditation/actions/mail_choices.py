"""How a person wants their e-mails: choosing by kind and hour, and stopping by one click."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from accreditation.actions.report_mails import stop_report, take_up_report
from accreditation.models import MailPreference, MailState, MailTimes, Manner, Notice, NoticeKind, User, usual_manner
from accreditation.models.notices import GATHERING, URGENT
from accreditation.rules.stopping import Stop

STATE_OF = {
    Manner.AT_ONCE: MailState.WAITING,
    Manner.DAILY: MailState.DAILY,
    Manner.WEEKLY: MailState.WEEKLY,
    Manner.NEVER: MailState.NONE,
}
# "Being sent" is left alone: that mail is on its way.
NOT_YET_SENT = (MailState.WAITING, *GATHERING)


@transaction.atomic
def choose_manners(*, manners: Mapping[str, str], by: User) -> None:
    """Keep how the e-mail of each kind comes; kinds that aren't named stay as they are. What waits follows the choice.

    Urgent kinds come at once or not at all; anything else asked for them is taken as at once.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    for kind, wanted in manners.items():
        manner = Manner.AT_ONCE if kind in URGENT and wanted != Manner.NEVER else Manner(wanted)
        if manner == usual_manner(kind):
            MailPreference.objects.filter(person=by, kind=kind).delete()
        else:
            MailPreference.objects.update_or_create(person=by, kind=kind, defaults={"manner": manner})
        _let_waiting_follow(by, kind, manner)


def _let_waiting_follow(person: User, kind: str, manner: Manner) -> None:
    state = STATE_OF[manner]
    rows = Notice.objects.filter(recipient=person, kind=kind, mail_state__in=NOT_YET_SENT).exclude(mail_state=state)
    rows.update(mail_state=state, mail_due_at=None if state == MailState.NONE else timezone.now())


@transaction.atomic
def choose_times(*, quiet: tuple[int, int] | None, digest_hour: int, digest_weekday: int, by: User) -> MailTimes:
    """Keep a person's quiet hours and the hour of their digests; what is gathered is dated anew."""
    start, end = quiet or (None, None)
    chosen = {"quiet_from": start, "quiet_until": end, "digest_hour": digest_hour, "digest_weekday": digest_weekday}
    times, _made = MailTimes.objects.update_or_create(person=by, defaults=chosen)
    Notice.objects.filter(recipient=by, mail_state__in=GATHERING).update(mail_due_at=timezone.now())
    return times


@transaction.atomic
def stop_mails(*, stop: Stop) -> dict[str, str]:
    """Send no more e-mails of this kind, of what this digest gathers, or of this report. Doing it again changes nothing.

    Returns how each kind came before, where it came.
    """
    if stop.reader:
        stop_report(schedule_id=stop.reader.schedule_id, person=stop.person)
        return {}
    User.objects.select_for_update(no_key=True).get(pk=stop.person.pk)
    chosen = dict(MailPreference.objects.filter(person=stop.person).values_list("kind", "manner"))
    manners = {str(one): str(chosen.get(one, usual_manner(one))) for one in NoticeKind.values}
    wanted = [one for one, manner in manners.items() if stop.what in (one, manner)]
    choose_manners(manners=dict.fromkeys(wanted, Manner.NEVER), by=stop.person)
    return {one: manners[one] for one in wanted if manners[one] != Manner.NEVER}


@transaction.atomic
def undo_stop(*, stop: Stop, before: Mapping[str, str]) -> None:
    """Let e-mails come again as they did; what was written meanwhile is not mailed. Refused as `take_up_report`."""
    if stop.reader:
        take_up_report(schedule_id=stop.reader.schedule_id, person=stop.person)
        return
    choose_manners(manners=before, by=stop.person)
