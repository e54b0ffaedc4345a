from decimal import Decimal

import pytest

from assessments.rules.formats import format_of, read_file
from assessments.rules.imports import judge
from assessments.rules.kinds import WrittenOption
from assessments.rules.written import WrittenQuestion
from courses.lib.cells import armed_again, disarmed

HEAD = "id,type,title,topic,objective,difficulty,rule,text,options,rationale,practice_only\n"


def read(text, name="x"):
    return judge(read_file(text.encode(), name=name))


def test_every_column_is_read():
    text = HEAD + 'q1,numeric,Pi,Sums,maths/pi,hard,comma,How much?,"\'= 3.14:0.01\n# good\n=50% 3..4",Because.,yes\n'

    judged = read(text).questions[0]

    found = judged.question
    assert (found.external_id, found.kind, found.title, found.topic, found.objective) == (
        "q1",
        "numeric",
        "Pi",
        "Sums",
        "maths/pi",
    )
    assert (found.difficulty, found.rule, found.rationale, found.practice_only) == ("hard", "comma", "Because.", True)
    assert found.options == (
        WrittenOption("3.14:0.01", Decimal(1), feedback="good"),
        WrittenOption("3..4", Decimal("0.5")),
    )


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝"])
def test_formulas_are_disarmed_on_the_way_out_and_armed_again_on_the_way_in(sign):
    question = WrittenQuestion(
        kind="short_text", text=f"{sign}HYPERLINK(1)", title="'=", options=(WrittenOption("a", Decimal(1)),)
    )

    content = format_of("csv").write([question]).content.decode("utf-8-sig")

    assert not any(cell.lstrip('"').startswith(sign) for cell in content.partition("\n")[2].split(","))
    found = read(content).questions[0].question
    assert (found.text, found.title) == (question.text, "'=")


@pytest.mark.parametrize("text", ["'tis", "''", "'=x", "=x", "plain", "", "-1", "'"])
def test_cells_come_back_as_they_were(text):
    assert armed_again(disarmed(text)) == text


@pytest.mark.parametrize(
    ("word", "kind"), [("True/False", "true_false"), ("Short text", "short_text"), (" NUMERIC ", "numeric")]
)
def test_types_are_read_however_they_are_written(word, kind):
    options = {"true_false": "= yes\n~ no", "short_text": "= a", "numeric": "= 1"}[kind]

    judged = read(f'type,text,options,difficulty,rule\n{word},What?,"{options}",Hard,\n').questions[0]

    assert (judged.status, judged.question.kind, judged.question.difficulty) == ("importable", kind, "hard")


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_other_separators_are_read(sign):
    report = read(f'type{sign}text{sign}options\ntrue_false{sign}Yes?{sign}"=! True\n~! False"\n')

    assert (report.format, len(report.takes)) == ("csv", 1)
    assert report.questions[0].question.practice_only is None


def test_line_that_excel_puts_above_the_columns_is_read():
    report = read('sep=;\r\ntype;text;options\r\nsingle;"Yes, or no?";"= yes\n~ no"\r\nessay;x;\r\n')

    assert (report.format, [one.status for one in report.questions]) == ("csv", ["importable", "refused"])
    assert report.errors[0].line == 5


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("essay,Write.,", "is not a question type"),
        ('single,Which?,"= a\nb"', "Line 2 begins neither"),
        ('single,Which?,"=101% a\n~ b"', "between -100% and 100%"),
        ('single,Which?,"= a\n~ b",extra', "more cells"),
    ],
)
def test_row_that_cannot_be_taken_is_named_with_its_line(row, words):
    report = read(f'type,text,options\nsingle,"Two\nlines?","= a\n~ b"\n{row}\n\n')

    assert [one.status for one in report.questions] == ["importable", "refused"]
    assert report.errors[0].line == 5
    assert words in report.errors[0].message


@pytest.mark.parametrize(("column", "value"), [("difficulty", "brutal"), ("practice_only", "perhaps")])
def test_word_that_a_column_does_not_know_is_named(column, value):
    report = read(f'type,text,options,{column}\nsingle,Which?,"= a\n~ b",{value}\n')

    assert [one.status for one in report.questions] == ["refused"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("type,text\nsingle,x\n", "no column options"),
        ("type,text,text,options\n", "names a column twice: text"),
        ('type,text,options\nsingle,"never closed\n', "no well-formed CSV"),
        ("type,text,options\nsingle," + "x" * 1_000_001 + ",\n", "no well-formed CSV"),
        ("type,text,options\n", "no question"),
    ],
)
def test_fault_of_the_whole_file_takes_none(text, words):
    report = read(text, "x.csv")

    assert not report.takes
    assert words in report.errors[0].message


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (WrittenQuestion(kind="single", text="\x07"), "control signs"),
        (WrittenQuestion(kind="single", text="x", options=(WrittenOption("", Decimal(1)),)), "can hold"),
        (WrittenQuestion(kind="single", text="x", options=(WrittenOption("a", Decimal(1) / 3),)), "more digits"),
        (
            WrittenQuestion(kind="single", text="x", options=(WrittenOption("a", Decimal("0.12345678912")),)),
            "more digits",
        ),
    ],
)
def test_what_a_cell_cannot_hold_is_left_out_and_named(question, reason):
    assert reason in format_of("csv").write([question]).left_out[0].reason
