"""Programs as code: what a load writes, and what it says of mistakes."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accreditation.actions.loading import load_programs
from accreditation.actions.programs import give_badge
from accreditation.models import Program
from accreditation.tests.factories import make_program
from accreditation.tests.program_texts import LEVELS, changed, load, mistakes_of, question, small_program, write
from assessments.models import Brief, Exam, Option, Practical, QuestionBank, QuestionVersion, Rubric
from badges.models import Achievement
from badges.tests.factories import make_achievement
from courses.models import Course, LearningPath, Role, Vertical
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def nothing_is_there():
    return not any(
        model.objects.exists() for model in (Role, Course, LearningPath, QuestionBank, Exam, Rubric, Brief, Program)
    )


def test_every_section_is_written_and_published(tmp_path):
    loaded = load(tmp_path, small_program())

    program = Program.objects.get(slug="seller")
    kinds = [one.kind for group in program.current_version.groups.all() for one in group.requirements.all()]
    assert kinds == ["path", "exam", "practical"]
    assert {one.state for one in (program, Course.objects.get(), LearningPath.objects.get(), Exam.objects.get())} == {
        "published"
    }
    assert (loaded.counts["courses"], loaded.counts["roles"], loaded.rows_written > 50) == (1, 1, True)


def test_the_same_files_again_write_nothing(tmp_path):
    load(tmp_path, small_program())

    assert load(tmp_path, small_program()).rows_written == 0


def test_sections_may_come_in_any_order_and_in_several_files(tmp_path):
    data = small_program()

    load(tmp_path, *({name: data[name]} for name in reversed(data)))

    assert load(tmp_path, data).rows_written == 0


def test_a_thin_bank_is_taken_with_a_warning(tmp_path):
    (warning,) = load(tmp_path, small_program()).warnings

    assert warning.startswith("exam: “2 × Write a plan” holds 3 questions")


def test_changed_rules_become_a_new_version(tmp_path):
    load(tmp_path, small_program())
    first = Program.objects.get().current_version

    load(tmp_path, changed("programs.0.validity_months", 24, key=None))

    program = Program.objects.get()
    assert (program.current_version.number, program.current_version.validity_months) == (2, 24)
    assert first.groups.count() == 2


def test_changed_words_leave_the_rules_alone(tmp_path):
    load(tmp_path, small_program())

    load(tmp_path, changed("programs.0.title", "Partner seller"))

    assert Program.objects.get().title == "Partner seller"
    assert Program.objects.get().current_version.number == 1


def test_what_was_withdrawn_stays_withdrawn(tmp_path):
    load(tmp_path, small_program())
    Program.objects.update(state="withdrawn")
    Course.objects.update(state="withdrawn")

    load(tmp_path, small_program())

    assert {Program.objects.get().state, Course.objects.get().state} == {"withdrawn"}


def test_true_and_false_are_written_by_the_answer(tmp_path):
    load(tmp_path, small_program())

    version = QuestionVersion.objects.get(kind="true_false")
    right = [key for key, share in version.answer_key.answers.items() if share == "1"]
    assert Option.objects.get(pk=right[0]).text == "False"


def test_a_program_may_ask_for_another_of_the_same_file(tmp_path):
    data = small_program()
    wants = [
        {"kind": "program", "ref": "core", "proof": "know"},
        {"kind": "course", "ref": "planning", "proof": "know"},
    ]
    data["programs"][0]["groups"][0]["requirements"] = wants
    data["programs"].append({"slug": "core", "title": "Core", "groups": [{"title": "All", "requirements": wants[1:]}]})

    load(tmp_path, data)

    assert Program.objects.get(slug="seller").current_version.groups.first().requirements.count() == 2
    assert Program.objects.get(slug="core").achievement is None


def test_a_brief_names_its_vertical_and_one_without_stays_as_it_was(tmp_path):
    load(tmp_path, small_program())
    before = Brief.objects.get()
    Vertical.objects.create(slug="education", name="Education")

    load(tmp_path, changed("brief_pools.0.briefs.0.vertical", "education"))

    before.refresh_from_db()
    now = Brief.objects.drawable().get()
    assert (before.vertical, before.retired_at is None) == (None, False)
    assert (now.vertical.slug, now.version) == ("education", before.version + 1)


def test_a_practical_may_go_without_briefs(tmp_path):
    load(tmp_path, changed("practicals.0.brief_pool", remove=True))

    assert Practical.objects.get().brief_pool is None


def test_a_practical_says_how_long_its_recordings_are_kept(tmp_path):
    load(tmp_path, changed("practicals.0.kept", {"original_days": 30, "months": 12}))
    told = Practical.objects.values_list("original_kept_days", "kept_months").get()
    Practical.objects.update(kept_months=6)

    load(tmp_path, changed("practicals.0.kept", {"original_days": 20}))

    assert told == (30, 12)
    assert Practical.objects.values_list("original_kept_days", "kept_months").get() == (20, 6)


def test_a_blueprint_may_ask_by_course(tmp_path):
    load(tmp_path, changed("exams.0.blueprint", [{"course": "planning", "difficulty": "medium", "count": 1}]))

    assert Exam.objects.get().current_version.cells.get().course.slug == "planning"


def test_no_file_at_all_writes_nothing():
    assert load_programs(paths=[], by=None).rows_written == 0


def typed(kind, lines):
    """A question of any type, in lines."""
    return {"id": "q1", "type": kind, "objective": "planning/plan", "text": "Q?", "lines": lines}


def test_question_of_any_type_is_written_in_lines(tmp_path):
    extra = typed("numeric", "= 42\n# Yes.\n=50% 40..44") | {"id": "q9", "rule": "comma", "practice_only": True}
    data = small_program()
    data["banks"][0]["questions"].append(extra | {"objective": data["banks"][0]["questions"][0]["objective"]})

    load(tmp_path, data)
    assert load(tmp_path, data).rows_written == 0

    version = QuestionVersion.objects.get(kind="numeric")
    assert (version.rule, version.question.practice_only) == ("comma", True)
    assert version.answer_key.answers == {"accepted": [["42", "1"], ["40..44", "0.5"]]}
    assert version.answer_key.feedback == {"0": "Yes."}


TOO_MANY = [question(n) for n in (1, 1)]
BAD = [
    (changed("courses.0", "Zeal", key="zeal"), "is not a key that is known here"),
    (changed("programs.0.badge", "blue", key="colour"), "is not a key that is known here"),
    (changed("courses.0.title", remove=True), "is missing"),
    (changed("exams.0.bank", remove=True), "is missing"),
    (changed("courses.0.lessons", []), "at least 1 item"),
    (changed("courses.0.slug", "Not A Slug"), "should match pattern"),
    (changed("courses.0.lessons.0.url", "javascript:alert(1)", key=None), "should match pattern"),
    (changed("courses.0.lessons.0.kind", "song"), "Input should be"),
    (changed("exams.0.minutes", 0), "greater than or equal to 1"),
    (changed("exams.0.pass_percent", "79.999"), "no more than 2 decimal places"),
    (changed("exams.0.retakes", {"waits_hours": [10**9]}), "less than or equal to 8760"),
    (changed("courses.0.title", "a\0b"), "NUL"),
    (changed("catalogue.roles.0.name", "a\0b"), "NUL"),
    (changed("courses.0.title", "x" * 201), "at most 200 characters"),
    (changed("practicals.0.parts.0.minutes", "9-3"), "from the smaller to the larger"),
    (changed("practicals.0.recording", {"min_minutes": 9, "max_minutes": 3}), "min_minutes 9 is more than"),
    (changed("practicals.0.recording", {"required": False}), "nothing to hand in"),
    (changed("practicals.0.kept", {"months": 0}), "greater than or equal to 1"),
    (changed("programs.0.badge.tags", ["x" * 61]), "at most 60 characters"),
    (changed("programs.0.badge", "jog", key="tier"), "Input should be"),
    (changed("programs.0.badge", "zeal", key="icon"), "There is no icon “zeal”"),
    (changed("programs.0.badge", "zeal", key="design"), "no badge design `zeal`"),
    (changed("banks.0.questions.0", "guess", key="type"), "there are the types matching, multiple"),
    (changed("banks.0.questions.0", typed("short_text", "")), "needs `lines`"),
    (changed("banks.0.questions.0", typed("numeric", "= many")), "is no number"),
    (changed("banks.0.questions.0", typed("numeric", "many")), "begins neither with ="),
    (
        changed("banks.0.questions.0", typed("true_false", "= True\n~ False") | {"answer": True}),
        "`lines`, or `options`",
    ),
    # names that lead nowhere
    (changed("courses.0.journey_stage", "zeal"), "no journey stage `zeal`"),
    (changed("courses.0.use_cases", ["zeal"]), "no use case `zeal`"),
    (changed("courses.0.objectives.0.competency", "zeal"), "no competency `zeal`"),
    (changed("courses.0.lessons.0.objective", "zeal"), "no objective `zeal`"),
    (changed("paths.0.courses", ["zeal"]), "no course `zeal`"),
    (changed("paths.0.use_case", "zeal"), "no use case `zeal`"),
    (changed("banks.0.questions.0.objective", "planning/zeal"), "no objective `planning/zeal`"),
    (changed("exams.0.bank", "zeal"), "no question bank `zeal`"),
    (changed("exams.0.blueprint.0.objective", "planning/zeal"), "no objective `planning/zeal`"),
    (changed("exams.0.blueprint.0", {"course": "zeal", "count": 1}), "no course `zeal`"),
    (changed("brief_pools.0.briefs.0.size", "zeal"), "no size `zeal`"),
    (changed("brief_pools.0.briefs.0.persona", "zeal"), "no persona `zeal`"),
    (changed("brief_pools.0.briefs.0.use_case", "zeal"), "no use case `zeal`"),
    (changed("brief_pools.0.briefs.0.vertical", "zeal"), "no vertical `zeal`"),
    (changed("practicals.0.exam", "zeal"), "no exam `zeal`"),
    (changed("practicals.0.rubric", "zeal"), "no rubric `zeal`"),
    (changed("practicals.0.brief_pool", "zeal"), "no brief pool `zeal`"),
    (changed("programs.0.roles", ["zeal"]), "no role `zeal`"),
    (changed("programs.0.personas", ["zeal"]), "no persona `zeal`"),
    (changed("programs.0.groups.0.requirements.0.ref", "zeal"), "no learning path `zeal`"),
    # what can't be met or answered
    (changed("banks.0.questions.0.options.1.correct", True, key=None), "exactly one of them correct"),
    (changed("banks.0.questions.0.options", [{"text": "Only", "correct": True}]), "two options or more"),
    (changed("banks.0.questions.1.options.1.correct", False), "two correct options or more"),
    (changed("banks.0.questions.2.answer", remove=True), "`answer: true` or `answer: false`"),
    (changed("banks.0.questions.0.options.1.text", "Right 1"), "a text of its own"),
    (changed("exams.0.blueprint.0.count", 4), "can't be filled: the bank holds 3"),
    (changed("exams.0.blueprint.0", {"objective": "planning/plan", "course": "planning", "count": 1}), "not both"),
    (changed("rubrics.0.pass_points", 6), "more than the 5 there are"),
    (changed("rubrics.0.criteria.0.levels", LEVELS[:4]), "at least 5 items"),
    (changed("programs.0.groups.1.count", 2), "asks for 2 of 1 requirements"),
    (changed("programs.0.groups.1.count", remove=True), "`count` belongs to `rule: n_of`"),
    (changed("programs.0.groups.0", 1, key="count"), "`count` belongs to `rule: n_of`"),
    (
        changed("programs.0.groups.0.requirements.0", {"kind": "program", "ref": "seller", "proof": "know"}),
        "asks for itself",
    ),
    # written twice
    (changed("banks.0.questions", TOO_MANY), "`q1` is written twice"),
    (changed("courses", small_program()["courses"] * 2), "courses: `planning` is written twice"),
    (changed("catalogue.roles", small_program()["catalogue"]["roles"] * 2), "roles: `sal` is written twice"),
    (changed("courses.0.lessons", small_program()["courses"][0]["lessons"] * 2), "`one` is written twice"),
    (changed("courses.0.objectives", small_program()["courses"][0]["objectives"] * 2), "`plan` is written twice"),
    (changed("paths.0.courses", ["planning", "planning"]), "`planning` is written twice"),
    (changed("rubrics.0.criteria", small_program()["rubrics"][0]["criteria"] * 2), "`pain` is written twice"),
    (changed("brief_pools.0.briefs", small_program()["brief_pools"][0]["briefs"] * 2), "`one` is written twice"),
    (
        changed("programs.0.groups.0.requirements", [{"kind": "exam", "ref": "exam", "proof": "know"}] * 2),
        "asks for `exam exam` twice",
    ),
]


@pytest.mark.parametrize(("data", "words"), BAD, ids=[words for _, words in BAD])
def test_a_mistake_is_named_and_nothing_is_written(tmp_path, data, words):
    found = mistakes_of(tmp_path, data)

    assert any(words in message for _, message in found), found
    assert all(line > 1 for line, _ in found)
    assert nothing_is_there()


TEXTS = [
    ("", 1, "holds no section"),
    ("- a\n", 1, "holds no section"),
    ("courses: []\nzeal: 1\n", 2, "not a key that is known"),
    ("courses: []\n\ncourses: []\n", 3, "`courses` is given twice"),
    ("courses:\n  - slug: a\n    slug: b\n", 3, "`slug` is given twice"),
    ("courses: [\n", 2, "expected the node content"),
    ("courses:\n\t- a\n", 2, "cannot start any token"),
    ("courses: []\n---\npaths: []\n", 2, "another document"),
    ("courses: []\n? [a, b]\n: 1\n", 2, "a key is a word"),
    ("courses: &all []\npaths: *all\n", 2, "aliases"),
    ("courses: null\n", 1, "valid list"),
    ("courses: !!python/object:os.system x\n", 1, "could not determine a constructor"),
    ("courses: []\ntitle: \x01\n", 2, "a sign that YAML doesn't allow"),
    ("minutes: " + "9" * 5000 + "\n", 1, "can't be read"),
    ("[" * 5000, 1, "can't be read"),
    ("1: 2\n", 1, "Keys should be strings"),
    (b"courses: \xff\n", 1, "can't be read"),
    (b"#" * (5 * 2**20 + 1), 1, "larger than 5 MiB"),
]


@pytest.mark.parametrize(("text", "line", "words"), TEXTS, ids=[words for *_, words in TEXTS])
def test_a_file_that_can_not_be_read_names_the_line(tmp_path, text, line, words):
    ((found, message),) = mistakes_of(tmp_path, text)

    assert (found, words in message) == (line, True), message


def test_the_line_is_that_of_the_value(tmp_path):
    text = "courses:\n  - slug: planning\n    title: Planning\n    lessons:\n      - slug: one\n        title: One\n"

    assert mistakes_of(tmp_path, text) == [(5, "courses.0.lessons.0.kind: is missing")]


def test_mistakes_of_all_files_come_together_in_order(tmp_path):
    found = mistakes_of(tmp_path, "zeal: 1\n", "courses: 1\n", "[")

    assert len(found) == 3


def test_a_good_file_is_not_written_beside_a_bad_one(tmp_path):
    mistakes_of(tmp_path, small_program(), changed("programs.0.slug", "Bad Slug"))

    assert nothing_is_there()


def test_a_fault_that_only_the_database_sees_is_named_too(tmp_path, monkeypatch):
    monkeypatch.setattr("accreditation.actions.loading.author_path", lambda **_: Role.objects.create(position=-1))

    (first, *_) = mistakes_of(tmp_path, small_program())

    assert "violates check constraint" in first[1]
    assert nothing_is_there()


@pytest.mark.parametrize("path", ["missing.yaml", "."])
def test_a_path_that_is_no_file_is_named(tmp_path, path):
    with pytest.raises(CommandError, match=r":1: can't be read(.|\n)*Nothing was written"):
        call_command("load_program", str(tmp_path / path))


def run(*arguments):
    out = StringIO()
    call_command("load_program", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_did(tmp_path):
    path = str(write(tmp_path, small_program()))

    assert "rows written" in run(path)
    assert "holds 3 questions" in run(path)
    assert run(path).endswith("nothing changed.\n")
    assert run(path, "--quiet") == ""


def test_json_is_one_document(tmp_path):
    path = str(write(tmp_path, small_program()))

    said = json.loads(run(path, "--json"))

    assert (said["loaded"], said["counts"]["programs"], len(said["warnings"])) == (True, 1, 1)
    assert json.loads(run(path, "--json"))["rows_written"] == 0


def test_json_names_the_mistakes(tmp_path):
    out, path = StringIO(), str(write(tmp_path, "zeal: 1\n"))

    with pytest.raises(CommandError) as caught:
        call_command("load_program", path, "--json", stdout=out)

    said = json.loads(out.getvalue())
    assert said["errors"] == [{"file": path, "line": 1, "message": "zeal: is not a key that is known here"}]
    assert (said["loaded"], caught.value.returncode) == (False, 1)


def test_a_file_without_a_badge_takes_none_away(tmp_path):
    data = small_program()
    load(tmp_path, data)
    given = Program.objects.get().achievement
    del data["programs"][0]["badge"]

    load(tmp_path, data)

    assert given is not None and Program.objects.get().achievement == given


def test_a_badge_is_drawn_once(tmp_path):
    load(tmp_path, small_program())
    load(tmp_path, small_program())

    assert Achievement.objects.get().version == 1


DESIGN = {"slug": "forest", "name": "Forest", "light": "#8df0c4", "deep": "#2fb888", "ground": "#10243A"}
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60"><text y="30" fill="{ink}">{label}</text></svg>'


def designed(**design):
    """The small program, with a badge of a design of its own."""
    data = small_program() | {"designs": [DESIGN | design]}
    data["programs"][0]["badge"] |= {
        "design": "forest",
        "tier": "walk",
        "persona": "Sales",
        "icon": "cube",
        "alt_text": "Walk",
    }
    return data


def test_the_look_of_a_badge_is_loaded_and_loading_it_again_writes_nothing(tmp_path):
    load(tmp_path, designed(template=DRAWING))

    assert load(tmp_path, designed(template=DRAWING)).rows_written == 0
    row = Achievement.objects.get()
    assert (row.version, row.tier, row.persona, row.icon, row.alt_text) == (1, "walk", "Sales", "cube", "Walk")
    assert (row.design.slug, row.design.ground, row.design.ink) == ("forest", "#10243a", "#ffffff")


def test_another_look_is_the_next_version_of_the_badge(tmp_path):
    load(tmp_path, designed())
    load(tmp_path, designed(light="#ffffff"))

    assert Achievement.objects.get().version == 2


@pytest.mark.parametrize(
    ("design", "says"),
    [
        ({"light": "red"}, "should match pattern"),
        ({"ink": "#10243b"}, "too weak to be read"),
        ({"template": DRAWING.replace("<text", "<script/><text")}, "Line 1: “script” is not allowed"),
    ],
)
def test_a_look_that_is_no_badge_is_refused_and_nothing_is_written(tmp_path, design, says):
    assert any(says in message for _, message in mistakes_of(tmp_path, designed(**design)))
    assert nothing_is_there()


def test_a_file_puts_its_badge_in_no_other_place(tmp_path):
    data = small_program()
    badge = data["programs"][0].pop("badge")
    load(tmp_path, data)
    program = Program.objects.get(slug="seller")
    give_badge(program=program, achievement=make_achievement(slug="of-the-admin", name="Given here"), by=make_person())
    data["programs"][0]["badge"] = badge

    ((line, mistake),) = mistakes_of(tmp_path, data)

    program.refresh_from_db()
    assert program.achievement.slug == "of-the-admin" and not Achievement.objects.filter(slug="seller").exists()
    assert "awards “Given here” already" in mistake and line > 1


def test_a_file_takes_no_badge_that_another_program_awards(tmp_path):
    make_program(slug="other", badge=True)
    Achievement.objects.filter(slug="other").update(slug="seller")

    ((_, mistake),) = mistakes_of(tmp_path, small_program())

    assert "The program “Other” awards the badge of this slug already." in mistake
