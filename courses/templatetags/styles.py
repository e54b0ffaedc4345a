"""The stylesheets of a page. `static/css/site.css` is the list, in its order; pages link each file by itself.

An `@import` chain would cost a second round trip, and checkers that read imported rules have to inline them, which a
strict content policy refuses.
"""

import re
from functools import cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()
IMPORT = re.compile(r'^@import url\("([^"]+)"\);$', re.MULTILINE)


@register.simple_tag
@cache
def stylesheets() -> SafeString:
    """A link for each file that site.css names; the first one sets the order of the layers. Made once in a process."""
    return format_html_join(
        "\n  ", _('<link rel="stylesheet" href="{}">'), ((static(f"css/{name}"),) for name in _names())
    )


def _names() -> tuple[str, ...]:
    found = finders.find("css/site.css")
    return tuple(IMPORT.findall(Path(str(found)).read_text())) if found else ()
