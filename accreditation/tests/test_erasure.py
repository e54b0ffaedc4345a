"""Erasing a person: nothing names them any more, and nothing that was proved is lost."""

import json
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.awards import issue_award
from accreditation.actions.erasure import erase_person
from accreditation.models import Accreditation, Evidence, Invitation, Notice, User
from accreditation.roles import ENABLEMENT, GRADER
from accreditation.tests.earning import earned
from assessments.actions.retention import place_hold
from assessments.models import Accommodation
from assessments.tests.factories_practicals import SubmissionFactory
from badges.models import Credential
from badges.tests.test_checking import verdict_on
from badges.tests.test_endorsements import endorse
from courses.lib.refusals import Refused
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NAME, ADDRESS = "Ottoline Quirke", "ottoline.quirke@example.com"
TRACES = ("ottoline", "quirke")


def eraser(**more):
    return make_person(groups=[ENABLEMENT], is_staff=True, **more)


def somebody():
    """A suspended person with a badge, notices, old names, second factors, agreed time and an invitation."""
    row = earned(name=NAME, email=ADDRESS)
    person = row.learner
    issue_award(accreditation_id=row.pk)
    person.name = "Ottoline Quirke-Byron"
    person.save()
    EmailAddress.objects.create(user=person, email=ADDRESS, primary=True, verified=True)
    Authenticator.objects.create(user=person, type="totp", data={})
    Invitation.objects.create(email=ADDRESS.upper(), invited_by=make_person())
    Accommodation.objects.create(
        learner=person, time_percent=150, valid_from=timezone.now().date(), approved_by=make_person(), reason="Agreed."
    )
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=make_person(), content_type=kind, object_id=str(person.pk), object_repr=NAME, action_flag=CHANGE,
        change_message="",
    )  # fmt: skip
    person.user_permissions.add(Permission.objects.get(codename="endorse", content_type__app_label="badges"))
    endorse(by=person, shown_author="name", comment="They were calm throughout. So says Ottoline, who was there.")
    person.user_permissions.clear()
    User.objects.filter(pk=person.pk).update(is_active=False)
    return User.objects.get(pk=person.pk)


def everything():
    """Every value of every row of every table, as text in lower case."""
    for model in apps.get_models(include_auto_created=True):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{model._meta.db_table}\" t")
            yield model._meta.label, cursor.fetchone()[0].lower()


def test_notices_to_others_name_an_erased_person_no_more():
    person, other = somebody(), make_person()
    for name in (NAME, "Ottoline Quirke-Byron"):
        Notice.objects.create(
            recipient=other, kind="session", key=name[-3:], title="Booked", text=f"{name} is there too."
        )

    erase_person(person=person, reason="They asked for it.", by=eraser())

    texts = Notice.objects.filter(recipient=other, kind="session").values_list("text", flat=True)
    assert set(texts) == {"Somebody is there too."}


def test_no_table_names_an_erased_person():
    person = somebody()
    assert {label for label, text in everything() if any(trace in text for trace in TRACES)} >= {
        "accreditation.User", "accreditation.HistoricalUser", "account.EmailAddress", "admin.LogEntry",
    }  # fmt: skip

    erase_person(person=person, reason="Asked for it.", by=eraser())

    assert [label for label, text in everything() if any(trace in text for trace in TRACES)] == []


def test_what_was_proved_and_signed_stays_and_names_nobody(client):
    person = somebody()
    credential = Credential.objects.get(holder=person)
    facts = [model.objects.filter(learner=person).count() for model in (Evidence, Accreditation)]

    erase_person(person=person, reason="Asked for it.", by=eraser())

    assert [model.objects.filter(learner=person).count() for model in (Evidence, Accreditation)] == facts == [1, 1]
    assert verdict_on(credential.document).verified
    page = client.get(credential.get_absolute_url()).content.decode()
    assert "Valid today" in page and "The holder of this badge" in page
    assert client.get(reverse("badges:ob2-assertion", args=[credential.pk])).status_code == 404
    assert client.get(reverse("badges:credential-json", args=[credential.pk])).content.decode() == credential.document


