"""How a QTI item is marked: by a standard template, by the same rules written out, or by a list of accepted answers.

Nothing is guessed: rules of another shape are `Unsupported`, and named. The list of accepted answers is what our own export
writes for answers that the templates can't hold (tolerances, intervals, stars, feedback). Source: 1EdTech QTI 2.2, section 8.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from xml.etree.ElementTree import Element

from assessments.rules.written import QuestionFault, decimal_of

CORRECT, MAPPED, LISTED = "match_correct", "map_response", "accepted answers"
TEMPLATE = re.compile(r"/(match_correct|map_response)(?:\.xml)?$")
PLACED = re.compile(r"^a(\d{1,4})(?:\.minus(\d{1,3}(?:\.\d{1,9})?))?$")
"""The name of an accepted answer in our export: its place among the author's lines, and a weight below 0, which marks as 0."""
PATTERN = re.compile(
    r"(?P<any>\.\*)|\\(?P<sign>[\\|.?*+(){}\[\]^-])|\[(?P<cases>[^\W\d_]{2})\]|(?P<plain>[^\\|.?*+(){}\[\]^])"
)
OWN = "It is marked by response processing of its own; only match_correct, map_response and accepted answers are supported."


class Unsupported(Exception):
    """The item asks for what is not supported here; the message names it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted answer as an author types it, its points, the outcomes that it sets, and whether its case counts."""

    text: str
    points: Decimal
    outcomes: frozenset[tuple[str, str]]
    same_case: bool | None


@dataclass(frozen=True, slots=True)
class Marking:
    """The way an item is marked; `accepted` where it is by a list."""

    way: str
    accepted: Sequence[Accepted] = ()
    warnings: Sequence[str] = ()


def marking_of(item: Element, declaration: Element) -> Marking:
    """How the answer that is declared is marked. Raises `Unsupported` for anything that isn't sure."""
    processing = item.find("responseProcessing")
    if processing is None or not (len(processing) or processing.get("template")):
        return _unsaid(declaration)
    address = processing.get("template", "")
    if not len(processing):
        if found := TEMPLATE.search(address):
            return Marking(found[1])
        words = f"It is marked by the template “{address[:80]}”; only match_correct and map_response are supported."
        raise Unsupported(words)
    rules = [one for one in processing if _sets_score(one)]
    way = _written_out(rules)
    return Marking(way) if way else Marking(LISTED, _placed(list(_listed(rules, declaration))))


def _unsaid(declaration: Element) -> Marking:
    """An item without response processing is marked by what it declares, if it declares anything."""
    if declaration.find("mapping/mapEntry") is not None:
        return Marking(MAPPED, warnings=["It says nothing of how it is marked; it is marked by its mapping."])
    if declaration.find("correctResponse/value") is not None:
        return Marking(CORRECT, warnings=["It says nothing of how it is marked; its right answer gives the point."])
    raise Unsupported("It says nothing of how it is marked (no response processing), and has no right answer.")


def _sets_score(rule: Element) -> bool:
    """Whether a rule bears on the mark; those that only choose a feedback don't."""
    return any(one.get("identifier") == "SCORE" or one.tag != "setOutcomeValue" for one in _deeds(rule))


def _deeds(rule: Element) -> list[Element]:
    """What a rule does, whatever its conditions."""
    names = ("setOutcomeValue", "lookupOutcomeValue", "exitResponse", "responseProcessingFragment", "include")
    return [one for one in rule.iter() if one.tag in names]


def _written_out(rules: Sequence[Element]) -> str:
    """The standard template that the rules are, written out; empty where they are none."""
    if len(rules) != 1:
        return ""
    if rules[0].tag == "setOutcomeValue":
        return MAPPED if _value_is(rules[0], "mapResponse") else ""
    branches = list(rules[0])
    tests, scores = [_test(one) for one in branches], [_score_set(one) for one in branches]
    ends_in_nothing = len(branches) == 1 or (len(branches) == 2 and tests[1] == "else" and _gives_nothing(branches[1]))
    if tests[:1] == ["match correct"] and ends_in_nothing and (_points(scores[0]) or 0) > 0:
        return CORRECT
    if tests == ["is null", "else"] and _points(scores[0]) == 0 and _value_is(scores[1], "mapResponse"):
        return MAPPED
    return MAPPED if tests[:1] == ["is not null"] and ends_in_nothing and _value_is(scores[0], "mapResponse") else ""


def _test(branch: Element) -> str:
    """The condition of a branch, if it is one of the templates'."""
    if branch.tag == "responseElse":
        return "else"
    condition = branch[0] if len(branch) else branch
    tags = [one.tag for one in condition.iter()]
    known = {("match", "variable", "correct"): "match correct", ("match", "correct", "variable"): "match correct",
             ("isNull", "variable"): "is null", ("not", "isNull", "variable"): "is not null"}  # fmt: skip
    return known.get(tuple(tags), "")


def _score_set(branch: Element) -> Element | None:
    found = [one for one in branch.iter("setOutcomeValue") if one.get("identifier") == "SCORE"]
    nested = branch.find("responseCondition") is not None
    return found[0] if len(found) == 1 and not nested else None


def _gives_nothing(branch: Element) -> bool:
    """Whether a branch leaves the score alone or at 0."""
    return not _sets_score(branch) or _points(_score_set(branch)) == 0


def _value_is(deed: Element | None, tag: str) -> bool:
    """Whether the score becomes this, or what it was and this."""
    value = _added(deed)
    return value is not None and value.tag == tag


