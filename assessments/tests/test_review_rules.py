"""The pure rules of marks and decisions, as tables."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assessments.models import Comment, Criterion, Recording
from assessments.rules.decisions import is_near_the_cut, level_of, mean_points, outcome_of
from assessments.rules.feedback import count, segments_of
from assessments.rules.reviews import Sheet, why_not_send
from assessments.rules.timelines import timeline_of, wave_path

CRITERIA = tuple(Criterion(pk=place, slug=slug, name=slug.title()) for place, slug in enumerate("abcde", start=1))


def sheet(has_recording=True):
    return Sheet(CRITERIA, 18, has_recording)


def given(points):
    return {criterion.slug: int(point) for criterion, point in zip(CRITERIA, points, strict=False)}


def about(*slugs, start_ms=0):
    ids = {criterion.slug: criterion.pk for criterion in CRITERIA}
    return [Comment(criterion_id=ids.get(slug), start_ms=start_ms) for slug in slugs]


@pytest.mark.parametrize(
    ("totals", "mean", "total", "passed"),
    [
        ([17], "17", 17, False),
        ([18], "18", 18, True),
        ([19], "19", 19, True),
        ([17, 18], "17.5", 18, True),
        ([16, 18], "17", 17, False),
        ([17, 17, 18], "17.33", 17, False),
        ([17, 18, 18], "17.66", 18, True),
        ([25, 11], "18", 18, True),
    ],
)
def test_mean_of_totals_rounded_half_up_decides(totals, mean, total, passed):
    outcome = outcome_of(totals, 18)

    assert (outcome.mean, outcome.total, outcome.passed) == (Decimal(mean), total, passed)


@pytest.mark.parametrize(
    ("points", "mean", "level"), [([3], "3.0", 3), ([3, 4], "3.5", 3), ([4, 4, 3], "3.7", 3), ([5, 5], "5.0", 5)]
)
def test_criterion_reports_its_mean_and_the_level_that_is_reached(points, mean, level):
    assert (mean_points(points), level_of(points)) == (Decimal(mean), level)


@pytest.mark.parametrize(("total", "near"), [(15, False), (16, True), (18, True), (19, True), (20, False)])
def test_totals_of_16_to_19_are_near_a_cut_of_18(total, near):
    assert is_near_the_cut(total, 18) is near


@pytest.mark.parametrize(
    ("points", "comments", "code", "words"),
    [
        ("444", [], "marks-missing", "Score D and E."),
        ("4444", about("a"), "marks-missing", "Score E."),
        ("44444", [], None, ""),
        ("33333", [], None, ""),
        ("44433", [], "evidence-missing", "A total of 18 is near the pass mark"),
        ("44433", about(None), None, ""),
        ("44433", about("a", start_ms=None), "evidence-missing", "comment at its moment"),
        ("54444", about("b"), "evidence-missing", "Add one about A."),
        ("54444", about("a"), None, ""),
        ("51444", about("a"), "evidence-missing", "Add one about B."),
        ("12222", [], "evidence-missing", "Add one about A, B, C, D and E."),
        ("22222", about(*"abcde"), None, ""),
    ],
)
def test_marks_wait_for_their_evidence(points, comments, code, words):
    refusal = why_not_send(sheet(), given(points), comments)

    assert (refusal and refusal.code) == code
    assert words in (refusal.sentence if refusal else "")


def test_comment_without_a_moment_counts_where_there_is_no_recording():
    assert why_not_send(sheet(has_recording=False), given("44433"), about("a", start_ms=None)) is None


def recorded(duration_ms):
    return Recording(duration_ms=duration_ms, created_at=datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize(("minutes", "ticks"), [(0.5, 3), (1, 6), (5, 10), (10, 10), (40, 8), (100, 10), (600, 20)])
def test_line_has_few_round_moments(minutes, ticks):
    assert len(timeline_of(recorded(int(minutes * 60_000)), []).ticks) == ticks


def test_comments_are_pinned_at_their_share_of_the_length():
    recording, other = recorded(60_000), recorded(60_000)
    moments = [(None, None), (recording, 30_000), (other, 40_000), (recording, 90_000)]
    comments = [Comment(recording=shown, start_ms=start_ms) for shown, start_ms in moments]

    pins = timeline_of(recording, comments).pins

    assert [(pin.number, pin.percent) for pin in pins] == [(2, "50.00"), (4, "100.00")]


def test_without_a_recording_there_is_no_line():
    assert timeline_of(None, []) is None
    assert timeline_of(recorded(None), []) is None


@pytest.mark.parametrize(
    ("peaks", "path"),
    [(b"", ""), (b"\x00", "M300 23v2"), (b"\xff\x00", "M150 1v46M450 23v2")],
)
def test_sound_is_drawn_as_strokes_about_the_middle(peaks, path):
    assert wave_path(peaks) == path


def test_long_sound_keeps_its_loudest_moments():
    assert wave_path(b"\x00" * 599 + b"\xff").count("M") == 300
    assert wave_path(b"\x00" * 599 + b"\xff").endswith("v46")


def test_score_line_fills_up_to_the_total_and_marks_the_cut():
    segments = segments_of(17, 25, 18)

    assert [segment.state for segment in segments].count("on") == 17
    assert [place for place, segment in enumerate(segments, start=1) if segment.is_cut] == [18]


@pytest.mark.parametrize(("number", "words"), [(0, "no"), (1, "one"), (10, "ten"), (11, "11")])
def test_small_numbers_are_words(number, words):
    assert count(number) == words


def test_a_moment_is_named_where_its_time_has_room_before_the_line_ends():
    ticks = timeline_of(recorded(61_000), []).ticks

    assert [(tick.milliseconds, tick.is_named) for tick in ticks[-2:]] == [(50_000, True), (60_000, False)]
