"""Sources and their revisions: noting, checking, what points at them, and their pages."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from courses.actions.sources import author_source, check_source, note_revision
from courses.lib.refusals import Refused
from courses.models import Source
from courses.rules.sources import counts_by_source, pointers_to
from courses.tests.factories import LessonFactory, SourceFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


def test_a_source_begins_with_a_revision_that_asks_nothing():
    source = author_source(slug="handbook", values={"title": "Handbook"})

    first = source.revisions.get()
    assert (first.number, first.is_material, source.checked_on) == (1, False, TODAY)


def test_a_revision_is_appended_and_counts_as_a_look():
    source = SourceFactory(checked_on=TODAY - timedelta(days=200))

    row = note_revision(source=source, noted_on=TODAY, changes="Stages renamed.", is_material=True, by=make_person())

    source.refresh_from_db()
    assert (row.number, source.checked_on) == (2, TODAY)


@pytest.mark.parametrize(
    ("days", "code"), [(1, "not-yet"), (-2, "out-of-order")], ids=["tomorrow", "before the one it follows"]
)
def test_a_revision_has_a_day_that_fits(days, code):
    source = SourceFactory()
    note_revision(source=source, noted_on=TODAY - timedelta(days=1), changes="x", is_material=True, by=None)

    with pytest.raises(Refused) as refused:
        note_revision(source=source, noted_on=TODAY + timedelta(days=days), changes="y", is_material=True, by=None)

    assert refused.value.refusal.code == code


@pytest.mark.parametrize("deed", ["update", "delete"])
def test_the_database_keeps_revisions_as_they_were_noted(deed):
    rows = SourceFactory().revisions.all()

    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(changes="Other words.") if deed == "update" else rows._raw_delete(rows.db)


def test_checking_puts_the_next_check_an_interval_off():
    source = SourceFactory(checked_on=TODAY - timedelta(days=200), check_interval_days=30)

    check_source(source=source, by=make_person())

    assert Source.objects.with_newest().get().due_on == TODAY + timedelta(days=30)


def test_what_was_checked_before_a_material_change_needs_a_look():
    source = SourceFactory(revisions=1)
    old, new = source.revisions.order_by("number")
    stale, fresh = LessonFactory(source_revision=old), LessonFactory(source_revision=new)

    found = pointers_to(source)

    assert [(one.item, one.needs_look) for one in found] == [(stale, True), (fresh, False)]
    assert counts_by_source([source]) == {source.pk: (2, 1)}


def test_a_change_that_is_not_material_asks_for_no_look():
    source = SourceFactory()
    LessonFactory(source_revision=source.revisions.get())
    note_revision(source=source, noted_on=TODAY, changes="New layout.", is_material=False, by=None)

    assert [one.needs_look for one in pointers_to(source)] == [False]
    assert counts_by_source([source]) == {source.pk: (1, 0)}


@pytest.fixture
def staff(client):
    client.person = make_person(groups=["enablement"], is_staff=True)
    client.force_login(client.person)
    return client


def page(name, *args):
    return reverse(f"admin:courses_source_{name}", args=args)


def test_a_revision_is_noted_on_its_page(staff):
    source = SourceFactory()
    LessonFactory(title="Stages", source_revision=source.revisions.get())

    answer = staff.post(page("note", source.pk), {"noted_on": TODAY, "changes": "Renamed.", "is_material": "on"})

    row = source.revisions.get(number=2)
    assert (answer.url, row.noted_by, row.changes) == (page("change", source.pk), staff.person, "Renamed.")
    shown = staff.get(answer.url).content.decode()
    assert "Stages" in shown and "needs a look" in shown


def test_what_refuses_a_revision_stands_at_its_field(staff):
    source = SourceFactory()

    answer = staff.post(page("note", source.pk), {"noted_on": TODAY + timedelta(days=3), "changes": "x"})

    assert "Note the change once it is there." in answer.content.decode()
    assert source.revisions.count() == 1


def test_a_source_is_added_and_looked_at(staff):
    staff.post(page("add"), {"title": "Page", "slug": "page", "check_interval_days": 90, "url": ""})
    source = Source.objects.get()
    Source.objects.update(checked_on=date(2026, 1, 1))

    staff.post(page("deed", source.pk, "check_it"))

    source.refresh_from_db()
    assert (source.checked_on, source.revisions.count()) == (TODAY, 1)


def test_the_list_names_what_is_due_by_owner(staff):
    owner = make_person(name="Olga Owner")
    SourceFactory(title="Old page", owner=owner, checked_on=date(2026, 1, 1))
    SourceFactory(title="Fresh page")

    due = staff.get(page("changelist"), {"check": "due"}).content.decode()

    assert "Old page" in due and "Fresh page" not in due
    mine = staff.get(page("changelist"), {"owner__id__exact": owner.pk}).content.decode()
    assert "Old page" in mine and "Fresh page" not in mine


@pytest.mark.parametrize("group", [None, "grader", "review lead", "partner manager"])
def test_nobody_else_sees_sources(client, group):
    source = SourceFactory()
    client.force_login(make_person(groups=[group] if group else [], is_staff=group in ("grader", "review lead")))

    for url in (page("changelist"), page("change", source.pk), page("add"), page("note", source.pk)):
        assert client.get(url).status_code in (302, 403, 404)
