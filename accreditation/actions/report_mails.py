"""Saved views of reports by mail: setting when and to whom, and sending. Each sending is a row first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from django.db import transaction
from django.utils import timezone, translation

from accreditation.actions.mailing import compose, deliver, take
from accreditation.models import Ended, MailState, ReportMail, ReportReader, ReportSchedule, ReportView, User
from accreditation.rules.report_mails import (
    MOST_LINES,
    MOST_READERS,
    figures_for,
    file_of,
    last_time,
    next_time,
    staff_for,
    why_not_mail,
    why_not_schedule,
    why_not_take_up,
)
from accreditation.signals import report_mail_written
from courses.actions.audit import record_event
from courses.lib.clock import show_day
from courses.lib.refusals import Refusal, refuse_if

NOT_SENT = "report not mailed"


@dataclass(frozen=True, slots=True)
class When:
    """How often, and at which hour of the reader's own clock. `weekday`: 0 is Monday. `month_day`: 1 to 31."""

    frequency: str
    hour: int
    weekday: int = 0
    month_day: int = 1


@transaction.atomic
def schedule_report(
    *, view: ReportView, when: When, readers: Sequence[User], has_file: bool, by: User
) -> ReportSchedule:
    """Mail a view from its next moment on to these people, or change when and to whom. Called by its owner.

    Who isn't named any more is taken off; who stopped it themselves stays off, and only they take it up again. Whoever may
    not read the view is left out. Refused: `one-person`, `no-rules`.
    """
    view = ReportView.objects.select_for_update(of=("self",)).select_related("program", "owner").get(pk=view.pk)
    refuse_if(why_not_schedule(view))
    values = {
        "frequency": when.frequency, "hour": when.hour, "weekday": when.weekday, "month_day": when.month_day,
        "has_file": has_file, "is_active": True,
    }  # fmt: skip
    schedule, _made = ReportSchedule.objects.update_or_create(view=view, defaults=values)
    allowed = {row.pk: row for row in staff_for(view).filter(pk__in=[row.pk for row in readers])}
    now = timezone.now()
    for person in list(allowed.values())[:MOST_READERS]:
        _let_read(schedule, person, now, by=by)
    left_out = schedule.readers.filter(ended="").exclude(person__in=allowed)
    left_out.update(ended=Ended.OWNER, ended_at=now, due_at=None)
    record_event(event="report scheduled", by=by, subject=f"accreditation.reportview:{view.pk}", readers=len(allowed))
    return schedule


def _let_read(schedule: ReportSchedule, person: User, now: datetime, *, by: User) -> None:
    due_at = next_time(schedule, person, now)[0]
    row, is_new = ReportReader.objects.get_or_create(schedule=schedule, person=person, defaults={"due_at": due_at})
    if not is_new and (row.ended != Ended.SELF or person == by):
        row.ended, row.ended_at, row.due_at = "", None, due_at
        row.save(update_fields=["ended", "ended_at", "due_at"])


@transaction.atomic
def end_schedule(*, schedule: ReportSchedule, by: User) -> None:
    """Mail a view to nobody any more; what was sent stays on record."""
    now = timezone.now()
    locked = ReportSchedule.objects.select_for_update().get(pk=schedule.pk)
    locked.is_active = False
    locked.save(update_fields=["is_active"])
    locked.readers.filter(ended="").update(ended=Ended.OWNER, ended_at=now, due_at=None)
    subject = f"accreditation.reportview:{locked.view_id}"
    record_event(event="report no longer scheduled", by=by, subject=subject)


@transaction.atomic
def stop_report(*, schedule_id: int, person: User) -> None:
    """Let somebody get a report no longer; doing it again changes nothing."""
    rows = ReportReader.objects.filter(schedule=schedule_id, person=person).exclude(ended=Ended.SELF)
    rows.update(ended=Ended.SELF, ended_at=timezone.now(), due_at=None)
    waiting = ReportMail.objects.filter(schedule=schedule_id, person=person, mail_state=MailState.WAITING)
    waiting.update(mail_state=MailState.NONE, mail_due_at=None)


