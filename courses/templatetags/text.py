"""Filters for text and numbers as the interface writes them."""

from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from courses.lib.markdown import render_markdown

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown of a person as safe HTML."""
    return render_markdown(text)


@register.filter
def percent(value: Decimal | int | None) -> str:
    """A share of 100 as "82.50 %", rounded down, so that what is shown never passes more than what is true."""
    if value is None:
        return "–"
    return f"{Decimal(value).quantize(Decimal('0.01'), rounding=ROUND_DOWN)} %"


@register.filter
def of_hundred(share: float | None) -> str:
    """A share of 1 as "87", or a dash where it is undefined."""
    return "–" if share is None else f"{share * 100:.0f}"


@register.filter
def figure(value: float | None, decimals: int = 2) -> str:
    """A figure with so many decimals and a real minus sign, or a dash where it is undefined."""
    return "–" if value is None else f"{value:.{decimals}f}".replace("-", "−")


@register.filter
def seconds(milliseconds: int) -> str:
    """Milliseconds as an address of media says its moment (`#t=816.5`)."""
    return f"{milliseconds / 1000:g}"


@register.filter
def clock(milliseconds: int | None) -> str:
    """Milliseconds as "41:12" or "1:02:03"."""
    seconds = int(milliseconds or 0) // 1000
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def as_input(field: BoundField) -> SafeString:
    """A form field drawn as the interface draws it; its error is tied to it for screen readers."""
    widget = field.field.widget
    plain = isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple | forms.FileInput)
    attrs: dict[str, str | bool] = {} if plain else {"class": _("input input--error") if field.errors else "input"}
    if field.errors:
        hints = [f"{field.auto_id}_helptext"] if field.help_text else []
        attrs["aria-describedby"] = " ".join([*hints, f"{field.auto_id}_error"])
    return field.as_widget(attrs=attrs)


@register.filter
def age(moment: datetime, now: datetime) -> str:
    """How long ago in the largest whole unit: "4 min", "2 h", "3 d"."""
    minutes = max(0, int((now - moment).total_seconds() // 60))
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
