"""Recording in a real browser with devices that aren't there: check, record, lose the line, die, come back, hand in."""

from datetime import timedelta

import av
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from assessments import disk, parts
from assessments.actions.recorder import interrupt_silent_recordings
from assessments.models import PartMark, Recording, RecordingConsent, RecordingState, Upload, UploadState
from assessments.tests.factories_recordings import SubmissionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PARTS = [{"name": name, "minutes": "5", "text": ""} for name in ("Discovery", "Demo", "Next steps")]


@pytest.fixture
def submission():
    return SubmissionFactory(practical__short=True, practical__parts=PARTS)


def open_recorder(page, submission):
    page.goto(f"/submissions/{submission.pk}/record/?place=1")
    page.evaluate("Object.assign(document.querySelector('[data-recorder]').dataset, { clipSeconds: 1, pace: 500 })")


def turn_on(page, *names):
    for name in names:
        page.click(f"[data-turn-on={name}]:not([aria-disabled])")
        page.wait_for_selector(f"[data-check={name}].check--good, [data-check={name}].check--warn")


def prepare(page, camera=True):
    """Everything that the device check asks for."""
    turn_on(page, "microphone", "screen", *(["camera"] if camera else []))
    page.click("[data-clip]")
    page.wait_for_selector("[data-clip-box] video")
    page.fill("[data-others]", "Jonas Weber")
    page.check("[data-agreed]")
    page.wait_for_selector("[data-start]:not([aria-disabled])")


def record(page, submission, camera=True):
    open_recorder(page, submission)
    prepare(page, camera)
    page.click("[data-start]")
    page.wait_for_selector("[data-finish]:visible")


def finish(page, answer="finish"):
    page.click("[data-finish]")
    page.click(f"[data-finish-dialog] button[value={answer}]")


def saved(page, seconds):
    """Wait until so many seconds are safe."""
    page.wait_for_function(
        """seconds => {
            const [, minutes, rest] = /(\\d+):(\\d+)/.exec(document.querySelector('[data-saved]').textContent) ?? [0, 0, 0];
            return minutes * 60 + Number(rest) >= seconds;
        }""",
        arg=seconds,
    )


def pictures(path):
    with av.open(str(disk.root() / path)) as media:
        return [stream.type for stream in media.streams]


def test_a_session_is_checked_recorded_marked_and_ready_to_hand_in(devices, submission):
    page = devices(submission.learner).page
    record(page, submission)

    saved(page, 4)
    page.click("[data-next-part]")
    saved(page, 8)
    finish(page)
    page.wait_for_url("**/practicals/**")

    main, track = Recording.objects.get(main=None), Recording.objects.get(main__isnull=False)
    assert main.state == track.state == RecordingState.READY, (main.rejection_code, track.rejection_code)
    assert (main.duration_ms > 8000, pictures(main.play_path)) == (True, ["video", "audio"])
    assert (pictures(track.play_path), abs(track.offset_ms) < 2000) == (["video"], True)
    assert abs(track.duration_ms - main.duration_ms) < 2000
    (first, second) = PartMark.objects.all()
    assert (first.recording, first.name, first.at_ms, second.name) == (main, "Discovery", 0, "Demo")
    assert 3500 < second.at_ms < main.duration_ms
    assert (main.consent.others, main.consent.given_at < main.created_at) == ("Jonas Weber", True)
    page.wait_for_selector('[data-upload][data-state="ready"]')
    page.wait_for_selector("[data-hand-in]:not([aria-disabled])")


def length_of(recording):
    """Seconds that the check found."""
    recording.refresh_from_db()
    return recording.duration_ms / 1000


def fell_silent():
    """A minute without a piece. The last request of a dead browser may be under way still, so ask until it is so."""
    Upload.objects.update(expires_at=timezone.now() + timedelta(days=7, seconds=-61))
    interrupt_silent_recordings(now=timezone.now())
    return set(Recording.objects.values_list("state", flat=True)) == {RecordingState.INTERRUPTED}


def test_a_browser_that_is_killed_loses_seconds_and_the_learner_decides(devices, submission, eventually):
    browser = devices(submission.learner)
    record(browser.page, submission)
    saved(browser.page, 6)
    shown = browser.page.inner_text("[data-clock]")
    browser.kill()
    upload = Upload.objects.get(kind="live")
    assert eventually(fell_silent)

    page = devices(submission.learner).page
    page.goto(f"/practicals/{submission.practical.slug}/")
    page.click("text=Go on there")
    page.wait_for_selector("[data-use]:not([aria-disabled])")
    expect(page.locator("[data-decide-saved]")).to_contain_text("Saved up to")
    page.click("[data-use]")
    page.wait_for_url("**/practicals/**")

    main, track = Recording.objects.get(main=None), Recording.objects.get(main__isnull=False)
    assert main.state == track.state == RecordingState.READY, (main.rejection_code, track.rejection_code)
    minutes, seconds = map(int, shown.split(":"))
    assert length_of(main) > 5
    assert minutes * 60 + seconds - length_of(main) <= 8  # four, and how far the clock of a busy page runs ahead
    assert upload.recording_id == main.pk


