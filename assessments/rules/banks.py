"""When a question may be written, and what makes two writings the same."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from assessments.rules.kinds import WrittenOption, default_rule, kind_of, kinds
from courses.lib.refusals import Refusal, Refused


def read_options(options: Iterable[Mapping[str, Any]]) -> list[WrittenOption]:
    """Options from mappings with `text`, `correct` or `fraction`, `last`, `match` and `feedback`.

    Raises `Refused` for a fraction that isn't one.
    """
    return [
        WrittenOption(
            _text(one, "text"), _fraction(one), bool(one.get("last")), _text(one, "match"), _text(one, "feedback")
        )
        for one in options
    ]


def _text(option: Mapping[str, Any], name: str) -> str:
    return str(option.get(name) or "").strip()


def _fraction(option: Mapping[str, Any]) -> Decimal:
    try:
        fraction = Decimal(str(option.get("fraction", int(bool(option.get("correct", False))))))
    except InvalidOperation:
        fraction = Decimal("NaN")
    if not fraction.is_finite() or abs(fraction) > 1:
        raise Refused(Refusal("bad-fraction", _("A fraction is a number between -1 and 1.")))
    return fraction


def one_line_end(text: str) -> str:
    """The text with one kind of line end: browsers send two signs, files one."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def why_not_write(kind: str, text: str, options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Why a question can't be written like this: unknown type or rule, no text, or what its type asks for."""
    if kind not in kinds():
        return Refusal(
            "unknown-kind",
            _("“%(kind)s” is not a question type. There are: %(join)s.")
            % {"kind": kind, "join": ", ".join(sorted(kinds()))},
        )
    if not text.strip():
        return Refusal("no-text", _("A question needs a text."))
    if rule not in kind_of(kind).RULES:
        return Refusal("unknown-rule", _("“%(rule)s” is not a scoring rule of this type.") % {"rule": rule})
    return kind_of(kind).why_not_written(options, rule)


def rule_or_default(kind: str, rule: str) -> str:
    """The rule named, or the type's default; the empty word for a type nobody knows."""
    return rule or (default_rule(kind_of(kind)) if kind in kinds() else "")


def content_hash(content: Any) -> str:
    """SHA-256 of JSON-able content in one canonical form."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def question_hash(kind: str, text: str, rule: str, options: Sequence[WrittenOption], rationale: str) -> str:
    """What two writings of a question share when they are the same. What its type doesn't keep makes no difference."""
    rows = [[one.text, f"{one.fraction.normalize():f}", one.last, *_rest(one)] for one in as_kept(kind, options)]
    return content_hash([kind, text.strip(), rule, rows, rationale.strip()])


def _rest(option: WrittenOption) -> list[str]:
    """What only some lines have; left out where empty, so that what was hashed before it existed stays the same."""
    return [option.match, option.feedback] if option.match or option.feedback else []


def as_kept(kind: str, options: Sequence[WrittenOption]) -> list[WrittenOption]:
    """An author's lines as the type gives them back: what it keeps of them and the feedback, lines without a text last."""
    module = kind_of(kind)
    ordered = sorted(options, key=lambda one: not one.text.strip())
    rows = dict(enumerate(module.rows(ordered)))
    lines = module.written(rows, module.key_for(ordered, list(rows)))
    return [replace(line, feedback=one.feedback) for line, one in zip(lines, ordered, strict=True)]
