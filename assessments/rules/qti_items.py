"""One QTI item as a question. Only the standard templates of response processing are read; others are named, never guessed.

Source: 1EdTech QTI 2.1 and 2.2 Information Model, QTI 3.0 ASI; templates match_correct and map_response.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import parse_qsl, unquote
from xml.etree.ElementTree import Element

from assessments.rules.kinds import WrittenOption, kind_of
from assessments.rules.qti_processing import CORRECT, LISTED, MAPPED, Accepted, Unsupported, marking_of
from assessments.rules.question_tags import read_tags
from assessments.rules.written import (
    MOST_LETTERS,
    MOST_OPTIONS,
    QuestionFault,
    WrittenQuestion,
    decimal_of,
    topped_up,
    without_controls,
)
from courses.lib.foreign_text import losses_of_html, markdown_of_html, words_of_markdown
from courses.lib.xml import Node, inner_html

WHOLE_FEEDBACK = ("rationale", "solution", "general")
"""Names of a feedback that every answer gets."""
OURS = {"type", "rule", "last", "difficulty", "objective", "practice-only", "topic"}
CHOICES = ("simpleChoice", "inlineChoice", "simpleAssociableChoice")
ELSEWHERE = ("assessmentStimulusRef", "include")
BLANK = "_____"
HYPHEN = re.compile(r"-([a-z])")
WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Declared:
    """What an item declares about its answer, and how it is marked."""

    way: str
    accepted: Sequence[Accepted]
    warnings: Sequence[str]
    cardinality: str
    base: str
    correct: Sequence[str]
    mapped: Mapping[str, Decimal]
    default: Decimal
    lower: Decimal | None
    upper: Decimal | None
    same_case: bool

    def shares(self, names: Sequence[str], *, several: bool) -> list[Decimal]:
        """The share of the mark of each answer. Raises `QuestionFault` for values that can't be shares."""
        if self.way == CORRECT:
            return [Decimal(name in self.correct) for name in names]
        values = [self.mapped.get(name, self.default) for name in names]
        positive = [value for value in values if value > 0]
        whole = self.upper or (sum(positive, Decimal(0)) if several else max(positive, default=Decimal(0)))
        if not whole or any(abs(value) > whole for value in values):
            raise QuestionFault("Its mapping gives no answer points, or more than its upper bound.")
        return [value / whole + 0 for value in values]


def plain_names(node: Node) -> Node:
    """The tree with the names of QTI 2: `qti-choice-interaction` is `choiceInteraction`, attributes alike."""
    for one in node.iter():
        one.tag = _camel(one.tag.removeprefix("qti-")) if one.tag.startswith("qti-") else one.tag
        for name in [name for name in one.attrib if "-" in name and not name.startswith("data-")]:
            one.attrib[_camel(name)] = one.attrib.pop(name)
    return node


def _camel(name: str) -> str:
    return HYPHEN.sub(lambda found: found[1].upper(), name)


def question_of(item: Node) -> WrittenQuestion:
    """The question that an item (with `plain_names`) asks."""
    said = _said(item.get("label", ""))
    found = WrittenQuestion(
        kind="unknown",
        external_id=item.get("identifier", ""),
        title=item.get("title", ""),
        topic=said.pop("topic", ""),
        line=item.line,
        warnings=_losses(item),
    )
    try:
        _refuse_what_changes(item)
        found = _asked(item, found)
    except Unsupported as reason:
        return replace(found, unsupported=str(reason))
    except QuestionFault as fault:
        return replace(found, fault=str(fault))
    if found.unsupported:
        return found
    tags = [name if value == "yes" else f"{name}={value}" for name, value in said.items()]
    return read_tags(found, tags, kind_of(found.kind).RULES)


def _said(label: str) -> dict[str, str]:
    """What our own export says in the label; a label of others says nothing here."""
    try:
        said = dict(parse_qsl(label, max_num_fields=20)) if "=" in label else {}
    except ValueError:
        return {}
    return said if said.keys() <= OURS else {}


def _losses(item: Node) -> tuple[str, ...]:
    lost = set()
    for tag, words in (("img", "pictures"), ("object", "sound and video"), ("script", "scripts"), ("math", "formulas")):
        lost |= {words} if item.find(f".//{tag}") is not None else set()
    lost |= {"texts of other files"} if any(item.find(f".//{tag}") is not None for tag in ELSEWHERE) else set()
    lost |= set(
        losses_of_html(" ".join(f" {name}= " for one in item.iter() for name in one.attrib if name.startswith("on")))
    )
    return (f"Not taken over: {', '.join(sorted(lost))}.",) if lost else ()