KEPT_UNSENT = """async (ms) => {
    const request = indexedDB.open('recorder');
    const base = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const asked = base.transaction('tracks').objectStore('tracks').getAll();
    const tracks = await new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
    base.close();
    const main = tracks.find((track) => track.role === 'main');
    return main.ms - (main.savedMs ?? 0) >= ms && main.bytes;
}"""
"""The bytes of the main track once so many milliseconds of it wait on the computer."""


def test_what_was_not_sent_before_a_crash_waits_on_the_computer(devices, submission, eventually):
    browser = devices(submission.learner)
    record(browser.page, submission)
    saved(browser.page, 2)
    browser.page.route("**/recordings/uploads/**", lambda route: route.abort())
    kept = eventually(lambda: browser.page.evaluate(KEPT_UNSENT, 8000))
    sent = parts.stored_bytes(Upload.objects.get(kind="live"))
    browser.kill()

    page = devices(submission.learner).page
    page.goto(f"/submissions/{submission.pk}/record/")
    page.wait_for_selector("[data-use]:not([aria-disabled])")
    came = parts.stored_bytes(Upload.objects.get(kind="live"))
    page.click("[data-use]")
    page.wait_for_url("**/practicals/**")

    assert came >= kept > sent
    assert length_of(Recording.objects.get(main=None)) > 8


def test_an_interrupted_recording_may_be_discarded_and_recorded_again(devices, submission, eventually):
    browser = devices(submission.learner)
    record(browser.page, submission, camera=False)
    saved(browser.page, 1)
    browser.kill()

    page = devices(submission.learner).page
    page.goto(f"/submissions/{submission.pk}/record/")
    page.click("[data-discard]:not([aria-disabled])")
    page.click("[data-discard-dialog] button[value=discard]")
    page.wait_for_selector("[data-turn-on=microphone]:not([aria-disabled])")

    assert Upload.objects.get().state == UploadState.DELETED
    nothing_kept = """async () => {
        const open = indexedDB.open('recorder');
        const database = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
        const count = database.transaction('pieces').objectStore('pieces').count();
        return new Promise((resolve) => { count.onsuccess = () => { database.close(); resolve(count.result === 0); }; });
    }"""
    assert eventually(lambda: page.evaluate(nothing_kept))


def test_on_another_computer_what_came_can_be_used_once_it_is_silent(devices, submission, eventually):
    browser = devices(submission.learner)
    record(browser.page, submission)
    saved(browser.page, 4)
    browser.kill()

    page = devices(submission.learner, profile="other").page
    page.goto(f"/submissions/{submission.pk}/record/")
    page.wait_for_selector("text=It may be running on another computer")
    expect(page.locator("[data-use]")).to_have_attribute("aria-disabled", "true")
    assert eventually(fell_silent)
    page.click("[data-use]:not([aria-disabled])")
    page.wait_for_url("**/practicals/**")

    assert Recording.objects.get(main=None).state == RecordingState.READY


def test_a_line_that_goes_away_costs_nothing(devices, submission):
    page = devices(submission.learner).page
    record(page, submission)
    saved(page, 2)

    page.context.set_offline(True)
    page.locator("[data-trouble]", has_text="The connection is away").wait_for()
    page.wait_for_timeout(5000)
    page.context.set_offline(False)
    page.locator("[data-trouble]", has_text="Nothing is missing").wait_for()
    saved(page, 8)
    finish(page)
    page.wait_for_url("**/practicals/**")

    assert {one.state for one in Recording.objects.all()} == {RecordingState.READY}
    assert length_of(Recording.objects.get(main=None)) > 9


