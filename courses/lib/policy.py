"""Who may call a view. Every routed view carries one policy; a route without one is closed, and fails the tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """`open`: anyone. Otherwise signed in, and holding `permission` where one is named. `json`: 401 and 403 as JSON."""

    open: bool = False
    permission: str = ""
    json: bool = False


def _marked(policy: Policy) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.policy = policy  # type: ignore[attr-defined]
        return view

    return mark


open_to_all = _marked(Policy(open=True))
"""The page needs no sign-in."""
open_json = _marked(Policy(open=True, json=True))
"""The route needs no sign-in and refuses in JSON."""
signed_in = _marked(Policy())
"""Any signed-in person; without a session a redirect to sign-in."""
signed_in_json = _marked(Policy(json=True))
"""Any signed-in person; without a session a 401 in JSON."""


def needs(permission: str, *, json: bool = False) -> Callable[[View], View]:
    """Only people whose groups grant `permission` (`app.codename`); others get 403."""
    return _marked(Policy(permission=permission, json=json))
