"""JSON that people type: refused in a sentence where the database could not keep it."""

import math
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput

UNKEPT = "A number here is too large or none at all (NaN, Infinity), or a sign can't be stored. Write it otherwise."


class TypedJSONField(forms.JSONField):
    """A JSON field whose text has nothing that JSON of the database doesn't know.

    Python's reader takes NaN, 1e999, NUL and half a sign, and gives up over endless brackets; PostgreSQL takes none of it.
    """

    def to_python(self, value: Any) -> Any:
        """What was typed."""
        try:
            found = super().to_python(value)
            is_kept = _is_kept(found)
        except (RecursionError, ValueError):
            is_kept = False
        if not is_kept:
            raise forms.ValidationError(UNKEPT, code="invalid")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What is shown again: the text as it was typed, where it can't be read or kept."""
        try:
            found = super().bound_data(data, initial)
            return found if _is_kept(found) else InvalidJSONInput(data)
        except (RecursionError, ValueError):
            return InvalidJSONInput(data)


def _is_kept(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_kept(one) for one in (*value, *value.values()))
    if isinstance(value, list):
        return all(_is_kept(one) for one in value)
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    return not isinstance(value, float) or math.isfinite(value)
