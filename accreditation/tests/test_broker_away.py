"""R2 and R4: the broker is away, people notice nothing, and the sweeps make up for everything."""

import socket
import time

import pytest
from django.core import mail
from django.test import Client
from redis.exceptions import RedisError

from accreditation.actions.sweeps import sweep_awards, sweep_notices, sweep_standings
from accreditation.caches import PatientRedisCache
from accreditation.celery import app
from accreditation.models import Accreditation, Notice, Reassessment
from accreditation.tests.factories import make_program
from badges.models import Credential
from courses.lib import tasks
from courses.tests.factories import CourseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db(transaction=True)
A_MOMENT = 10
"""Seconds: what waits for a broker without an end waits longer, and what doesn't is far below it on any machine."""


@pytest.fixture(params=["refuses", "is silent"])
def broker_away(request, monkeypatch):
    """Every nudge goes to an address that refuses, or that takes the call and never answers."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    if request.param == "is silent":
        server.listen(64)
    url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
    monkeypatch.setattr(tasks, "_away_until", 0.0)
    monkeypatch.setattr(PatientRedisCache, "away_until", 0.0)
    for name, value in (("broker_url", url), ("broker_write_url", url), ("task_always_eager", False)):
        monkeypatch.setitem(app.conf, name, value)
    yield url
    server.close()


def deed(learner, course):
    """A person marks the last lesson of a course done: (status, seconds)."""
    client = Client()
    client.force_login(learner)
    lesson = course.lessons.get()
    begun = time.monotonic()
    response = client.post(f"{lesson.get_absolute_url()}done")
    return response.status_code, time.monotonic() - begun


def test_fifty_deeds_are_finished_by_one_round_of_sweeps(broker_away):
    course, people = CourseFactory(lessons=1), [make_person() for _ in range(50)]
    program = make_program(course, badge=True)

    answers = [deed(person, course) for person in people]
    assert {status for status, _ in answers} == {302}
    assert tasks.HURRIED["socket_connect_timeout"] + tasks.HURRIED["socket_timeout"] < 2
    assert max(seconds for _, seconds in answers) < A_MOMENT
    assert Reassessment.objects.filter(done_at=None).count() == 50
    assert not Accreditation.objects.exists()

    sweep_standings()
    sweep_awards()
    sweep_notices()

    assert Accreditation.objects.filter(program=program, state="accredited").count() == 50
    assert Credential.objects.values("holder").distinct().count() == Credential.objects.count() == 50
    assert Notice.objects.filter(mail_state="sent").count() == Notice.objects.count() == len(mail.outbox) == 50


@pytest.mark.django_db(transaction=False)
def test_a_cache_that_is_away_reads_as_empty(broker_away):
    cache = PatientRedisCache(broker_away, {"OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}})

    assert (cache.get("x", "nothing"), cache.set("x", 1), cache.delete("x")) == ("nothing", None, False)
    assert (cache.add("x", 1), cache.has_key("x"), cache.touch("x")) == (True, False, False)
    with pytest.raises(RedisError):
        cache.incr("x")


def test_people_sign_in_while_the_cache_is_away(broker_away, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "accreditation.caches.PatientRedisCache",
            "LOCATION": broker_away,
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1.0},
        }
    }
    person, client = make_person(password="a-long-enough-word"), Client()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    begun = time.monotonic()

    response = client.post("/accounts/login/", {"login": person.email, "password": "a-long-enough-word"})

    assert response.status_code == 302
    assert client.get("/notices/").status_code == 200
    assert time.monotonic() - begun < A_MOMENT
