"""The report of a program: what it counts, who is behind each figure, the file, and who may read it."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.programs import enrol, leave
from accreditation.actions.reassessing import reassess_all
from accreditation.actions.standing import reassess
from accreditation.models import Accreditation, StandingState
from accreditation.rules import program_reports as report
from accreditation.rules.program_people import people_on
from accreditation.tests.factories import EvidenceFactory, OrganisationFactory, asks_for, make_enablement, make_program
from assessments.tests.factories_practicals import make_grader
from courses.tests.factories import CourseFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


@pytest.fixture
def courses():
    return [CourseFactory(title=title) for title in ("Discovery", "Value", "Closing")]


@pytest.fixture
def program(courses):
    return make_program(*courses, title="Selling")


@pytest.fixture
def reader():
    client = Client()
    client.force_login(make_enablement())
    return client


def on(program, *proved, due_on=None, **person):
    """Somebody who was enrolled and completed these courses."""
    learner = make_person(**person)
    row = enrol(learner=learner, program=program, by=make_enablement(), due_on=due_on)
    for course in proved:
        EvidenceFactory(learner=learner, kind="course", course=course, performed_on=TODAY)
    reassess(learner=learner)
    return row


def page_of(client, program, **asked):
    response = client.get(reverse("program-report", args=[program.slug]), asked)
    assert response.status_code == 200
    return response


def file_of(client, program, **asked):
    response = client.get(reverse("program-report-people", args=[program.slug]), asked)
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_who_enrols_is_counted_at_once_with_what_is_asked(program):
    row = enrol(learner=make_person(), program=program, by=make_enablement())

    standing = Accreditation.objects.get(learner=row.learner)

    assert (standing.state, standing.met, standing.asked) == (StandingState.NOT_STARTED, 0, 3)
    assert len(standing.open_requirements) == 3


def test_who_leaves_before_starting_is_counted_no_more_and_who_began_stays(program, courses):
    idle, busy = on(program), on(program, courses[0])

    for row in (idle, busy):
        leave(enrolment=row, by=row.learner)

    assert [one.learner for one in Accreditation.objects.all()] == [busy.learner]


def test_counters_say_the_same_one_by_one_and_for_everybody_at_once(program, courses):
    rows = [on(program, *courses[:number]) for number in range(4)]
    fields = ("learner", "state", "met", "asked", "open_requirements")
    one_by_one = list(Accreditation.objects.order_by("learner").values_list(*fields))

    Accreditation.objects.update(met=0, asked=0, open_requirements=[])
    reassess_all(program=program)

    assert list(Accreditation.objects.order_by("learner").values_list(*fields)) == one_by_one
    assert [row[2] for row in one_by_one] == [0, 1, 2, 3] and len(rows) == 4


def test_of_a_choice_the_furthest_counts_and_every_open_one_helps(courses):
    program = make_program(
        groups=[{"title": "Two", "rule": "n_of", "count": 2, "requirements": [asks_for(one) for one in courses]}]
    )

    row = on(program, courses[1])

    standing = Accreditation.objects.get(learner=row.learner)
    assert (standing.met, standing.asked, len(standing.open_requirements)) == (1, 2, 2)


def test_nobody_on_it_and_no_program_are_said(reader, program):
    assert "Nobody is on this program yet" in page_of(reader, program).content.decode()
    assert "Selling" in reader.get(reverse("program-reports")).content.decode()
    program.current_version = None
    program.save()
    assert "No program has rules yet" in reader.get(reverse("program-reports")).content.decode()
    assert reader.get(reverse("program-report", args=[program.slug])).status_code == 404


def test_every_figure_leads_to_as_many_people(reader, program, courses):
    for number in range(4):
        on(program, *courses[:number], due_on=TODAY - timedelta(days=1))
    on(program, due_on=TODAY + timedelta(days=10))

    context = page_of(reader, program).context

    counts = context["figures"]
    assert (counts.people, counts.accredited, counts.overdue) == (5, 1, 3)
    for one in context["states"]:
        assert page_of(reader, program, standing=one["state"]).context["count"] == one["count"]
    assert page_of(reader, program, due="over").context["count"] == 3
    assert page_of(reader, program, due="soon").context["count"] == 1
    for one in context["standing_still"]:
        found = page_of(reader, program, open=one.requirement.pk).context
        assert found["count"] == one.people == len(found["page"])
    assert [one.people for one in context["standing_still"]] == [4, 3, 2]


def test_people_are_chosen_by_who_they_are(reader, program):
    role, organisation = RoleFactory(slug="ae"), OrganisationFactory(name="Northbeam", region="North")
    on(program, name="Ada One", role=role)
    on(program, name="Bo Two", organisation=organisation)

    for asked, name in (
        ({"role": "ae"}, "Ada One"),
        ({"organisation": "northb"}, "Bo Two"),
        ({"organisation": "-"}, "Ada One"),
        ({"region": "North"}, "Bo Two"),
        ({"q": "bo t"}, "Bo Two"),
    ):
        assert [row["name"] for row in file_of(reader, program, **asked)] == [name]


@pytest.mark.parametrize(
    "asked",
    [{"open": "x"}, {"open": "9" * 30}, {"open": "²"}, {"page": "-1"}, {"standing": "'"}, {"sort": "pk"}],
)
def test_odd_choices_are_answered(reader, program, asked):
    on(program)

    page_of(reader, program, **asked)


def test_the_file_says_what_is_open_and_disarms_what_a_spreadsheet_would_run(reader, program, courses):
    on(program, courses[0], name="=HYPERLINK(1)", due_on=TODAY)

    (row,) = file_of(reader, program)

    assert row["name"] == "'=HYPERLINK(1)"
    assert (row["requirements met"], row["requirements asked"], row["still open"]) == ("1", "3", "Value; Closing")
    assert (row["due on"], row["standing"], row["valid until"]) == (str(TODAY), "in progress", "")


def test_suspended_people_are_not_counted(reader, program):
    row = on(program)
    row.learner.is_active = False
    row.learner.save()

    assert page_of(reader, program).context["figures"].people == 0
    assert reader.get(reverse("program-reports")).context["rows"][0].people == 0


def test_as_many_queries_for_many_as_for_one(reader, program, courses):
    on(program, courses[0])
    page_of(reader, program)
    with CaptureQueriesContext(connection) as few:
        page_of(reader, program)
    for number in range(12):
        on(program, *courses[: number % 4], organisation=OrganisationFactory())

    with CaptureQueriesContext(connection) as many:
        page_of(reader, program)

    assert len(many) == len(few)


def test_only_who_may_see_standings_reads_them(client, program):
    for person in (make_person(), make_grader()):
        client.force_login(person)
        for name, args in (
            ("program-reports", []),
            ("program-report", [program.slug]),
            ("program-report-people", [program.slug]),
        ):
            assert client.get(reverse(name, args=args)).status_code == 403


def test_sorted_as_asked(program, courses):
    on(program, name="B")
    on(program, *courses[:2], name="C", due_on=TODAY)
    on(program, courses[0], name="A", due_on=TODAY + timedelta(days=3))
    rows = people_on(program)

    def names(sort):
        return [one.learner.name for one in report.page_of(rows, 3, sort=sort, page=None)]

    assert (names("name"), names("progress"), names("due")) == (["A", "B", "C"], ["C", "A", "B"], ["C", "A", "B"])


def test_every_page_follows_the_one_before_from_whichever_end_it_is_counted(program, monkeypatch):
    monkeypatch.setattr(report, "PEOPLE_A_PAGE", 2)
    for number in range(7):
        on(program, name=f"P{number}", due_on=TODAY + timedelta(days=number) if number % 2 else None)
    rows = people_on(program)

    for sort in report.SORTS:
        pages = [report.page_of(rows, 7, sort=sort, page=str(number)) for number in range(1, 5)]
        names = [one.learner.name for page in pages for one in page]
        whole = [one.learner.name for one in rows.order_by(*report.SORTS[sort], "pk").select_related("learner")]
        assert names == whole and [len(page) for page in pages] == [2, 2, 2, 1]
