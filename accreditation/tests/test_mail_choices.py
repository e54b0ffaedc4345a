"""How notices come by e-mail: at once, gathered, or not at all; quiet hours; the one-click stop."""

from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accreditation.actions import digests
from accreditation.actions.digests import deliver_digest, gather_due
from accreditation.actions.mail_choices import choose_manners, choose_times, stop_mails
from accreditation.actions.mailing import compose
from accreditation.actions.notices import deliver_notice, mark_read, tell
from accreditation.actions.sweeps import sweep_notices
from accreditation.models import Digest, MailPreference, MailTimes, Notice, NoticeKind, usual_manner
from accreditation.rules.mail_times import last_digest, next_digest, quiet_end
from accreditation.rules.stopping import Stop, read_stop, stop_address
from accreditation.tests.factories import NoticeFactory
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NIGHT = (22, 7)


def at(text):
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sleeper(zone="Europe/Berlin", quiet=NIGHT, hour=8, weekday=0):
    """Somebody with quiet hours."""
    person = make_person(time_zone=zone)
    choose_times(quiet=quiet, digest_hour=hour, digest_weekday=weekday, by=person)
    return person


def answered(person, key="remark:1", ago=timedelta(days=2), **fields):
    """A notice of a kind that is gathered, told a while ago."""
    row = tell(recipient_id=person.pk, kind="answer", key=key, title=f"Answer {key}", **fields)
    Notice.objects.filter(pk=row.pk).update(created_at=timezone.now() - ago)
    return row


# Quiet hours