def _refuse_what_changes(item: Node) -> None:
    """Raise `Unsupported` for an item that isn't the same for everybody, or that goes on after an answer."""
    if item.find(".//templateDeclaration") is not None or item.find(".//printedVariable") is not None:
        raise Unsupported("Questions whose values are drawn anew each time (templates) are not supported.")
    if item.get("adaptive") == "true":
        raise Unsupported("Questions in several steps (adaptive items) are not supported.")


def _without_secrets(body: Node) -> list[str]:
    """Take out of the text what candidates don't read before they answer; in words what it was."""
    lost = set()
    for parent in list(body.iter()):
        before: Element | None = None
        for child in list(parent):
            if words := _secret(parent, child):
                _cut(parent, before, child)
                lost.add(words)
            else:
                before = child
    return sorted(lost)


def _secret(parent: Element, child: Element) -> str:
    if child.tag == "rubricBlock" and "candidate" not in child.get("view", "candidate").split():
        return "notes for scorers and tutors"
    in_choice = parent.tag in CHOICES
    return "feedback inside the text" if child.tag in ("feedbackBlock", "feedbackInline") and not in_choice else ""


def _cut(parent: Element, before: Element | None, child: Element) -> None:
    """Take an element out and leave the text that follows it."""
    tail = child.tail or ""
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    parent.remove(child)


def _asked(item: Node, found: WrittenQuestion) -> WrittenQuestion:
    body = item.find("itemBody")
    places = [(parent, one) for parent in item.iter() for one in parent if one.tag.endswith("Interaction")]
    if not isinstance(body, Node) or not places:
        raise Unsupported("It asks nothing: there is no interaction in it.")
    if len(places) > 1:
        raise Unsupported("Items with several interactions are not supported: make each a question of its own.")
    parent, interaction = places[0]
    assert isinstance(interaction, Node)
    if interaction.tag not in READERS:
        name = interaction.tag[:40]
        return replace(found, kind=name, unsupported=f"Questions of type “{name}” are not supported.")
    kind, read = READERS[interaction.tag]
    found = replace(found, kind=kind)
    declared = _declared(item, interaction)
    lost = _without_secrets(body)
    said, rationale = _feedback(item, declared)
    found = read(interaction, declared, found)
    options = found.options
    if declared.way == LISTED:
        pairs = zip(options, declared.accepted, strict=True)
        options = tuple(replace(one, feedback=_said_to(answer, said)) for one, answer in pairs)
    elif len(said) > 1:
        lost.append("feedback on the answer as a whole")
    elif said:
        rationale = [*rationale, *said.values()]
    words = [f"Not taken over: {', '.join(lost)}."] if lost else []
    warnings = (*found.warnings, *declared.warnings, *words)
    text = _stem(body, parent, interaction)
    return replace(found, text=text, options=options, rationale="\n\n".join(rationale), warnings=warnings)


def _feedback(item: Node, declared: Declared) -> tuple[dict[tuple[str, str], str], list[str]]:
    """(feedback by the outcome that shows it, feedback for everybody)."""
    said, rationale = {}, []
    for one in item.iterfind("modalFeedback"):
        if isinstance(one, Node) and one.get("identifier") in WHOLE_FEEDBACK:
            rationale.append(rich(one))
        elif isinstance(one, Node):
            said[one.get("outcomeIdentifier", ""), one.get("identifier", "")] = rich(one)
    return said, rationale


def _said_to(answer: Accepted, said: Mapping[tuple[str, str], str]) -> str:
    return "\n\n".join(text for outcome, text in said.items() if outcome in answer.outcomes)


def _stem(body: Node, parent: "Node | object", interaction: Node) -> str:
    """What is asked: the text around the interaction, its prompt, and a gap where the answer stands in the text."""
    for child in body:
        if isinstance(child, Node) and child is not interaction and (known := _noted(child)):
            return known
    prompt = interaction.find("prompt")
    asked = rich(prompt) if isinstance(prompt, Node) else ""
    tail, inline = interaction.tail or "", interaction.tag in ("inlineChoiceInteraction", "textEntryInteraction")
    for child in list(interaction):
        interaction.remove(child)
    interaction.tag, interaction.attrib, interaction.text, interaction.tail = "span", {}, BLANK if inline else "", tail
    return "\n\n".join(text for text in (markdown_of_html(inner_html(body)), asked) if text)