def test_signing_out_pauses_the_sending_and_signing_in_goes_on(devices, submission):
    page = devices(submission.learner).page
    record(page, submission, camera=False)
    saved(page, 1)
    session = next(cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid")

    page.context.clear_cookies(name="sessionid")
    page.wait_for_selector("[data-sign-in]:not([hidden])")
    link = page.get_attribute("[data-sign-in] a", "href")
    page.context.add_cookies([session])
    page.locator("[data-trouble]", has_text="Nothing is missing").wait_for()
    finish(page)
    page.wait_for_url("**/practicals/**")

    assert link == "/accounts/login/?next=/recordings/signed-in-again"
    assert Recording.objects.get().state == RecordingState.READY


@pytest.mark.parametrize("event", ["ended", "mute"])
def test_a_screen_that_is_not_shared_any_more_stops_and_asks(devices, submission, event):
    page = devices(submission.learner).page
    page.add_init_script("""
        const ask = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getDisplayMedia = async (...all) => (window.shared = await ask(...all));
    """)
    record(page, submission)
    saved(page, 4)

    page.evaluate("event => shared.getVideoTracks()[0].dispatchEvent(new Event(event))", event)
    page.locator("[data-trouble]", has_text="The screen is not shared any more").wait_for()
    page.click("[data-use]:not([aria-disabled])")
    page.wait_for_url("**/practicals/**")

    assert Recording.objects.get(main=None).state == RecordingState.READY


def test_a_camera_that_goes_costs_its_picture_only(devices, submission):
    page = devices(submission.learner).page
    page.add_init_script("""
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (...all) => (window.given = await ask(...all));
    """)
    record(page, submission)
    saved(page, 2)

    page.evaluate("given.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    page.locator("[data-trouble]", has_text="The camera is gone").wait_for()
    saved(page, 6)
    finish(page)
    page.wait_for_url("**/practicals/**")

    assert Recording.objects.get(main=None).state == RecordingState.READY


@pytest.mark.parametrize(
    ("device", "error", "words"),
    [
        ("microphone", "NotAllowedError", "The microphone is not allowed"),
        ("microphone", "NotFoundError", "No microphone was found"),
        ("microphone", "NotReadableError", "Another program has the microphone"),
        ("camera", "NotAllowedError", "Or go on without it"),
        ("camera", "OverconstrainedError", "No camera was found"),
        ("screen", "NotAllowedError", "Nothing was shared"),
        ("screen", "AbortError", "The system doesn’t let the browser see the screen"),
        ("screen", "TypeError", "That didn’t work"),
    ],
)
def test_every_refusal_of_the_browser_has_words_and_a_next_step(browse, submission, device, error, words):
    page = browse(submission.learner)
    page.add_init_script(f"""
        const refuse = () => Promise.reject(new DOMException('no', '{error}'));
        Object.assign(navigator.mediaDevices, {{ getUserMedia: refuse, getDisplayMedia: refuse }});
    """)
    open_recorder(page, submission)

    page.click(f"[data-turn-on={device}]:not([aria-disabled])")

    row = page.locator(f"[data-check={device}]")
    row.get_by_text(words).wait_for()
    expect(row).to_have_class(f"check check--{'warn' if device == 'camera' else 'failed'}")
    expect(page.locator("[data-say]")).to_contain_text(words)
    expect(page.locator("[data-start]")).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("Object.defineProperty(window, 'isSecureContext', { value: false })", "The address is not secure"),
        ("delete window.MediaRecorder", "This browser can’t record"),
        ("delete MediaDevices.prototype.getDisplayMedia", "This browser can’t share a screen"),
        ("MediaRecorder.isTypeSupported = () => false", "No format that we can read"),
        ("Object.defineProperty(window, 'indexedDB', { value: undefined })", "This browser keeps nothing"),
    ],
)
def test_a_browser_that_cannot_record_says_so_and_what_to_do(browse, submission, script, words):
    page = browse(submission.learner)
    page.add_init_script(script)

    open_recorder(page, submission)
    page.locator("[data-check=browser].check--failed", has_text=words).wait_for()

    expect(page.locator("[data-turn-on=microphone]")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("[data-start-why]")).to_contain_text("This browser can’t record")


def test_little_space_is_said_before_it_matters(browse, submission):
    page = browse(submission.learner)
    page.add_init_script("navigator.storage.estimate = async () => ({ quota: 2e9, usage: 1e9 })")

    open_recorder(page, submission)

    warning = page.locator("[data-check=space].check--warn", has_text="1.0 GB")
    expect(warning).to_be_visible()


def test_a_practical_without_a_screen_records_the_camera(devices, submission):
    submission.practical.screen_required = False
    submission.practical.save()
    page = devices(submission.learner).page
    open_recorder(page, submission)

    turn_on(page, "microphone", "camera")
    page.click("[data-clip]:not([aria-disabled])")
    page.wait_for_selector("[data-clip-box] video")
    page.check("[data-alone]")
    page.check("[data-agreed]")
    page.click("[data-start]:not([aria-disabled])")
    saved(page, 2)
    finish(page)
    page.wait_for_url("**/practicals/**")

    assert Recording.objects.get().state == RecordingState.READY
    assert RecordingConsent.objects.get().others == ""


