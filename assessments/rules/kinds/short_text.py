"""A few words, compared with accepted answers in which `*` stands for anything; the highest matching share wins."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.rules import typed
from assessments.rules.kinds import ShownQuestion, WrittenOption
from assessments.rules.typed import deliver_typed, parse_typed
from assessments.rules.typed import is_typed as is_answered
from assessments.rules.typed import key_of_accepted as key_for
from assessments.rules.typed import no_rows as rows
from assessments.rules.typed import written_accepted as written
from courses.lib.refusals import Refusal

NAME, LABEL = "short_text", gettext_noop("a few words")
RULES = {
    "any_case": gettext_noop(
        "A few words. Capital and small letters are the same, and blanks at the ends don’t count."
    ),
    "same_case": gettext_noop("A few words. Capital and small letters are different, blanks at the ends don’t count."),
}
EXAMPLE = gettext_noop("= merge request\n=50% *request*")
STAR = re.compile(r"(\\\*|\*)")

__all__ = [
    "EXAMPLE", "LABEL", "NAME", "RULES", "deliver", "is_answered", "key_for", "met", "parse", "render", "rows", "score",
    "why_not_written", "written",
]  # fmt: skip


def normal(text: str, *, fold: bool) -> str:
    """What is compared: composed letters, no invisible ones, single blanks, none at the ends, and small where folded.

    Source: Unicode Standard Annex 15 (NFC) and section 3.13 (case folding).
    """
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(letter for letter in composed if unicodedata.category(letter) != "Cf")
    single = " ".join(visible.split())
    return unicodedata.normalize("NFC", single.casefold()) if fold else single


def fits(typed_text: str, accepted: str, *, fold: bool) -> bool:
    """Whether the typed text is the accepted one, `*` standing for anything and `\\*` for itself. Linear in both texts."""
    pieces = [""]
    for part in STAR.split(accepted):
        if part == "*":
            pieces.append("")
        else:
            pieces[-1] += "*" if part == "\\*" else part
    return _in_order(normal(typed_text, fold=fold), [_piece(piece, fold) for piece in pieces])


def _piece(text: str, fold: bool) -> str:
    """A part between two stars: blanks at its ends are kept, since they stand inside the answer."""
    ends = text.startswith(" "), text.endswith(" ")
    inside = normal(text, fold=fold)
    return f"{' ' if ends[0] and inside else ''}{inside}{' ' if ends[1] and inside else ''}"


def _in_order(text: str, pieces: Sequence[str]) -> bool:
    if len(pieces) == 1:
        return text == pieces[0].strip()
    first, last = pieces[0].lstrip(), pieces[-1].rstrip()
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    place, end = len(first), len(text) - len(last)
    for piece in pieces[1:-1]:
        found = text.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def why_not_written(options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Accepted answers, one of them for the whole mark; a lone `*` may not give it, since any word would be right."""
    if any(option.fraction > 0 and not option.text.replace("*", "").strip() for option in options):
        return Refusal("anything-right", _("An answer of stars only would make every word right."))
    return typed.why_not_accepted(options)


def parse(answer: Sequence[str], tokens: Mapping[str, int]) -> str:
    """The answer as it was typed."""
    return parse_typed(answer)


def deliver(value: Any, tokens: Mapping[str, int]) -> list[str]:
    """What was typed."""
    return deliver_typed(value)


def _fitting(value: Any, answers: Mapping[str, Any], *, fold: bool) -> list[int]:
    if not is_answered(value):
        return []
    return typed.accepted_by(answers, lambda accepted: fits(value, accepted, fold=fold))


def score(value: Any, answers: Mapping[str, Any], rule: str) -> Decimal:
    """The highest share of the accepted answers that fit. Source: rules.md 3.12."""
    return typed.best_share(answers, _fitting(value, answers, fold=rule != "same_case"))


def met(value: Any, rows: Sequence[int], answers: Mapping[str, Any]) -> list[int]:
    """The accepted answer that gave the share."""
    return (_fitting(value, answers, fold=False) or _fitting(value, answers, fold=True))[:1]


def render(question: ShownQuestion) -> SafeString:
    """One field."""
    return typed.render_typed(question, label=_("Your answer"))
