"""Icons, each drawn once in a process: the package copies and writes its XML anew on every use."""

from functools import lru_cache
from typing import Any

from django import template
from heroicons.templatetags import heroicons

register = template.Library()


@register.simple_tag
def heroicon_outline(name: str, **attrs: Any) -> str:
    """The outline icon of this name; attributes as the package's own tag takes them."""
    return _drawn(name, tuple(sorted(attrs.items())))


@lru_cache(maxsize=512)
def _drawn(name: str, attrs: tuple[tuple[str, Any], ...]) -> str:
    return heroicons.heroicon_outline(name, **dict(attrs))
