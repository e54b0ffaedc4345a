"""A program written out as a file: loading it again changes nothing, and somewhere else it writes the same."""

import io
import json

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from accreditation.actions.loading import load_programs
from accreditation.models import Program
from accreditation.rules.dumps import dump_of
from accreditation.rules.yaml_lines import read_file
from accreditation.tests.factories import asks_for, make_program
from assessments.models import Exam, Practical, Question
from badges.tests.factories import make_achievement
from courses.models import Asset, Course, Lesson
from courses.tests.factories import CourseFactory

pytestmark = pytest.mark.django_db
FILES = sorted((settings.BASE_DIR / "accreditation" / "catalogue").glob("*.yaml"))


@pytest.fixture(scope="module", autouse=True)
def shipped(django_db_setup, django_db_blocker):
    """Loaded once for all tests here, and rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_programs(paths=FILES, by=None)
        yield
        transaction.set_rollback(True)


def dumped(slug, folder):
    path = folder / f"{slug}.yaml"
    call_command("dump_program", slug, to=path, stdout=io.StringIO(), stderr=io.StringIO())
    return path


def loaded(path):
    said = io.StringIO()
    call_command("load_program", path, json=True, stdout=said)
    return json.loads(said.getvalue())


def test_every_shipped_program_written_out_and_loaded_changes_nothing(tmp_path):
    slugs = list(Program.objects.values_list("slug", flat=True))
    assert len(slugs) > 8
    for slug in slugs:
        path = dumped(slug, tmp_path)

        assert loaded(path)["rows_written"] == 0, slug


def test_the_file_has_everything_that_the_program_asks_for(tmp_path):
    content = yaml.safe_load(dumped("accredited-partner-seller", tmp_path).read_text())

    assert {one["slug"] for one in content["programs"]} == {"accredited-partner-seller", "partner-core"}
    assert {"capstone", "recorded-demo", "call-listening"} <= {one["slug"] for one in content["practicals"]}
    assert content["paths"] and content["courses"] and content["rubrics"] and content["brief_pools"]
    questions = [one for bank in content["banks"] for one in bank["questions"]]
    assert len(questions) == Question.objects.filter(bank__slug__in=[one["slug"] for one in content["banks"]]).count()


def test_what_is_changed_here_is_brought_back_there(tmp_path):
    path = dumped("partner-core", tmp_path)
    lesson = Lesson.objects.filter(course__slug="partner-platform").first()
    words = lesson.body
    Lesson.objects.filter(pk=lesson.pk).update(body="Something else.")

    assert loaded(path)["rows_written"] > 0

    lesson.refresh_from_db()
    assert lesson.body == words


def test_texts_of_every_kind_come_back_as_they_were(tmp_path):
    odd = "  indented\n\ttab: yes\n# no comment\n'quoted' \"twice\" — ünïcode 👍  \n\n- no list\n"
    course = CourseFactory(title="Yes: no", summary="null", lessons=1)
    course.lessons.update(body=odd, title="0123")
    program = make_program(course, slug="odd-texts", title="123")
    path = dumped("odd-texts", tmp_path)

    assert loaded(path)["rows_written"] == 0
    course.lessons.update(body="")
    loaded(path)

    assert course.lessons.get().body == odd
    assert yaml.safe_load(path.read_text())["programs"][0]["title"] == "123" == program.title


def test_what_a_file_cannot_say_is_named_and_stays(tmp_path):
    exam = Exam.objects.get(slug="accredited-partner-seller")
    question = exam.bank.questions.first()
    Question.objects.filter(pk=question.pk).update(objective=None)
    program = Program.objects.get(slug="accredited-partner-seller")

    dump = dump_of(program)

    assert any(question.external_id in sentence for sentence in dump.left_out)
    path = dumped(program.slug, tmp_path)
    assert path.read_text().startswith("# Written by")
    assert loaded(path)["rows_written"] == 0


def test_a_badge_of_another_name_is_left_where_it_is(tmp_path):
    program = make_program(CourseFactory(lessons=1), slug="with-a-badge")
    program.achievement = make_achievement(slug="of-another-name", name="Of another name")
    program.save()

    assert "Of another name" in " ".join(dump_of(program).left_out)
    assert loaded(dumped(program.slug, tmp_path))["rows_written"] == 0


def test_a_wording_that_is_older_than_the_newest_is_named(tmp_path):
    practical = Practical.objects.get(slug="capstone")
    newest = practical.rubric_version
    newer = type(newest).objects.create(
        rubric=newest.rubric,
        number=newest.number + 1,
        pass_points=1,
        content_hash="x",
        published_at=newest.published_at,
    )
    for row in newest.criteria.all():
        levels = list(row.levels.all())
        row.pk, row.rubric_version = None, newer
        row.save(force_insert=True)
        for level in levels:
            level.pk, level.criterion = None, row
            level.save(force_insert=True)

    assert "older wording" in " ".join(dump_of(Program.objects.get(slug="accredited-partner-seller")).left_out)


def test_nested_groups_counts_and_renewal_are_read_back(tmp_path):
    inner = {
        "title": "One of",
        "rule": "n_of",
        "count": 1,
        "requirements": [asks_for(CourseFactory(lessons=1)) for _ in "ab"],
    }
    outer = {"title": "All", "rule": "all_of", "count": None, "requirements": [], "groups": [inner]}
    make_program(groups=[outer], slug="nested")
    path = dumped("nested", tmp_path)

    file = read_file(path)

    assert file.content.programs[0].groups[0].groups[0].count == 1
    assert loaded(path)["rows_written"] == 0


def test_an_unknown_program_is_refused():
    with pytest.raises(CommandError, match="no program `nothing`"):
        call_command("dump_program", "nothing")


def test_without_a_file_it_is_printed():
    said = io.StringIO()

    call_command("dump_program", "partner-core", stdout=said, stderr=io.StringIO())

    assert yaml.safe_load(said.getvalue())["programs"][0]["slug"] == "partner-core"
    assert Course.objects.filter(slug="partner-platform").exists()


def test_items_of_the_library_that_it_names_stay(tmp_path):
    program = Program.objects.get(slug="accredited-partner-seller")
    practical, item = Practical.objects.get(slug="capstone"), Asset.objects.order_by("pk").first()
    program.assets.set([item])
    practical.assets.set([item])

    path = dumped(program.slug, tmp_path)
    assert loaded(path)["rows_written"] == 0
    program.assets.clear()
    practical.assets.clear()
    loaded(path)

    assert list(program.assets.all()) == list(practical.assets.all()) == [item]
