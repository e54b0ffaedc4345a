import os
from decimal import Decimal
from pathlib import Path

import pytest

from assessments.rules.formats import read_file
from assessments.rules.imports import judge

FOLDER = Path(os.environ.get("QUESTION_SAMPLES", Path(__file__).resolve().parents[3] / "shared" / "samples"))
SAMPLE = FOLDER / "moodle_xml" / "test.xml"


def read(inside, *, declared='<?xml version="1.0" encoding="UTF-8"?>'):
    return judge(read_file(f"{declared}\n<quiz>{inside}</quiz>".encode(), name="questions.xml"))


def question(kind, inside, *, stem="What?", more=""):
    asked = f'<questiontext format="html"><text><![CDATA[{stem}]]></text></questiontext>'
    return f'<question type="{kind}"><name><text>T</text></name>{asked}{inside}{more}</question>'


def answer(text, fraction, more=""):
    return f'<answer fraction="{fraction}"><text>{text}</text>{more}</answer>'


def only(*arguments, **fields):
    return read(question(*arguments, **fields)).questions[0]


def lines(judged):
    return [(one.text, one.fraction, one.match) for one in judged.question.options]


YES_NO = answer("yes", 100, "<feedback><text>Good</text></feedback>") + answer("no", 0)


def test_one_right_option_with_feedback_topic_id_and_rationale():
    category = '<question type="category"><category><text>$course$/top/Sums</text></category></question>'
    more = "<idnumber>q1</idnumber><generalfeedback><text>Because.</text></generalfeedback>"
    more += "<tags><tag><text>difficulty=hard</text></tag></tags>"

    judged = read(category + question("multichoice", YES_NO + "<single>true</single>", more=more)).questions[0]

    found = judged.question
    assert (found.kind, found.external_id, found.topic, found.rationale) == ("single", "q1", "Sums", "Because.")
    assert (found.difficulty, judged.warnings, judged.status) == ("hard", (), "importable")
    assert [one.feedback for one in found.options] == ["Good", ""]


def test_options_that_are_not_shuffled_keep_their_places():
    judged = only("multichoice", YES_NO + "<shuffleanswers>0</shuffleanswers>")

    assert all(one.last for one in judged.question.options)


def test_negative_weights_of_several_right_options_are_kept():
    inside = (
        "<single>false</single>"
        + answer("a", "33.33333") * 1
        + answer("b", "33.33333")
        + answer("c", "33.33333")
        + answer("d", "-100")
    )

    judged = only("multichoice", inside)

    assert (judged.question.kind, judged.question.rule, judged.warnings) == ("multiple", "weighted", ())
    assert [share for _, share, _ in lines(judged)] == [
        Decimal(text) for text in ("0.3333334", "0.3333333", "0.3333333", "-1")
    ]


def test_numbers_with_tolerance_and_units_named():
    inside = answer("3.14", 100, "<tolerance>0.01</tolerance>") + answer("*", 0) + "<units><unit/></units>"

    judged = only("numerical", inside)

    assert lines(judged) == [("3.14:0.01", 1, ""), ("*", 0, "")]
    assert judged.warnings == ("Not taken over: units.",)


@pytest.mark.parametrize(("usecase", "rule"), [("0", "any_case"), ("1", "same_case")])
def test_words_with_their_case(usecase, rule):
    judged = only("shortanswer", f"<usecase>{usecase}</usecase>" + answer("a *", 100))

    assert (judged.question.kind, judged.question.rule, lines(judged)) == ("short_text", rule, [("a *", 1, "")])


def test_pairs_with_a_spare_right_side():
    pair = "<subquestion format='html'><text>{}</text><answer><text>{}</text></answer></subquestion>"

    judged = only(
        "matching", pair.format("&lt;b&gt;a&lt;/b&gt;", "1") + pair.format("b", "2*2*1") + pair.format("", "3")
    )

    assert lines(judged) == [("**a**", 1, "1"), ("b", 1, "2\\*2\\*1"), ("", 0, "3")]


def test_order_of_a_choice_of_things_is_asked_whole_with_a_warning():
    judged = only("ordering", "<selecttype>RANDOM</selecttype>" + answer("one", 1) + answer("two", 2))

    assert "here it asks for all of them" in judged.warnings[0]


def test_feedback_on_the_answer_as_a_whole_is_named():
    judged = only("multichoice", YES_NO, more="<correctfeedback><text>Well done</text></correctfeedback>")

    assert judged.warnings == ("Not taken over: feedback on the answer as a whole.",)


def test_all_or_nothing_is_the_rule_exact():
    judged = only("multichoiceset", answer("a", 100) + answer("b", 100) + answer("c", 0))

    assert (judged.status, judged.question.kind, judged.question.rule) == ("importable", "multiple", "exact")
    assert [share for _, share, _ in lines(judged)] == [1, 1, 0]


def test_other_encoding_that_is_declared_is_read():
    report = judge(
        read_file(
            b'<?xml version="1.0" encoding="ISO-8859-1"?>'
            + (
                "<quiz>" + question("truefalse", answer("true", 100) + answer("false", 0), stem="café") + "</quiz>"
            ).encode("latin-1")
        )
    )

    assert report.takes[0].question.text == "café"


def test_message_never_cites_more_than_a_report_holds():
    judged = only(
        "numerical", answer("9" * 20_000, 100), more="<tags>" + "<tag><text>x</text></tag>" * 5_000 + "</tags>"
    )

    assert [len(words) for words in judged.warnings] == [500, 500]
    assert len(only("x" * 5_000, "").question.kind) == 40


