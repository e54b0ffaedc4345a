"""Where the picture changes, and small pictures of every ten seconds: one pass over the key frames alone."""

from pathlib import Path
from typing import Any

from assessments.probing.opening import open_media, picture_stream

STEP_MS = 10_000
THUMB_WIDTH, THUMB_HEIGHT = 160, 90
COLUMNS, ROWS = 10, 10
A_SHEET = COLUMNS * ROWS
MOST_THUMBS = 3_600
CHANGE, MOST_MARKS, APART_MS = 0.05, 60, 2_000


def find_slides(source: Path, out: Path) -> dict[str, Any]:
    """Moments in ms at which the picture changes, the clearest sixty; writes sprite-NN.jpg, a hundred small pictures each."""
    sheets, changes = _Sheets(out), _Changes()
    with open_media(source) as media:
        stream = picture_stream(media)
        stream.codec_context.skip_frame = "NONKEY"
        first: float | None = None
        for frame in media.decode(stream):
            if frame.time is None:
                continue
            first = frame.time if first is None else first
            at_ms = max(0, round((frame.time - first) * 1000))
            small = frame.reformat(THUMB_WIDTH, THUMB_HEIGHT, "rgb24").to_ndarray()
            changes.see(at_ms, small)
            sheets.see(at_ms, small)
    sheets.save()
    return {"marks": changes.clearest(), "step_ms": STEP_MS, "pictures": sheets.count}


class _Changes:
    """How much each key frame differs from the one before.

    Source: the scene score of ffmpeg's select filter: the smaller of the mean difference and of its change, of 100.
    """

    def __init__(self) -> None:
        self.last: Any = None
        self.last_difference = 0.0
        self.found: list[tuple[float, int]] = []

    def see(self, at_ms: int, small: Any) -> None:
        """Take in the next key frame."""
        import numpy as np

        values = small.astype(np.int16)
        if self.last is not None:
            difference = float(np.abs(values - self.last).mean())
            score = min(difference, abs(difference - self.last_difference)) / 100
            self.last_difference = difference
            if score >= CHANGE:
                self.found.append((score, at_ms))
        self.last = values

    def clearest(self) -> list[int]:
        """The moments in their order: the clearest ones, two seconds apart at least."""
        kept: list[int] = []
        for _, at_ms in sorted(self.found, reverse=True):
            if len(kept) < MOST_MARKS and all(abs(at_ms - other) >= APART_MS for other in kept):
                kept.append(at_ms)
        return sorted(kept)


class _Sheets:
    """Sheets of small pictures: each ten seconds show the last key frame before them, or the first of all."""

    def __init__(self, out: Path) -> None:
        self.out, self.count, self.last_ms = out, 0, 0
        self.last: Any = None
        self.sheet: Any = None

    def see(self, at_ms: int, small: Any) -> None:
        """Take in the next key frame, and fill the places up to its moment."""
        if self.last is None:
            self.last = small
        while self.count * STEP_MS < at_ms and self.count < MOST_THUMBS:
            self._place()
        self.last, self.last_ms = small, at_ms

    def _place(self) -> None:
        import numpy as np

        at = self.count % A_SHEET
        if self.sheet is None:
            self.sheet = np.zeros((ROWS * THUMB_HEIGHT, COLUMNS * THUMB_WIDTH, 3), np.uint8)
        row, column = at // COLUMNS * THUMB_HEIGHT, at % COLUMNS * THUMB_WIDTH
        self.sheet[row : row + THUMB_HEIGHT, column : column + THUMB_WIDTH] = self.last
        self.count += 1
        if at == A_SHEET - 1:
            self._write()

    def _write(self) -> None:
        from PIL import Image

        name = f"sprite-{(self.count - 1) // A_SHEET:02}.jpg"
        Image.fromarray(self.sheet).save(self.out / name, "JPEG", quality=70)
        self.sheet = None

    def save(self) -> None:
        """The last picture, and the sheet that isn't full."""
        if self.last is None:
            raise ValueError("no key frame")
        if self.count * STEP_MS <= self.last_ms and self.count < MOST_THUMBS:
            self._place()
        if self.sheet is not None:
            self._write()
