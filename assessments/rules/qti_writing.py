"""Writing a QTI 2.1 package: a manifest and one item for each question, marked by the standard templates or by
lists of accepted answers.

Texts are written as XHTML; a processing instruction beside them notes the Markdown they come from, and `label` holds what
QTI has no attribute for, so that an import finds both again. Other readers ignore them.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from html.parser import HTMLParser
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element, ProcessingInstruction, SubElement, tostring

from assessments.rules.kinds import WrittenOption
from assessments.rules.qti_lists import example_of, name_of, needs_list, processing_of
from assessments.rules.question_tags import tags_of, weights_of, why_not_tagged
from assessments.rules.written import Export, LeftOut, WrittenQuestion, texts_of
from courses.lib.markdown import render_markdown
from courses.lib.xml import NOT_XML

ITEM = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"
MADE_AT = (1980, 1, 1, 0, 0, 0)
"""The same questions are the same bytes, whenever they are written."""
SAID = {"numeric": "point", "short_text": "", "ordering": "exact"}


def write(questions: Sequence[WrittenQuestion]) -> Export:
    """A QTI 2.1 package. Left out: numbers with blanks, weights that a rule doesn't use, signs that XML has no place for."""
    left_out, file = [], io.BytesIO()
    manifest = Element("manifest", xmlns=PACKAGE, identifier="bank")
    SubElement(manifest, "organizations")
    resources = SubElement(manifest, "resources")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for number, question in enumerate(questions, start=1):
            if reason := why_not_held(question):
                left_out.append(LeftOut(question.external_id, reason))
                continue
            href = f"items/q{number:05}.xml"
            resource = SubElement(
                resources, "resource", identifier=f"q{number:05}", type="imsqti_item_xmlv2p1", href=href
            )
            SubElement(resource, "file", href=href)
            _put(package, href, _item(question))
        _put(package, "imsmanifest.xml", manifest)
    return Export(file.getvalue(), left_out)


