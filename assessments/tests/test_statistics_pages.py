"""The pages of exam statistics: what they say, to whom, and with how many statements."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.actions.exam_statistics import ask_for_statistics, compute_exam_statistics
from assessments.models import ExamStatistics, QuestionVersion
from assessments.rules.statistics.distractors import FLAGS
from assessments.rules.statistics.exposure import alarm_of
from assessments.rules.statistics.figures import NEGATIVE
from assessments.rules.statistics.readings import LABELS, is_odd, readings_of, told
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.mark_tables import abilities, drawn_forms
from assessments.tests.sitting_tables import sat_by
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def sat(persons=150, items=8, **fields):
    return sat_by(abilities(persons, items).astype(int), start=NOW - timedelta(days=1), **fields)


@pytest.fixture
def staff(client):
    client.force_login(make_person(groups=["enablement"], is_staff=True))
    return client


def page_of(exam):
    return reverse("assessments:statistics-exam", args=[exam.slug])


def shown(client, url, **query):
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def test_an_exam_without_figures_says_when_they_come(staff):
    text = shown(staff, page_of(ExamFactory()))

    assert "Nothing to show yet" in text and "Compute now" in text


def test_an_exam_that_nobody_sat_says_so(staff):
    exam = ExamFactory()
    compute_exam_statistics(exam=exam, now=NOW)

    assert "Nobody has sat this exam yet" in shown(staff, page_of(exam))


def test_figures_stand_with_interval_n_and_sentences(staff):
    exam = sat()
    row = compute_exam_statistics(exam=exam, now=NOW)

    text = shown(staff, page_of(exam))

    low, high = row.figures["alpha_interval"]
    assert f"reliability (alpha), {low:.2f} to {high:.2f}, n = 150" in text
    assert "would get the same result" in text and "right at the border" in text
    assert 'style="' not in text and not {"NaN", "None"} & set(re.findall(r"\w+", text))
    assert shown(staff, reverse("assessments:statistics")).count(exam.title) == 1


def test_figures_of_a_few_people_say_that_flags_wait(staff):
    exam = sat(persons=12)
    compute_exam_statistics(exam=exam, now=NOW)

    assert "Flags wait for 100 people at a question; 12 sat the exam so far." in shown(staff, page_of(exam))


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        (np.ones((1, 8)), "1 person has sat this exam so far"),
        (abilities(2, 8), "2 people have sat this exam so far"),
        (np.tile([1, 1, 1, 0, 0, 0, 0, 0], (12, 1)), "All 12 people have the same total"),
    ],
)
def test_of_too_few_people_only_what_happened_is_said(staff, marks, words):
    exam = sat_by(marks.astype(int), start=NOW - timedelta(days=1))
    row = compute_exam_statistics(exam=exam, now=NOW)

    text = shown(staff, page_of(exam))

    assert "Too few to say" in text and words in text
    assert "<circle" not in text and "needs 10 people who saw it" in text
    for claim in ("reliability (", "questions to look at", "given very often", "would get the same result"):
        assert claim not in text
    assert "That is said from 100 attempts in 90 days on" in text
    assert text.count("table__number") > 8
    item = shown(staff, reverse("assessments:statistics-item", args=[exam.slug, row.items.first().version_id]))
    assert "Many may know it" not in item and ("Thirds of" in item) is (len(marks) < 10)


def test_what_is_to_be_looked_at_is_the_same_above_and_in_the_table(staff):
    exam = sat(persons=150)
    row = compute_exam_statistics(exam=exam, now=NOW)
    assert any("exposure-review" in one.flags for one in row.items.all())

    response = staff.get(page_of(exam))

    cells = response.content.decode().split('data-label="To look at">')[1:]
    marked = sum("tag--caution" in one.split("</td>")[0] for one in cells)
    assert marked == response.context["page"].flagged
    assert "given very often" in response.content.decode()


@pytest.mark.parametrize("persons", [1, 12, 150])
def test_no_internal_name_stands_on_the_page(staff, persons):
    exam = sat(persons=persons)
    compute_exam_statistics(exam=exam, now=NOW)

    text = shown(staff, page_of(exam))

    assert not [name for name in ("_percent", "_interval", "quick_", "seed") if name in without_tokens(text)]


def test_asking_queues_and_computes_nothing_in_the_request(staff):
    exam = sat()

    response = staff.post(reverse("assessments:statistics-compute", args=[exam.slug]), follow=True)

    row = ExamStatistics.objects.get()
    assert row.computed_at is None and row.requested_by_id is not None
    text = response.content.decode()
    assert "New figures are being computed" in text and "Compute now" not in text


def test_a_failed_computation_is_named_and_the_older_figures_stand(staff):
    exam = sat()
    compute_exam_statistics(exam=exam, now=NOW)
    ask_for_statistics(exam=exam, by=None, now=NOW)
    ExamStatistics.objects.waiting().update(problem="ZeroDivisionError: secret", tries=8)

    text = shown(staff, page_of(exam))

    assert "The last computation failed" in text and "Try now" in text and "secret" not in text
    assert "What this means" in text


@pytest.mark.parametrize(("sort", "column"), [("facility", "facility"), ("-correlation", "item_total_corrected")])
def test_questions_are_sorted_by_a_heading(staff, sort, column):
    exam = sat()
    row = compute_exam_statistics(exam=exam, now=NOW)

    text = shown(staff, page_of(exam), sort=sort)

    way = ("-" if sort.startswith("-") else "") + column
    expected = [str(one.version.question) for one in row.items.order_by(way).select_related("version__question")]
    places = [text.index(f">{name}</a> <span") for name in expected]
    assert places == sorted(places)
    assert f'aria-sort="{"descending" if sort.startswith("-") else "ascending"}"' in text
    assert shown(staff, page_of(exam), sort="password", page="x")


def test_a_hundred_questions_stand_on_a_page(staff):
    exam = sat(persons=30, items=101)
    compute_exam_statistics(exam=exam, now=NOW)

    assert "1 of 2" in shown(staff, page_of(exam))
    assert "2 of 2" in shown(staff, page_of(exam), page=2, sort="-n")


def test_a_question_shows_who_chose_what_and_what_is_odd(staff):
    marks = abilities(120, 8).astype(int)
    marks[:, 0] = 1 - (marks.sum(axis=1) > 4)
    exam = sat_by(marks, start=NOW - timedelta(days=1))
    row = compute_exam_statistics(exam=exam, now=NOW)
    version = QuestionVersion.objects.get(pk=row.items.order_by("version_id").first().version_id)

    text = shown(staff, reverse("assessments:statistics-item", args=[exam.slug, version.pk]))

    assert version.text in text and "Look whether the key is right" in text
    assert all(option.text in text for option in version.options.all())
    assert "Those who know more do worse here" in text
    assert "works backwards" in shown(staff, page_of(exam))
    assert 'style="' not in text


def test_a_question_of_few_people_or_of_another_exam(staff):
    exam, other = sat(persons=12), ExamFactory()
    row = compute_exam_statistics(exam=exam, now=NOW)
    version = row.items.first().version_id

    text = shown(staff, reverse("assessments:statistics-item", args=[exam.slug, version]))
    missing = staff.get(reverse("assessments:statistics-item", args=[other.slug, version]))

    assert "Flags wait for 100 people" in text and missing.status_code == 404


def test_a_question_that_is_not_chosen_from_has_no_options(staff):
    exam = sat()
    item = compute_exam_statistics(exam=exam, now=NOW).items.first()
    item.options = []
    item.save()

    text = shown(staff, reverse("assessments:statistics-item", args=[exam.slug, item.version_id]))

    assert "no options to compare" in text


@pytest.mark.parametrize("groups", [[], ["grader"], ["partner manager"]])
def test_only_those_who_run_exams_see_statistics(client, groups):
    exam = sat(persons=12)
    item = compute_exam_statistics(exam=exam, now=NOW).items.first()
    client.force_login(make_person(groups=groups))

    for url in (page_of(exam), reverse("assessments:statistics"),
                reverse("assessments:statistics-item", args=[exam.slug, item.version_id])):  # fmt: skip
        assert client.get(url).status_code == 403
    assert client.post(reverse("assessments:statistics-compute", args=[exam.slug])).status_code == 403


def test_pages_take_no_more_statements_for_more_questions(staff):
    counts = []
    for items in (4, 40):
        exam = sat(persons=20, items=items, shift=items * 1000)
        row = compute_exam_statistics(exam=exam, now=NOW)
        for url in (
            page_of(exam),
            reverse("assessments:statistics-item", args=[exam.slug, row.items.first().version_id]),
        ):
            staff.get(url)
            with CaptureQueriesContext(connection) as captured:
                staff.get(url)
            counts.append(len(captured))

    assert counts[:2] == counts[2:] and max(counts) <= 14


def figures(**changed):
    decision = {
        "consistency": 0.86, "consistency_interval": (0.8, 0.9), "accuracy": 0.9, "false_pass": 0.06, "false_fail": 0.04,
        "effective_length": 40.2, "points_needed": 32,
    }  # fmt: skip
    base = {
        "sd": 5.0, "forms": "one", "alpha": 0.84, "alpha_interval": (0.8, 0.87), "phi": 0.8, "phi_interval": None,
        "sem_percent": 6.4, "sem_at_cut_percent": 6.4, "cut_percent": 80.0, "decision": decision, "exposure": {"overlap": 0.42},
    }  # fmt: skip
    return base | changed


def test_figures_in_plain_words():
    told = readings_of(120, figures())

    assert told == [
        "Of 100 parts of the difference between people's totals, 84 (between 80 and 87) are what they know. "
        "The rest is chance of the day and of the questions.",
        "In two sittings of three, a total lies within 6.4 points of 100 of what the person knows.",
        "Near the pass mark of 80 % that is 6.4 points.",
        "Of 100 people who sat a second exam like this one, 86 (between 80 and 90) would get the same result.",
        "Of 100 results, 90 fit what the person knows; 6 passed and know too little, 4 failed and know enough.",
        "Of 100 who were right at the border, 59 would pass: there the exam can't tell.",
        "Two people's exams have 42 of 100 questions in common, on average.",
    ]


def test_what_is_undefined_is_said_in_words():
    nothing = {"consistency": None}
    empty = figures(
        alpha=None, alpha_interval=None, sem_percent=None, sem_at_cut_percent=None, cut_percent=None,
        decision=nothing, exposure={"overlap": None},
    )  # fmt: skip

    assert readings_of(0, empty) == []
    assert readings_of(150, empty) == [
        "How reliable the totals are can't be said: too few people, or all have the same total.",
        "How much a pass is worth can't be said yet: that needs totals that tell people apart.",
    ]
    assert "don't tell people apart: alpha is -0.20" in readings_of(150, figures(alpha=-0.2))[0]
    without = figures(forms="drawn")
    without["decision"]["consistency_interval"] = None
    told = readings_of(150, without)
    assert "80 are what they know" in told[0] and "one, 86 would" in told[3]


def test_drawn_forms_show_phi(staff):
    exam = sat_by(np.nan_to_num(drawn_forms(abilities(200, 12), 6), nan=-1), start=NOW - timedelta(days=1))
    compute_exam_statistics(exam=exam, now=NOW)

    assert "reliability (phi)" in shown(staff, page_of(exam))


def test_every_flag_has_words():
    flags = {NEGATIVE, *FLAGS, *(f"exposure-{alarm_of(rate)}" for rate in (0.4, 0.6))}

    assert set(LABELS) == flags and all(told(flag) for flag in flags)
    assert [is_odd(one) for one in ([], ["exposure-alarm"], ["exposure-alarm", "key"])] == [False, False, True]