def rich(node: Node) -> str:
    """The text of an element as Markdown: what our own export noted of it where that still fits, else its HTML."""
    return _noted(node) or markdown_of_html(without_controls(inner_html(node)))


def _noted(node: Node) -> str:
    """The Markdown that was noted in an element; nothing where somebody changed the text since."""
    noted = unquote(node.notes.get("markdown", "")[: 9 * MOST_LETTERS])[:MOST_LETTERS]
    same = noted and words_of_markdown(noted) == "".join("".join(node.itertext()).split())
    return noted if same else ""


def _declared(item: Node, interaction: Node) -> Declared:
    name = interaction.get("responseIdentifier", "")
    declarations = [one for one in item.iterfind("responseDeclaration") if one.get("identifier") == name]
    if len(declarations) != 1:
        raise QuestionFault("It declares no answer for its interaction.")
    declaration = declarations[0]
    mapping = declaration.find("mapping")
    entries = list(declaration.iterfind("mapping/mapEntry"))
    fields = mapping.attrib if mapping is not None else {}
    marking = marking_of(item, declaration)
    return Declared(
        way=marking.way,
        accepted=marking.accepted,
        warnings=marking.warnings,
        cardinality=declaration.get("cardinality", "single"),
        base=declaration.get("baseType", ""),
        correct=[" ".join((one.text or "").split()) for one in declaration.iterfind("correctResponse/value")],
        mapped={one.get("mapKey", "").strip(): _number(one.get("mappedValue", "")) for one in entries},
        default=_number(fields.get("defaultValue", "0")),
        lower=_number(fields["lowerBound"]) if "lowerBound" in fields else None,
        upper=_number(fields["upperBound"]) if "upperBound" in fields else None,
        same_case=not any(one.get("caseSensitive", "true") == "false" for one in entries),
    )


def _number(text: str) -> Decimal:
    value = decimal_of(text)
    if value is None or abs(value) > 10**9:
        raise QuestionFault(f"“{text[:40]}” is no number of points.")
    return value


def _parts(node: Node, tag: str) -> list[Node]:
    found = [one for one in node.iter(tag) if isinstance(one, Node)]
    if len(found) > MOST_OPTIONS:
        raise QuestionFault(f"It has more than {MOST_OPTIONS} choices.")
    return found


def _option(choice: Node, share: Decimal, *, last: bool = False) -> WrittenOption:
    """A choice and the feedback in it."""
    said = [one for one in choice if one.tag in ("feedbackInline", "feedbackBlock")]
    feedback = "\n\n".join(rich(one) for one in said if isinstance(one, Node))
    for one in said:
        choice.remove(one)
    own = choice[0] if len(choice) == 1 and isinstance(choice[0], Node) and choice[0].notes else choice
    return WrittenOption(rich(own), share, last or choice.get("fixed") == "true", feedback=feedback)


def _refuse_a_list(declared: Declared) -> None:
    if declared.way == LISTED:
        raise Unsupported(
            "It is marked by response processing of its own; only match_correct and map_response are supported."
        )


def _choices(interaction: Node, declared: Declared, found: WrittenQuestion) -> WrittenQuestion:
    tag = "inlineChoice" if interaction.tag.startswith("inline") else "simpleChoice"
    _refuse_a_list(declared)
    several = declared.cardinality == "multiple"
    choices = _parts(interaction, tag)
    shares = declared.shares([one.get("identifier", "") for one in choices], several=several)
    still = interaction.get("shuffle", "false") != "true"
    options = [_option(one, share, last=still) for one, share in zip(choices, shares, strict=True)]
    if not several:
        return replace(found, kind="single", rule="fraction", options=tuple(options))
    if declared.way == CORRECT:
        return replace(found, kind="multiple", rule="exact", options=tuple(options))
    below = declared.lower is None and any(share < 0 for share in shares)
    words = ("Its sum of points could fall below 0; here it never does.",) if below else ()
    return replace(
        found, kind="multiple", rule="weighted", options=topped_up(options), warnings=(*found.warnings, *words)
    )


