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


@register.filter
def span_of(standard_error: float) -> str:
    """Half the span that holds in 95 of 100 cases, of 100, with one decimal."""
    return f"{196 * standard_error:.1f}"
