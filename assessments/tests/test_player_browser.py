"""The player in Chromium: by key, over silence, with the camera in step, with words, and without script."""

import re
import shutil

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from assessments import disk, storage
from assessments.actions.enrichments import _queue, work_on_enrichment
from assessments.clips import make_clip
from assessments.models import EnrichmentKind, EnrichmentState, Practical, Recording, RecordingState, ReviewDraft
from assessments.tests.factories_practicals import make_lease
from assessments.tests.test_players import VOICE, mark, say

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VIDEO = "document.querySelector('.player__video')"
NOW = f"{VIDEO}.currentTime"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "session.webm", 40)


@pytest.fixture
def lease(clip, tmp_path):
    """A desk with a recording of 40 s that has files, a camera that begins 2 s later, parts, words and silences."""
    lease = make_lease()
    version = lease.task.submission_version
    recording = version.recordings.get()
    folder = storage.folder_of(recording)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(clip, folder / "play.webm")
    (folder / "poster.jpg").write_bytes(b"")
    path = disk.relative(folder / "play.webm")
    Recording.objects.filter(pk=recording.pk).update(
        duration_ms=40_000, content_type="video/webm", play_path=path, poster_path=path
    )
    recording.refresh_from_db()
    _queue(recording, EnrichmentKind.SLIDES, timezone.now())
    work_on_enrichment(enrichment_id=recording.enrichments.get().pk)
    voice = VOICE | {"silences": [[5_000, 17_000]], "heard_ms": 40_000, "voiced_ms": 25_000}
    _queue(recording, EnrichmentKind.VOICE, timezone.now(), EnrichmentState.DONE, voice)
    say(recording, [(1_000, 3_000, "What does it cost?"), (20_000, 24_000, "Two weeks of every term.")])
    mark(recording, "Discovery", 0)
    mark(recording, "Demo", 18_000)
    Recording.objects.create(
        submission=recording.submission, main=recording, state=RecordingState.READY, offset_ms=2_000, size=1,
        duration_ms=40_000, sha256="b", content_type="video/webm", play_path=path, poster_path=path,
        state_since=recording.state_since, created_at=recording.created_at,
    )  # fmt: skip
    return lease


@pytest.fixture
def page(browse, lease):
    page = browse(lease.grader, viewport={"width": 1366, "height": 900})
    page.goto(f"/admin/grading/{lease.task_id}/")
    page.wait_for_function("() => document.querySelector('.player__video').readyState > 1")
    return page


def stands_at(page, seconds, within=0.1):
    """Wait until the recording stands there."""
    page.wait_for_function(f"() => Math.abs({NOW} - {seconds}) < {within}")


def test_keys_move_and_pace_the_recording(page):
    for key in ("l", "ArrowRight", "j", ".", ">", ">", "<"):
        page.keyboard.press(key)

    expect(page.locator("[data-speed]")).to_have_text("1.25×")
    stands_at(page, 5.1)
    assert page.evaluate(f"{VIDEO}.playbackRate") == 1.25


def test_silence_is_jumped_over_only_when_asked(page):
    skip = page.locator("[data-skip-silence]")
    page.evaluate(f"{NOW} = 4.5")
    expect(skip).to_have_attribute("aria-pressed", "false")

    skip.click()
    page.keyboard.press("Escape")
    page.evaluate(f"{VIDEO}.muted = true; {VIDEO}.play()")
    page.wait_for_function(f"() => {NOW} > 16.5")

    expect(page.locator(".timeline__chart--skipping")).to_have_count(1)
    played = page.evaluate(
        f"[...Array({VIDEO}.played.length).keys()].map((n) => [{VIDEO}.played.start(n), {VIDEO}.played.end(n)])"
    )
    assert not [span for span in played if span[0] < 10 < span[1]], played


def test_the_camera_keeps_in_step(page):
    camera = "document.querySelector('[data-camera]')"
    page.wait_for_function(f"() => {camera}.readyState > 0")

    page.evaluate(f"{NOW} = 1")
    page.wait_for_function(f"() => {camera}.hidden")
    page.evaluate(f"{NOW} = 12; document.querySelector('.player__video').playbackRate = 2")
    page.wait_for_function(
        f"() => !{camera}.hidden && Math.abs({camera}.currentTime - 10) < 0.3 && {camera}.playbackRate === 2"
    )
    page.click("[data-camera-toggle]")

    page.wait_for_function(f"() => {camera}.hidden")


def test_captions_come_by_key_and_words_are_found(page):
    page.keyboard.press("b")
    page.wait_for_function("() => document.querySelector('.player__video').textTracks[0].cues?.length !== undefined")
    expect(page.locator("[data-captions]")).to_have_attribute("aria-pressed", "true")

    page.check("[name=pane][value=transcript]", force=True)
    page.fill("#find-words", "TERM")
    expect(page.locator("[data-line]:visible")).to_have_count(1)
    expect(page.locator("[data-transcript-found]")).to_have_text("1 of 2 lines")
    page.locator("[data-line]:visible a").click()

    stands_at(page, 20)


def test_moments_are_reached_by_keyboard_and_show_their_picture(page):
    page.check("[name=pane][value=moments]", force=True)
    link = page.locator(".moments a", has_text="0:18").first
    link.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.locator("[data-peek]:visible").wait_for()
    expect(page.locator("[data-peek-image]")).to_have_attribute("href", re.compile("/sprite/0"))

    page.keyboard.press("Enter")

    stands_at(page, 18)


def test_a_press_on_the_line_goes_there(page):
    chart = page.locator("[data-timeline]")

    chart.click(position={"x": chart.bounding_box()["width"] / 2, "y": 50})

    stands_at(page, 20, within=0.5)


def test_the_grader_marks_parts_by_key_and_finds_them_on_the_line(browse, lease):
    parts = [{"name": name, "minutes": "5", "text": ""} for name in ("Discovery", "Close")]
    Practical.objects.filter(submissions=lease.task.submission).update(parts=parts)
    page = browse(lease.grader, viewport={"width": 1366, "height": 900})
    page.goto(f"/admin/grading/{lease.task_id}/")
    page.wait_for_function("() => document.querySelector('.player__video').readyState > 1")

    page.keyboard.press("m")
    page.evaluate(f"{NOW} = 31")
    page.keyboard.press("m")
    page.get_by_text("Draft saved").wait_for()
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('desk'))")

    assert ReviewDraft.objects.get().data["parts"] == {"0": 0, "1": 31_000}
    page.reload()
    expect(page.locator(".timeline__part-name")).to_have_text(["Discovery", "Close"])


def test_without_script_it_is_a_plain_video_with_links(browse, lease):
    page = browse(lease.grader, java_script_enabled=False)
    page.goto(f"/admin/grading/{lease.task_id}/")

    assert page.locator(".player__video").get_attribute("controls") is not None
    assert page.locator(".player__tools button:visible").count() == 0
    assert page.locator(".moments a").first.get_attribute("href").endswith("#t=0")


def test_a_link_that_ended_is_asked_for_anew_and_the_film_goes_on_where_it_was(page):
    page.evaluate("document.querySelector('.player__video').currentTime = 2")
    page.wait_for_function("() => document.querySelector('[data-clock]').textContent === '0:02'")
    page.evaluate("document.querySelector('.player__video').addEventListener('loadstart', () => (window.begun = true))")

    page.evaluate("document.querySelector('.player__video').dispatchEvent(new Event('error'))")

    page.wait_for_function("() => window.begun")
    page.wait_for_function("() => document.querySelector('.player__video').readyState > 1")
    stands_at(page, 2, within=0.2)
