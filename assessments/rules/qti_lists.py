"""Writing how typed answers are marked where QTI's templates can't say it: a chain of conditions, the highest share first.

`rules/qti_processing.py` reads it back. The outcome ANSWER names the line that fits; feedback hangs on it.
"""

import re
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement

from assessments.rules.kinds import WrittenOption
from assessments.rules.kinds.numeric import NUMBER
from assessments.rules.kinds.short_text import STAR
from assessments.rules.written import WrittenQuestion, as_percent

SPECIAL = re.compile(r"[\\|.?*+(){}\[\]^]")


def needs_list(question: WrittenQuestion) -> bool:
    """Whether the templates can't hold the answers: tolerances, intervals, stars, more than single blanks, feedback."""
    if any(one.feedback for one in question.options):
        return True
    if question.kind == "numeric":
        return not all(NUMBER.match(one.text) for one in question.options)
    return not all(_is_plain(one.text) for one in question.options)


def _is_plain(text: str) -> bool:
    return "*" not in text.replace("\\*", "") and text == " ".join(text.split())


def name_of(place: int, option: WrittenOption) -> str:
    """The outcome of an answer: its place, and a weight below 0, which marks as 0."""
    return f"a{place}.minus{as_percent(-option.fraction)}" if option.fraction < 0 else f"a{place}"


def example_of(question: WrittenQuestion) -> list[str]:
    """A right answer, for systems that show one; none where only a pattern is right."""
    right = (one.text for one in question.options if one.fraction == 1)
    if question.kind == "numeric":
        return [re.split(r":|\.\.", text)[0] for text in right][:1]
    return [text.replace("\\*", "*") for text in right if _is_plain(text)][:1]


def processing_of(question: WrittenQuestion) -> Element:
    """The conditions, so that the highest share that fits counts, and a lone star in numbers last."""
    numeric = question.kind == "numeric"
    placed = list(enumerate(question.options, start=1))
    placed.sort(key=lambda one: (numeric and one[1].text == "*", -one[1].fraction))
    processing = Element("responseProcessing")
    condition = SubElement(processing, "responseCondition")
    for place, one in placed:
        branch = SubElement(condition, "responseElseIf" if len(condition) else "responseIf")
        branch.append(_number_test(one.text) if numeric else _word_test(one.text, fold=question.rule == "any_case"))
        _set(branch, "SCORE", "float", f"{max(one.fraction, Decimal(0)):f}")
        _set(branch, "ANSWER", "identifier", name_of(place, one))
    return processing


def _set(branch: Element, name: str, base: str, value: str) -> None:
    SubElement(SubElement(branch, "setOutcomeValue", identifier=name), "baseValue", baseType=base).text = value


def _compared(test: Element, base: str, value: str) -> Element:
    SubElement(test, "variable", identifier="RESPONSE")
    SubElement(test, "baseValue", baseType=base).text = value
    return test


def _number_test(text: str) -> Element:
    """A number, with its tolerance; an interval; or a star: any number."""
    if text == "*":
        test = Element("not")
        SubElement(SubElement(test, "isNull"), "variable", identifier="RESPONSE")
        return test
    low, between, high = text.partition("..")
    if between:
        test = Element("and")
        _compared(SubElement(test, "gte"), "float", low)
        _compared(SubElement(test, "lte"), "float", high)
        return test
    number, _, tolerance = text.partition(":")
    mode = "relative" if tolerance.endswith("%") else "absolute" if tolerance else "exact"
    width = tolerance.removesuffix("%")
    return _compared(
        Element("equal", {"toleranceMode": mode} | ({"tolerance": f"{width} {width}"} if width else {})),
        "float",
        number,
    )


def _word_test(text: str, *, fold: bool) -> Element:
    """Words as they stand, or a pattern where there are stars or unusual blanks."""
    if _is_plain(text):
        test = Element("stringMatch", caseSensitive="false" if fold else "true", substring="false")
        return _compared(test, "string", text.replace("\\*", "*"))
    parts = (".*" if part == "*" else _literal(part.removeprefix("\\") if part == "\\*" else part, fold=fold)
             for part in STAR.split(text))  # fmt: skip
    test = Element("patternMatch", pattern="".join(parts))
    SubElement(test, "variable", identifier="RESPONSE")
    return test


def _literal(text: str, *, fold: bool) -> str:
    return "".join(_sign(one, fold=fold) for one in text)


def _sign(sign: str, *, fold: bool) -> str:
    """One letter of a pattern, in both cases where they don't count; its own case first, so that it comes back."""
    other = sign.swapcase()
    if fold and other != sign and len(other) == 1 and other.swapcase() == sign:
        return f"[{sign}{other}]"
    return SPECIAL.sub(lambda found: "\\" + found[0], sign)