@transaction.atomic
def take_up_report(*, schedule_id: int, person: User) -> None:
    """Let somebody who stopped a report get it again from its next moment on; who gets it keeps getting it.

    Refused: `off-the-list`, and as `why_not_mail` says.
    """
    rows = ReportReader.objects.select_for_update(of=("self",)).select_related("schedule__view__owner")
    row = rows.get(schedule=schedule_id, person=person)
    refuse_if(why_not_take_up(row))
    if not row.ended:
        return
    row.ended, row.ended_at, row.due_at = "", None, next_time(row.schedule, person, timezone.now())[0]
    row.save(update_fields=["ended", "ended_at", "due_at"])


@transaction.atomic
def write_report_mail(*, reader_id: int, now: datetime) -> ReportMail | None:
    """Write the row of the sending that has come for one reader, and date the next. None where it was there, or hasn't come.

    Row and date are one transaction: a worker that dies has written neither or both.
    """
    rows = ReportReader.objects.select_for_update(skip_locked=True, of=("self",))
    row = rows.select_related("schedule__view__owner", "person").filter(pk=reader_id, due_at__lte=now).first()
    if row is None:
        return None
    # What was missed for long comes once; a reader who moved east or west gets each day's once all the same.
    day = last_time(row.schedule, row.person, now)[1]
    row.due_at = next_time(row.schedule, row.person, now)[0]
    row.save(update_fields=["due_at"])
    mail, is_new = ReportMail.objects.get_or_create(
        schedule=row.schedule,
        person=row.person,
        period_on=day,
        defaults={"mail_state": MailState.WAITING, "mail_due_at": now},
    )
    if is_new:
        report_mail_written.send(sender=ReportMail, mail=mail)
    return mail if is_new else None


def deliver_report(*, mail_id: int) -> bool:
    """Send one report, as `deliver` says; who may not read it now is not sent it, and that is written down."""
    if not _is_allowed(mail_id):
        return False
    return deliver(row=take(rows=ReportMail.objects.all(), pk=mail_id, person="person"), send=_send)


@transaction.atomic
def _is_allowed(mail_id: int) -> bool:
    """Whether the reader may have it at this moment; where not, the row says why and the reader is taken off."""
    rows = ReportMail.objects.select_for_update(skip_locked=True, of=("self",))
    mail = rows.select_related("person", "schedule__view__owner").filter(pk=mail_id).first()
    if mail is None or mail.mail_state not in (MailState.WAITING, MailState.SENDING):
        return False
    refusal = why_not_mail(mail.schedule, mail.person)
    if refusal is None:
        return True
    _leave_unsent(mail, refusal)
    return False


def _leave_unsent(mail: ReportMail, refusal: Refusal) -> None:
    mail.mail_state, mail.mail_due_at, mail.not_sent = MailState.NONE, None, refusal.sentence[:200]
    mail.save(update_fields=["mail_state", "mail_due_at", "not_sent"])
    if refusal.code in ("no-right", "not-shared"):
        readers = ReportReader.objects.filter(schedule=mail.schedule, person=mail.person, ended="")
        readers.update(ended=Ended.RIGHT, ended_at=timezone.now(), due_at=None)
    subject = f"accreditation.user:{mail.person_id}"
    record_event(event=NOT_SENT, by=None, subject=subject, report=mail.schedule.view_id, why=refusal.code)


def _send(mail: ReportMail) -> None:
    start, now = perf_counter(), timezone.now()
    schedule = ReportSchedule.objects.select_related("view__program").get(pk=mail.schedule_id)
    with translation.override(mail.person.language):
        told = figures_for(schedule.view, now)
        file, day = file_of(told) if schedule.has_file and not told["is_small"] else "", show_day(mail.period_on)
    mail.figures, mail.took_ms = told, int(1000 * (perf_counter() - start))
    mail.save(update_fields=["figures", "took_ms"])
    facts = {
        "mail": mail,
        "view": schedule.view,
        "told": told,
        "lines": told["lines"][:MOST_LINES],
        "more": len(told["lines"]) > MOST_LINES,
        "day": day,
        "schedule": schedule,
    }
    what, name = f"report-{schedule.pk}", f"report-{mail.pk}"
    message = compose(template="report", person=mail.person, what=what, facts=facts, message_id=name)
    if file:
        message.attach(f"figures-{mail.period_on}.csv", file, "text/csv")
    message.send()


def mails_to_send(now: datetime, many: int) -> list[int]:
    """Reports to send now, the oldest first."""
    rows = ReportMail.objects.filter(mail_state__in=[MailState.WAITING, MailState.SENDING], mail_due_at__lte=now)
    return list(rows.order_by("mail_due_at").values_list("pk", flat=True)[:many])