def test_no_way_in_is_left():
    person = somebody()
    User.objects.filter(pk=person.pk).update(is_active=True)
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    assert client.get("/profile/").status_code == 200
    User.objects.filter(pk=person.pk).update(is_active=False)

    erase_person(person=person, reason="Asked for it.", by=eraser())
    person.refresh_from_db()

    assert not person.has_usable_password() and not person.is_active
    assert not person.groups.exists() and person.manager is None
    assert client.get("/profile/").status_code == 302
    for rows in (EmailAddress.objects.filter(user=person), Authenticator.objects.filter(user=person)):
        assert not rows.exists()
    assert not Notice.objects.filter(recipient=person).exists() and not person.accommodations.exists()


def test_the_audit_trail_says_who_and_why_and_not_whom():
    person, by = somebody(), eraser()

    erase_person(person=person, reason=" Asked for it. ", by=by)

    event = AuditEvent.objects.get(event="person erased")
    assert (event.actor_id, event.details) == (by.pk, {"reason": "Asked for it."})
    assert event.subject == f"accreditation.user:{person.pk}"


def held():
    person = somebody()
    place_hold(submission=SubmissionFactory(learner=person), reason="Court", by=eraser())
    return person


def with_rights():
    return make_person(groups=[GRADER], is_active=False)


def with_reports():
    person = make_person(is_active=False)
    make_person(manager=person)
    return person


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (make_person, "still-active"),
        (with_rights, "has-rights"),
        (with_reports, "has-reports"),
        (held, "on-hold"),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_goes(make, code):
    person = make()
    address = person.email

    with pytest.raises(Refused) as refused:
        erase_person(person=person, reason="Asked for it.", by=eraser())

    person.refresh_from_db()
    assert refused.value.refusal.code == code and person.email == address


def test_nobody_erases_without_right_reason_or_twice_or_themselves():
    person, by = somebody(), eraser()
    codes = []
    for who, reason, target in (
        (make_person(is_staff=True), "x", person), (by, " ", person), (by, "x", by), (by, "x", person), (by, "x", person),
    ):  # fmt: skip
        try:
            erase_person(person=target, reason=reason, by=who)
            codes.append("")
        except Refused as refused:
            codes.append(refused.refusal.code)

    assert codes == ["not-allowed", "no-reason", "own", "", "erased-already"]


def signed_in(person, ago=0):
    client = Client()
    client.force_login(person)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - ago, "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client


def page_of(person):
    return reverse("admin:accreditation_user_erase", args=[person.pk])


def test_the_page_says_what_goes_and_asks_for_the_address():
    person, client = somebody(), signed_in(eraser())

    page = client.get(page_of(person)).content.decode()
    slip = client.post(page_of(person), {"address": "other@example.com", "reason": "Asked."})
    person.refresh_from_db()
    assert "Erase for good" in page and "The holder of this badge" in page
    assert (slip.status_code, person.email) == (422, ADDRESS)

    done = client.post(page_of(person), {"address": ADDRESS.title(), "reason": "Asked."}, follow=True)
    person.refresh_from_db()
    assert person.email.endswith("@erased.invalid") and "Erased." in done.content.decode()
    assert "was erased already" in client.get(page_of(person)).content.decode()


def test_the_page_of_who_cant_be_erased_says_why_and_has_no_button():
    page = signed_in(eraser()).get(page_of(make_person())).content.decode()

    assert "Suspend this person first" in page and "Erase for good" not in page


def test_who_signed_in_long_ago_says_once_more_who_they_are():
    person = somebody()

    answer = signed_in(eraser(), ago=99_999).post(page_of(person), {"address": ADDRESS, "reason": "Asked."})

    person.refresh_from_db()
    assert answer.status_code == 302 and "reauthenticate" in answer.url and person.email == ADDRESS


@pytest.mark.parametrize(("groups", "status"), [([GRADER], 403), ([], 302)])
def test_others_erase_nobody(groups, status):
    person = somebody()

    answer = signed_in(make_person(groups=groups, is_staff=bool(groups))).post(page_of(person), {"address": ADDRESS})

    assert answer.status_code in (status, 404)
    assert User.objects.get(pk=person.pk).email == ADDRESS


def test_facts_of_the_award_are_the_same_after_as_before():
    person = somebody()
    before = json.dumps(Credential.objects.get(holder=person).facts)

    erase_person(person=person, reason="Asked for it.", by=eraser())

    assert json.dumps(Credential.objects.get(holder=person).facts) == before
