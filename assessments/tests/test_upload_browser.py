"""The learner's side of an upload in a real browser: interrupted, resumed, signed out, rejected, ready."""

import hashlib

import pytest
from playwright.sync_api import expect

from assessments import parts, storage
from assessments.actions.uploads import end_upload
from assessments.clips import make_clip
from assessments.models import Recording, RecordingState, Upload, UploadState
from assessments.tests.factories_recordings import SubmissionFactory, upload_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("assessments.tests.page_with_upload"),
]
PIECE = 40_000
EMPTY = "() => localStorage.length === 0"


@pytest.fixture
def submission():
    return SubmissionFactory(practical__short=True)


@pytest.fixture
def clip(tmp_path):
    return make_clip(tmp_path / "session 1.mp4", 20)


def open_panel(browse, submission, **options):
    page = browse(submission.learner, **options)
    page.goto("/upload-page/")
    page.eval_on_selector("[data-upload]", f"box => box.dataset.chunk = {PIECE}")
    return page


def choose(page, path):
    page.set_input_files("[data-file]", path)


def drop(page, at):
    """Cut the connection at these PATCH requests, counted from one. Returns the list of all."""
    seen = []

    def handle(route):
        if route.request.method != "PATCH":
            return route.continue_()
        seen.append(route.request.url)
        return route.abort("connectionreset") if len(seen) in at else route.continue_()

    page.route("**/recordings/uploads/**", handle)
    return seen


def stored_hash(recording):
    return hashlib.sha256(storage.original_path(recording).read_bytes()).hexdigest()


