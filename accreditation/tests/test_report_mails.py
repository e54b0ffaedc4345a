"""Saved views by mail: when, to whom, what they tell, and who gets them no more."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.erasure import erase_person
from accreditation.actions.report_mails import When, deliver_report, schedule_report, write_report_mail
from accreditation.actions.sweeps import sweep_reports
from accreditation.models import ReportMail, ReportReader, ReportSchedule, ReportView
from accreditation.rules.report_mails import last_time, next_time
from accreditation.rules.stopping import stop_address
from accreditation.tests.factories import AccreditationFactory, make_enablement, make_program
from courses.models import AuditEvent
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
DAILY = When("daily", 8)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def signed_in(person):
    client = Client()
    client.force_login(person)
    client.person = person
    return client


@pytest.fixture
def staff():
    return signed_in(make_enablement())


def make_view(owner, *, people=6, **fields):
    program = make_program(title="Selling")
    for number in range(people):
        learner = make_person(name=f"Ada Secret {number}", email=f"ada{number}@secret.example")
        AccreditationFactory(program=program, version=program.current_version, learner=learner)
    return ReportView.objects.create(owner=owner, name="Mine", kind="program", program=program, **fields)


def scheduled(view, *readers, has_file=False, when=DAILY):
    people = readers or (view.owner,)
    row = schedule_report(view=view, when=when, readers=people, has_file=has_file, by=view.owner)
    ReportReader.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(minutes=1))
    return row


@pytest.mark.parametrize(
    ("when", "zone", "after", "moment", "day"),
    [
        (DAILY, "UTC", "2026-07-01 07:59", "2026-07-01 08:00", "2026-07-01"),
        (DAILY, "UTC", "2026-07-01 08:00", "2026-07-02 08:00", "2026-07-02"),
        (DAILY, "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 06:00", "2026-03-29"),
        (DAILY, "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 07:00", "2026-10-25"),
        (When("daily", 2), "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 01:00", "2026-03-29"),
        (When("daily", 2), "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 00:00", "2026-10-25"),
        (When("daily", 2), "Europe/Berlin", "2026-10-25 00:00", "2026-10-26 01:00", "2026-10-26"),
        (When("daily", 0), "Pacific/Kiritimati", "2026-06-30 12:00", "2026-07-01 10:00", "2026-07-02"),
        (When("weekly", 8, weekday=4), "UTC", "2026-07-01 12:00", "2026-07-03 08:00", "2026-07-03"),
        (When("monthly", 8, month_day=31), "UTC", "2026-02-01 00:00", "2026-02-28 08:00", "2026-02-28"),
        (When("monthly", 8, month_day=31), "UTC", "2026-02-28 09:00", "2026-03-31 08:00", "2026-03-31"),
        (When("monthly", 8, month_day=1), "UTC", "2026-12-02 00:00", "2027-01-01 08:00", "2027-01-01"),
    ],
)
def test_a_report_comes_by_the_readers_own_clock(when, zone, after, moment, day):
    set_ = ReportSchedule(frequency=when.frequency, hour=when.hour, weekday=when.weekday, month_day=when.month_day)
    person = make_person(time_zone=zone)

    assert next_time(set_, person, at(after)) == (at(moment), date.fromisoformat(day))
    assert last_time(set_, person, at(moment)) == (at(moment), date.fromisoformat(day))
    assert last_time(set_, person, at(moment) - timedelta(seconds=1))[0] <= at(after)


def test_the_mail_tells_figures_and_no_persons_and_leads_to_the_page(staff):
    view = make_view(staff.person)
    scheduled(view, has_file=True)

    assert sweep_reports() == 1

    (sent,) = mail.outbox
    (name, file, kind) = sent.attachments[0]
    assert sent.subject.startswith("Report: Mine, ")
    assert "* People: 6" in sent.body
    assert f"http://localhost:8000/admin/report-views/{view.pk}/" in sent.body
    assert (kind, "People,6" in file, name.endswith(".csv")) == ("text/csv", True, True)
    for part in (sent.body, sent.alternatives[0][0], file):
        assert "Ada" not in part
        assert "secret.example" not in part
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    row = ReportMail.objects.get()
    assert (row.mail_state, row.figures["figures"][0], sent.extra_headers["Message-ID"]) == (
        "sent", ["People", 6], f"<report-{row.pk}@localhost>",
    )  # fmt: skip


def test_figures_of_very_few_people_are_not_mailed(staff):
    scheduled(make_view(staff.person, people=4), has_file=True)

    sweep_reports()

    assert "Too few people" in mail.outbox[0].body
    assert ("People:" in mail.outbox[0].body, mail.outbox[0].attachments) == (False, [])


def test_a_view_of_the_coverage_is_mailed_too(staff):
    view = ReportView.objects.create(owner=staff.person, name="Gaps", kind="coverage", query={"only": "gaps"})
    scheduled(view, has_file=True)

    assert sweep_reports() == 1

    assert "Competencies: 0" in mail.outbox[0].body


def test_it_is_sent_once_a_day_and_dated_anew(staff):
    scheduled(make_view(staff.person))
    sweep_reports()
    ReportReader.objects.update(due_at=timezone.now() - timedelta(minutes=1))

    assert sweep_reports() == 0

    assert len(mail.outbox) == 1
    assert ReportReader.objects.get().due_at > timezone.now()


def test_weeks_without_a_worker_make_one_mail(staff):
    scheduled(make_view(staff.person))
    ReportReader.objects.update(due_at=timezone.now() - timedelta(days=20))

    assert sweep_reports() == 1


def test_a_mail_that_a_dead_worker_left_half_sent_is_taken_up(staff):
    scheduled(make_view(staff.person))
    reader = ReportReader.objects.get()
    write_report_mail(reader_id=reader.pk, now=timezone.now())
    ReportMail.objects.update(mail_state="sending", mail_attempts=1, mail_due_at=timezone.now())

    assert sweep_reports() == 1
    assert ReportMail.objects.get().mail_attempts == 2


@pytest.mark.django_db(transaction=True)
def test_ten_sweeps_at_one_moment_send_one_mail():
    scheduled(make_view(make_enablement()))

    at_once([sweep_reports] * 10)
    sweep_reports()

    assert (ReportMail.objects.count(), len(mail.outbox)) == (1, 1)


def lose_the_group(view, reader):
    reader.groups.clear()


def suspend(view, reader):
    reader.is_active = False
    reader.save()


def unshare(view, reader):
    ReportView.objects.filter(pk=view.pk).update(is_shared=False)


def suspend_owner(view, reader):
    view.owner.is_active = False
    view.owner.save()


@pytest.mark.parametrize("lose", [lose_the_group, suspend, unshare, suspend_owner])
def test_who_may_not_read_it_any_more_is_not_sent_it(lose):
    view, reader = make_view(make_enablement(), is_shared=True), make_enablement()
    scheduled(view, reader)
    row = ReportReader.objects.get(person=reader)
    mail_row = write_report_mail(reader_id=row.pk, now=timezone.now())
    lose(view, reader)

    assert deliver_report(mail_id=mail_row.pk) is False

    mail_row.refresh_from_db()
    row.refresh_from_db()
    assert (mail.outbox, mail_row.mail_state, row.ended, row.due_at) == ([], "none", "right", None)
    assert mail_row.not_sent.endswith("any more.")
    event = AuditEvent.objects.get(event="report not mailed")
    assert event.subject == f"accreditation.user:{reader.pk}"


def test_only_readers_of_reports_get_on_the_list(staff):
    view = make_view(staff.person, is_shared=True)
    other = make_enablement()
    scheduled(view, staff.person, other, make_person(), make_person(groups=["grader"]))

    assert set(ReportReader.objects.values_list("person", flat=True)) == {staff.person.pk, other.pk}
    ReportView.objects.update(is_shared=False)
    scheduled(view, staff.person, other)
    assert list(ReportReader.objects.filter(ended="").values_list("person", flat=True)) == [staff.person.pk]


def form(*readers, **more):
    said = {"frequency": "weekly", "hour": 7, "weekday": 2, "month_day": 1, "has_file": "on"}
    return said | {"readers": [one.pk for one in readers]} | more


def test_the_owner_sets_when_and_to_whom_and_ends_it(staff):
    view, other = make_view(staff.person, is_shared=True), make_enablement()
    page = reverse("report-view-mail", args=[view.pk])

    assert "Nothing was sent yet." in staff.get(page).content.decode()
    assert staff.post(page, form(staff.person, other)).status_code == 302

    row = view.schedule
    assert (row.frequency, row.hour, row.weekday, row.has_file) == ("weekly", 7, 2, True)
    assert row.readers.filter(ended="", due_at__gt=timezone.now()).count() == 2
    assert other.name in staff.get(page).content.decode()
    staff.post(reverse("report-view-mail-end", args=[view.pk]))
    assert not view.schedule.readers.filter(ended="").exists()


@pytest.mark.parametrize("wrong", [{"hour": 24}, {"frequency": "hourly"}, {"readers": []}, {"month_day": 0}])
def test_what_is_wrong_is_said_and_nothing_is_kept(staff, wrong):
    view = make_view(staff.person)

    response = staff.post(reverse("report-view-mail", args=[view.pk]), form(staff.person, **wrong))

    assert (response.status_code, ReportSchedule.objects.count()) == (422, 0)


def test_a_search_for_somebody_is_not_mailed(staff):
    view = make_view(staff.person, query={"q": "Ada"})

    assert staff.get(reverse("report-view-mail", args=[view.pk])).status_code == 409


@pytest.mark.parametrize("name", ["report-view-mail", "report-view-mail-end", "report-view-mail-leave"])
def test_views_of_others_are_not_scheduled(staff, name):
    view = make_view(make_enablement(), is_shared=True)
    scheduled(view)
    address = reverse(name, args=[view.pk])

    assert staff.post(address, form(staff.person)).status_code == 404
    assert signed_in(make_person()).post(address).status_code == 403
    assert Client().post(address).status_code == 302


def test_a_reader_stops_it_and_takes_it_up_again(staff):
    view = make_view(make_enablement(), is_shared=True)
    scheduled(view, view.owner, staff.person)
    leave = reverse("report-view-mail-leave", args=[view.pk])

    staff.post(leave)
    assert ReportReader.objects.get(person=staff.person).ended == "self"
    scheduled(view, view.owner, staff.person)
    assert ReportReader.objects.get(person=staff.person).ended == "self"
    assert "Get Mine again" in staff.get(reverse("program-reports")).content.decode()
    staff.post(leave, {"again": "1"})

    assert ReportReader.objects.get(person=staff.person).ended == ""


def stop_path(schedule, person):
    return stop_address(person_id=person.pk, what=f"report-{schedule.pk}").removeprefix("http://localhost:8000")


def test_one_click_stops_it_and_undoes_that():
    view = make_view(make_enablement())
    path, anybody = stop_path(scheduled(view), view.owner), Client(enforce_csrf_checks=True)

    assert "Stop e-mails: Mine" in anybody.get(path).content.decode()
    anybody.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert ReportReader.objects.get().ended == "self"
    assert sweep_reports() == 0
    assert "They come again" in anybody.post(path, {"undo": "1"}).content.decode()
    assert ReportReader.objects.get().ended == ""


def test_the_stop_of_a_report_that_one_is_not_on_is_not_found():
    set_ = scheduled(make_view(make_enablement()))

    assert Client().post(stop_path(set_, make_person())).status_code == 404
    assert Client().get(stop_path(ReportSchedule(pk=set_.pk + 9), set_.view.owner)).status_code == 404


def test_who_was_taken_off_is_not_put_back_by_the_undo():
    view = make_view(make_enablement())
    set_ = scheduled(view)
    ReportReader.objects.update(ended="owner", ended_at=timezone.now(), due_at=None)

    assert Client().post(stop_path(set_, view.owner), {"undo": "1"}).status_code == 409


def test_the_database_refuses_a_second_sending_and_an_end_without_reason(staff):
    set_ = scheduled(make_view(staff.person))
    ReportMail.objects.create(schedule=set_, person=staff.person, period_on=date(2026, 7, 1))

    with pytest.raises(IntegrityError), transaction.atomic():
        ReportMail.objects.create(schedule=set_, person=staff.person, period_on=date(2026, 7, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportReader.objects.update(ended="self")
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportSchedule.objects.update(hour=24)


def test_an_erased_person_is_on_no_list(staff):
    gone, view = make_enablement(), make_view(staff.person, is_shared=True)
    scheduled(view, staff.person, gone)
    sweep_reports()
    gone.groups.clear()
    gone.is_active = gone.is_staff = False
    gone.save()

    erase_person(person=gone, reason="They asked.", by=staff.person)

    assert not ReportReader.objects.filter(person=gone).exists()
    assert not ReportMail.objects.filter(person=gone).exists()