def _added(deed: Element | None) -> Element | None:
    """The value of a deed, out of a sum with the score as it was."""
    if deed is None or len(deed) != 1:
        return None
    if deed[0].tag != "sum":
        return deed[0]
    others = [one for one in deed[0] if not (one.tag == "variable" and one.get("identifier") == "SCORE")]
    return others[0] if len(others) == 1 and len(deed[0]) == 2 else None


def _points(deed: Element | None) -> Decimal | None:
    value = _added(deed)
    return _number(value.text or "") if value is not None and value.tag == "baseValue" else None


def _number(text: str) -> Decimal:
    value = decimal_of(text)
    if value is None or abs(value) > 10**9:
        raise QuestionFault(f"“{text.strip()[:40]}” is no number of points.")
    return value


def _listed(rules: Sequence[Element], declaration: Element) -> Iterator[Accepted]:
    """The accepted answers of one chain of conditions, the first that fits counting. Raises `Unsupported`."""
    branches = list(rules[0]) if len(rules) == 1 and rules[0].tag == "responseCondition" else []
    if not branches:
        raise Unsupported(OWN)
    for branch in branches:
        points = _points(_score_set(branch))
        if points is None:
            raise Unsupported(OWN)
        if branch.tag == "responseElse":
            if points:
                raise Unsupported(OWN)
            return
        for text, same_case in _accepted(branch[0], declaration):
            yield Accepted(text, points, frozenset(_outcomes(branch)), same_case)


def _outcomes(branch: Element) -> Iterator[tuple[str, str]]:
    """The outcomes other than the score that a branch sets."""
    for deed in branch.iter("setOutcomeValue"):
        if deed.get("identifier") != "SCORE":
            yield from ((deed.get("identifier", ""), (one.text or "").strip()) for one in deed.iter("baseValue"))


def _accepted(test: Element, declaration: Element) -> Iterator[tuple[str, bool | None]]:
    """The answers that a condition accepts, as an author types them, and whether their case counts. Raises `Unsupported`."""
    inside = [one.tag for one in test]
    if test.tag == "or":
        for one in test:
            yield from _accepted(one, declaration)
    elif test.tag == "and" and inside == ["gte", "lte"]:
        yield f"{_base(test[0], declaration)}..{_base(test[1], declaration)}", None
    elif test.tag == "not" and [one.tag for one in test.iter()] == ["not", "isNull", "variable"]:
        yield "*", None
    elif test.tag == "equal":
        yield _with_tolerance(test, _base(test, declaration)), None
    elif test.tag == "patternMatch" and inside == ["variable"]:
        yield _of_pattern(test.get("pattern", "")), None
    elif test.tag in ("match", "stringMatch"):
        same = None if test.tag == "match" else test.get("caseSensitive", "true") != "false"
        if test.get("substring", "false") == "true":
            raise Unsupported(OWN)
        yield _base(test, declaration).replace("*", "\\*"), same
    else:
        raise Unsupported(OWN)


def _base(test: Element, declaration: Element) -> str:
    """What an answer is compared with. Raises `Unsupported` where it isn't compared with one value."""
    values = [one for one in test if one.tag != "variable"]
    if len(values) != 1 or len(test) != 2 or values[0].tag not in ("baseValue", "correct"):
        raise Unsupported(OWN)
    value = values[0] if values[0].tag == "baseValue" else declaration.find("correctResponse/value")
    return ((value.text if value is not None else "") or "").strip()


def _with_tolerance(test: Element, number: str) -> str:
    """A number as an author types it. Raises `Unsupported` for bounds that don't belong to the interval, or of two widths."""
    mode, widths = test.get("toleranceMode", "exact"), test.get("tolerance", "0").split()
    open_ended = "false" in (test.get("includeLowerBound", "true"), test.get("includeUpperBound", "true"))
    if mode == "exact":
        return number
    if open_ended or len({*widths}) != 1 or mode not in ("absolute", "relative"):
        raise Unsupported("It takes a number between bounds that have no form here; write lowest..highest.")
    return f"{number}:{widths[0]}{'%' if mode == 'relative' else ''}"


def _of_pattern(pattern: str) -> str:
    """Words with stars. Raises `Unsupported` for a pattern that says more than letters and stars."""
    found, end = [], 0
    while end < len(pattern):
        part = PATTERN.match(pattern, end)
        if part is None or (part["cases"] and part["cases"][0].swapcase() != part["cases"][1]):
            raise Unsupported(f"It accepts by the regular expression “{pattern[:80]}”; only stars are supported.")
        sign = part["sign"] or (part["cases"] or " ")[0] if not part["plain"] else part["plain"]
        found.append("*" if part["any"] else "\\*" if sign == "*" else sign)
        end = part.end()
    return "".join(found)


def _placed(accepted: Sequence[Accepted]) -> list[Accepted]:
    """In the author's order, with the author's weights, where our own export names them."""
    named = [next((PLACED.match(value) for name, value in one.outcomes if name == "ANSWER"), None) for one in accepted]
    if not all(named):
        return list(accepted)
    both = sorted(zip(accepted, named, strict=True), key=lambda pair: int(pair[1][1]) if pair[1] else 0)
    return [_as_named(one, found) for one, found in both if found]


def _as_named(one: Accepted, found: re.Match[str]) -> Accepted:
    points = -Decimal(found[2]) / 100 if found[2] else one.points
    return replace(one, points=points)
