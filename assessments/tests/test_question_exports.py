"""Exports of single questions, built to be awkward: they come back as they were, or are left out with the reason."""

import io
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from assessments.rules.banks import as_kept, question_hash, rule_or_default
from assessments.rules.formats import format_of, read_file
from assessments.rules.imports import judge
from assessments.rules.kinds import WrittenOption
from assessments.rules.written import WrittenQuestion

HALF, NONE = Decimal("0.5"), Decimal(0)
QTI = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"


def line(text, share=1, **more):
    return WrittenOption(text, Decimal(share), **more)


def made(kind, *options, rule="", **fields):
    said = {"text": "What?", "external_id": "q1"} | fields
    return WrittenQuestion(kind=kind, options=tuple(as_kept(kind, options)), rule=rule_or_default(kind, rule), **said)


AWKWARD = {
    "choice with weights": made("single", line("a", feedback="Yes: *a*"), line("b", "-0.5"), line("{c}", 0, last=True)),
    "weights of several": made("multiple", line("a", HALF), line("b", HALF), line("c", -1), rule="weighted"),
    "several, balanced": made("multiple", line("a"), line("b"), line("c"), line("d", 0), line("e", 0, last=True)),
    "several, exact": made("multiple", line("[html]a"), line("b", 0), rule="exact", practice_only=True),
    "all in their places": made(
        "single", line("a", last=True), line("b", 0, last=True), topic="Sums/Easy", difficulty="hard"
    ),
    "plain truth": made("true_false", line("True", feedback="Right."), line("False", 0, feedback="Wrong.")),
    "plain falsehood": made("true_false", line("True", 0, feedback="Wrong."), line("False")),
    "truth in other words": made("true_false", line("Wahr"), line("Falsch", 0)),
    "number": made("numeric", line("3.14"), line("3", HALF)),
    "number with a tolerance": made("numeric", line("3.14:0.01"), line("*", 0, feedback="Think of a circle.")),
    "number in percent": made("numeric", line("250:2%"), line("200..300", HALF), rule="comma"),
    "words": made("short_text", line("merge request"), line("2\\*3", HALF)),
    "words with stars": made("short_text", line("merge *"), line("a.b (c)^", "0.25"), line("*", 0), rule="same_case"),
    "words with feedback": made("short_text", line("Merge", feedback="Yes."), line("push", "-0.25", feedback="No.")),
    "words with letters of two cases": made("short_text", line("ß* Ab1"), line("a  b", HALF)),
    "order": made("ordering", line("one", feedback="First."), line("two"), line("three")),
    "order by pairs": made("ordering", line("one"), line("two"), rule="pairs", objective="maths/order"),
    "pairs": made("matching", line("a", match="1"), line("b", match="2"), line("", 0, match="3")),
    "pairs with feedback": made(
        "matching", line("a", match="1", feedback="!"), line("b", match="1"), line("", 0, match="3")
    ),
    "pairs with formatting": made("matching", line("a", match="**1**"), line("b", match="2\n3")),
    "pairs with an arrow": made("matching", line("a -> b", match="1"), line("b", match="2")),
    "words of arrows": made("short_text", line("->")),
    "control signs": made("single", line("a\x07"), line("b", 0)),
    "weights that a rule does not use": made("multiple", line("a", HALF), line("b", 0), rule="exact"),
    "number with blanks": made("numeric", line("3 : 1")),
    "id of two lines": made("single", line("a"), line("b", 0), external_id="q\n1"),
    "rationale and title": made("single", line("a"), line("b", 0), rationale="Be*cause*.\n\n- so", title="::T: [x]"),
}
LEFT_OUT = {
    ("gift", "order"): "no questions about an order", ("gift", "order by pairs"): "no questions about an order",
    ("gift", "number in percent"): "no tolerance in percent", ("gift", "pairs with feedback"): "no feedback on pairs",
    ("gift", "pairs with formatting"): "right sides", ("gift", "pairs with an arrow"): "takes -> in a left side",
    ("gift", "words of arrows"): "answers with -> for pairs", ("gift", "control signs"): "invisible control signs",
    ("gift", "weights that a rule does not use"): "does not use", ("gift", "id of two lines"): "a line break",
    ("moodle_xml", "number in percent"): "no intervals", ("moodle_xml", "number with blanks"): "blanks in it",
    ("moodle_xml", "pairs with formatting"): "right sides", ("moodle_xml", "control signs"): "no place for",
    ("moodle_xml", "weights that a rule does not use"): "does not use", ("moodle_xml", "id of two lines"): "single blanks",
    ("qti", "number with blanks"): "blanks in it", ("qti", "control signs"): "no place for",
    ("qti", "weights that a rule does not use"): "does not use",
    ("csv", "control signs"): "control signs",
}  # fmt: skip


