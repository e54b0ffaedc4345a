"""Moodle XML.

Source: https://docs.moodle.org/en/Moodle_XML_format, and Moodle's own reader where the page says nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from assessments.rules.formats.gift import PLACE, UNSUPPORTED
from assessments.rules.kinds import WrittenOption, kind_of
from assessments.rules.moodle_xml_writing import write
from assessments.rules.question_tags import read_tags
from assessments.rules.written import (
    MOST_OPTIONS,
    FileFault,
    QuestionFault,
    WrittenQuestion,
    choice_of,
    decode,
    percent,
    without_controls,
)
from courses.lib.foreign_text import losses_of_html, markdown_of, markdown_of_plain
from courses.lib.xml import ForbiddenXml, Node, XmlFault, children_of_root

NAME, LABEL, ENDING, MEDIA_TYPE = "moodle_xml", "Moodle XML", ".xml", "application/xml"
__all__ = ["ENDING", "LABEL", "MEDIA_TYPE", "NAME", "likeness", "read", "write"]

FORMS = {"html": "html", "markdown": "markdown", "plain_text": "plain"}
NAMED = {
    **UNSUPPORTED,
    "cloze": "Cloze questions (answers inside the text) are not supported: make each gap a question of its own.",
    "calculated": "Calculated questions are not supported: write the numbers out.",
}
OTHER_ENCODING = re.compile(rb"<\?xml[^>]{0,100}encoding=.(?!utf-8)", re.IGNORECASE)
WHOLE_FEEDBACK = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
NOT_KEPT = {
    "hint": "hints",
    "image": "a picture",
    "image_base64": "a picture",
    "units": "units",
    "file": "embedded files",
}


def likeness(head: str, name: str) -> int:
    """By its root element."""
    return 9 if re.search(r"<quiz[\s/>]", head) else 0


def read(data: bytes) -> Iterator[WrittenQuestion]:
    """The questions of a Moodle XML file. Raises `FileFault`."""
    topic = ""
    try:
        for node in children_of_root(data, "quiz"):
            if node.tag == "question" and node.get("type") == "category":
                topic = PLACE.sub("", _words(_child(node, "category")))
            elif node.tag == "question":
                yield _question(node, topic)
    except XmlFault as fault:
        if not isinstance(fault, ForbiddenXml) and not OTHER_ENCODING.match(data):
            decode(data)
        raise FileFault(fault.message, fault.line) from None


def _raw(node: Node | None) -> str:
    """The text of an element, in its `text` child or plainly."""
    if node is None:
        return ""
    inner = node.find("text")
    return without_controls((node.text if inner is None else inner.text) or "").strip()


def _words(node: Node | None) -> str:
    return " ".join(_raw(node).split())


def _text(node: Node | None, inherited: str = "auto") -> str:
    """The text as Markdown."""
    return markdown_of(_raw(node), _form(node, inherited))


def _form(node: Node | None, inherited: str) -> str:
    return FORMS.get(node.get("format", ""), inherited) if node is not None else inherited


def _child(node: Node, tag: str) -> Node | None:
    found = node.find(tag)
    return found if isinstance(found, Node) else None


def _children(node: Node, tag: str) -> list[Node]:
    """The children with this tag. Raises `QuestionFault` where there are too many."""
    found = [child for child in node.findall(tag) if isinstance(child, Node)]
    if len(found) > MOST_OPTIONS:
        raise QuestionFault(f"It has more than {MOST_OPTIONS} answers.")
    return found


def _question(node: Node, topic: str) -> WrittenQuestion:
    kind = node.get("type", "")
    stem = _child(node, "questiontext")
    found = WrittenQuestion(
        kind=KINDS.get(kind, kind or "unknown"),
        text=_text(stem),
        rationale=_text(_child(node, "generalfeedback")),
        external_id=_words(_child(node, "idnumber")),
        title=_words(_child(node, "name")),
        topic=topic,
        line=node.line,
        warnings=tuple(_losses(node)),
    )
    if kind not in READERS:
        words = (
            f"Questions of type “{kind[:40]}” are not supported." if kind else "It has no type, so it can't be read."
        )
        return replace(found, unsupported=NAMED.get(kind, words))
    tags = [_words(tag) for tag in node.iterfind("tags/tag") if isinstance(tag, Node)]
    try:
        found = READERS[kind](node, found, _form(stem, "auto"))
    except QuestionFault as fault:
        return replace(found, fault=str(fault))
    return read_tags(found, tags, kind_of(found.kind).RULES)


def _losses(node: Node) -> Iterator[str]:
    """What of a question has no place here."""
    lost = {words for tag, words in NOT_KEPT.items() if node.find(f".//{tag}") is not None}
    for child in node.iter("text"):
        lost.update(losses_of_html(child.text or ""))
    if any(_raw(_child(node, tag)) for tag in WHOLE_FEEDBACK):
        lost.add("feedback on the answer as a whole")
    if lost:
        yield f"Not taken over: {', '.join(sorted(lost))}."


def _option(answer: Node, form: str, *, literal: bool = False) -> WrittenOption:
    """An answer with its share of the mark and its feedback. Raises `QuestionFault`."""
    text = _raw(answer) if literal else _text(answer, form)
    if not text and _raw(answer):
        raise QuestionFault("An answer is nothing but a picture, a sound or a formula, which are not taken over.")
    return WrittenOption(text, percent(answer.get("fraction", "0")), feedback=_text(_child(answer, "feedback"), form))


def _is_set(node: Node, tag: str, default: str) -> bool:
    return (_words(_child(node, tag)) or default).lower() in ("1", "true")


def _choices(node: Node, found: WrittenQuestion, form: str) -> WrittenQuestion:
    """One or several of the options; those of a question that isn't shuffled keep their places."""
    options = [_option(answer, form) for answer in _children(node, "answer")]
    if not _is_set(node, "shuffleanswers", "1"):
        options = [replace(one, last=True) for one in options]
    kind, rule, lines, warnings = choice_of(options, one=_is_set(node, "single", "1"))
    return replace(found, kind=kind, rule=rule, options=lines, warnings=(*found.warnings, *warnings))


