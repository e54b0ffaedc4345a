"""The registry of question types: every module in this folder is one type. An eighth type is one new file.

A module says NAME (stored), LABEL (shown to authors) and RULES (scoring rule -> the sentence candidates read; the first
is the default), and has the functions of `Kind`. Answers travel as a list of strings, whatever the type: the values of
the page's controls named "answer", in the order of the page.
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
    """An option as its author wrote it; `fraction` is its share of the mark."""

    text: str
    fraction: Decimal
    last: bool = False


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option as delivered: its id in this delivery, its text, and whether it is chosen now."""

    token: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question as delivered. Nothing of its key is in here."""

    position: int
    text: str
    options: Sequence[ShownOption]
    answer: Sequence[str]


class Kind(Protocol):
    """What a module of this folder offers."""

    NAME: str
    LABEL: str
    RULES: Mapping[str, str]

    def why_not_written(self, options: Sequence[WrittenOption], rule: str) -> Refusal | None:
        """Why a question of this type can't be written like this."""
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

    def score(self, value: Any, fractions: Mapping[str, str], rule: str) -> Decimal:
        """The share of the mark, 0 to 1. `fractions`: option row id -> its share, as in the answer key."""
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
