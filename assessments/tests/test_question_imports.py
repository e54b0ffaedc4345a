import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.actions.imports import import_questions
from assessments.models import Question, QuestionBank, QuestionVersion
from assessments.question_files import read_confined
from assessments.rules.formats import read_file
from assessments.rules.imports import judge
from assessments.rules.written import FileFault
from assessments.rules.written_json import dump, load
from assessments.tests.factories_exams import BankFactory, ObjectiveFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db

GIFT = b"""$CATEGORY: Sums

// [id:q1] [tag:difficulty=hard] [tag:practice-only]
::Two::2 + 2 is {#4}

::Bad::Which?{~a ~b}

Write.{}

::Pairs::Match.{=a -> 1 =b -> 2}
####
"""


def take(data=GIFT, *, bank="sums", accept=True, by=None, **fields):
    return import_questions(bank_slug=bank, data=data, accept=accept, by=by, **fields)


def run(*arguments, tmp_path, data=GIFT, name="questions.gift"):
    """(exit code, what was printed, what was complained of) of the command."""
    path = tmp_path / name
    path.write_bytes(data)
    out, err = StringIO(), ""
    try:
        call_command("import_questions", "sums", str(path), *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err


def test_report_writes_nothing():
    report = take(accept=False)

    assert [one.status for one in report.questions] == ["importable", "refused", "unsupported", "importable"]
    assert not QuestionBank.objects.exists()


def test_accepting_writes_the_good_questions_into_a_new_bank():
    author = make_person()

    report = take(by=author)

    assert [one.status for one in report.questions] == ["imported", "refused", "unsupported", "imported"]
    assert (report.imported, len(report.takes)) == (2, 2)
    bank = QuestionBank.objects.get()
    assert (bank.slug, bank.title) == ("sums", "Sums")
    first = bank.questions.get(external_id="q1")
    assert (first.title, first.topic, first.difficulty, first.practice_only) == ("Two", "Sums", "hard", True)
    assert (first.current_version.kind, first.current_version.created_by) == ("numeric", author)
    assert first.history.count() == 1
    assert bank.questions.get(external_id="Pairs").current_version.options.count() == 4


def test_same_file_again_changes_nothing():
    take()
    rows = list(QuestionVersion.objects.values_list()), list(Question.objects.values_list())

    report = take()

    assert (report.imported, {one.status for one in report.takes}) == (0, {"unchanged"})
    assert (list(QuestionVersion.objects.values_list()), list(Question.objects.values_list())) == rows
    assert Question.history.count() == 2


def test_file_says_nothing_about_what_staff_decided():
    take()
    objective = ObjectiveFactory()
    Question.objects.filter(external_id="Pairs").update(objective=objective, difficulty="easy")

    take()

    assert Question.objects.filter(external_id="Pairs", objective=objective, difficulty="easy").exists()


def test_other_wording_under_the_same_id_is_the_next_version():
    take(b"// [id:q1]\nOne?{=a ~b}")

    report = take(b"// [id:q1]\nTwo?{=a ~b}")

    question = Question.objects.get()
    assert (report.imported, question.current_version.number, question.versions.count()) == (1, 2, 2)
    keys = {tuple(sorted(version.options.values_list("text", "key"))) for version in question.versions.all()}
    assert len(keys) == 1
    assert [row.history_type for row in question.history.all()] == ["~", "+"]


def test_objective_is_found_by_its_course_and_slug():
    objective = ObjectiveFactory(course__slug="sums", slug="add")
    text = b"// [id:a] [tag:objective=sums/add]\nOne?{T}\n\n// [id:b] [tag:objective=sums/none]\nTwo?{T}"

    report = take(text)

    assert list(Question.objects.order_by("pk").values_list("objective", flat=True)) == [objective.pk, None]
    assert report.questions[1].warnings == ("There is no objective “sums/none”.",)


def test_fault_of_the_whole_file_takes_none():
    report = take(GIFT + b"\nOpen?{=a")

    assert not QuestionBank.objects.exists()
    assert not report.takes
    assert "never closed" in report.errors[0].message


@pytest.mark.parametrize("slug", ["", "two words", "x" * 81])
def test_name_that_no_bank_can_bear_is_said(slug):
    assert "can't name a bank" in take(bank=slug).errors[0].message


def test_statements_do_not_grow_with_the_questions():
    counts = []
    for bank, amount in (("few", 2), ("many", 60)):
        data = "\n\n".join(f"// [id:q{n}]\nNumber {n}?{{=a ~b}}" for n in range(amount)).encode()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            take(data, bank=bank)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 21


def test_bank_that_is_there_is_filled():
    bank = BankFactory(slug="sums", title="My sums")

    take()

    assert bank.questions.count() == 2
    assert QuestionBank.objects.get().title == "My sums"


def test_file_that_needs_too_much_is_one_sentence(monkeypatch):
    monkeypatch.setattr("assessments.question_files.LIMITS", {"CPU": 1, "AS": 1 << 20})

    assert "more time or memory" in read_confined(GIFT).fault.message


def test_file_above_fifty_megabytes_is_not_opened():
    assert "larger than 50 MB" in read_confined(b"x" * 50_000_001).fault.message


@pytest.mark.parametrize("share", ["2", "NaN"])
def test_share_that_no_reader_gives_is_not_believed(share):
    head, line = dump(read_file(b"Yes?{T}", format="gift"))

    with pytest.raises(ValueError, match="no share"):
        load(iter([head.encode(), line.replace('"fraction": "1"', f'"fraction": "{share}"').encode()]))


@pytest.mark.parametrize("answer", ["no JSON", "{}", '{"format": "gift", "questions": [{}], "fault": null}', "[]"])
def test_answer_of_a_child_that_was_taken_over_is_not_believed(tmp_path, monkeypatch, answer):
    script = tmp_path / "child.py"
    script.write_text(f"print({answer!r})")
    monkeypatch.setattr("assessments.question_files.SCRIPT", script)

    assert read_confined(GIFT).fault is not None


def test_command_prints_the_report_and_imports(tmp_path):
    code, out, _ = run("--accept", "--json", tmp_path=tmp_path)

    report = json.loads(out)
    assert code == 0
    assert {name: report[name] for name in ("format", "found", "importable", "imported")} == {
        "format": "gift", "found": 4, "importable": 2, "imported": 2,
    }  # fmt: skip
    assert report["questions"][0] == {"type": "numeric", "title": "Two", "status": "imported", "warnings": []}
    assert report["errors"] == [{"line": 6, "message": "At least one option must be right."}]


def test_command_without_accept_only_reports(tmp_path):
    code, out, _ = run(tmp_path=tmp_path)

    assert code == 0
    assert "4 found, 2 importable, nothing written" in out
    assert not Question.objects.exists()


@pytest.mark.parametrize("data", [b"Write.{}", b"Open?{", b"\x89PNG"])
def test_command_ends_with_two_where_nothing_could_be_imported(tmp_path, data):
    code, out, err = run("--json", "--accept", tmp_path=tmp_path, data=data, name="x.bin")

    assert code == 2
    assert json.loads(out)["importable"] == 0
    assert "Nothing could be imported." in err


def test_command_says_that_a_file_is_missing(tmp_path):
    out = StringIO()

    with pytest.raises(CommandError) as ended:
        call_command("import_questions", "sums", str(tmp_path / "none.gift"), "--json", stdout=out)

    assert ended.value.returncode == 2
    assert "can't be read" in json.loads(out.getvalue())["errors"][0]["message"]


def test_export_names_what_stays_out(tmp_path):
    take()
    take(b"Never.{=a ~b}", bank="other")
    bank = QuestionBank.objects.get(slug="sums")
    Question.objects.filter(external_id="q1").update(withdrawn_at="2026-01-01T00:00Z")
    QuestionVersion.objects.filter(question__external_id="Pairs").update(text="invisible \x07 sign")
    out, err = StringIO(), StringIO()

    call_command("export_questions", bank.slug, "--format", "gift", stdout=out, stderr=err)

    assert out.getvalue() == "\n"
    told = err.getvalue().splitlines()
    assert told == [
        "left out: Pairs: it holds invisible control signs.",
        "1 withdrawn questions are left out.",
        "0 questions written, 1 left out.",
    ]


def test_export_to_a_path_comes_back_unchanged(tmp_path):
    take()
    path = tmp_path / "sums.gift"

    call_command("export_questions", "sums", "--format", "gift", "--output", str(path), stderr=StringIO())

    report = take(path.read_bytes())
    assert (report.imported, len(report.takes)) == (0, 2)


def test_export_of_no_bank_ends_with_two():
    with pytest.raises(CommandError) as ended:
        call_command("export_questions", "none", "--format", "gift")

    assert ended.value.returncode == 2


@pytest.mark.parametrize(
    ("limit", "most", "words"),
    [
        ("MOST_QUESTIONS", 1, "more than 1 questions"),
        ("MOST_LINES", 3, "more than 3 options and answers"),
        ("MOST_LETTERS_OF_FILE", 20, "more than 20 letters"),
    ],
)
def test_more_than_a_file_may_hold_is_refused_where_it_begins(monkeypatch, limit, most, words):
    monkeypatch.setattr(f"assessments.rules.written.{limit}", most)

    report = judge(read_file(b"One?{T}\n\nTwo is the next question?{F}", format="gift"))

    assert (report.questions, report.takes) == ([], [])
    assert (report.errors[0].line, words in report.errors[0].message) == (3, True)


def test_parent_believes_no_more_than_a_file_may_hold(monkeypatch):
    lines = [line.encode() for line in dump(read_file(b"One?{T}\n\nTwo?{F}", format="gift"))]
    assert len(load(iter(lines)).questions) == 2
    monkeypatch.setattr("assessments.rules.written.MOST_LINES", 3)

    with pytest.raises(FileFault, match="more than 3 options"):
        load(iter(lines))


def test_question_that_is_too_large_is_refused_by_its_beginning():
    text = "x" * 30_001
    options = "".join(f"~{number}{'y' * 29_000}" for number in range(11))
    data = f"::A::{text}{{T}}\n\n::B::Which?{{=right {options}}}\n\n::{text}::C{{T}}\n\n// [id:{text}]\nD{{T}}"

    found = read_file(data.encode(), format="gift").questions

    assert [len(one.text) <= 200 and not one.options for one in found] == [True] * 4
    assert [one.title[:3] for one in found] == ["A", "B", "xxx", ""]
    words = ["longer than 30000", "longer than 300000 letters together", "longer than 30000", "longer than 30000"]
    assert all(part in one.fault for part, one in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("a b", "a\u200b b"),
        ("a b", "a\u00a0b"),
        ("a", "a\ufe0f"),
        ("a", "a\u2060 "),
        ("a", "\u3164a"),
    ],
)
def test_ids_that_look_alike_are_one_id(one, other):
    report = judge(read_file(f"// [id:{one}]\nOne?{{T}}\n\n// [id:{other}]\nTwo?{{T}}".encode(), format="gift"))

    assert not report.takes
    assert "stands for two questions, in line 2 and line 5" in report.errors[0].message


def test_id_with_invisible_signs_is_the_question_that_bears_it_already():
    take("// [id:café]\nOne?{T}".encode())
    Question.objects.update(external_id="cafe\u0301 ")

    report = take("// [id:caf\u200be\u0301]\nTwo?{T}".encode())

    assert (report.imported, Question.objects.get().versions.count()) == (1, 2)


def test_name_too_long_for_its_column_ends_in_its_hash():
    report = judge(read_file(f"// [id:{'x' * 130}]\nOne?{{T}}\n\n::{'t' * 210}::Two?{{F}}".encode(), format="gift"))

    ids = [one.question.external_id for one in report.takes]
    assert [len(name) for name in ids] == [120, 120]
    assert report.questions[1].warnings == ("The title was shortened.",)
