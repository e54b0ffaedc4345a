"""RSA keys for tests: three for the whole session, handed out in turn, because making one takes up to half a second."""

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

from badges import signing

_make = signing._new_key


@cache
def _keys() -> Iterator[Any]:
    return itertools.cycle([_make(signing.RS256) for _ in range(3)])


def new_key(algorithm: str) -> Any:
    """A key of this algorithm; after an RSA key come two others before it comes again."""
    return next(_keys()) if algorithm == signing.RS256 else _make(algorithm)
