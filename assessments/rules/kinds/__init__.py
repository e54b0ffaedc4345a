"""The registry of question types: every module in this folder is one type. An eighth type is one new file.

A module says NAME (stored), LABEL (shown to authors), RULES (scoring rule -> the sentence candidates read; the first is
the default) and EXAMPLE (the lines that an author types), and has the functions of `Kind`. Answers travel as a list of
strings, whatever the type: the values of the page's controls named "answer", in the order of the page. What an author
writes travels as `WrittenOption`s, whatever the type: forms, program files, imports and exports know no other shape.
"""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Protocol, cast

from django.utils.safestring import SafeString

from courses.lib.refusals import Refusal


class Unanswerable(Exception):
    """The answer can't be read as an answer to this question; the message is the reason's code."""


@dataclass(frozen=True, slots=True)
class WrittenOption:
    """A line of a question as its author wrote it: an option, an accepted answer, a step or a pair, as the type reads it.

    `fraction` is its share of the mark, -1 to 1; `match` the right-hand side of a pair; `feedback` Markdown for whoever
    meets this line in practice.
    """

    text: str
    fraction: Decimal = Decimal(0)
    last: bool = False
    match: str = ""
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class OptionRow:
    """What a type stores of a line for delivery. Rows of one `group` are shuffled among themselves."""

    text: str
    last: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option as delivered: its id in this delivery, its text, whether it is chosen now, and its group."""

    token: str
    text: str
    chosen: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question as delivered; `rule` is its scoring rule's name. Nothing of its key is in here."""

    position: int
    text: str
    options: Sequence[ShownOption]
    answer: Sequence[str]
    rule: str = ""


class Kind(Protocol):
    """What a module of this folder offers."""

    NAME: str
    LABEL: str
    RULES: Mapping[str, str]
    EXAMPLE: str

    def why_not_written(self, options: Sequence[WrittenOption], rule: str) -> Refusal | None:
        """Why a question of this type can't be written like this."""
        ...

    def rows(self, options: Sequence[WrittenOption]) -> list[OptionRow]:
        """What is stored for delivery, in the author's order; nothing where the answer is typed."""
        ...

    def key_for(self, options: Sequence[WrittenOption], ids: Sequence[int]) -> dict[str, Any]:
        """The answer key that `score` reads, JSON-able, decimals as text. `ids`: row ids of `rows(options)`, in order."""
        ...

    def written(self, rows: Mapping[int, OptionRow], answers: Mapping[str, Any]) -> list[WrittenOption]:
        """What the author wrote, without its feedback: `rows` and `answers` put together again, in the same order."""
        ...

    def met(self, value: Any, rows: Sequence[int], answers: Mapping[str, Any]) -> list[int]:
        """Which of the author's lines an answer meets, by their index: practice shows their feedback.

        `rows`: the option row ids in the author's order.
        """
        ...

    def parse(self, answer: Sequence[str], tokens: Mapping[str, int]) -> Any:
        """The stored value of an answer; options become their row ids. Raises `Unanswerable`."""
        ...

    def is_answered(self, value: Any) -> bool:
        """Whether the stored value says anything."""
        ...

    def deliver(self, value: Any, tokens: Mapping[str, int]) -> list[str]:
        """The stored value as the page sends it, in the page's order."""
        ...

    def score(self, value: Any, answers: Mapping[str, Any], rule: str) -> Decimal:
        """The share of the mark, 0 to 1. `answers`: as `key_for` made it. `value` is None where nothing was saved."""
        ...

    def render(self, question: ShownQuestion) -> SafeString:
        """The controls of the question page."""
        ...


@cache
def kinds() -> dict[str, Kind]:
    """Every question type by its stored name."""
    found = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return {module.NAME: cast(Kind, module) for module in found}


def kind_of(name: str) -> Kind:
    """The type with this stored name. Raises KeyError for a name that no module bears."""
    return kinds()[name]


def default_rule(kind: Kind) -> str:
    """The scoring rule of a question whose author named none."""
    return next(iter(kind.RULES))
