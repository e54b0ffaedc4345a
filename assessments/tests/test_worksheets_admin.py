"""Worksheets written in the administration: rows in, the same worksheet out, faults beside the row."""

import pytest
from django.urls import reverse

from assessments.models import Practical
from assessments.tests.factories_practicals import PracticalFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
SHEET = [
    {
        "slug": "people",
        "label": "People",
        "kind": "number",
        "group": "1. Today",
        "unit": "people",
        "least": 1,
        "most": 2.5,
    },
    {"slug": "cost", "label": "Cost", "kind": "result", "formula": "people * 290", "hint": "In a year.\nNet."},
    {"slug": "why", "label": "Why?", "kind": "text", "required": False},
]


@pytest.fixture
def staff(client):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


def page_of(practical):
    return reverse("admin:assessments_practical_change", args=[practical.pk])


def sent_by(page, **changes):
    """What the page of a practical sends when nothing on it was touched."""
    form = page.context["adminform"].form
    rows = form["worksheet"].field.widget.get_context("worksheet", form["worksheet"].value(), {})["rows"]
    sent = {name: form[name].value() for name in form.fields if name != "worksheet"}
    sent |= {
        rows.management_form.add_prefix(name): rows.management_form[name].value()
        for name in rows.management_form.fields
    }
    sent |= {row.add_prefix(name): row[name].value() for row in rows for name in row.fields}
    return {name: value for name, value in sent.items() if value is not None and value is not False} | changes


def saved(practical):
    return Practical.objects.get(pk=practical.pk).worksheet


def rows_of(response):
    field = response.context["adminform"].form["worksheet"]
    return field.field.widget.get_context("worksheet", field.value(), {})["rows"].forms


def test_a_worksheet_that_was_not_touched_stays_as_it_was(staff):
    practical = PracticalFactory(worksheet=SHEET)
    page = staff.get(page_of(practical))
    assert "Field 1: People" in page.content.decode()

    response = staff.post(page_of(practical), sent_by(page))

    assert response.status_code == 302, response.context["adminform"].form.errors
    assert saved(practical) == SHEET
    assert practical.history.latest().worksheet == SHEET


def test_fields_are_added_moved_and_left_out_and_a_name_follows_from_the_question(staff):
    practical = PracticalFactory(worksheet=SHEET)
    new = {"3-label": "Hours in a week?", "3-kind": "number", "3-least": "1 000", "3-most": "2,000.5", "3-ORDER": "1"}
    changes = {f"worksheet-{name}": value for name, value in (new | {"2-DELETE": "on"}).items()}

    staff.post(page_of(practical), sent_by(staff.get(page_of(practical)), **changes))

    added = {"slug": "hours_in_a_week", "label": "Hours in a week?", "kind": "number", "least": 1000, "most": 2000.5}
    assert [one["slug"] for one in saved(practical)] == ["people", "hours_in_a_week", "cost"]
    assert saved(practical)[1] == added


@pytest.mark.parametrize(
    ("cells", "row", "name"),
    [
        ({"0-slug": "Two words"}, 0, "slug"),
        ({"2-slug": "people"}, 2, "slug"),
        ({"1-formula": "persons * 2"}, 1, "formula"),
        ({"1-formula": "why * 2"}, 1, "formula"),
        ({"1-formula": ""}, 1, "formula"),
        ({"0-formula": "2"}, 0, "formula"),
        ({"0-label": ""}, 0, "label"),
        ({"0-kind": "picture"}, 0, "kind"),
        ({"0-least": "NaN"}, 0, "least"),
        ({"0-most": "1e999"}, 0, "most"),
        ({"0-most": "many"}, 0, "most"),
        ({"0-label": "A\0"}, 0, "label"),
        ({"0-DELETE": "on"}, 1, "formula"),
    ],
)
def test_a_fault_stands_beside_its_row_and_what_was_typed_stays(staff, cells, row, name):
    practical = PracticalFactory(worksheet=SHEET)
    cells = {f"worksheet-{cell}": value for cell, value in (cells | {"3-label": "Typed too"}).items()}

    response = staff.post(page_of(practical), sent_by(staff.get(page_of(practical)), **cells))

    assert list(response.context["adminform"].form.errors) == ["worksheet"]
    assert name in rows_of(response)[row].errors
    assert "Typed too" in response.content.decode()
    assert saved(practical) == SHEET


def test_a_form_without_rows_leaves_the_worksheet_alone(staff):
    practical = PracticalFactory(worksheet=SHEET)
    sent = {name: value for name, value in sent_by(staff.get(page_of(practical))).items() if "worksheet" not in name}

    staff.post(page_of(practical), sent)

    assert saved(practical) == SHEET


@pytest.mark.parametrize("count", ["x", "9999"])
def test_a_broken_count_of_rows_is_an_error_of_the_field(staff, count):
    practical = PracticalFactory(worksheet=SHEET)
    sent = sent_by(staff.get(page_of(practical)), **{"worksheet-TOTAL_FORMS": count})

    response = staff.post(page_of(practical), sent)

    assert list(response.context["adminform"].form.errors) == ["worksheet"]
    assert saved(practical) == SHEET


def test_text_of_several_lines_stays_as_it_was_written(staff):
    practical = PracticalFactory(instructions="Call.\n\nAsk.\n")
    sent = sent_by(staff.get(page_of(practical)), instructions="Call.\r\n\r\nAsk.")

    staff.post(page_of(practical), sent)
    assert Practical.objects.get(pk=practical.pk).instructions == "Call.\n\nAsk.\n"

    staff.post(page_of(practical), sent | {"instructions": "Call.\r\nAsk."})
    assert Practical.objects.get(pk=practical.pk).instructions == "Call.\nAsk."
