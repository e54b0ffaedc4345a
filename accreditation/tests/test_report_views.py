"""Saved views of reports, and reports as workbooks."""

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from defusedxml.ElementTree import fromstring
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accreditation.actions.erasure import erase_person
from accreditation.models import Program, ReportView
from accreditation.tests.factories import AccreditationFactory, make_enablement, make_program
from courses.lib.workbooks import MAIN, workbook
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    client.force_login(person)
    client.person = person
    return client


@pytest.fixture
def staff():
    return signed_in(make_enablement())


@pytest.fixture
def program():
    return make_program(title="Selling")


def keep(client, program=None, *, name="Mine", query="standing=fading&nonsense=1&role=sal", **more):
    form = {"name": name, "query": query, "program": program.slug if program else ""}
    return client.post(reverse("report-view-save"), form | more)


def test_a_view_is_kept_listed_and_opened(staff, program):
    keep(staff, program)

    view = ReportView.objects.get()
    assert (view.owner, view.program, view.query) == (staff.person, program, {"standing": "fading", "role": "sal"})
    assert ">Mine</a>" in staff.get(reverse("program-reports")).content.decode()
    address = f"{reverse('program-report', args=[program.slug])}?role=sal&standing=fading"
    assert staff.get(view.get_absolute_url()).url == address
    assert staff.get(address).status_code == 200


def test_a_view_of_the_coverage_keeps_its_choice(staff, program):
    keep(staff, name="Gaps", query=f"only=gaps&program={program.slug}&x=1")

    view = ReportView.objects.get()
    assert staff.get(view.get_absolute_url()).url == f"{reverse('coverage')}?only=gaps&program={program.slug}"


@pytest.mark.parametrize(
    ("name", "words"), [(" ", "Give the view a name"), ("Mine", "a view of that name"), ("x" * 81, "at most 80")]
)
def test_a_name_is_one_of_its_own(staff, program, name, words):
    keep(staff, program)

    response = keep(staff, program, name=name)

    assert response.status_code == 409
    assert words in response.content.decode()
    assert ReportView.objects.count() == 1


def test_a_hundred_views_are_enough(staff, program):
    rows = [ReportView(owner=staff.person, name=f"V {n}", kind="coverage") for n in range(100)]
    ReportView.objects.bulk_create(rows)

    assert keep(staff, program).status_code == 409


def test_others_see_a_view_only_when_it_is_shared_and_never_change_it(staff, program):
    keep(staff, program)
    view = ReportView.objects.get()
    other = signed_in(make_enablement())

    assert other.get(view.get_absolute_url()).status_code == 404
    for name in ("report-view-change", "report-view-remove"):
        assert other.post(reverse(name, args=[view.pk]), {"name": "Theirs"}).status_code == 404
    staff.post(reverse("report-view-change", args=[view.pk]), {"name": "Ours", "is_shared": "1"})

    assert other.get(view.get_absolute_url()).status_code == 302
    assert ">Ours</a>" in other.get(reverse("program-reports")).content.decode()
    for name in ("report-view-change", "report-view-remove"):
        assert other.post(reverse(name, args=[view.pk]), {"name": "Theirs"}).status_code == 404
    staff.post(reverse("report-view-remove", args=[view.pk]))
    assert not ReportView.objects.exists()


def test_a_view_whose_program_was_withdrawn_or_lost_its_rules_says_so(staff, program):
    keep(staff, program)
    view = ReportView.objects.get()

    Program.objects.filter(pk=program.pk).update(state="withdrawn")
    assert "Its program was withdrawn." in staff.get(reverse("program-reports")).content.decode()
    assert staff.get(view.get_absolute_url(), follow=True).status_code == 200
    Program.objects.filter(pk=program.pk).update(state="draft", current_version=None)

    response = staff.get(view.get_absolute_url())
    assert response.status_code == 409
    assert "has no rules any more" in response.content.decode()


