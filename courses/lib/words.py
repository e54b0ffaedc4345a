"""Words that are translated when somebody reads them: constants of the code, and what is kept to be said in any language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop, ngettext

NUMBERS = (
    gettext_noop("no"),
    gettext_noop("one"),
    gettext_noop("two"),
    gettext_noop("three"),
    gettext_noop("four"),
    gettext_noop("five"),
    gettext_noop("six"),
    gettext_noop("seven"),
    gettext_noop("eight"),
    gettext_noop("nine"),
    gettext_noop("ten"),
)


def in_readers_language(text: str) -> str:
    """The text in the language of whoever reads now; as it is, where no catalogue knows it. No query.

    Constants are marked with `gettext_noop` and stay English: what is imported once serves readers of every language.
    """
    return gettext(text) if text else ""


def number_in_words(number: int, *, up_to: int) -> str:
    """A number from 0 to `up_to` (at most ten) as sentences say it, a larger one in digits."""
    return gettext(NUMBERS[number]) if 0 <= number <= up_to else str(number)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with its values: `str()` says it in the reader's language, `as_json` keeps it for readers to come.

    `text` is marked with `gettext_noop` where it is written, or written as `counted`, and names its values as `%(name)s`.
    Values are text, numbers, days, moments (said in UTC) or sentences of their own.
    """

    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    many: str = ""

    def __str__(self) -> str:
        said = ngettext(self.text, self.many, self.facts["count"]) if self.many else in_readers_language(self.text)
        return said % {name: _shown(value) for name, value in self.facts.items()} if self.facts else said

    def as_json(self) -> dict[str, Any]:
        """As it is kept; `said_again` reads it."""
        return {"text": self.text, "many": self.many, "facts": {name: _kept(one) for name, one in self.facts.items()}}


def counted(one: str, many: str, facts: Mapping[str, Any]) -> Said:
    """A sentence that depends on `facts["count"]`; the catalogues know both of its forms, and what other languages have."""
    return Said(one, facts, many)


Words: TypeAlias = "str | Said | tuple[str | Said, ...]"
"""What can be told: text as it is, a sentence, or several one after the other; empty ones are left out."""


def say(words: Words) -> str:
    """The words in the reader's language."""
    parts = words if isinstance(words, tuple) else (words,)
    return " ".join(text for text in map(str, parts) if text)


def keep(words: Words) -> Any:
    """The words as JSON."""
    return [_kept(one) for one in words] if isinstance(words, tuple) else _kept(words)


def said_again(kept: Any) -> str:
    """What `keep` made, in the language of whoever reads now."""
    return say(tuple(map(_read, kept)) if isinstance(kept, list) else _read(kept))


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return date_format(value.astimezone(UTC), "DATETIME_FORMAT")
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else value


def _kept(value: Any) -> Any:
    if isinstance(value, Said):
        return {"said": value.as_json()}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value if isinstance(value, int | str) else str(value)


def _read(kept: Any) -> Any:
    match kept:
        case {"said": {"text": str(text), "many": str(many), "facts": dict(facts)}}:
            return Said(text, {name: _read(one) for name, one in facts.items()}, many)
        case {"moment": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"day": str(day)}:
            return date.fromisoformat(day)
    return kept