@pytest.mark.parametrize(("grading", "warned"), [("ALL_OR_NOTHING", False), ("RELATIVE_TO_CORRECT", True)])
def test_order_is_the_order_of_the_file(grading, warned):
    judged = only("ordering", f"<gradingtype>{grading}</gradingtype>" + answer("one", 1) + answer("two", 2))

    assert [text for text, _, _ in lines(judged)] == ["one", "two"]
    assert bool(judged.warnings) == warned


def test_true_or_false_in_whatever_order():
    judged = only("truefalse", answer("false", 100) + answer("true", 0))

    assert lines(judged) == [("True", 0, ""), ("False", 1, "")]


def test_scripts_pictures_and_files_are_left_out_and_named():
    stem = '<p onclick="x()">Is <b>it</b>?<img src="@@PLUGINFILE@@/a.png"><script>alert(1)</script></p>'

    judged = only(
        "multichoice", YES_NO + "<hint><text>h</text></hint>", stem=stem, more='<file name="a.png">AAAA</file>'
    )

    assert judged.question.text == "Is **it**?"
    assert judged.warnings == ("Not taken over: embedded files, hints, pictures, scripts.",)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("cloze", "Cloze questions"),
        ("essay", "Essay questions"),
        ("description", "Descriptions"),
        ("ddwtos", "“ddwtos”"),
        ("", "no type"),
    ],
)
def test_what_is_not_supported_is_named(kind, words):
    judged = only(kind, "")

    assert judged.status == "unsupported"
    assert words in judged.warnings[-1]


@pytest.mark.parametrize(
    ("kind", "inside", "words"),
    [
        ("multichoice", answer("a", 0) + answer("b", 0), "right"),
        ("multichoice", answer("a", "NaN") + answer("b", 0), "no weight"),
        ("multichoice", answer("a", "1e999999") + answer("b", 0), "no weight"),
        ("multichoice", answer("a", 100) * 201, "more than 200"),
        ("truefalse", answer("maybe", 100) + answer("no", 0), "the answers true and false"),
        ("numerical", answer("inf", 100), "is no number"),
        ("numerical", answer("1", 100, "<tolerance>nan</tolerance>"), "is no number"),
        ("order", "<subquestion><text>a</text><answer><text>x</text></answer></subquestion>", "place as a number"),
        ("shortanswer", answer("x" * 30_001, 100), "longer than 30000"),
        ("multichoice", answer('&lt;img src="a.png"&gt;', 100) + answer("b", 0), "nothing but a picture"),
    ],
)
def test_question_that_cannot_be_asked_is_refused_with_its_line(kind, inside, words):
    report = read("\n" + question(kind, inside) + "\n" + question("multichoice", YES_NO))

    assert [one.status for one in report.questions] == ["refused", "importable"]
    assert report.errors[0].line == 3
    assert words in report.errors[0].message


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b'<?xml version="1.0"?>\n<!DOCTYPE quiz [<!ENTITY a "b">]>\n<quiz>&a;</quiz>', 2, "DOCTYPE"),
        (b'<!DOCTYPE quiz SYSTEM "file:///etc/passwd"><quiz/>', 1, "DOCTYPE"),
        (b"<quiz>\n<question></quiz>", 2, "well-formed"),
        (b"<quiz>&undefined;</quiz>", 1, "well-formed"),
        (b"<quiz>\ncaf\xe9</quiz>", 2, "Byte 0xE9 at place 4 of line 2 is not UTF-8"),
        (b'<?xml version="1.0" encoding="UTF-8"?><quiz>\xe9</quiz>', 1, "is not UTF-8"),
        (b'<?xml version="1.0" encoding="ascii"?><quiz>\xe9</quiz>', 1, "well-formed"),
        (b"<quiz>\0</quiz>", 1, "NUL"),
        (b'<?xml version="1.0" encoding="no-such"?><quiz/>', 1, "can't be read"),
        (b"<quiz/>", 0, "no question"),
        (b"<quiz>" + b"<a>" * 70 + b"</a>" * 70 + b"</quiz>", 1, "64 deep"),
    ],
)
def test_fault_of_the_whole_file_takes_none(data, line, words):
    report = judge(read_file(data))

    assert (report.format, report.takes) == ("moodle_xml", [])
    assert report.errors[0].line == line
    assert words in report.errors[0].message


def test_other_root_is_named():
    report = judge(read_file(b"<exam><question/></exam>", format="moodle_xml"))

    assert "is a “exam”, not a “quiz”" in report.errors[0].message


def test_includes_are_not_resolved():
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'

    judged = read(
        question("multichoice", YES_NO, more=f"<generalfeedback><text>{include}</text></generalfeedback>")
    ).questions[0]

    assert judged.question.rationale == ""


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the samples are not here")
def test_file_of_others_imports_or_is_named():
    report = judge(read_file(SAMPLE.read_bytes(), name="test.xml"))

    counts = {}
    for one in report.questions:
        counts[one.status] = counts.get(one.status, 0) + 1
    assert counts == {"importable": 17, "unsupported": 6}
    assert {one.question.kind for one in report.questions if one.status == "unsupported"} == {
        "essay",
        "cloze",
        "description",
        "unknown",
    }
    assert not report.errors
    order = next(one.question for one in report.questions if one.question.kind == "ordering")
    assert [one.text for one in order.options] == ["500", "100", "200"]
    number = next(one.question for one in report.questions if one.question.kind == "numeric")
    assert [(one.text, one.fraction) for one in number.options] == [("5:1", 1), ("0:1", 0)]
