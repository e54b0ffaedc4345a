"""The film of a ruling's clip: what the media child cuts, and what it leaves out."""

import av
import numpy as np
import pytest

from assessments import clips, media, media_extras
from assessments.media_extras import Line, lines_within
from assessments.probing import cutting
from assessments.tests.ruling_clips import FROM_MS, TO_MS, film


def samples_of(path):
    """The sound of a film, as 48 kHz mono, from its first moment on."""
    with av.open(str(path)) as found:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        return np.concatenate(
            [one.to_ndarray()[0] for frame in found.decode(audio=0) for one in resampler.resample(frame)]
        )


def luma_at(path, milliseconds):
    """How bright the first pixel of the picture at a moment is; each second of the test's film has a shade of its own."""
    with av.open(str(path)) as found:
        shown = [frame for frame in found.decode(video=0) if frame.pts * frame.time_base * 1000 <= milliseconds + 1]
        return int(shown[-1].to_ndarray()[100, 300])


def test_clip_holds_its_stretch_and_nothing_else(tmp_path):
    cutting.make_cut(film(), tmp_path, "cut.mp4", str(FROM_MS), str(TO_MS))

    facts = media.look_at(tmp_path / "cut.mp4", tmp_path)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert abs(facts.seconds - 5.5) < 0.1
    for at in (0, 2_000, 5_400):
        assert abs(luma_at(tmp_path / "cut.mp4", at) - luma_at(film(), FROM_MS + at)) < 4


def test_sound_outside_the_stretch_is_not_in_the_clip(tmp_path, monkeypatch):
    def loud_from_two_to_four(second, share, loudness, voice=clips._voice):
        return voice(second, share, 0.4 if 2 <= second < 4 else 0.0)

    monkeypatch.setattr(clips, "_voice", loud_from_two_to_four)
    source = clips.make_clip(tmp_path / "source.mp4", 8)

    cutting.make_cut(source, tmp_path, "cut.mp4", "4200", "7000")

    assert np.abs(samples_of(source)).max() > 5_000
    assert np.abs(samples_of(tmp_path / "cut.mp4")).max() < 50


def test_picture_that_stood_before_the_stretch_stands_at_its_beginning(tmp_path, monkeypatch):
    pictures = clips._pictures
    monkeypatch.setattr(clips, "_pictures", lambda second, share, size: pictures(second, share, size)[:1])
    source = clips.make_clip(tmp_path / "screen.mp4", 8)

    cutting.make_cut(source, tmp_path, "cut.mp4", "2500", "5900")

    facts = media.look_at(tmp_path / "cut.mp4", tmp_path)
    assert abs(luma_at(tmp_path / "cut.mp4", 0) - luma_at(source, 2_000)) < 4
    assert abs(facts.video_seconds - 3.4) < 0.15


def test_film_without_sound_is_cut_too(tmp_path):
    source = clips.make_clip(tmp_path / "mute.webm", 6, sound=False)

    cutting.make_cut(source, tmp_path, "cut.mp4", "1000", "3000")

    facts = media.look_at(tmp_path / "cut.mp4", tmp_path)
    assert (facts.audio_codec, facts.video_codec) == ("", "h264")
    assert abs(facts.seconds - 2) < 0.15


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 5), (-1, 5), (0, 180_001)])
def test_child_cuts_three_minutes_at_most(tmp_path, start, end):
    with pytest.raises(ValueError, match="no stretch"):
        cutting.make_cut(film(), tmp_path, "cut.mp4", str(start), str(end))


@pytest.mark.parametrize("answer", ["{}", '{"size": 1, "duration_ms": 5500}', '{"size": 9, "duration_ms": 99}'])
def test_child_that_talks_nonsense_is_not_believed(tmp_path, monkeypatch, answer):
    (tmp_path / "cut.mp4").write_bytes(b"film")
    (tmp_path / "probe.py").write_text(f"print('{{\"facts\": {answer}}}')")
    monkeypatch.setattr(media, "SCRIPT", tmp_path / "probe.py")

    with pytest.raises(media.MediaFailed):
        media_extras.cut(tmp_path / "probe.py", tmp_path, "cut.mp4", (0, 5_500), media.limits_for(0))


def test_captions_of_a_clip_have_no_word_from_outside():
    heard = [
        Line(0, 4_000, "All before it."),
        Line(4_000, 8_000, "one two three four"),
        Line(9_000, 10_000, "Within it."),
        Line(11_000, 15_000, "five six seven eight"),
        Line(15_000, 16_000, "All after it."),
    ]

    shown = lines_within(heard, 6_000, 13_000)

    assert [(one.start_ms, one.end_ms, one.text) for one in shown] == [
        (0, 2_000, "four"), (3_000, 4_000, "Within it."), (5_000, 7_000, "five"),
    ]  # fmt: skip
