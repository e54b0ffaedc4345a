"""Writing Moodle XML. Texts are marked as Markdown; what Moodle has no element for stands in tags."""

import re
from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from assessments.rules.gift_writing import is_plain_truth, why_not_plain_pairs
from assessments.rules.question_tags import tags_of, weights_of, why_not_tagged
from assessments.rules.written import Export, LeftOut, WrittenQuestion, as_percent, texts_of
from courses.lib.foreign_text import plain_of_markdown
from courses.lib.xml import NOT_XML

HELD_NUMBER = re.compile(r"^(\*|[^:.%]*(?:\.(?!\.)[^:.%]*)?)(?::([^:%]+))?$")
TYPES = {"single": "multichoice", "multiple": "multichoice", "true_false": "truefalse", "short_text": "shortanswer",
         "numeric": "numerical", "matching": "matching", "ordering": "ordering"}  # fmt: skip

SAID: dict[str, tuple[str, ...]] = {"multiple": (), "numeric": ("point",), "ordering": ("exact",)}
"""The rules that an element says or that Moodle takes for granted; others stand in a tag."""


def write(questions: Sequence[WrittenQuestion]) -> Export:
    """A Moodle XML file. Left out: intervals, tolerances in percent, formatted right sides, signs that XML has no place for."""
    left_out, quiz, topic = [], Element("quiz"), ""
    for question in questions:
        if reason := why_not_held(question):
            left_out.append(LeftOut(question.external_id, reason))
            continue
        if question.topic != topic:
            topic = question.topic
            category = SubElement(SubElement(quiz, "question", type="category"), "category")
            SubElement(category, "text").text = f"$course$/top/{topic}" if topic else "$course$/top"
        quiz.append(_question(question))
    return Export(b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(quiz, encoding="utf-8") + b"\n", left_out)


def why_not_held(question: WrittenQuestion) -> str:
    """Why Moodle XML can't hold a question, as the end of a sentence; empty where it can."""
    if any(NOT_XML.search(text) for text in texts_of(question)):
        return "it holds signs that XML has no place for"
    if question.external_id != " ".join(question.external_id.split()):
        return "its id has more than single blanks"
    if question.kind == "numeric" and not all(HELD_NUMBER.match(one.text) for one in question.options):
        return "Moodle has no intervals and no tolerance in percent"
    if question.kind == "numeric" and any(" " in one.text or "\t" in one.text for one in question.options):
        return "a number has blanks in it"
    return why_not_tagged(question) or why_not_plain_pairs(question)


def _question(question: WrittenQuestion) -> Element:
    own_words = question.kind == "true_false" and not is_plain_truth(question)
    node = Element("question", type="multichoice" if own_words else TYPES[question.kind])
    _text(node, "name", question.title)
    _text(node, "questiontext", question.text, "markdown")
    _text(node, "generalfeedback", question.rationale, "markdown")
    SubElement(node, "idnumber").text = question.external_id
    SubElement(node, "defaultgrade").text = "1"
    WRITERS["choices" if own_words else question.kind](node, question)
    tags = tags_of(question, kind=own_words, rule=question.rule not in SAID.get(question.kind, (question.rule,)))
    if tags:
        shelf = SubElement(node, "tags")
        for tag in tags:
            _text(shelf, "tag", tag)
    return node


def _text(parent: Element, tag: str, text: str, form: str = "", **attributes: str) -> Element:
    node = SubElement(parent, tag, attributes | ({"format": form} if form else {}))
    SubElement(node, "text").text = text
    return node


def _answer(node: Element, text: str, share: str, feedback: str, form: str) -> Element:
    answer = _text(node, "answer", text, form, fraction=share)
    if feedback:
        _text(answer, "feedback", feedback, "markdown")
    return answer


def _choices(node: Element, question: WrittenQuestion) -> None:
    SubElement(node, "single").text = "false" if question.kind == "multiple" else "true"
    SubElement(node, "shuffleanswers").text = "0" if all(one.last for one in question.options) else "1"
    for one, share in zip(question.options, weights_of(question), strict=True):
        _answer(node, one.text, as_percent(share), one.feedback, "markdown")


def _truth(node: Element, question: WrittenQuestion) -> None:
    for one in question.options:
        _answer(node, one.text.lower(), as_percent(one.fraction), one.feedback, "plain_text")


def _short(node: Element, question: WrittenQuestion) -> None:
    SubElement(node, "usecase").text = "1" if question.rule == "same_case" else "0"
    for one in question.options:
        _answer(node, one.text, as_percent(one.fraction), one.feedback, "plain_text")


def _numbers(node: Element, question: WrittenQuestion) -> None:
    for one in question.options:
        number, _, tolerance = one.text.partition(":")
        answer = _answer(node, number, as_percent(one.fraction), one.feedback, "plain_text")
        if tolerance:
            SubElement(answer, "tolerance").text = tolerance


def _pairs(node: Element, question: WrittenQuestion) -> None:
    SubElement(node, "shuffleanswers").text = "1"
    for one in question.options:
        pair = _text(node, "subquestion", one.text, "markdown")
        _text(pair, "answer", plain_of_markdown(one.match) or "")
        if one.feedback:
            _text(pair, "feedback", one.feedback, "markdown")


def _order(node: Element, question: WrittenQuestion) -> None:
    SubElement(node, "layouttype").text = "VERTICAL"
    SubElement(node, "selecttype").text = "ALL"
    SubElement(node, "gradingtype").text = "ALL_OR_NOTHING"
    for place, one in enumerate(question.options, start=1):
        _answer(node, one.text, str(place), one.feedback, "markdown")


Writer = Callable[[Element, WrittenQuestion], None]
WRITERS: dict[str, Writer] = {
    "choices": _choices,
    "single": _choices,
    "multiple": _choices,
    "true_false": _truth,
    "short_text": _short,
    "numeric": _numbers,
    "matching": _pairs,
    "ordering": _order,
}
