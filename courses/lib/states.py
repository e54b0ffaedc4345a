"""State tables: `TRANSITIONS` stands beside the choices of a model, and this is the one place that reads it."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from courses.lib.refusals import Refusal

Transitions = Mapping[str, frozenset[str]]


def why_not_move(transitions: Transitions, *, old: str, new: str) -> Refusal | None:
    """A refusal when the table has no step from `old` to `new`, None when the step is allowed."""
    if new in transitions.get(old, frozenset()):
        return None
    return Refusal(
        "wrong-state",
        _("This is %(replace)s now, so it can't become %(replace2)s.")
        % {"replace": old.replace("_", " "), "replace2": new.replace("_", " ")},
    )
