"""Notices: told once, mailed from the row, tried again, given up in the end."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.utils import timezone

from accreditation.actions import notices
from accreditation.actions.mail_choices import choose_manners
from accreditation.actions.mailing import TRIES
from accreditation.actions.notices import News, deliver_notice, mark_all_read, mark_read, mark_unread, tell, tell_all
from accreditation.actions.sweeps import sweep_notices
from accreditation.models import MailPreference, Notice, NoticeKind, usual_manner
from accreditation.tests.factories import NoticeFactory
from courses.tests.at_once import at_once, start
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken_mail(monkeypatch):
    """A mail server that refuses for as long as `broken_mail["why"]` says why."""
    state = {"why": OSError("connection refused"), "tried": 0}
    send = EmailMultiAlternatives.send

    def maybe(message, *args, **kwargs):
        state["tried"] += 1
        if state["why"]:
            raise state["why"]
        return send(message, *args, **kwargs)

    monkeypatch.setattr(EmailMultiAlternatives, "send", maybe)
    return state


def say(person, key="fact:1", **fields):
    return tell(recipient_id=person.pk, kind="decision", key=key, title="Passed: Capstone", **fields)


def wait_over(notice, **fields):
    """Let the next try of a mail be due."""
    Notice.objects.filter(pk=notice.pk).update(mail_due_at=timezone.now() - timedelta(seconds=1), **fields)
    notice.refresh_from_db()
    return notice


def test_a_fact_is_told_once_and_mailed_once(django_capture_on_commit_callbacks):
    person = make_person(email="ada@example.com", name="Ada Okafor")

    with django_capture_on_commit_callbacks(execute=True):
        assert say(person, text="20 of 25.", link="/submissions/1/") == say(person)

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ada@example.com"], "Passed: Capstone")
    assert "http://localhost:8000/submissions/1/" in sent.body
    assert sent.body.startswith("Ada,")
    assert Notice.objects.get().mail_state == "sent"


def test_two_people_are_told_of_one_fact():
    for person in (make_person(), make_person()):
        say(person)

    assert Notice.objects.count() == 2


def test_a_kind_that_is_not_wanted_by_mail_is_shown_only(django_capture_on_commit_callbacks):
    person = make_person()
    choose_manners(manners={"decision": "never"}, by=person)

    with django_capture_on_commit_callbacks(execute=True):
        row = say(person)

    assert (row.mail_state, row.mail_due_at, mail.outbox) == ("none", None, [])


def test_a_choice_replaces_the_one_before():
    person = make_person()

    choose_manners(manners=dict.fromkeys(NoticeKind.values, "never"), by=person)
    choose_manners(manners={kind: usual_manner(kind) for kind in NoticeKind.values} | {"badge": "weekly"}, by=person)

    assert list(MailPreference.objects.values_list("kind", "manner")) == [("badge", "weekly")]
    assert str(MailPreference.objects.get()).endswith("badge weekly")


def test_a_subject_is_one_line_and_markup_stays_text():
    row = NoticeFactory(mail=True, title="Passed:\nBcc: x@example.com", text="<b>20</b> of 25")

    deliver_notice(notice_id=row.pk)

    (sent,) = mail.outbox
    assert sent.subject == "Passed: Bcc: x@example.com"
    assert "<b>20</b>" in sent.body
    assert "&lt;b&gt;20" in sent.alternatives[0][0]


@pytest.mark.parametrize("fault", [OSError("refused"), ValueError("odd header"), UnicodeError("odd letters")])
def test_a_mail_that_fails_is_tried_again_later(broken_mail, fault):
    broken_mail["why"], row = fault, NoticeFactory(mail=True)

    assert deliver_notice(notice_id=row.pk) is False
    assert deliver_notice(notice_id=row.pk) is False

    row.refresh_from_db()
    assert (row.mail_state, row.mail_attempts, broken_mail["tried"]) == ("waiting", 1, 1)
    assert str(fault) in row.mail_problem
    assert row.mail_due_at > timezone.now() + timedelta(seconds=25)


def test_after_a_failure_the_mail_arrives_once(broken_mail):
    row = NoticeFactory(mail=True)
    deliver_notice(notice_id=row.pk)
    broken_mail["why"] = None

    assert sweep_notices() == 0
    wait_over(row)
    assert sweep_notices() == 1
    sweep_notices()

    row.refresh_from_db()
    assert (len(mail.outbox), row.mail_state, row.mail_problem) == (1, "sent", "")


def test_each_wait_is_longer_and_the_last_failure_is_the_end(broken_mail):
    row, waits = NoticeFactory(mail=True), []

    for _ in range(TRIES + 2):
        deliver_notice(notice_id=wait_over(row).pk)
        row.refresh_from_db()
        waits.append(row.mail_due_at)

    assert (row.mail_state, row.mail_attempts, broken_mail["tried"]) == ("failed", TRIES, TRIES)
    assert waits[:TRIES] == sorted(waits[:TRIES])


def test_a_suspended_person_gets_no_mail():
    row = NoticeFactory(mail=True, recipient=make_person(is_active=False))

    assert deliver_notice(notice_id=row.pk) is False

    row.refresh_from_db()
    assert (row.mail_state, mail.outbox) == ("none", [])


def test_a_process_that_died_while_sending_is_made_up_for():
    row = NoticeFactory(mail=True, mail_state="sending", mail_attempts=1, mail_due_at=timezone.now())
    Notice.objects.update(mail_due_at=timezone.now() + timedelta(minutes=10))

    assert sweep_notices() == 0
    wait_over(row)
    assert sweep_notices() == 1
    assert len(mail.outbox) == 1


def test_a_mail_that_kills_its_process_each_time_is_given_up():
    row = wait_over(NoticeFactory(mail=True), mail_state="sending", mail_attempts=TRIES)

    assert deliver_notice(notice_id=row.pk) is False

    row.refresh_from_db()
    assert (row.mail_state, mail.outbox) == ("failed", [])


@pytest.mark.parametrize("state", ["none", "sent", "failed"])
def test_only_what_waits_is_sent(state):
    mailed_at = timezone.now() if state == "sent" else None
    row = NoticeFactory(mail=True, mail_state=state, mailed_at=mailed_at)

    assert deliver_notice(notice_id=row.pk) is False
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_two_who_deliver_at_the_same_moment_send_one_mail(monkeypatch):
    row, sending, may_go_on, sent = NoticeFactory(mail=True), threading.Event(), threading.Event(), []

    def slow(notice):
        sending.set()
        may_go_on.wait(20)
        sent.append(notice.pk)

    monkeypatch.setattr(notices, "_send", slow)
    first = start(lambda: deliver_notice(notice_id=row.pk))
    assert sending.wait(20)
    second = deliver_notice(notice_id=row.pk)
    may_go_on.set()

    assert (first(), second, sent) == (True, False, [row.pk])


@pytest.mark.django_db(transaction=True)
def test_ten_who_tell_at_the_same_moment_tell_once():
    person = make_person()

    results = at_once([lambda: say(person)] * 10)

    assert len({one.pk for one in results}) == 1
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("count", [1, 5])
def test_several_facts_are_told_in_one_statement_and_known_ones_read_in_another(count, django_assert_num_queries):
    person = make_person()
    say(person, key="fact:0")
    MailPreference.objects.create(person=person, kind="decision")
    news = [News("decision", f"fact:{n}", f"Passed: {n}") for n in range(count + 1)]

    with django_assert_num_queries(2):
        rows = tell_all(recipient_id=person.pk, news=news)

    assert [row.key for row in rows] == [one.key for one in news]
    assert [row.mail_state for row in rows] == ["waiting"] + ["none"] * count
    assert Notice.objects.filter(recipient=person).count() == count + 1


@pytest.mark.parametrize("fields", [{"mail_state": "sent"}, {"mailed_at": timezone.now()}])
def test_the_database_keeps_state_and_time_of_a_mail_together(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeFactory(**fields)


def test_reading_is_noted_once():
    row = NoticeFactory()

    first = mark_read(notice=row, by=row.recipient).read_at

    assert mark_read(notice=row, by=row.recipient).read_at == first


def test_a_notice_is_marked_unread_again():
    row = NoticeFactory()

    mark_read(notice=row, by=row.recipient)

    assert mark_unread(notice=row, by=row.recipient).read_at is None
    assert mark_unread(notice=row, by=row.recipient).read_at is None


def test_all_of_one_person_are_marked_read():
    row, other = NoticeFactory(), NoticeFactory()

    assert mark_all_read(by=row.recipient) == 1
    assert mark_all_read(by=row.recipient) == 0
    assert Notice.objects.unread().get() == other
