"""Recording in a real browser with devices that aren't there: check, record, lose the line, die, come back, hand in."""

import av
import pytest

from assessments import storage
from assessments.models import PartMark, Recording, RecordingState
from assessments.tests.factories_recordings import SubmissionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PARTS = [{"name": name, "minutes": "5", "text": ""} for name in ("Discovery", "Demo", "Next steps")]


@pytest.fixture
def submission():
    return SubmissionFactory(practical__short=True, practical__parts=PARTS)


def open_recorder(page, submission, clip_seconds=2):
    page.goto(f"/submissions/{submission.pk}/record/?place=1")
    page.evaluate(f"document.querySelector('[data-recorder]').dataset.clipSeconds = {clip_seconds}")


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
        timeout=40_000,
    )


def pictures(path):
    with av.open(str(storage.root() / path)) as media:
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
    assert page.get_attribute("[data-hand-in]", "aria-disabled") is None
