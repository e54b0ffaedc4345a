"""An award as a picture to share: a card for previews of links, a strip for other people's pages. Pure: facts in, PNG out.

Both say today's state, because a picture outlives what it shows: whoever fetches it again sees a revocation.
"""

import base64
import textwrap
from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import render_to_string

from badges.artwork import render

CARD_WIDTH, STRIP_WIDTH = 1200, 1040
"""Pixels across. A card is 630 high, what sites that preview links ask for; a strip is drawn twice as large as it is shown."""
TONES = {"good": "#8df0c4", "caution": "#ffdf8e", "danger": "#ffb4a8"}


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card shows. `state`: the verdict in words, `tone`: good, caution or danger; `dates`: a short line.

    `picture`: the badge as PNG.
    """

    title: str
    holder: str
    issuer: str
    state: str
    tone: str
    dates: str
    picture: bytes


@lru_cache(maxsize=64)
def draw_card(facts: CardFacts) -> bytes:
    """The preview of a link, 1200 by 630."""
    lines = _lines(facts.title, across=20, most=3)
    return _draw("badges/card.svg", facts, lines, width=CARD_WIDTH)


@lru_cache(maxsize=64)
def draw_strip(facts: CardFacts) -> bytes:
    """The badge beside its words, to stand on another page; 1040 by 240."""
    lines = _lines(facts.title, across=34, most=2)
    return _draw("badges/strip.svg", facts, lines, width=STRIP_WIDTH)


def _draw(template: str, facts: CardFacts, lines: list[str], *, width: int) -> bytes:
    picture = base64.b64encode(facts.picture).decode()
    context = {"facts": facts, "lines": list(enumerate(lines)), "count": len(lines), "tone": TONES[facts.tone]}
    return render(render_to_string(template, context | {"picture": picture}), width=width)


def _lines(text: str, *, across: int, most: int) -> list[str]:
    return textwrap.wrap(text, across, max_lines=most, placeholder=" …")
