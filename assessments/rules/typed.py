"""What the types with a typed answer share: the answer is kept as it was typed, and the key is a list of accepted ones."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from assessments.rules.kinds import OptionRow, ShownQuestion, Unanswerable, WrittenOption
from courses.lib.refusals import Refusal

MOST_LETTERS = 1000
"""What a typed answer may hold; the field on the page stops there."""


def parse_typed(answer: Sequence[str]) -> str:
    """The answer as it was typed; nothing sent is the empty text. Raises `Unanswerable`."""
    if len(answer) > 1:
        raise Unanswerable("too-many-answers")
    typed = answer[0] if answer else ""
    if len(typed) > MOST_LETTERS:
        raise Unanswerable("too-long")
    return typed


def deliver_typed(value: Any) -> list[str]:
    """The typed text, letter by letter what was sent."""
    return [value or ""]


def is_typed(value: Any) -> bool:
    """Whether anything but blanks was typed."""
    return bool(value and value.strip())


def no_rows(options: Sequence[WrittenOption]) -> list[OptionRow]:
    """Nothing of the accepted answers is delivered."""
    return []


def key_of_accepted(options: Sequence[WrittenOption], ids: Sequence[int]) -> dict[str, Any]:
    """{"accepted": [[answer, share], …]} in the author's order."""
    return {"accepted": [[one.text, f"{one.fraction.normalize():f}"] for one in options]}


def written_accepted(rows: Mapping[int, OptionRow], answers: Mapping[str, Any]) -> list[WrittenOption]:
    """The accepted answers with their shares."""
    return [WrittenOption(text, Decimal(fraction)) for text, fraction in answers["accepted"]]


def accepted_by(answers: Mapping[str, Any], fits: Callable[[str], bool]) -> list[int]:
    """The indexes of the accepted answers that fit, the one with the highest share first."""
    found = [index for index, (text, _) in enumerate(answers["accepted"]) if fits(text)]
    return sorted(found, key=lambda index: -Decimal(answers["accepted"][index][1]))


def best_share(answers: Mapping[str, Any], found: Sequence[int]) -> Decimal:
    """The highest share among the answers found, never below 0; none found gives 0."""
    return max((Decimal(answers["accepted"][index][1]) for index in found), default=Decimal(0)).max(Decimal(0))


def why_not_accepted(options: Sequence[WrittenOption]) -> Refusal | None:
    """A typed question needs an answer that gives the whole mark, and each answer once."""
    texts = [option.text.strip() for option in options]
    if "" in texts or len(set(texts)) < len(texts):
        return Refusal("answers-alike", gettext("Every accepted answer needs a text of its own."))
    if not any(option.fraction == 1 for option in options):
        return Refusal("none-right", gettext("At least one accepted answer must give the whole mark."))
    return None


def render_typed(
    question: ShownQuestion, *, label: str, mode: str = "text", pattern: str = "", example: str = ""
) -> SafeString:
    """One field. `mode`: a phone's keyboard; `pattern`: what it takes, as HTML's attribute; `example`: one of them."""
    context = {
        "question": question,
        "typed": question.answer[0] if question.answer else "",
        "label": label,
        "mode": mode,
        "pattern": pattern,
        "example": example,
        "most": MOST_LETTERS,
    }
    return render_to_string("assessments/exams/typed.html", context)
