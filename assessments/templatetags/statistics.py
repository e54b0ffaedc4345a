"""Words for the flags of questions."""

from collections.abc import Iterable

from django import template

from assessments.rules.statistics.readings import ABOUT_EXPOSURE, LABELS

register = template.Library()


@register.filter
def flag_label(flag: str) -> str:
    """A flag in a few words."""
    return LABELS[flag]


@register.filter
def about_question(flags: Iterable[str]) -> list[str]:
    """The flags about the question itself."""
    return [flag for flag in flags if flag not in ABOUT_EXPOSURE]


@register.filter
def about_exposure(flags: Iterable[str]) -> list[str]:
    """The flags about how often it is given."""
    return [flag for flag in flags if flag in ABOUT_EXPOSURE]
