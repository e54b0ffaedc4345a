"""What those who keep content are told: once a week, in one notice, and only what needs a look."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accreditation.actions.sweeps import sweep_links, sweep_reminders
from accreditation.models import Notice
from accreditation.tests.factories import make_enablement
from courses.models import Asset, Link
from courses.tests.factories import LessonFactory, RemarkFactory, SourceFactory
from courses.tests.far_machines import far_machine, reply
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 5, 4, 9, 0, tzinfo=timezone.get_default_timezone())


def told(owner):
    return Notice.objects.filter(recipient=owner, kind="fresh")


def dead(url):
    row = {"url": url, "host": "a.example", "due_at": MONDAY, "state": "dead", "tries": 3, "failing_since": MONDAY}
    return Link.objects.create(**row)


def test_an_owner_gets_one_notice_with_everything_that_needs_a_look():
    owner = make_enablement()
    source = SourceFactory(owner=owner, url="https://a.example/gone", checked_on=MONDAY.date())
    dead(source.url)
    SourceFactory(owner=owner, title="Old page", checked_on=MONDAY.date() - timedelta(days=400))
    Asset.objects.create(
        slug="x", title="Old kit", kind="starter_kit", owner=owner, review_on=MONDAY.date() - timedelta(days=1),
        state="published",
    )  # fmt: skip
    RemarkFactory(lesson=LessonFactory(source_revision=source.revisions.get()))

    sweep_reminders(now=MONDAY)
    sweep_reminders(now=MONDAY + timedelta(hours=30))

    row = told(owner).get()
    assert row.title == "4 things in the content that you keep need a look"
    for words in ("gone: https://a.example/gone", "Old page, Old kit", "1 remark of learners is open"):
        assert words in row.text
    sweep_reminders(now=MONDAY + timedelta(days=7))
    assert told(owner).count() == 2


def test_a_long_list_names_the_first_ones_only():
    owner = make_enablement()
    for number in range(9):
        dead(SourceFactory(owner=owner, url=f"https://a.example/{number}", checked_on=MONDAY.date()).url)

    sweep_reminders(now=MONDAY)

    assert told(owner).get().text.endswith("and 4 more.")


@pytest.mark.parametrize("person", [{"is_staff": False}, {"is_staff": True, "is_active": False}])
def test_who_can_do_nothing_about_it_is_not_told(person):
    owner = make_person(**person)
    dead(SourceFactory(owner=owner, url="https://a.example/").url)

    sweep_reminders(now=MONDAY)

    assert not told(owner).exists()


def test_nothing_to_look_at_is_nothing_told():
    owner = make_enablement()
    SourceFactory(owner=owner, url="https://a.example/", checked_on=MONDAY.date())

    sweep_reminders(now=MONDAY)

    assert not told(owner).exists()


def test_the_sweep_checks_every_machine_whatever_one_answers(settings):
    with far_machine() as bad, far_machine() as good:
        settings.OUTBOUND_USES, settings.OUTBOUND_LOCAL = ["links"], [bad.place, good.place]
        bad.answers["/"] = reply(500, b"")
        LessonFactory(url=bad.url())
        LessonFactory(url=good.url().replace("127.0.0.1", "127.0.0.1"))

        sweep_links()
        Link.objects.update(asked_at=None)
        sweep_links()

        assert dict(Link.objects.values_list("url", "state")) == {bad.url(): "away", good.url(): "fine"}
