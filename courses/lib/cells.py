"""The one place where text of people becomes cells of a spreadsheet: what a spreadsheet would run as a formula is disarmed.

Source: OWASP, CSV injection. The apostrophe comes off again on the way in, so that what was written comes back.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

ARMED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def disarmed(text: str) -> str:
    """The text as a cell: with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(ARMED) or _looks_disarmed(text) else text


def armed_again(cell: str) -> str:
    """The text that `disarmed` made the cell of; a cell that it never touched stays as it is."""
    return cell[1:] if _looks_disarmed(cell) else cell


def _looks_disarmed(text: str) -> bool:
    return text.startswith("'") and text[1:].startswith((*ARMED, "'"))


class _Echo:
    """What a csv writer writes to: hands every line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Iterable[str]]) -> Iterator[Any]:
    """Each row of cells as a line of a CSV file, made when it is asked for. The cells are disarmed already."""
    writer = csv.writer(_Echo())
    return (writer.writerow(row) for row in rows)


def csv_file(rows: Iterable[Iterable[str]], name: str) -> StreamingHttpResponse:
    """These rows as a CSV file of this name, sent line by line and kept nowhere on the way."""
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = _('attachment; filename="%(name)s"') % {"name": name}
    response["Cache-Control"] = _("private, no-store")
    return response
