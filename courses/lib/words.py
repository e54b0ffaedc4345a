"""Words that stand in the code as constants and are translated when somebody reads them."""

from django.utils.translation import gettext


def in_readers_language(text: str) -> str:
    """The text in the language of whoever reads now; as it is, where no catalogue knows it. No query.

    Constants are marked with `gettext_noop` and stay English: what is imported once serves readers of every language.
    """
    return gettext(text) if text else ""
