"""The coverage report: what covers each competency, what is missing, who has it, as the sheets of everybody say."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.programs import enrol
from accreditation.actions.standing import reassess
from accreditation.rules.coverage import coverage
from accreditation.rules.sheets import sheet_of
from accreditation.tests.factories import EvidenceFactory, make_enablement, make_program
from assessments.actions.rubrics import align_criteria, author_rubric
from assessments.models import Question, Rubric
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from assessments.tests.factories_practicals import PracticalFactory
from assessments.tests.rubric_texts import rubric_text
from courses.actions.assets import give_version
from courses.actions.content import publish_content
from courses.models import Asset, Competency, JourneyStage
from courses.tests.factories import CourseFactory, LessonFactory, ObjectiveFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = NOW.date()


@pytest.fixture
def words():
    names = ("plan", "sell", "win", "keep")
    return {one: Competency.objects.create(slug=one, name=one.title(), position=n) for n, one in enumerate(names)}


@pytest.fixture
def reader():
    client = Client()
    client.force_login(make_enablement())
    return client


def course_on(word, lessons=1, **fields):
    course = CourseFactory(lessons=0, **fields)
    objective = ObjectiveFactory(course=course, competency=word)
    for _ in range(lessons):
        LessonFactory(course=course, objective=objective)
    return course


def exam_on(word):
    exam = ExamFactory()
    QuestionFactory(bank=exam.bank, objective=ObjectiveFactory(course=CourseFactory(draft=True), competency=word))
    return exam


def practical_on(word, shown=None):
    wording = author_rubric(**rubric_text() | {"slug": f"rubric-{Rubric.objects.count()}"})
    practical = PracticalFactory(exam=exam_on(word), rubric_version=wording)
    if shown:
        slug = practical.rubric_version.criteria.first().slug
        align_criteria(rubric=practical.rubric_version.rubric, to={slug: shown}, by=None)
    return practical


def prove(learner, target, ago=10, **details):
    name = type(target).__name__.lower()
    details = {"course": None, name: target} | details
    return EvidenceFactory(learner=learner, kind=name, performed_on=TODAY - timedelta(days=ago), **details)


def rows(**asked):
    return {row.competency.slug: row for row in coverage(TODAY, **asked).rows}


def test_each_competency_says_what_covers_it_and_what_is_missing(words):
    make_program(course_on(words["plan"], lessons=2), exam_on(words["plan"]), slug="planning")
    practical_on(words["sell"], shown=words["win"])
    course_on(words["keep"], draft=True), course_on(words["win"], lessons=0)
    prove(make_person(), course_on(words["plan"]))

    found = rows()

    assert list(found["plan"].figures.values()) == [3, 0, 1, 0, 1, 1, 0, 0] and found["plan"].objectives == 2
    assert found["plan"].gaps == []
    assert found["sell"].gaps == ["nothing teaches it", "nobody proves it"]
    assert (found["win"].figures["criteria"], found["win"].objectives) == (1, 1)
    assert found["win"].gaps == ["nothing teaches it", "no question tests it", "nobody proves it"]
    assert list(found) == ["win", "keep", "sell", "plan"], "most gaps first, then in the order of the framework"


def test_withdrawn_content_and_questions_that_exams_never_ask_cover_nothing(words):
    exam = exam_on(words["plan"])
    Question.objects.update(practice_only=True)
    practical = practical_on(words["plan"], shown=words["plan"])
    practical.state = "withdrawn"
    practical.save()
    exam_on(words["sell"])
    type(exam).objects.update(state="withdrawn")

    figures = {name: list(row.figures.values()) for name, row in rows().items()}

    assert figures["plan"] == figures["sell"] == [0] * 8


def test_a_group_is_covered_by_its_parts_and_what_is_withdrawn_is_left_out(words):
    words["sell"].parent = words["plan"]
    words["sell"].save()
    Competency.objects.filter(slug="keep").update(withdrawn_on=TODAY)

    assert set(rows()) == {"sell", "win"}
    course_on(words["plan"])
    assert rows()["plan"].is_group and rows()["plan"].gaps == []


def world(words):
    """People in every situation that a sheet knows."""
    course, plain = course_on(words["plan"]), practical_on(words["win"])
    practical = practical_on(words["sell"], words["keep"])
    exam = practical.exam
    first = make_program(course, exam, practical, slug="first")
    second = make_program(course, plain, slug="second")
    people = [make_person() for _ in range(8)]
    for learner in people[:5]:
        enrol(learner=learner, program=first, by=learner)
    enrol(learner=people[4], program=second, by=people[4])
    everything = (course, exam, practical, plain)
    for number, learner in enumerate(people[:7]):
        for place, target in enumerate(everything):
            if (number + place) % 3:
                alone = {"supervision": "alone"} if place > 1 and number % 2 else {}
                prove(learner, target, ago=(20, 400, 330)[(number + place) % 3], **alone)
    prove(people[6], course, valid_until=TODAY - timedelta(days=1))
    prove(people[5], exam, valid_until=TODAY)
    undone = prove(people[7], course)
    EvidenceFactory(learner=people[7], kind="withdrawal", course=None, withdraws=undone, performed_on=TODAY)
    for learner in people:
        reassess(learner=learner, now=NOW)
    return people, first, second


def test_the_statement_counts_as_the_sheet_of_each_person_says(words):
    people, *_ = world(words)
    wanted = {slug: [0, 0, 0] for slug in words}
    for person in people:
        for line in sheet_of(person, NOW).lines:
            for place, cell in enumerate((line.known, line.shown, line.kept)):
                wanted[line.competency.slug][place] += cell.holds

    found = {slug: [row.figures[one] for one in ("known", "shown", "kept")] for slug, row in rows().items()}

    assert found == wanted
    assert all(sum(numbers) for numbers in wanted.values()), "the world has something of each"


def test_who_was_erased_or_suspended_is_not_counted(words):
    learner = make_person()
    prove(learner, course_on(words["plan"]))
    assert rows()["plan"].figures["known"] == 1

    learner.is_active = False
    learner.save()

    assert rows()["plan"].figures["known"] == 0


def test_a_program_narrows_figures_to_what_it_asks_for_and_whom_it_has(words):
    _, first, second = world(words)
    stranger = make_person()
    prove(stranger, course_on(words["plan"]))

    whole, narrow = rows(), rows(program=second)

    assert set(narrow) == {"plan", "win"} and narrow["plan"].figures["programs"] == 1
    assert narrow["plan"].figures["known"] == whole["plan"].figures["known"] - 1, "all but the stranger are on it"
    assert narrow["plan"].figures["lessons"] == 1 < whole["plan"].figures["lessons"]
    assert narrow["win"].figures["questions"] == 0, "its exam isn't asked for"
    assert {name for name, row in rows(program=first).items() if row.figures["programs"]} == {"plan", "sell", "keep"}


def test_stages_sum_up_their_competencies(words):
    stage = JourneyStage.objects.create(slug="discover", name="Discover")
    for one in ("plan", "sell"):
        words[one].stages.add(stage)
    course_on(words["plan"])

    found = coverage(TODAY, stage="discover")

    assert {row.competency.slug for row in found.rows} == {"plan", "sell"}
    (place,) = found.places
    assert (place.name, place.competencies, place.taught, place.tested, place.proved) == ("Discover", 2, 1, 0, 0)
    assert {row.competency.slug for row in coverage(TODAY, stage="-").rows} == {"win", "keep"}
    assert [one.name for one in coverage(TODAY).places] == ["Discover", "No stage"]


def test_statements_do_not_grow_with_what_there_is(reader, words):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert reader.get(reverse("coverage")).status_code == 200
        return len(captured)

    world(words)
    few = statements()

    for number in range(10):
        word = Competency.objects.create(slug=f"more-{number}", name=f"More {number}")
        make_program(course_on(word), practical_on(word, word), slug=f"more-{number}")
        prove(make_person(), course_on(word))

    assert statements() <= few <= 30


def test_every_figure_leads_to_as_many_rows(reader, words):
    world(words)
    page = reader.get(reverse("coverage")).content.decode()

    for slug, row in rows().items():
        behind = reverse("coverage-one", args=[slug])
        assert f'href="{behind}?which=known#people"' in page
        context = reader.get(behind).context
        assert sum(one.lessons.count() for one in context["objectives"]) == row.figures["lessons"]
        assert len(context["questions"]) == row.figures["questions"]
        assert len(context["criteria"]) == row.figures["criteria"]
        assert len(context["programs"]) == row.figures["programs"]
        for which in ("known", "shown", "kept"):
            found = reader.get(behind, {"which": which}).context
            assert found["page"].paginator.count == len(found["people"]) == row.figures[which]


def test_items_of_the_library_count_once_published_and_for_a_program_where_its_lessons_use_them(reader, words):
    used, beside = course_on(words["plan"]), course_on(words["plan"])
    program = make_program(used)
    for number, course in enumerate((used, beside)):
        asset = Asset.objects.create(slug=f"a-{number}", title=f"A {number}", kind="deep_dive")
        asset.competencies.add(words["plan"])
        asset.lessons.add(course.lessons.first())
        give_version(asset=asset, body="Words.", by=None)
        assert rows()["plan"].figures["assets"] == number
        publish_content(content=asset, by=None)

    assert rows()["plan"].figures["assets"] == 2
    assert rows(program=program)["plan"].figures["assets"] == 1
    assert len(reader.get(reverse("coverage-one", args=["plan"])).context["assets"]) == 2


def test_people_come_page_by_page(reader, words):
    course = course_on(words["plan"])
    for number in range(51):
        prove(make_person(name=f"Person {number:02}"), course)
    address = reverse("coverage-one", args=["plan"])

    second = reader.get(address, {"page": 2, "which": "known"})

    assert [one.name for one in second.context["people"]] == ["Person 50"]
    assert "Page 2 of 2" in second.content.decode()
    for odd in ("99", "x", "-1", "9" * 30, "²"):
        assert len(reader.get(address, {"page": odd}).context["people"]) == 50


def test_the_file_says_the_same_and_disarms_formulas(reader, words):
    Competency.objects.filter(slug="plan").update(name="=Plan")
    course_on(words["plan"])

    response = reader.get(reverse("coverage-file"))

    found = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [one["slug"] for one in found] == ["sell", "win", "keep", "plan"]
    assert found[3]["competency"] == "'=Plan" and found[3]["lessons"] == "1"
    assert found[0]["gaps"] == "nothing teaches it; no question tests it; nobody proves it"


def test_nothing_there_and_odd_choices_are_said(reader):
    assert "There are no competencies yet" in reader.get(reverse("coverage")).content.decode()
    Competency.objects.create(slug="plan", name="Plan")
    for asked in ({"stage": "nothing"}, {"program": "nothing"}, {"program": "x" * 300}):
        assert "Plan" in reader.get(reverse("coverage"), asked).content.decode()
    JourneyStage.objects.create(slug="win", name="Win")
    assert "No competency fits this choice" in reader.get(reverse("coverage"), {"stage": "win"}).content.decode()
    assert reader.get(reverse("coverage-one", args=["nothing"])).status_code == 404
    assert "Nothing teaches it" in reader.get(reverse("coverage-one", args=["plan"])).content.decode()


@pytest.mark.parametrize("name", ["coverage", "coverage-file", "coverage-one"])
def test_only_who_reads_standings_reads_it(name):
    Competency.objects.create(slug="plan", name="Plan")
    address = reverse(name, args=["plan"] if name == "coverage-one" else [])
    for groups, status in ((["enablement"], 200), (["grader"], 403), (["partner manager"], 403), (["learner"], 403)):
        client = Client()
        client.force_login(make_person(groups=groups, is_staff="enablement" in groups))
        assert client.get(address).status_code == status, groups
