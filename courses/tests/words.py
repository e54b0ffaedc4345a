"""Words on a page, apart from what chance writes there."""

import re

CHANCE = re.compile(r"[0-9A-Za-z_+/=-]{16,}")


def without_tokens(text):
    """The text without runs of sixteen signs and more: ids, tokens, hashes and nonces hold any short word some day."""
    return CHANCE.sub(" ", text)
