"""Words for the flags of questions."""

from django import template

from assessments.rules.statistics.readings import LABELS

register = template.Library()


@register.filter
def flag_label(flag: str) -> str:
    """A flag in a few words."""
    return LABELS[flag]