@pytest.mark.parametrize(
    ("zone", "quiet", "now", "until"),
    [
        ("Europe/Berlin", NIGHT, "2026-07-01 12:00", None),
        ("Europe/Berlin", NIGHT, "2026-07-01 20:00", "2026-07-02 05:00"),
        ("Europe/Berlin", NIGHT, "2026-07-01 04:59", "2026-07-01 05:00"),
        ("Europe/Berlin", NIGHT, "2026-07-01 05:00", None),
        ("Europe/Berlin", (12, 14), "2026-07-01 10:30", "2026-07-01 12:00"),
        ("Asia/Kathmandu", NIGHT, "2026-07-01 16:20", "2026-07-02 01:15"),
        ("Pacific/Chatham", (0, 6), "2026-06-30 12:00", "2026-06-30 17:15"),
        # The clock goes from two to three: the hour doesn't exist, and is not waited for.
        ("Europe/Berlin", (1, 2), "2026-03-29 00:30", "2026-03-29 01:00"),
        ("Europe/Berlin", (2, 3), "2026-03-29 01:00", None),
        ("Europe/Berlin", NIGHT, "2026-03-28 22:00", "2026-03-29 05:00"),
        # The clock goes from three back to two: the hour comes twice, and is quiet twice.
        ("Europe/Berlin", (2, 3), "2026-10-25 00:10", "2026-10-25 02:00"),
        ("Europe/Berlin", (2, 3), "2026-10-25 01:10", "2026-10-25 02:00"),
        ("Europe/Berlin", NIGHT, "2026-10-24 21:00", "2026-10-25 06:00"),
        ("America/New_York", (1, 2), "2026-11-01 05:30", "2026-11-01 07:00"),
        ("No/Where", NIGHT, "2026-07-01 23:00", "2026-07-02 07:00"),
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(zone, quiet, now, until):
    person = sleeper(zone, quiet)

    assert quiet_end(person=person, kind="decision", now=at(now)) == (until and at(until))


def test_without_a_choice_nothing_waits():
    assert quiet_end(person=make_person(), kind="decision", now=at("2026-07-01 03:00")) is None


@pytest.mark.parametrize("kind", ["session", "sitting"])
def test_what_would_come_too_late_does_not_wait(kind):
    assert quiet_end(person=sleeper(), kind=kind, now=at("2026-07-01 23:00")) is None


def _quiet_now():
    hour = timezone.now().hour
    return (hour, (hour + 2) % 24)


def test_a_mail_in_quiet_hours_waits_without_a_try():
    row = NoticeFactory(mail=True, recipient=sleeper("UTC", _quiet_now()))

    assert deliver_notice(notice_id=row.pk) is False

    row.refresh_from_db()
    assert (row.mail_state, row.mail_attempts, mail.outbox) == ("waiting", 0, [])
    assert row.mail_due_at > timezone.now() + timedelta(minutes=55)
    NoticeFactory(mail=True, recipient=row.recipient, kind="session")
    assert sweep_notices() == 1


# Digests


@pytest.mark.parametrize(
    ("zone", "period", "after", "moment", "day"),
    [
        ("UTC", "daily", "2026-07-01 07:59", "2026-07-01 08:00", date(2026, 7, 1)),
        ("UTC", "daily", "2026-07-01 08:01", "2026-07-02 08:00", date(2026, 7, 2)),
        ("Europe/Berlin", "daily", "2026-03-29 00:00", "2026-03-29 06:00", date(2026, 3, 29)),
        ("Asia/Tokyo", "daily", "2026-07-01 22:00", "2026-07-01 23:00", date(2026, 7, 2)),
        ("UTC", "weekly", "2026-07-01 08:01", "2026-07-06 08:00", date(2026, 7, 6)),
    ],
)
def test_a_digest_comes_at_its_hour_in_the_persons_zone(zone, period, after, moment, day):
    person = make_person(time_zone=zone)

    assert next_digest(person=person, period=period, after=at(after)) == (at(moment), day)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize("hour", [0, 2, 8])
def test_each_local_day_of_a_year_has_one_digest(zone, hour):
    person = sleeper(zone, None, hour)
    moment, days = at("2026-01-01 00:00"), []

    while moment.year == 2026:
        moment, day = next_digest(person=person, period="daily", after=moment)
        days.append(day)
        assert last_digest(person=person, period="daily", now=moment + timedelta(hours=1)) == (moment, day)
        moment += timedelta(minutes=1)

    assert [(after - before).days for before, after in pairwise(days)] == [1] * (len(days) - 1)


def test_what_is_gathered_comes_as_one_mail():
    person = make_person(email="ada@example.com")
    for number in range(3):
        answered(person, f"remark:{number}", text="Fixed & <done>.", link="/library/")

    assert sweep_notices() == 1
    assert sweep_notices() == 0

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ada@example.com"], "Your day: 3 notices")
    assert sent.extra_headers["Message-ID"] == f"<digest-{Digest.objects.get().pk}@localhost>"
    assert sent.body.count("http://localhost:8000/library/") == 3
    assert "Fixed & <done>." in sent.body
    assert "Fixed &amp; &lt;done&gt;." in sent.alternatives[0][0]
    assert set(Notice.objects.values_list("mail_state", flat=True)) == {"digest"}


def test_what_is_told_after_its_moment_waits_for_the_next_one():
    person = make_person()
    row = answered(person, ago=timedelta(0))

    assert gather_due(person_id=person.pk) == []

    row.refresh_from_db()
    assert row.mail_state == "daily"
    assert timezone.now() < row.mail_due_at <= timezone.now() + timedelta(days=1)


def test_what_was_read_before_is_left_out_and_nothing_makes_no_digest():
    person = make_person()
    row = answered(person)
    mark_read(notice=row, by=person)

    sweep_notices()

    row.refresh_from_db()
    assert (row.mail_state, Digest.objects.count(), mail.outbox) == ("none", 0, [])


def test_one_digest_a_day_however_often_the_hour_changes():
    person = make_person()
    answered(person, "remark:1")
    gather_due(person_id=person.pk)
    answered(person, "remark:2")

    assert gather_due(person_id=person.pk) == []
    assert Notice.objects.get(key="remark:2").mail_state == "daily"
    now = timezone.now() + timedelta(days=1)
    assert len(gather_due(person_id=person.pk, now=now)) == 1


def test_a_process_that_dies_while_gathering_leaves_nothing_half(monkeypatch):
    person = make_person()
    answered(person)
    monkeypatch.setattr(digests, "next_digest", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        gather_due(person_id=person.pk)
    monkeypatch.undo()

    assert Digest.objects.count() == 0
    assert sweep_notices() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_who_gather_at_the_same_moment_make_one_digest():
    person = make_person()
    answered(person)

    at_once([lambda: gather_due(person_id=person.pk)] * 10)

    assert Digest.objects.count() == 1
    at_once([lambda: deliver_digest(digest_id=Digest.objects.get().pk)] * 4)
    assert len(mail.outbox) == 1


def test_a_digest_that_fails_is_tried_again_under_one_id(monkeypatch):
    person, send = make_person(), mail.EmailMultiAlternatives.send
    answered(person)
    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", lambda *_: (_ for _ in ()).throw(OSError("refused")))
    sweep_notices()
    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", send)
    Digest.objects.update(mail_due_at=timezone.now())

    assert sweep_notices() == 1
    assert Digest.objects.get().mail_attempts == 2


def test_a_suspended_person_gets_no_digest():
    person = make_person()
    answered(person)
    person.is_active = False
    person.save()

    sweep_notices()

    assert (Digest.objects.get().mail_state, mail.outbox) == ("none", [])


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (MailPreference, {"kind": "session", "manner": "weekly"}),
        (MailTimes, {"quiet_from": 3, "quiet_until": None}),
        (MailTimes, {"quiet_from": 3, "quiet_until": 3}),
        (MailTimes, {"digest_hour": 24}),
        (Digest, {"period": "daily", "period_on": date(2026, 1, 1), "mail_state": "digest"}),
    ],
)
def test_the_database_refuses_what_can_not_be(model, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(person=make_person(), **fields)


def test_one_digest_a_person_and_period():
    person = make_person()
    Digest.objects.create(person=person, period="daily", period_on=date(2026, 1, 1))

    with pytest.raises(IntegrityError), transaction.atomic():
        Digest.objects.create(person=person, period="daily", period_on=date(2026, 1, 1))


# Choosing


def test_what_waits_follows_the_choice():
    person = make_person()
    row = tell(recipient_id=person.pk, kind="decision", key="a", title="A")
    for manner, state in (("weekly", "weekly"), ("never", "none"), ("at_once", "none")):
        choose_manners(manners={"decision": manner}, by=person)
        row.refresh_from_db()
        assert row.mail_state == state
    choose_manners(manners={"session": "weekly"}, by=person)
    assert not MailPreference.objects.exists()


def choices(**changes):
    kinds = {f"kind-{kind}": usual_manner(kind) for kind in NoticeKind.values}
    return kinds | {"quiet_from": "", "quiet_until": "", "digest_hour": "8", "digest_weekday": "0"} | changes


def test_the_page_keeps_what_was_chosen(client):
    person = make_person()
    client.force_login(person)

    response = client.post("/notices/mail", choices(**{"kind-badge": "weekly", "quiet_from": "22", "quiet_until": "7"}))

    assert response.status_code == 302
    assert list(MailPreference.objects.values_list("person", "kind", "manner")) == [(person.pk, "badge", "weekly")]
    assert (person.mail_times.quiet_from, person.mail_times.quiet_until) == (22, 7)
    assert '<option value="weekly" selected>' in client.get("/notices/mail").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_from": "22"},
        {"quiet_from": "7", "quiet_until": "7"},
        {"digest_hour": "24"},
        {"kind-session": "daily"},
        {"kind-badge": "x"},
    ],
)
def test_a_choice_that_can_not_be_is_refused_with_its_reason(client, wrong):
    client.force_login(make_person())

    response = client.post("/notices/mail", choices(**wrong))

    assert response.status_code == 422
    assert "field__error" in response.content.decode()
    assert not MailTimes.objects.exists()


