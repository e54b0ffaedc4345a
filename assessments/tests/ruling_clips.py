"""Rulings with a stretch of a real film, for the tests of clips."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from assessments import disk, storage
from assessments.actions.ruling_clips import work_on_clip
from assessments.actions.rulings import decide_ruling
from assessments.clips import make_clip
from assessments.models import RulingClip
from assessments.rules.rulings import Clip, Wording
from assessments.tests.factories_practicals import make_decided, make_grader, marks

FROM_MS, TO_MS = 7_300, 12_800


@cache
def film():
    """Thirty seconds with picture and sound, made once for all tests of a process."""
    return make_clip(Path(mkdtemp()) / "session.mp4", 30)


def make_filmed(**fields):
    """Decided work whose recording can be played."""
    submission = make_decided(marks(4, 4, 4, 4, 4))
    recording = submission.recordings.get()
    folder = storage.folder_of(recording)
    folder.mkdir(parents=True)
    shutil.copy(film(), folder / "play.mp4")
    recording.play_path, recording.duration_ms = disk.relative(folder / "play.mp4"), 30_000
    for name, value in fields.items():
        setattr(recording, name, value)
    recording.save()
    return submission


def make_ruling(submission=None, by=None, replaces=None, **changes):
    """A ruling about the first criterion with a stretch of a film; its clip waits to be cut."""
    submission = submission or make_filmed()
    clip = Clip(submission.recordings.main().get(), FROM_MS, TO_MS, "By mail, 3 May.")
    words = {"criterion": "pain", "situation": "Takes the first answer.", "ruling": "That is level 3.", "level": 3}
    return decide_ruling(
        rubric=submission.rubric_version.rubric,
        wording=Wording(**words | {"clip": clip} | changes),
        by=by or make_grader(),
        replaces=replaces,
    )


def cut(ruling):
    """What one round of the worker makes of a ruling's clip, as it stands then."""
    work_on_clip(clip_id=ruling.clip.pk)
    return RulingClip.objects.select_related("ruling").get(ruling=ruling)


def make_cut(submission=None, **changes):
    """A clip that is ready."""
    clip = cut(make_ruling(submission, **changes))
    assert clip.state == "ready", clip.code
    return clip


def names(recording):
    """What lies in a recording's folder."""
    return sorted(path.name for path in storage.folder_of(recording).glob("*"))
