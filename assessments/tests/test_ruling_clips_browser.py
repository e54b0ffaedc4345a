"""Clips of rulings in Chromium: chosen by the lead, watched at the desk and in the book, with and without script."""

import pytest
from playwright.sync_api import expect

from assessments import disk, storage
from assessments.models import Ruling
from assessments.tests.factories_practicals import make_grader, make_lease
from assessments.tests.ruling_clips import cut, film, make_cut, make_filmed
from assessments.tests.test_ruling_clip_pages import hear

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLAYS = "() => {{ const film = document.querySelector('{}'); return !film.paused && film.currentTime > 0.2; }}"
RESTS = "() => document.querySelector('{}').paused"
PLAY = "film => film.play()"


@pytest.fixture
def clip():
    """A clip that is ready, with captions, beside a desk of another learner's work."""
    made = make_cut()
    hear(made.ruling.recording, [[8_000, 12_000, "What does it cost you?"]])
    return made


@pytest.fixture
def page(browse, clip):
    """A desk with a film of its own, and the ruling beside its first criterion unfolded."""
    lease = make_lease()
    recording = lease.task.submission_version.recordings.get()
    folder = storage.folder_of(recording)
    folder.mkdir(parents=True)
    (folder / "play.mp4").write_bytes(film().read_bytes())
    recording.play_path = disk.relative(folder / "play.mp4")
    recording.save()
    page = browse(lease.grader, viewport={"width": 1366, "height": 900})
    page.goto(f"/admin/grading/{lease.task_id}/")
    page.locator("[data-criterion=pain] .rulings__head").click()
    page.wait_for_function("() => document.querySelector('.player__video').readyState > 1")
    return page


def test_grader_watches_the_clip_beside_the_criterion_with_captions(page):
    clip = page.locator("[data-clip]")
    expect(clip).to_be_visible()
    expect(page.get_by_text("Clip, 0:05 · Pain, level 3")).to_be_visible()

    clip.evaluate(PLAY)
    page.wait_for_function(PLAYS.format("[data-clip]"))
    clip.evaluate("film => { film.textTracks[0].mode = 'showing'; }")

    page.wait_for_function("() => document.querySelector('[data-clip]').textTracks[0].cues?.length === 1")
    cue = clip.evaluate("film => film.textTracks[0].cues[0].text")
    assert cue == "What does it cost you?"
    assert abs(clip.evaluate("film => film.duration") - 5.5) < 0.2


def test_one_film_sounds_at_a_time(page):
    page.locator(".player__video").evaluate(PLAY)
    page.wait_for_function(PLAYS.format(".player__video"))

    page.locator("[data-clip]").evaluate(PLAY)
    page.wait_for_function(RESTS.format(".player__video"))
    page.wait_for_function(PLAYS.format("[data-clip]"))

    page.locator(".player__video").evaluate(PLAY)
    page.wait_for_function(RESTS.format("[data-clip]"))


def test_clip_that_is_folded_away_stops_and_keys_at_it_reach_no_mark(page):
    clip = page.locator("[data-clip]")
    clip.evaluate(PLAY)
    page.wait_for_function(PLAYS.format("[data-clip]"))
    clip.focus()
    page.keyboard.press("4")
    page.locator("[data-criterion=pain] .rulings__head").click()

    page.wait_for_function(RESTS.format("[data-clip]"))
    expect(page.locator("[data-total]")).to_have_text("0")


def test_clip_in_the_book_plays_without_script(browse, clip):
    page = browse(make_grader(), java_script_enabled=False)

    page.goto(f"/admin/grading/rulings/{clip.ruling.rubric.slug}/")

    film = page.locator("video")
    assert film.get_attribute("controls") is not None
    answer = page.request.get(film.get_attribute("src"), headers={"Range": "bytes=0-99"})
    assert (answer.status, len(answer.body())) == (206, 100)


@pytest.mark.parametrize("width", [360, 1366])
def test_book_with_clips_keeps_to_the_width(browse, clip, width):
    page = browse(make_grader(), viewport={"width": width, "height": 800})

    page.goto(f"/admin/grading/rulings/{clip.ruling.rubric.slug}/")

    page.locator("[data-clip]").wait_for()
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")


def test_lead_chooses_beginning_and_end_while_watching(browse):
    recording = make_filmed().recordings.get()
    page = browse(make_grader(is_staff=True, is_superuser=True), viewport={"width": 1366, "height": 900})
    page.goto(f"/admin/assessments/ruling/add/?rubric={recording.submission.rubric_version.rubric_id}")
    expect(page.get_by_text("Name a recording above")).to_be_visible()

    page.locator("#id_recording").fill(str(recording.pk))
    film = page.locator("[data-clip-source]")
    expect(page.get_by_text("0:30 long.")).to_be_visible()
    film.evaluate("film => { film.currentTime = 7.9; }")
    page.get_by_role("button", name="Begin here").click()
    film.evaluate("film => { film.currentTime = 9.2; }")
    page.get_by_role("button", name="End here").click()
    expect(page.locator("#id_begins")).to_have_value("0:07")
    expect(page.locator("#id_ends")).to_have_value("0:10")
    page.get_by_role("button", name="Play the stretch").click()
    page.wait_for_function(
        "() => { const f = document.querySelector('[data-clip-source]'); return f.paused && f.currentTime >= 10; }"
    )
    page.locator("#id_criterion").select_option("pain")
    for name, text in {"situation": "Takes it.", "ruling": "Level 3.", "consent": "By mail."}.items():
        page.locator(f"#id_{name}").fill(text)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()

    ruling = Ruling.objects.get()
    assert (ruling.start_ms, ruling.end_ms) == (7_000, 10_000)
    assert cut(ruling).state == "ready"


def test_lead_takes_the_moment_of_a_comment_from_the_desk(browse):
    recording = make_filmed().recordings.get()
    author = recording.comments.first().grader
    author.is_staff = author.is_superuser = True
    author.save()
    page = browse(author)
    page.goto(f"/admin/assessments/ruling/add/?recording={recording.pk}")

    page.get_by_role("button", name="0:01").first.click()

    expect(page.locator("#id_begins")).to_have_value("0:01")
    expect(page.get_by_text("The clip begins at 0:01. Give its end.")).to_be_visible()


def test_recording_that_cannot_be_watched_is_told(browse):
    page = browse(make_grader(is_staff=True, is_superuser=True))
    page.goto("/admin/assessments/ruling/add/")

    page.locator("#id_recording").fill("12345678-1234-1234-1234-123456789abc")

    expect(page.get_by_text("Type the moments")).to_be_visible()
    expect(page.get_by_role("button", name="Begin here")).to_be_hidden()
