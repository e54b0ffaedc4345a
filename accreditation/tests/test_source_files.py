"""Sources in program files: what points at which revision, idempotent, every mistake with its line."""

import pytest

from accreditation.actions.loading import Mistakes, load_programs
from assessments.models import Criterion, QuestionVersion
from courses.models import Lesson, Source
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
SOURCES = """sources:
  - slug: handbook
    title: Handbook
    url: https://example.com/handbook
    owner: owner@example.com
    check_interval_days: 90
    revisions:
      - {noted_on: 2026-01-10, changes: First., material: false}
      - {noted_on: 2026-03-01, changes: Stages renamed.}
"""
CONTENT = """courses:
  - slug: selling
    title: Selling
    objectives: [{slug: stages, text: Stages}]
    lessons:
      - {slug: stages, title: Stages, kind: handbook, source: handbook}
      - {slug: older, title: Older, kind: handbook, source: handbook@1}
      - {slug: none, title: None, kind: handbook}
banks:
  - slug: bank
    title: Bank
    questions:
      - {id: q1, type: true_false, objective: selling/stages, text: "Right?", answer: true, source: handbook}
rubrics:
  - slug: talk
    title: Talk
    pass_points: 3
    criteria:
      - {slug: clear, name: Clear, levels: [a, b, c, d, e], raises: [a, b, c, d], source: handbook}
"""
THIRD = "      - {noted_on: 2026-05-01, changes: Prices moved.}\n"


def load(tmp_path, *texts):
    paths = []
    for number, text in enumerate(texts):
        paths.append(tmp_path / f"file{number}.yaml")
        paths[-1].write_text(text)
    return load_programs(paths=paths, by=None)


def numbers():
    lessons = {row.slug: row.source_revision.number for row in Lesson.objects.exclude(source_revision=None)}
    question = QuestionVersion.in_use().get().source_revision.number
    return lessons, question, Criterion.objects.order_by("-pk").first().source_revision.number


def test_a_file_says_sources_and_what_points_at_them(tmp_path):
    make_person(email="owner@example.com")

    load(tmp_path, SOURCES + CONTENT)

    source = Source.objects.get()
    assert (source.owner.email, source.check_interval_days, source.revisions.count()) == ("owner@example.com", 90, 2)
    assert numbers() == ({"stages": 2, "older": 1}, 2, 2)


def test_loading_again_writes_nothing(tmp_path):
    make_person(email="owner@example.com")
    load(tmp_path, SOURCES + CONTENT)

    assert load(tmp_path, SOURCES + CONTENT).rows_written == 0


def test_another_revision_in_the_file_moves_what_it_points_at(tmp_path):
    make_person(email="owner@example.com")
    load(tmp_path, SOURCES + CONTENT)

    load(tmp_path, SOURCES + THIRD + CONTENT)

    assert numbers() == ({"stages": 3, "older": 1}, 3, 3)
    assert QuestionVersion.objects.count() == 2


def test_a_revision_noted_in_the_portal_moves_nothing(tmp_path):
    make_person(email="owner@example.com")
    load(tmp_path, SOURCES + CONTENT)
    Source.objects.get().revisions.create(number=3, noted_on="2026-06-01", changes="Noted by hand.")

    assert load(tmp_path, SOURCES + CONTENT).rows_written == 0
    assert numbers() == ({"stages": 2, "older": 1}, 2, 2)


def test_a_source_may_stand_in_another_file(tmp_path):
    make_person(email="owner@example.com")

    load(tmp_path, CONTENT, SOURCES)

    assert numbers() == ({"stages": 2, "older": 1}, 2, 2)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (CONTENT, 6, "is no source of these files"),
        (SOURCES + CONTENT.replace("handbook@1", "handbook@7"), 16, "with a revision 7"),
        (SOURCES.replace("2026-03-01", "soon"), 9, "revisions.1.noted_on"),
        (SOURCES.replace("2026-03-01", "2025-03-01"), 2, "after that day"),
        (SOURCES.replace("owner@", "nobody@"), 5, "nobody has the address"),
        (SOURCES + SOURCES.replace("sources:\n", ""), 10, "is written twice"),
        (SOURCES.replace("title: Handbook", "headline: x"), 3, "headline"),
    ],
)
def test_every_mistake_is_named_with_its_line(tmp_path, text, line, words):
    make_person(email="owner@example.com")

    with pytest.raises(Mistakes) as mistakes:
        load(tmp_path, text)

    assert any(one.line == line and words in one.message for one in mistakes.value.problems), mistakes.value.problems
    assert not Source.objects.exists()


def test_what_was_noted_is_never_said_otherwise(tmp_path):
    make_person(email="owner@example.com")
    load(tmp_path, SOURCES)

    with pytest.raises(Mistakes) as mistakes:
        load(tmp_path, SOURCES.replace("Stages renamed", "Something else"))

    assert "add another one after it" in str(mistakes.value.problems[0])