def test_a_dropped_connection_costs_nothing(browse, submission, clip):
    page = open_panel(browse, submission)
    pieces = drop(page, {3, 4})
    page.fill("#notes", "typed while it is sent")

    choose(page, clip)
    page.wait_for_selector('[data-upload][data-state="ready"]')

    recording = Recording.objects.get()
    assert stored_hash(recording) == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert len(pieces) == -(-clip.stat().st_size // PIECE) + 2
    expect(page.locator("#notes")).to_have_value("typed while it is sent")
    page.wait_for_selector("[data-hand-in]:not([aria-disabled])")
    expect(page.locator("[data-upload]")).to_contain_text("Your recording is checked and ready.")
    page.wait_for_function(EMPTY)


def test_the_player_seeks_and_listens_to_its_keys(browse, submission, clip):
    page = open_panel(browse, submission)
    choose(page, clip)
    page.wait_for_selector('[data-upload][data-state="ready"]')
    page.eval_on_selector(
        "video",
        """video => new Promise((resolve) => {
            video.addEventListener('seeked', resolve, { once: true });
            video.currentTime = 12;
        })""",
    )

    video = "document.querySelector('video')"
    page.keyboard.press("j")
    page.wait_for_function(f"() => Math.abs({video}.currentTime - 2) < 0.2")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => Math.abs({video}.currentTime - 7) < 0.3")
    page.keyboard.press(">")
    page.wait_for_function(f"() => {video}.playbackRate === 1.25")
    page.fill("#notes", "")
    page.type("#notes", "lll")

    expect(page.locator("#notes")).to_have_value("lll")
    page.wait_for_function(f"() => !{video}.seeking")
    assert page.evaluate(f"{video}.currentTime") == pytest.approx(7, abs=0.3)


def test_a_closed_browser_goes_on_where_it_was(browse, submission, clip):
    first = open_panel(browse, submission)
    drop(first, set(range(3, 1000)))
    choose(first, clip)
    first.wait_for_selector("[data-trouble]:not([hidden])")
    first.context.close()
    upload = Upload.objects.get()
    safe = parts.stored_bytes(upload)

    other_computer = open_panel(browse, submission)
    expect(other_computer.locator("[data-upload]")).to_contain_text("Safe up to")
    pieces = drop(other_computer, set())
    choose(other_computer, clip)
    other_computer.wait_for_selector('[data-upload][data-state="ready"]')

    assert safe == 2 * PIECE
    assert len(pieces) == -(-(clip.stat().st_size - safe) // PIECE)
    assert Upload.objects.count() == 1
    assert stored_hash(Recording.objects.get()) == hashlib.sha256(clip.read_bytes()).hexdigest()


def test_another_file_starts_anew_and_ends_the_first(browse, submission, clip, tmp_path):
    upload_for(submission, 5, filename="old.mp4")
    page = open_panel(browse, submission)

    choose(page, clip)
    page.wait_for_selector('[data-upload][data-state="ready"]')

    states = dict(Upload.objects.values_list("metadata__filename", "state"))
    assert states == {"old.mp4": UploadState.DELETED, "session 1.mp4": UploadState.COMPLETE}


def test_signing_out_pauses_and_signing_in_goes_on(browse, submission, clip):
    page = open_panel(browse, submission)
    session = next(cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    asked = []

    def sign_out_at_the_second(route):
        if route.request.method == "PATCH":
            asked.append(route)
            if len(asked) == 2:
                page.context.clear_cookies(name="sessionid")
        route.continue_()

    page.route("**/recordings/uploads/**", sign_out_at_the_second)
    choose(page, clip)
    page.wait_for_selector("[data-sign-in]:not([hidden])")
    link = page.get_attribute("[data-sign-in] a", "href")
    page.context.add_cookies([session])
    page.wait_for_selector('[data-upload][data-state="ready"]')

    assert link.startswith("/accounts/")
    assert stored_hash(Recording.objects.get()) == hashlib.sha256(clip.read_bytes()).hexdigest()


def test_a_silent_recording_comes_back_with_advice_and_may_be_replaced(browse, submission, clip, tmp_path):
    page = open_panel(browse, submission)

    choose(page, make_clip(tmp_path / "mute.mp4", 5, sound=False))
    page.wait_for_selector('[data-upload][data-state="rejected"]')
    expect(page.locator("[data-upload]")).to_contain_text("Your recording has no sound.")
    expect(page.locator("[data-upload]")).to_contain_text("Check the microphone")
    choose(page, clip)
    page.wait_for_selector('[data-upload][data-state="ready"]')

    assert sorted(Recording.objects.values_list("state", flat=True)) == [RecordingState.READY, RecordingState.REJECTED]


def test_giving_up_ends_the_upload_on_the_server_too(browse, submission, clip):
    page = open_panel(browse, submission)
    drop(page, set(range(2, 1000)))
    choose(page, clip)
    page.wait_for_selector("[data-trouble]:not([hidden])")

    page.click("[data-end]")
    page.wait_for_selector("[data-choose]:not([hidden])")

    page.wait_for_function(EMPTY)
    assert Upload.objects.get().state == UploadState.DELETED


def test_an_upload_that_was_ended_elsewhere_says_so(browse, submission, clip):
    page = open_panel(browse, submission)
    drop(page, set(range(2, 1000)))
    choose(page, clip)
    page.wait_for_selector("[data-trouble]:not([hidden])")

    end_upload(upload=Upload.objects.get(), by=submission.learner)

    page.locator("[data-trouble]", has_text="This upload was ended").wait_for()
    expect(page.locator("[data-choose]")).to_be_visible()
    page.wait_for_function(EMPTY)


def test_what_the_server_refuses_is_said(browse, submission, clip, tmp_path):
    submission.practical.max_bytes = 10
    submission.practical.save()
    page = open_panel(browse, submission)

    choose(page, clip)
    expect(page.locator("[data-trouble]")).to_contain_text("at most")
    page.eval_on_selector("[data-upload]", "box => box.dataset.maxBytes = 1e12")
    choose(page, [])
    choose(page, clip)
    page.locator("[data-trouble]", has_text="larger").wait_for()

    assert not Upload.objects.exists()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_panel_fits_the_screen(browse, submission, clip, width):
    page = open_panel(browse, submission, viewport={"width": width, "height": 700})

    choose(page, clip)
    page.wait_for_selector('[data-upload][data-state="ready"]')

    page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)


def test_while_a_file_is_sent_the_page_speaks_of_this_file_alone(browse, submission, clip):
    page = open_panel(browse, submission)
    troubles = []
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p data-why-not>It had no sound.</p>')")

    held, read = [], []
    page.route("**/recordings/uploads/**", lambda route: route.continue_() if read else held.append(route))

    choose(page, clip)
    page.wait_for_selector("text=Your recording is on its way to us.")
    read.append(True)
    for route in held:
        route.continue_()
    page.wait_for_selector('[data-upload][data-state="ready"]')

    assert [url for url in troubles if url.startswith("blob:")] == []