def test_a_second_tab_does_not_touch_what_the_first_one_records(devices, submission):
    browser = devices(submission.learner)
    record(browser.page, submission, camera=False)

    leaving = """() => {
        const gone = new Event('beforeunload', { cancelable: true });
        dispatchEvent(gone);
        return gone.defaultPrevented;
    }"""
    browser.page.wait_for_function(leaving)
    second = browser.context.new_page()
    second.goto(f"/submissions/{submission.pk}/record/")
    second.locator("[data-trouble]", has_text="open in another tab").wait_for()

    expect(second.locator("[data-use]")).to_have_attribute("aria-disabled", "true")
    expect(second.locator("[data-discard]")).to_have_attribute("aria-disabled", "true")


def test_a_browser_without_mp4_records_webm(devices, submission):
    page = devices(submission.learner).page
    page.add_init_script("""
        const ask = MediaRecorder.isTypeSupported.bind(MediaRecorder);
        MediaRecorder.isTypeSupported = (type) => !type.startsWith('video/mp4') && ask(type);
    """)
    record(page, submission)

    saved(page, 4)
    finish(page)
    page.wait_for_url("**/practicals/**")

    assert set(Recording.objects.values_list("state", "content_type")) == {(RecordingState.READY, "video/webm")}


def test_a_computer_that_is_full_keeps_pieces_in_memory(devices, submission):
    page = devices(submission.learner).page
    record(page, submission, camera=False)
    page.evaluate("""() => {
        IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); };
    }""")

    page.locator("[data-trouble]", has_text="This computer is full").wait_for()
    saved(page, 6)
    finish(page)
    page.wait_for_url("**/practicals/**")

    assert length_of(Recording.objects.get()) > 7


def test_the_controls_go_into_a_window_in_front_and_come_back(devices, submission):
    page = devices(submission.learner).page
    record(page, submission, camera=False)

    page.click("[data-float]")
    page.wait_for_function("documentPictureInPicture.window?.document.querySelector('[data-finish]')")
    press = "name => documentPictureInPicture.window.document.querySelector(`[data-${name}]`).click()"
    page.wait_for_timeout(1600)  # a second press right after the first part began is taken for a slip
    page.evaluate(press, "next-part")
    page.wait_for_selector(".part--now[data-part=Demo]")
    page.evaluate(press, "finish")
    page.click("[data-finish-dialog] button[value=finish]")
    page.wait_for_url("**/practicals/**")

    assert list(PartMark.objects.values_list("name", flat=True)) == ["Discovery", "Demo"]
    assert Recording.objects.get().state == RecordingState.READY


def test_it_stops_by_itself(devices, submission):
    page = devices(submission.learner).page
    record(page, submission, camera=False)
    page.evaluate("document.querySelector('[data-recorder]').dataset.maxMinutes = 0.02")
    page.locator("[data-trouble]", has_text="Come to an end").wait_for()
    stop = page.evaluate("""() => {
        const [minutes, seconds] = document.querySelector('[data-clock]').textContent.split(':').map(Number);
        const stop = minutes * 60 + seconds + 6;
        document.querySelector('[data-recorder]').dataset.stopMinutes = stop / 60;
        return stop;
    }""")

    page.wait_for_url("**/practicals/**")

    assert stop - 1.5 < length_of(Recording.objects.get()) < stop + 10


@pytest.mark.parametrize("width", [360, 1366])
def test_the_recorder_fits_the_screen_and_is_for_everybody(devices, submission, width):
    from axe_playwright_python.sync_playwright import Axe

    still = {"reduced_motion": "reduce", "viewport": {"width": width, "height": 768}}
    page = devices(submission.learner, **still).page

    def look():
        found = Axe().run(page).response["violations"]
        assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")]
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)

    open_recorder(page, submission)
    look()
    prepare(page)
    look()
    page.focus("[data-start]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-finish]:visible")
    expect(page.locator("[data-next-part]")).to_be_focused()
    saved(page, 1)
    look()
    page.click("[data-finish]")
    look()
    page.keyboard.press("Escape")
    finish(page, "stop")
    page.wait_for_selector("[data-use]:not([aria-disabled])")
    look()
    page.click("[data-discard]")
    page.click("[data-discard-dialog] button[value=discard]")
    page.wait_for_selector("[data-start]")
