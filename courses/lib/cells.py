"""The one place where text of people becomes cells of a spreadsheet: what a spreadsheet would run as a formula is disarmed.

Source: OWASP, CSV injection. The apostrophe comes off again on the way in, so that what was written comes back.
"""

ARMED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def disarmed(text: str) -> str:
    """The text as a cell: with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(ARMED) or _looks_disarmed(text) else text


def armed_again(cell: str) -> str:
    """The text that `disarmed` made the cell of; a cell that it never touched stays as it is."""
    return cell[1:] if _looks_disarmed(cell) else cell


def _looks_disarmed(text: str) -> bool:
    return text.startswith("'") and text[1:].startswith((*ARMED, "'"))
