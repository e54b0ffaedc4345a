"""State tables: `TRANSITIONS` stands beside the choices of a model, and this is the one place that reads it."""

from collections.abc import Mapping

from courses.lib.refusals import Refusal

Transitions = Mapping[str, frozenset[str]]


def why_not_move(transitions: Transitions, *, old: str, new: str) -> Refusal | None:
    """A refusal when the table has no step from `old` to `new`, None when the step is allowed."""
    if new in transitions.get(old, frozenset()):
        return None
    return Refusal("wrong-state", f"This is {old.replace('_', ' ')} now, so it can't become {new.replace('_', ' ')}.")
