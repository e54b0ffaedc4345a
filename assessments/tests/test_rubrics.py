"""Authoring rubrics, briefs and practicals: the same text twice changes nothing, a new text never edits an old one."""

import pytest
from django.db import DatabaseError, transaction

from assessments.actions.rubrics import (
    author_brief,
    author_brief_pool,
    author_practical,
    author_rubric,
    move_practical,
    retire_brief,
)
from assessments.models import Brief, Criterion, Level, Practical, Rubric, RubricVersion
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.rubric_texts import CRITERIA, rubric_text
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def practical_text(**changes):
    return {
        "slug": "capstone",
        "title": "Capstone",
        "kind": "capstone",
        "exam": ExamFactory(published__questions=1, published__draw=1),
        "rubric_version": author_rubric(**rubric_text()),
        "by": None,
    } | changes


def test_rubric_is_stored_with_its_levels_and_the_steps_between_them():
    version = author_rubric(**rubric_text())

    assert [criterion.slug for criterion in version.criteria.all()] == list(CRITERIA)
    assert list(version.criteria.first().levels.values_list("number", "raise_text")) == [
        (1, "pain to 2"),
        (2, "pain to 3"),
        (3, "pain to 4"),
        (4, "pain to 5"),
        (5, ""),
    ]


def test_same_rubric_twice_is_one_version_and_a_changed_one_is_a_second():
    first = author_rubric(**rubric_text())

    again = author_rubric(**rubric_text())
    changed = author_rubric(**rubric_text(pass_points=19, title="Capstone, stricter"))

    assert again == first
    assert (changed.number, first.pass_points) == (2, 18)
    assert Rubric.objects.get().title == "Capstone, stricter"


@pytest.mark.parametrize(("change", "points"), [({"levels": ["one"]}, 18), ({"raises": []}, 18), ({}, 26), ({}, 0)])
def test_rubric_that_cannot_work_is_refused_and_writes_nothing(change, points):
    text = rubric_text(pass_points=points)
    text["criteria"][0] |= change

    with pytest.raises(ValueError, match=r"five levels|pass mark"):
        author_rubric(**text)

    assert not Rubric.objects.exists()


@pytest.mark.parametrize("model", [RubricVersion, Criterion, Level])
def test_rubric_version_is_immutable_in_the_database(model):
    author_rubric(**rubric_text())

    for deed in (model.objects.first().save, model.objects.last().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


def test_same_brief_twice_is_one_row_and_a_changed_one_takes_its_place():
    pool = author_brief_pool(slug="capstone", title="Capstone", by=None)
    first = author_brief(pool=pool, slug="lindenhof", customer="Lindenhof", pain_points=["Lost plans"], by=None)

    again = author_brief(pool=pool, slug="lindenhof", customer="Lindenhof", pain_points=["Lost plans"], by=None)
    changed = author_brief(pool=pool, slug="lindenhof", customer="Lindenhof", pain_points=["Late plans"], by=None)

    assert again == first
    assert list(Brief.objects.drawable()) == [changed]
    assert (changed.version, Brief.objects.get(pk=first.pk).pain_points) == (2, ["Lost plans"])


def test_retired_brief_comes_back_as_a_new_version():
    pool = author_brief_pool(slug="capstone", title="Capstone", by=None)
    brief = author_brief(pool=pool, slug="lindenhof", customer="Lindenhof", by=None)
    retire_brief(brief=brief, by=None)

    back = author_brief(pool=pool, slug="lindenhof", customer="Lindenhof", by=None)

    assert (back.version, back.retired_at) == (2, None)


def test_pool_title_follows_and_its_history_names_who_changed_it():
    person = make_person()
    author_brief_pool(slug="capstone", title="Capstone", by=None)

    pool = author_brief_pool(slug="capstone", title="Capstone customers", by=person)

    assert pool.history.latest().history_user == person
    assert pool.title == "Capstone customers"


def test_new_practical_is_published_and_the_same_text_writes_nothing():
    text = practical_text()
    practical = author_practical(**text)

    again = author_practical(**text)

    assert (again, practical.state) == (practical, "published")
    assert practical.history.count() == 1


def test_changed_practical_is_edited_in_place_and_keeps_its_state():
    text = practical_text()
    practical = author_practical(**text)
    move_practical(practical=practical, to="withdrawn", by=make_person())

    author_practical(**text | {"title": "Capstone simulation"})

    practical = Practical.objects.get()
    assert (practical.title, practical.state) == ("Capstone simulation", "withdrawn")


def test_practical_moves_only_along_its_states():
    practical = author_practical(**practical_text())

    with pytest.raises(Refused):
        move_practical(practical=practical, to="draft", by=make_person())


def test_practical_that_asks_for_nothing_is_refused_by_the_database():
    with pytest.raises(DatabaseError, match="practical_asks_for_something"), transaction.atomic():
        author_practical(**practical_text(recordings_required=0))