def _whole_set(node: Node, found: WrittenQuestion, form: str) -> WrittenQuestion:
    """Several right options, all or nothing (a type that many sites add)."""
    options = (replace(one, fraction=Decimal(one.fraction > 0)) for one in _choices(node, found, form).options)
    return replace(found, rule="exact", options=tuple(options))


def _truth(node: Node, found: WrittenQuestion, form: str) -> WrittenQuestion:
    answers = {_words(answer).lower(): _option(answer, form) for answer in _children(node, "answer")}
    if answers.keys() != {"true", "false"}:
        raise QuestionFault("True or false needs the answers true and false.")
    options = tuple(replace(answers[word], text=word.title(), last=True) for word in ("true", "false"))
    return replace(found, options=options)


def _short(node: Node, found: WrittenQuestion, form: str) -> WrittenQuestion:
    rule = "same_case" if _is_set(node, "usecase", "0") else "any_case"
    options = tuple(_option(answer, form, literal=True) for answer in _children(node, "answer"))
    return replace(found, rule=rule, options=options)


def _numbers(node: Node, found: WrittenQuestion, form: str) -> WrittenQuestion:
    """Numbers with their tolerance, which some writers put beside the answers instead of into them."""
    common = _words(_child(node, "tolerance"))
    return replace(found, options=tuple(_number(answer, form, common) for answer in _children(node, "answer")))


def _number(answer: Node, form: str, common: str) -> WrittenOption:
    one = _option(answer, form, literal=True)
    tolerance = _words(_child(answer, "tolerance")) or common
    return replace(one, text=f"{one.text}:{tolerance}") if tolerance and one.text != "*" else one


def _pairs(node: Node, found: WrittenQuestion, form: str) -> WrittenQuestion:
    return replace(found, options=tuple(_pair(one, form) for one in _children(node, "subquestion")))


def _pair(node: Node, form: str) -> WrittenOption:
    left = _text(node, form)
    right, feedback = markdown_of_plain(_raw(_child(node, "answer"))), _text(_child(node, "feedback"), form)
    return WrittenOption(left, Decimal(bool(left)), match=right, feedback=feedback)


def _order(node: Node, found: WrittenQuestion, form: str) -> WrittenQuestion:
    """Things in their right order, as the file has them. Its ways of partial credit are not ours."""
    options = (replace(_option_of_order(answer, form), fraction=Decimal(1)) for answer in _children(node, "answer"))
    grading = _words(_child(node, "gradingtype"))
    words = []
    if grading not in ("", "ALL_OR_NOTHING", "-1"):
        words.append("Its way of giving partial credit is not kept: the exact order gives the point.")
    if _words(_child(node, "selecttype")) not in ("", "ALL", "0"):
        words.append("It asks for a choice of its things; here it asks for all of them.")
    return replace(found, rule="exact", options=tuple(options), warnings=(*found.warnings, *words))


def _option_of_order(answer: Node, form: str) -> WrittenOption:
    return WrittenOption(_text(answer, form), feedback=_text(_child(answer, "feedback"), form))


def _numbered_order(node: Node, found: WrittenQuestion, form: str) -> WrittenQuestion:
    """The older way: each thing with its place. Raises `QuestionFault` for a place that is no number."""
    placed = [(_words(_child(one, "answer")), _text(one, form)) for one in _children(node, "subquestion")]
    if not all(place.isascii() and place.isdigit() and len(place) < 6 for place, _ in placed):
        raise QuestionFault("Every thing to put in order needs its place as a number.")
    things = [text for _, text in sorted(placed, key=lambda one: int(one[0]))]
    return replace(found, rule="exact", options=tuple(WrittenOption(text, Decimal(1)) for text in things))


Reader = Callable[[Node, WrittenQuestion, str], WrittenQuestion]
READERS: dict[str, Reader] = {
    "multichoice": _choices,
    "multichoiceset": _whole_set,
    "truefalse": _truth,
    "shortanswer": _short,
    "numerical": _numbers,
    "matching": _pairs,
    "ordering": _order,
    "order": _numbered_order,
}
KINDS = {
    "multichoice": "single",
    "multichoiceset": "multiple",
    "truefalse": "true_false",
    "shortanswer": "short_text",
    "numerical": "numeric",
    "ordering": "ordering",
    "order": "ordering",
}
