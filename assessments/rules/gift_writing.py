"""Writing GIFT. Texts are marked as Markdown; what GIFT has no sign for stands in tags of the comment above a question."""

import re
from collections.abc import Callable, Iterator, Sequence

from assessments.rules.kinds import WrittenOption
from assessments.rules.question_tags import tags_of, weights_of, why_not_tagged
from assessments.rules.written import CONTROLS, Export, LeftOut, WrittenQuestion, as_percent, texts_of
from courses.lib.foreign_text import plain_of_markdown

SIGNS = re.compile(r"[\\~=#{}:]")
DEFAULT_RULES = {"numeric": "point", "short_text": "any_case"}
FORMATS = ("[html]", "[markdown]", "[moodle]", "[plain]")
TRUTHS = ("True", "False")


def write(questions: Sequence[WrittenQuestion]) -> Export:
    """A GIFT file. Left out: orders, tolerances in percent, feedback on pairs, and signs that GIFT has no place for."""
    left_out, blocks, topic = [], [], ""
    for question in questions:
        if reason := why_not_held(question):
            left_out.append(LeftOut(question.external_id, reason))
            continue
        if question.topic != topic:
            topic = question.topic
            blocks.append(f"$CATEGORY: $course$/top/{_escaped(topic)}" if topic else "$CATEGORY: $course$/top")
        blocks.append(_block(question))
    return Export(("\n\n".join(blocks) + "\n").encode(), left_out)


def why_not_held(question: WrittenQuestion) -> str:
    """Why GIFT can't hold a question, as the end of a sentence; empty where it can."""
    if any(CONTROLS.search(text) for text in texts_of(question)):
        return "it holds invisible control signs"
    if re.search(r"[\\\n]", question.external_id):
        return "its id holds a backslash or a line break"
    return why_not_tagged(question) or WHY_NOT.get(question.kind, _nothing)(question)


def _nothing(question: WrittenQuestion) -> str:
    return ""


def _not_ordering(question: WrittenQuestion) -> str:
    return "GIFT has no questions about an order"


def _not_numeric(question: WrittenQuestion) -> str:
    in_percent = any("%" in one.text for one in question.options)
    return "GIFT has no tolerance in percent" if in_percent else ""


def _not_matching(question: WrittenQuestion) -> str:
    if any("->" in one.text for one in question.options):
        return "GIFT takes -> in a left side for the sign between two sides"
    if any("\n" in one.match for one in question.options):
        return "GIFT has no right sides of several lines"
    if any(one.feedback for one in question.options):
        return "GIFT has no feedback on pairs"
    return why_not_plain_pairs(question)


def why_not_plain_pairs(question: WrittenQuestion) -> str:
    """Why the pairs say more than Moodle's can: their right sides are plain text."""
    if question.kind == "matching" and any(plain_of_markdown(one.match) is None for one in question.options):
        return "Moodle has no right sides with formatting"
    return ""


def _not_short(question: WrittenQuestion) -> str:
    if all("->" in one.text for one in question.options):
        return "GIFT takes answers with -> for pairs"
    return ""


WHY_NOT: dict[str, Callable[[WrittenQuestion], str]] = {
    "ordering": _not_ordering,
    "numeric": _not_numeric,
    "matching": _not_matching,
    "short_text": _not_short,
}


def _block(question: WrittenQuestion) -> str:
    own_words = question.kind == "true_false" and not is_plain_truth(question)
    has_rule = question.kind == "multiple" or question.rule != DEFAULT_RULES.get(question.kind, question.rule)
    tags = tags_of(question, kind=own_words, rule=has_rule)
    notes = [("id", question.external_id)] if question.external_id else []
    notes += [("tag", tag) for tag in tags]
    comment = " ".join(f"[{name}:{value.replace(']', BRACKET)}]" for name, value in notes)
    title = f"::{_escaped(question.title)}::" if question.title else ""
    lines = ["{", *(f"\t{line}" for line in _answers(question)), *_general(question), "}"]
    return (f"// {comment}\n" if notes else "") + f"{title}[markdown]{_escaped(question.text)} " + "\n".join(lines)


BRACKET = "\\]"


def is_plain_truth(question: WrittenQuestion) -> bool:
    """Whether {TRUE} or {FALSE} says it all."""
    return tuple(one.text for one in question.options) == TRUTHS and {one.fraction for one in question.options} == {
        0,
        1,
    }


def _general(question: WrittenQuestion) -> list[str]:
    return [f"\t####{_marked(question.rationale)}"] if question.rationale else []


def _answers(question: WrittenQuestion) -> Iterator[str]:
    if question.kind == "true_false" and is_plain_truth(question):
        yield _truth(question)
    elif question.kind == "matching":
        for one in question.options:
            yield f"={_marked(one.text)} -> {_escaped(plain_of_markdown(one.match) or '')}"
    elif question.kind in ("numeric", "short_text"):
        yield from ["#"] if question.kind == "numeric" else []
        for one in question.options:
            weight = "" if one.fraction == 1 and not one.text.startswith("%") else f"%{as_percent(one.fraction)}%"
            yield f"={weight}{_literal(one.text)}{_feedback(one)}"
    else:
        for one, share in zip(question.options, weights_of(question), strict=True):
            whole = share == 1 and question.kind != "multiple"
            yield f"{'=' if whole else '~'}%{as_percent(share)}%{_marked(one.text)}{_feedback(one)}"


def _truth(question: WrittenQuestion) -> str:
    true, false = question.options
    right, wrong = (true, false) if true.fraction == 1 else (false, true)
    word = "TRUE" if true.fraction == 1 else "FALSE"
    if not right.feedback:
        return f"{word}{_feedback(wrong)}"
    return f"{word}#{_marked(wrong.feedback)}#{_marked(right.feedback)}"


def _feedback(option: WrittenOption) -> str:
    return f"#{_marked(option.feedback)}" if option.feedback else ""


def _marked(text: str) -> str:
    """A text in its question's format; one that begins like a mark gets one of its own."""
    return f"[markdown]{_escaped(text)}" if text.startswith(FORMATS) else _escaped(text)


def _literal(text: str) -> str:
    return f"[plain]{_escaped(text)}" if text.startswith(FORMATS) else _escaped(text)


def _escaped(text: str) -> str:
    return SIGNS.sub(lambda found: "\\" + found[0], text).replace("\n", "\\n")