def test_a_visitor_signs_in_first(client):
    assert client.get("/notices/mail").status_code == 302


# The one-click stop


def stop_path(person, what="decision"):
    return stop_address(person_id=person.pk, what=what).removeprefix("http://localhost:8000")


def test_every_mail_carries_its_stop_in_the_header():
    row = NoticeFactory(mail=True)
    deliver_notice(notice_id=row.pk)

    headers = mail.outbox[0].extra_headers

    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"] == f"<{stop_address(person_id=row.recipient_id, what='decision')}>"
    assert row.recipient.email not in headers["List-Unsubscribe"]


def test_one_post_without_cookies_stops_it_and_looking_does_not():
    person = make_person(email="old@example.com")
    path, program = stop_path(person), Client(enforce_csrf_checks=True)
    person.email = "new@example.com"
    person.save()

    for method in (program.get, program.head):
        assert method(path).status_code == 200
    assert not MailPreference.objects.exists()
    for _ in range(2):
        response = program.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert response.status_code == 200

    assert list(MailPreference.objects.values_list("person", "kind", "manner")) == [(person.pk, "decision", "never")]
    assert "A decision was made" in response.content.decode()
    assert "Set-Cookie" not in response.headers


def test_stopping_a_digest_stops_all_that_it_gathers():
    person = make_person()
    choose_manners(manners={"badge": "daily", "decision": "weekly"}, by=person)
    row = answered(person)

    stop_mails(stop=Stop(person, "daily"))

    row.refresh_from_db()
    never = set(MailPreference.objects.filter(manner="never").values_list("kind", flat=True))
    assert {"badge", "answer"} <= never
    assert "decision" not in never
    assert row.mail_state == "none"