def _put(package: zipfile.ZipFile, name: str, root: Element) -> None:
    entry = zipfile.ZipInfo(name, MADE_AT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    package.writestr(entry, tostring(root, encoding="utf-8", xml_declaration=True))


def why_not_held(question: WrittenQuestion) -> str:
    """Why QTI can't hold a question, as the end of a sentence; empty where they can."""
    if any(NOT_XML.search(text) for text in texts_of(question)):
        return "it holds signs that XML has no place for"
    if question.kind == "numeric" and any(" " in one.text or "\t" in one.text for one in question.options):
        return "a number has blanks in it"
    return why_not_tagged(question)


def _item(question: WrittenQuestion) -> Element:
    tags = tags_of(question, kind=question.kind == "true_false", rule=question.rule != SAID.get(question.kind, ""))
    pairs = (tag.partition("=") for tag in tags)
    said = {name: value or "yes" for name, _, value in pairs} | ({"topic": question.topic} if question.topic else {})
    item = Element("assessmentItem", xmlns=ITEM, identifier=question.external_id, title=question.title)
    item.attrib |= {"adaptive": "false", "timeDependent": "false", "label": urlencode(said)}
    declaration = SubElement(item, "responseDeclaration", identifier="RESPONSE")
    _outcome(item, "SCORE", "single", "float")
    _outcome(item, "FEEDBACK", "multiple", "identifier")
    body = SubElement(item, "itemBody")
    _rich(body, "div", question.text)
    template = WRITERS[question.kind](declaration, body, question)
    if template:
        SubElement(item, "responseProcessing", template=f"{TEMPLATES}{template}")
    else:
        _outcome(item, "ANSWER", "single", "identifier", before=body)
        item.append(processing_of(question))
        _say_to_answers(item, question)
    if question.rationale:
        feedback = _rich(item, "modalFeedback", question.rationale)
        feedback.attrib = {"outcomeIdentifier": "FEEDBACK", "identifier": "rationale", "showHide": "show"}
    return item


def _outcome(item: Element, name: str, cardinality: str, base: str, before: Element | None = None) -> None:
    node = Element("outcomeDeclaration", identifier=name, cardinality=cardinality, baseType=base)
    item.insert(len(item) if before is None else list(item).index(before), node)


def _say_to_answers(item: Element, question: WrittenQuestion) -> None:
    """The feedback on typed answers: shown where the answer is the one that fits."""
    for place, one in enumerate(question.options, start=1):
        if one.feedback:
            said = _rich(item, "modalFeedback", one.feedback)
            said.attrib = {"outcomeIdentifier": "ANSWER", "identifier": name_of(place, one), "showHide": "show"}


class _Xhtml(HTMLParser):
    """Clean HTML as elements."""

    def __init__(self, into: Element) -> None:
        super().__init__(convert_charrefs=True)
        self.stack = [into]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        kept = {name: value or "" for name, value in attrs if name == "href"}
        node = SubElement(self.stack[-1], "span" if tag == "del" else tag, kept)
        if tag not in ("br", "hr"):
            self.stack.append(node)

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        """Put text where it belongs."""
        parent = self.stack[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data


def _rich(parent: Element, tag: str, text: str) -> Element:
    """A text as XHTML in an element of its own, with the Markdown that it comes from."""
    node = SubElement(parent, tag)
    node.append(ProcessingInstruction("markdown", quote(text)))
    parser = _Xhtml(node)
    parser.feed(render_markdown(text))
    parser.close()
    return node


def _choice(parent: Element, tag: str, name: str, text: str, feedback: str, *, fixed: bool = False) -> None:
    choice = SubElement(parent, tag, {"identifier": name} | ({"fixed": "true"} if fixed else {}))
    if tag == "simpleAssociableChoice":
        choice.set("matchMax", "0")
    _rich(choice, "div", text)
    if feedback:
        said = _rich(choice, "feedbackInline", feedback)
        said.attrib = {"outcomeIdentifier": "FEEDBACK", "identifier": name, "showHide": "show"}


def _declare(declaration: Element, cardinality: str, base: str, correct: Sequence[str]) -> None:
    declaration.attrib |= {"cardinality": cardinality, "baseType": base}
    if correct:
        response = SubElement(declaration, "correctResponse")
        for name in correct:
            SubElement(response, "value").text = name


def _map(declaration: Element, entries: Sequence[tuple[str, Decimal]], **attributes: str) -> None:
    mapping = SubElement(declaration, "mapping", lowerBound="0", upperBound="1", defaultValue="0")
    for key, value in entries:
        SubElement(mapping, "mapEntry", {"mapKey": key, "mappedValue": f"{value:f}"} | attributes)


def _names(options: Sequence[WrittenOption], prefix: str = "c") -> list[str]:
    return [f"{prefix}{number}" for number in range(1, len(options) + 1)]


def _choices(declaration: Element, body: Element, question: WrittenQuestion) -> str:
    names, several = _names(question.options), question.kind == "multiple"
    right = [name for name, one in zip(names, question.options, strict=True) if one.fraction > 0]
    _declare(
        declaration, "multiple" if several else "single", "identifier", right if several else _whole(question, names)
    )
    still = all(one.last for one in question.options)
    interaction = SubElement(body, "choiceInteraction", responseIdentifier="RESPONSE")
    interaction.attrib |= {"shuffle": "false" if still else "true", "maxChoices": "0" if several else "1"}
    for name, one in zip(names, question.options, strict=True):
        _choice(interaction, "simpleChoice", name, one.text, one.feedback, fixed=one.last)
    if question.rule == "exact":
        return "match_correct"
    _map(declaration, list(zip(names, weights_of(question), strict=True)))
    return "map_response"


def _whole(question: WrittenQuestion, names: Sequence[str]) -> list[str]:
    return [name for name, one in zip(names, question.options, strict=True) if one.fraction == 1]


def _order(declaration: Element, body: Element, question: WrittenQuestion) -> str:
    names = _names(question.options)
    _declare(declaration, "ordered", "identifier", names)
    interaction = SubElement(body, "orderInteraction", responseIdentifier="RESPONSE", shuffle="true")
    for name, one in zip(names, question.options, strict=True):
        _choice(interaction, "simpleChoice", name, one.text, one.feedback)
    return "match_correct"


def _pairs(declaration: Element, body: Element, question: WrittenQuestion) -> str:
    pairs = [one for one in question.options if one.text]
    right = list(dict.fromkeys(one.match for one in question.options))
    named = {text: f"r{number}" for number, text in enumerate(right, start=1)}
    keys = [f"{name} {named[one.match]}" for name, one in zip(_names(pairs, "l"), pairs, strict=True)]
    _declare(declaration, "multiple", "directedPair", keys)
    _map(declaration, [(key, Decimal(1) / len(pairs)) for key in keys])
    interaction = SubElement(
        body, "matchInteraction", responseIdentifier="RESPONSE", shuffle="true", maxAssociations="0"
    )
    left_set, right_set = SubElement(interaction, "simpleMatchSet"), SubElement(interaction, "simpleMatchSet")
    for name, one in zip(_names(pairs, "l"), pairs, strict=True):
        _choice(left_set, "simpleAssociableChoice", name, one.text, one.feedback)
    last = {one.match: one.last for one in question.options}
    said = {one.match: one.feedback for one in question.options if not one.text}
    for text, name in named.items():
        _choice(right_set, "simpleAssociableChoice", name, text, said.get(text, ""), fixed=last[text])
    return "map_response"


def _typed(declaration: Element, body: Element, question: WrittenQuestion) -> str:
    SubElement(SubElement(body, "p"), "textEntryInteraction", responseIdentifier="RESPONSE")
    if needs_list(question):
        _declare(declaration, "single", "float" if question.kind == "numeric" else "string", example_of(question))
        return ""
    texts = [one.text.replace("\\*", "*") for one in question.options]
    base = "float" if question.kind == "numeric" else "string"
    _declare(
        declaration,
        "single",
        base,
        [text for text, one in zip(texts, question.options, strict=True) if one.fraction == 1][:1],
    )
    entries = [(text, one.fraction) for text, one in zip(texts, question.options, strict=True)]
    _map(declaration, entries, caseSensitive="false" if question.rule == "any_case" else "true")
    return "map_response"


Writer = Callable[[Element, Element, WrittenQuestion], str]
WRITERS: dict[str, Writer] = {
    "single": _choices,
    "multiple": _choices,
    "true_false": _choices,
    "ordering": _order,
    "matching": _pairs,
    "numeric": _typed,
    "short_text": _typed,
}
