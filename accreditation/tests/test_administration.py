"""The first page of the administration: what waits, and every list under its topic."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from accreditation.administration import TOPICS
from accreditation.tests.factories import make_enablement
from assessments.models import ReviewTask
from assessments.tests.factories_practicals import SubmissionFactory, make_recording, make_task
from courses.tests.factories import RemarkFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def enablement(client):
    client.force_login(make_enablement())
    return client


def first_page(client):
    return " ".join(client.get("/admin/").content.decode().replace("<strong>", "").replace("</strong>", "").split())


def test_nothing_waits(enablement):
    html = first_page(enablement)

    for words in (
        "0 remarks to see to",
        "0 waiting for a grader<",
        "0 revocations wait for their second person",
        "0 recordings could not be prepared",
    ):
        assert words in html


def test_what_waits_is_counted_and_leads_to_its_list(enablement):
    RemarkFactory()
    make_task()
    late = make_task()
    ReviewTask.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(hours=1))
    make_recording(SubmissionFactory(), state="failed")

    html = first_page(enablement)

    assert "1 remark to see to" in html
    assert "2 waiting for a grader, 1 past the promised time" in html
    assert "1 recording could not be prepared" in html
    for address in (
        "/admin/courses/feedback/?waits=open",
        "/admin/assessments/reviewtask/?state__exact=waiting",
        "/admin/badges/revocationrequest/?confirmed_at__isempty=1",
        "/admin/assessments/recording/?state__exact=failed",
    ):
        assert f'href="{address}"' in html
        assert enablement.get(address).status_code == 200


def test_a_disk_that_fills_up_waits_for_somebody(enablement, settings):
    assert "percent of the disk" not in first_page(enablement)

    settings.DISK_ALARM_PERCENT = 100
    assert "percent of the disk for recordings is free<" in first_page(enablement)
    settings.DISK_RESERVE_PERCENT = 100
    assert "is free: new uploads are refused" in first_page(enablement)


def test_a_review_lead_sees_what_a_review_lead_acts_on():
    client = Client()
    client.force_login(make_person(groups=["review lead"], is_staff=True))

    html = first_page(client)

    assert "waiting for a grader" in html
    assert "remarks on lessons" not in html


def test_every_list_has_its_topic():
    named = {name for names in TOPICS.values() for name in names}

    assert {model.__name__ for model in admin.site._registry} == named


def test_audit_events_stand_with_people_and_personas_with_the_words(enablement):
    names = {
        topic["name"]: [m["object_name"] for m in topic["models"]]
        for topic in enablement.get("/admin/").context["app_list"]
    }

    assert "AuditEvent" in names["People"]
    assert "Persona" in names["Words of the catalogue"]