@pytest.mark.parametrize(
    "spoil",
    [lambda one: one[:-1], lambda one: "x" + one, lambda _: "/notices/stop/a:b", lambda _: "/notices/stop/%F0%9F"],
)
def test_a_forged_stop_is_not_found(client, spoil):
    path = spoil(stop_path(make_person()))

    assert client.post(path).status_code == 404
    assert not MailPreference.objects.exists()


def test_a_stop_of_somebody_suspended_or_of_an_unknown_kind_is_not_found(client):
    person = make_person()

    assert client.get(stop_path(person, "zeal")).status_code == 404
    person.is_active = False
    person.save()
    assert client.get(stop_path(person)).status_code == 404


def test_stopping_has_a_limit(client, monkeypatch):
    monkeypatch.setattr("accreditation.views.mail_choices.seconds_to_wait", lambda *_, **__: 7)

    response = client.post(stop_path(make_person()))

    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert not MailPreference.objects.exists()


def test_a_token_stands_for_one_person_and_kind():
    person = make_person()

    found = read_stop(stop_path(person, "weekly").rpartition("/")[2])

    assert (found.person, found.what, found.label) == (person, "weekly", "Weekly digest")


# What the mails look like


class Words(HTMLParser):
    """The words of a page, without its title."""

    def __init__(self, page):
        super().__init__()
        self.text, self.skipping = [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.skipping = tag == "title" or self.skipping
        self.text += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag):
        self.skipping = self.skipping and tag != "title"

    def handle_data(self, data):
        if not self.skipping:
            self.text.append(data)


@pytest.mark.parametrize("kind", NoticeKind.values)
def test_text_and_html_say_the_same(kind):
    row = NoticeFactory(
        mail=True, kind=kind, title="Ask & tell", text="First line.", link="/programs/", link_text="Go on"
    )

    sent = compose(template="notice", person=row.recipient, what=kind, facts={"notice": row}, message_id="x")

    page = " ".join(Words(sent.alternatives[0][0]).text)
    for part in (
        "Ask & tell",
        "First line.",
        "Go on",
        "http://localhost:8000/programs/",
        "/notices/mail",
        "/notices/stop/",
    ):
        assert part in page
        assert part in sent.body


def test_a_mail_is_in_the_persons_own_zone():
    person = make_person(time_zone="Asia/Tokyo")
    row = answered(person)
    Notice.objects.filter(pk=row.pk).update(created_at=at("2026-01-01 20:00"))
    (digest,) = gather_due(person_id=person.pk)

    deliver_digest(digest_id=digest.pk)

    assert "2 January, 05:00" in mail.outbox[0].body
