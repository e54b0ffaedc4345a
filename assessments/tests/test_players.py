"""What stands around a recording: the line, the list of moments, neutral facts, captions, and who gets the files."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments import storage
from assessments.models import Enrichment, PartMark
from assessments.rules.enrichments import REASONS
from assessments.rules.players import notices_about, player_of, sheets_of, thumb_of
from assessments.tests.factories_practicals import make_lease
from assessments.tests.factories_recordings import RecordingFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
VOICE = {
    "heard_ms": 600_000, "voiced_ms": 366_000, "longest_talk_ms": 125_000, "gap_ms": 0,
    "silences": [[20_000, 25_000], [60_000, 75_500]],
}  # fmt: skip
SLIDES = {"marks": [1_000, 130_000], "step_ms": 10_000, "pictures": 60}


def enrich(recording, kind, data=None, state="done", code=""):
    now = timezone.now()
    Enrichment.objects.create(
        recording=recording, kind=kind, data=data or {}, state=state, code=code, state_since=now, created_at=now
    )


@pytest.fixture
def recording():
    made = RecordingFactory(duration_ms=600_000)
    enrich(made, "voice", VOICE)
    enrich(made, "slides", SLIDES)
    return made


def mark(recording, name, at_ms):
    PartMark.objects.create(recording=recording, name=name, at_ms=at_ms, marked_at=timezone.now())


def say(recording, lines=((4_000, 6_000, "What does it cost?"),)):
    path = storage.transcript_path(recording)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(lines))
    storage.captions_path(recording).write_text("WEBVTT\n")
    enrich(recording, "transcript", {"words": 854, "questions": 12})


def test_the_line_shows_silences_slides_and_parts(recording):
    mark(recording, "Demo", 150_000)
    mark(recording, "Discovery", 0)

    line = player_of(recording, []).timeline

    assert [(one.percent, one.width) for one in line.silences] == [("3.33", "0.83"), ("10.00", "2.58")]
    assert [one.percent for one in line.slides] == ["0.17", "21.67"]
    assert [(one.name, one.percent, one.width) for one in line.parts] == [
        ("Discovery", "0.00", "25.00"), ("Demo", "25.00", "75.00"),
    ]  # fmt: skip


def test_moments_are_a_list_in_order_with_long_silences_alone(recording):
    mark(recording, "Demo", 150_000)

    moments = player_of(recording, []).moments

    assert [(one.at_ms, one.text) for one in moments] == [
        (1_000, "The picture changes"),
        (60_000, "Silence of 15 seconds"),
        (130_000, "The picture changes"),
        (150_000, "Part: Demo"),
    ]


def test_facts_are_figures_and_name_where_to_look(recording):
    facts = {one.name: (one.value, one.at_ms) for one in player_of(recording, []).facts}

    assert facts == {
        "Somebody speaks": ("61 % of the time", None),
        "Longest silence": ("0:15", 60_000),
        "Longest talk without a pause of 2 s": ("2:05", None),
    }


def test_speech_rate_needs_a_transcript(recording):
    say(recording)

    facts = {one.name: one.value for one in player_of(recording, []).facts}

    assert facts["Words a minute of talk, by machine"] == "about 140"
    assert facts["Question marks, by machine"] == "12"


def test_a_recording_that_nothing_is_known_of_still_plays():
    player = player_of(RecordingFactory(), [])

    assert (player.facts, player.moments, player.silences, player.pictures) == ((), (), (), 0)
    assert player.no_transcript == "No transcript."


@pytest.mark.parametrize(
    ("state", "code", "sentence"),
    [
        ("queued", "", "doesn't wait for it"),
        ("running", "", "doesn't wait for it"),
        ("queued", "try-failed", "doesn't wait for it"),
        ("skipped", "library-missing", REASONS["library-missing"]),
        ("failed", "tries-used-up", REASONS["tries-used-up"]),
        ("done", "", "heard no words"),
    ],
)
def test_why_there_is_no_transcript_is_said(recording, state, code, sentence):
    enrich(recording, "transcript", state=state, code=code)

    assert sentence in player_of(recording, []).no_transcript


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"voiced_ms": 209_000}, "Voice was found in 35 % of the time alone."),
        ({"gap_ms": 5_001}, "Picture and sound end 5 seconds apart."),
    ],
)
def test_what_learner_and_grader_should_know_is_told(change, sentence):
    recording = RecordingFactory()
    enrich(recording, "voice", VOICE | change)

    assert [one for one in notices_about(recording) if one.startswith(sentence)]


@pytest.mark.parametrize(("state", "told"), [("queued", True), ("done", False)])
def test_a_picture_without_its_copy_is_told(recording, state, told):
    enrich(recording, "transcode", state=state)

    assert any("copy" in one for one in player_of(recording, []).notices) is told


def test_nothing_is_told_of_a_good_recording(recording):
    assert notices_about(recording) == player_of(recording, []).notices == ()


def test_small_pictures_lie_on_sheets_of_a_hundred():
    slides = {"pictures": 270, "step_ms": 10_000}

    assert thumb_of(slides, 0).view_box == "0 0 160 90"
    assert (thumb_of(slides, 1_119_000).sheet, thumb_of(slides, 1_119_000).view_box) == (1, "160 90 160 90")
    assert thumb_of(slides, 9_999_999).sheet == 2
    assert (sheets_of(270), sheets_of(100), thumb_of({}, 0)) == (3, 1, None)


def test_all_of_it_costs_one_query(recording, django_assert_num_queries):
    mark(recording, "Demo", 1)
    say(recording)

    with django_assert_num_queries(1):
        player_of(recording, [])


def watched():
    """A desk whose recording has everything beside it."""
    lease = make_lease()
    recording = lease.task.submission_version.recordings.get()
    enrich(recording, "voice", VOICE)
    enrich(recording, "slides", SLIDES)
    say(recording)
    RecordingFactory(submission=recording.submission, main=recording, offset_ms=120)
    return lease, recording


def test_the_desk_has_moments_facts_transcript_and_camera(client):
    lease, recording = watched()
    client.force_login(lease.grader)

    page = client.get(reverse("assessments:desk", args=[lease.task_id])).content.decode()

    for words in (
        "Machine transcript, may be wrong. Never scored.", "What does it cost?", "61 % of the time", "Never scored.",
        "Skip silence, 0:20", 'data-camera="120"', "Silence of 15 seconds", 'kind="captions"', "timeline__silence",
    ):  # fmt: skip
        assert words in page
    assert f"/recordings/{recording.pk}/sprite/0" in page


def test_the_desk_costs_twelve_queries_at_most_beside_signing_in(client, django_assert_max_num_queries):
    lease, _ = watched()
    client.force_login(lease.grader)

    with django_assert_max_num_queries(14) as made:
        client.get(reverse("assessments:desk", args=[lease.task_id]))

    who = ("django_session", "auth_permission")
    assert len([one for one in made.captured_queries if not any(table in one["sql"] for table in who)]) <= 12


FILES = [("recording-sprite", [0], "image/jpeg"), ("recording-captions", [], "text/vtt")]


@pytest.mark.parametrize(("name", "rest", "content_type"), FILES)
def test_files_beside_a_recording_are_for_those_who_may_watch_it(client, name, rest, content_type):
    lease, recording = watched()
    storage.sprite_path(recording, 0).write_bytes(b"jpeg")
    address = reverse(f"assessments:{name}", args=[recording.pk, *rest])

    assert client.get(address).status_code == 401
    for person, status in ((make_person(), 404), (lease.grader, 200), (recording.submission.learner, 200)):
        client.force_login(person)
        answer = client.get(address)
        assert answer.status_code == status
    assert answer["Content-Type"] == content_type
    assert "private" in answer["Cache-Control"]


def test_files_that_are_not_there_are_missing(client):
    recording = RecordingFactory(state="received", sha256="", play_path="", poster_path="")
    ready = RecordingFactory()
    client.force_login(recording.submission.learner)

    assert client.get(reverse("assessments:recording-sprite", args=[recording.pk, 0])).status_code == 404
    assert client.get(reverse("assessments:recording-captions", args=[recording.pk])).status_code == 404
    client.force_login(ready.submission.learner)
    assert client.get(reverse("assessments:recording-sprite", args=[ready.pk, 7])).status_code == 404