@pytest.mark.parametrize("group", ["learner", "grader", "review lead", "partner manager"])
def test_views_are_for_readers_of_reports(staff, program, group):
    keep(staff, program, is_shared="1")
    view = ReportView.objects.get()
    client = signed_in(make_person(groups=[group]))

    assert client.get(view.get_absolute_url()).status_code == 403
    assert keep(client, program).status_code == 403
    assert client.get(reverse("program-report-workbook", args=[program.slug])).status_code == 403


def test_what_is_no_program_or_no_view_is_not_there(staff):
    assert staff.post(reverse("report-view-save"), {"name": "A", "program": "nothing"}).status_code == 404
    assert staff.get(reverse("report-view", args=[99])).status_code == 404
    assert staff.get(reverse("report-view-save")).status_code == 405


@pytest.mark.parametrize("values", [{"name": ""}, {"kind": "program"}, {"name": "Twice"}])
def test_the_database_refuses_a_view_that_is_none(values):
    owner = make_person()
    ReportView.objects.create(owner=owner, name="Twice", kind="coverage")

    with pytest.raises(IntegrityError), transaction.atomic():
        ReportView.objects.create(**{"owner": owner, "name": "A", "kind": "coverage"} | values)


def test_who_is_erased_keeps_no_views(staff, program):
    gone = make_person()
    ReportView.objects.create(owner=gone, name="A", kind="coverage", is_shared=True)
    gone.is_active = False
    gone.save()
    assert "report-views/" not in staff.get(reverse("program-reports")).content.decode()

    erase_person(person=gone, reason="They asked.", by=staff.person)

    assert not ReportView.objects.exists()


def cells_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        sheet = fromstring(archive.read("xl/worksheets/sheet1.xml"))
    rows = sheet.iter(f"{{{MAIN}}}row")
    return [[(c.get("t") or c.get("s") or "", "".join(c.itertext())) for c in row] for row in rows]


def test_cells_have_their_type_and_no_formula():
    day, moment = date(2026, 3, 1), datetime(2026, 3, 1, 12, tzinfo=UTC)
    data = b"".join(workbook([["=1+1", 7, 10**15, "0123456789012345678", None, day, moment, "a<b>&\x07", "@x"]]))

    assert cells_of(data)[0] == [
        ("inlineStr", "'=1+1"), ("", "7"), ("inlineStr", "1000000000000000"), ("inlineStr", "0123456789012345678"), ("", ""),
        ("1", "46082"), ("2", "46082.500000"), ("inlineStr", "a<b>&"), ("inlineStr", "'@x"),
    ]  # fmt: skip
    assert b"<f>" not in data


def test_a_workbook_is_made_while_it_is_sent():
    asked = []

    def rows():
        for number in range(5000):
            asked.append(number)
            yield [number]

    parts = workbook(rows())
    next(parts)

    assert len(asked) == 1000
    assert len(list(parts)) == 6


def test_other_programs_read_the_workbook():
    openpyxl = pytest.importorskip("openpyxl")
    data = b"".join(workbook([["name", "day"], ["Ada", date(2026, 3, 1)]]))

    sheet = openpyxl.load_workbook(io.BytesIO(data)).active

    assert [[cell.value for cell in row] for row in sheet] == [["name", "day"], ["Ada", datetime(2026, 3, 1)]]


def test_the_people_of_a_program_as_a_workbook(staff, program):
    row = AccreditationFactory(program=program, learner=make_person(name="=Ada"), version=program.current_version)
    AccreditationFactory(program=program, version=program.current_version, state="fading")

    response = staff.get(reverse("program-report-workbook", args=[program.slug]), {"standing": "accredited"})

    head, line = cells_of(b"".join(response.streaming_content))
    assert head[0] == ("inlineStr", "name")
    assert line[0] == ("inlineStr", "'=Ada")
    assert line[head.index(("inlineStr", "valid until"))] == ("1", str((row.valid_until - date(1899, 12, 30)).days))
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