def _order(interaction: Node, declared: Declared, found: WrittenQuestion) -> WrittenQuestion:
    if declared.way != CORRECT:
        raise Unsupported("An order that is marked by map_response is not supported.")
    choices = {one.get("identifier", ""): one for one in _parts(interaction, "simpleChoice")}
    if sorted(choices) != sorted(declared.correct):
        raise QuestionFault("Its right order does not name every choice once.")
    options = tuple(_option(choices[name], WHOLE) for name in declared.correct)
    return replace(found, rule="exact", options=tuple(replace(one, last=False) for one in options))


def _pairs(interaction: Node, declared: Declared, found: WrittenQuestion) -> WrittenQuestion:
    _refuse_a_list(declared)
    sets = _parts(interaction, "simpleMatchSet")
    if len(sets) != 2:
        raise QuestionFault("Matching needs two sets of choices.")
    left, right = ({one.get("identifier", ""): one for one in _parts(one, "simpleAssociableChoice")} for one in sets)
    named = [tuple(pair.split()) for pair in (declared.correct or declared.mapped)]
    pairs = {one[0]: one[1] for one in named if len(one) == 2 and one[0] in left and one[1] in right}
    if len(pairs) < len(named) or len(pairs) < len(left):
        raise Unsupported("Matching where a left side has no partner or several is not supported.")
    texts = {name: _option(one, WHOLE) for name, one in right.items()}
    options = [_pair(_option(one, WHOLE), texts[pairs[name]]) for name, one in left.items()]
    spare = [_spare(one) for name, one in texts.items() if name not in pairs.values()]
    uneven = declared.way == MAPPED and len({*declared.mapped.values()}) > 1
    alone = declared.way == CORRECT
    words = ("Every right pair counts the same here.",) if uneven or alone else ()
    return replace(found, options=(*options, *spare), warnings=(*found.warnings, *words))


def _pair(left: WrittenOption, right: WrittenOption) -> WrittenOption:
    return replace(left, match=right.text, last=right.last)


def _spare(right: WrittenOption) -> WrittenOption:
    return WrittenOption("", Decimal(0), right.last, right.text, right.feedback)


def _typed(interaction: Node, declared: Declared, found: WrittenQuestion) -> WrittenQuestion:
    """A number or words, by the type that is declared."""
    if declared.way == LISTED:
        return _accepted(declared, found)
    names = list(declared.correct) if declared.way == CORRECT else list(declared.mapped)
    shares = declared.shares(names, several=False)
    if declared.base in ("float", "integer"):
        options = tuple(WrittenOption(name, share) for name, share in zip(names, shares, strict=True))
        return replace(found, kind="numeric", rule="point", options=options)
    rule = "same_case" if declared.same_case else "any_case"
    texts = (name.replace("*", "\\*") for name in names)
    options = tuple(WrittenOption(text, share) for text, share in zip(texts, shares, strict=True))
    return replace(found, kind="short_text", rule=rule, options=options)


def _accepted(declared: Declared, found: WrittenQuestion) -> WrittenQuestion:
    """Typed answers by a list: shares of the most that one of them gives. Raises `QuestionFault`, `Unsupported`."""
    points = [one.points for one in declared.accepted]
    most = max(points, default=Decimal(0))
    if most <= 0 or any(abs(one) > most for one in points):
        raise QuestionFault("None of its accepted answers gives points.")
    if len(points) > MOST_OPTIONS:
        raise QuestionFault(f"It has more than {MOST_OPTIONS} accepted answers.")
    is_number = declared.base in ("float", "integer")
    texts = [one.text.replace("\\*", "*") if is_number else one.text for one in declared.accepted]
    options = tuple(WrittenOption(text, one / most + 0) for text, one in zip(texts, points, strict=True))
    if is_number:
        return replace(found, kind="numeric", rule="point", options=options)
    cases = {one.same_case for one in declared.accepted} - {None}
    if len(cases) > 1:
        raise Unsupported(
            "Accepted answers of which some count their capital letters and some don't are not supported."
        )
    return replace(found, kind="short_text", rule="any_case" if cases == {False} else "same_case", options=options)


Reader = Callable[[Node, Declared, WrittenQuestion], WrittenQuestion]
READERS: dict[str, tuple[str, Reader]] = {
    "choiceInteraction": ("single", _choices),
    "inlineChoiceInteraction": ("single", _choices),
    "orderInteraction": ("ordering", _order),
    "matchInteraction": ("matching", _pairs),
    "textEntryInteraction": ("short_text", _typed),
}
