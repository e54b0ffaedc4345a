"""How figures of the simulator are shown."""

from django import template

register = template.Library()


@register.filter
def days(hours: float) -> str:
    """Hours as days with one decimal."""
    return f"{hours / 24:.1f}"


@register.filter
def percent_of(share: float) -> str:
    """A share of 1 as so many of 100, with one decimal."""
    return f"{100 * share:.1f}"
