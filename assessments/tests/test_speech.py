"""The seam to a speech model: pieces that keep their time, and lines that become a transcript. No model is needed."""

import json
from itertools import pairwise

import numpy as np
import pytest

from assessments.clips import make_clip
from assessments.probing import speech


class Counting:
    """Says how long each piece is."""

    def lines(self, samples):
        yield 0.5, samples.size / 16_000, f"  {samples.size}\n samples "
        yield 0.0, 0.1, "   "


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "session.mp4", 23)


@pytest.fixture
def short_pieces(monkeypatch):
    monkeypatch.setattr(speech, "PIECE_SECONDS", 10)
    monkeypatch.setattr(speech, "CUT_SECONDS", 3)


def test_pieces_are_cut_in_the_quiet_and_lose_no_sample(clip, short_pieces):
    pieces = list(speech.pieces(clip))

    starts = [start for start, _ in pieces]
    assert len(pieces) == 3
    assert all(7_000 <= later - start <= 10_100 for start, later in pairwise(starts))
    assert all(np.abs(samples[-1600:]).max() < 0.02 for _, samples in pieces[:2])
    for (start, samples), (later, _) in pairwise(pieces):
        assert later == start + samples.size * 1000 // 16_000
    assert abs(sum(samples.size for _, samples in pieces) / 16_000 - 23) < 0.3
    assert max(np.abs(samples).max() for _, samples in pieces) <= 1


def test_lines_carry_the_time_of_their_piece_and_no_blanks(clip, short_pieces, tmp_path):
    told = speech.write_lines(clip, tmp_path, Counting())

    lines = json.loads((tmp_path / "transcript.json").read_text())
    assert told == {"lines": len(lines)} == {"lines": 3}
    assert lines[0][0] == 500
    assert 7_500 <= lines[1][0] <= 10_600
    assert all(text == " ".join(text.split()) for _, _, text in lines)


def test_a_transcript_has_an_end(clip, monkeypatch, tmp_path):
    monkeypatch.setattr(speech, "MOST_LINES", 2)

    class Endless:
        def lines(self, samples):
            return ((0.0, 1.0, "word " * 500) for _ in range(100))

    assert speech.write_lines(clip, tmp_path, Endless()) == {"lines": 2}
    assert len(json.loads((tmp_path / "transcript.json").read_text())[0][2]) <= speech.LONGEST_LINE