@pytest.mark.parametrize("format", ["gift", "moodle_xml", "qti", "csv"])
@pytest.mark.parametrize("name", AWKWARD)
def test_question_comes_back_as_it_was_or_is_left_out_and_named(format, name):
    question = AWKWARD[name]

    export = format_of(format).write([question])

    reason = LEFT_OUT.get((format, name), "")
    assert [reason in one.reason for one in export.left_out] == ([True] if reason else [])
    if not reason:
        report = judge(read_file(export.content, format=format))
        assert [one.status for one in report.questions] == ["importable"]
        assert same(report.questions[0].question) == same(question)


def same(question):
    place = question.title, question.topic, question.difficulty, question.objective, bool(question.practice_only)
    return place, question_hash(question.kind, question.text, question.rule, question.options, question.rationale)


def test_topics_are_categories_until_another_one_begins():
    questions = [made("true_false", line("True"), line("False", 0), external_id=f"q{n}", topic=topic)
                 for n, topic in enumerate(["A", "A", "B", ""])]  # fmt: skip

    found = {
        name: judge(read_file(format_of(name).write(questions).content, format=name)) for name in ("gift", "moodle_xml")
    }

    assert {name: [one.question.topic for one in report.questions] for name, report in found.items()} == {
        "gift": ["A", "A", "B", ""], "moodle_xml": ["A", "A", "B", ""],
    }  # fmt: skip


def conditions(question):
    with zipfile.ZipFile(io.BytesIO(format_of("qti").write([question]).content)) as package:
        item = ElementTree.fromstring(package.read("items/q00001.xml"))
    return item, [(one.tag.removeprefix(QTI), one) for one in item.find(f".//{QTI}responseCondition")]


def test_conditions_of_typed_answers_stand_in_the_order_in_which_they_count():
    options = [line("*", 0), line("3..4", "-0.5"), line("3:1", HALF), line("3.14")]

    item, branches = conditions(made("numeric", *options))

    assert [tag for tag, _ in branches] == ["responseIf", *["responseElseIf"] * 3]
    said = [[value.text for value in branch.iter(f"{QTI}baseValue")] for _, branch in branches]
    assert said == [["3.14", "1", "a4"], ["3", "0.5", "a3"], ["3", "4", "0", "a2.minus50"], ["0", "a1"]]
    assert [one.text for one in item.iterfind(f".//{QTI}correctResponse/{QTI}value")] == ["3.14"]


def test_conditions_of_words_say_whether_capital_letters_count():
    folded = conditions(made("short_text", line("Ab*"), line("ab", HALF)))[1]
    strict = conditions(made("short_text", line("Ab*"), line("ab", HALF), rule="same_case"))[1]

    assert [(one[0].get("pattern"), one[0].get("caseSensitive")) for _, one in folded] == [
        ("[Aa][bB].*", None),
        (None, "false"),
    ]
    assert [(one[0].get("pattern"), one[0].get("caseSensitive")) for _, one in strict] == [
        ("Ab.*", None),
        (None, "true"),
    ]
