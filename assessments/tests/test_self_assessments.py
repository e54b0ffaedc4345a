"""Learners mark themselves before they hand in; graders see it, after a first impression where the rubric says so."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from assessments.actions.claims import claim_next
from assessments.actions.marks import note_impression
from assessments.actions.practicals import hand_in, save_work
from assessments.actions.rubrics import author_rubric
from assessments.models import Impression
from assessments.rules.practicals import why_not_hand_in
from assessments.rules.self_assessments import cleaned_self, own_views, parse_moment, self_rows
from assessments.tests.factories_practicals import SubmissionFactory, make_grader, make_recording, marks, run_out
from assessments.tests.grading import draft_of, refusal_of
from assessments.tests.rubric_texts import CRITERIA, rubric_text
from courses.lib.clock import database_now
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
OWN = {slug: {"points": "4", "moment": "12:40", "place": "", "text": "I ask what it costs."} for slug in CRITERIA}


@pytest.fixture
def submission():
    """An open try with a recording, at a practical that asks for own marks and hides them at first."""
    rubric = author_rubric(**rubric_text() | {"slug": "own", "impression_first": True})
    submission = SubmissionFactory(practical__self_assessment=True, practical__rubric_version=rubric)
    make_recording(submission)
    return submission


def typed(submission, own=OWN, **changes):
    arguments = {"notes": "", "self_assessment": own, "revision": submission.revision, "by": submission.learner}
    return save_work(submission=submission, **arguments | changes)[0]


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def desk_of(lease):
    return signed_in(lease.grader).get(reverse("assessments:desk", args=[lease.task_id])).content.decode()


def handed_in(submission):
    hand_in(submission=typed(submission), by=submission.learner)
    return claim_next(by=make_grader())


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("12:40", 760_000),
        (" 1:02:03 ", 3_723_000),
        ("0:00", 0),
        ("12:60", None),
        ("12", None),
        ("", None),
        ("١:٠٠", None),
    ],
)
def test_moments_are_read_as_people_write_them(text, milliseconds):
    assert parse_moment(text) == milliseconds


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": ""}, "Choose a level"),
        ({"points": "6"}, "Choose a level"),
        ({"moment": ""}, "Pin the moment"),
        ({"moment": "soon"}, "Pin the moment"),
        ({"moment": "40:01"}, "after the end"),
        ({"place": "2"}, "after the end"),
    ],
)
def test_hand_in_waits_for_a_level_and_its_moment(submission, change, words):
    assert why_not_hand_in(submission, database_now()).code == "self-assessment"

    submission = typed(submission, OWN | {"pain": OWN["pain"] | change})

    assert words in why_not_hand_in(submission, database_now()).sentence


def test_own_marks_are_frozen_with_the_version(submission):
    submission = typed(submission)
    assert why_not_hand_in(submission, database_now()) is None

    version = hand_in(submission=submission, by=submission.learner).versions.get()

    views = own_views(list(submission.rubric_version.criteria.all()), version.self_assessment)
    assert [(one.criterion.slug, one.points, one.at_ms) for one in views] == [(slug, 4, 760_000) for slug in CRITERIA]


def test_without_a_recording_no_moment_is_asked_for():
    submission = SubmissionFactory(practical__written=True, practical__self_assessment=True)
    own = {slug: {"points": "3"} for slug in CRITERIA}

    assert why_not_hand_in(typed(submission, own, notes="Heard."), database_now()) is None


def test_a_practical_that_does_not_ask_keeps_nothing():
    submission = SubmissionFactory(handed_in=True)

    assert submission.versions.get().self_assessment == []


def test_only_criteria_that_there_are_are_kept_and_none_is_endless(submission):
    criteria = list(submission.rubric_version.criteria.all())

    kept = cleaned_self(criteria, {"pain": {"points": "4", "text": "x" * 900, "other": "y"}, "else": {"points": "1"}})

    assert list(kept) == ["pain"] and len(kept["pain"]["text"]) == 500
    assert self_rows(criteria, kept, [])[0].points == "4"


def test_own_marks_are_saved_by_script_with_the_notes_and_faults_come_back(submission):
    data = {"notes": "", "revision": 0, "own-points-pain": "4", "own-moment-pain": "99:00"}
    address = reverse("assessments:submission-notes", args=[submission.pk])

    told = signed_in(submission.learner).post(address, data, headers={"accept": "application/json"}).json()

    assert "after the end" in told["faults"]["own-points-pain"]
    page = signed_in(submission.learner).get(submission.practical.get_absolute_url()).content.decode()
    assert 'value="99:00"' in page and "Mark yourself" in page


def test_grader_sees_own_marks_only_after_a_first_impression(submission):
    lease = handed_in(submission)
    assert "I ask what it costs." not in desk_of(lease)
    assert "Keep my first impression" in desk_of(lease)
    address = reverse("assessments:desk-impression", args=[lease.task_id])
    sheet = {"token": lease.token, "revision": 0, "note": ""}

    early = signed_in(lease.grader).post(address, sheet | {"mark-pain": 3})
    assert (early.status_code, Impression.objects.exists()) == (409, False)
    given = {f"mark-{slug}": points for slug, points in marks(4, 4, 4, 3, 3).items()}
    signed_in(lease.grader).post(address, sheet | given | {"revision": 1})

    assert Impression.objects.get().marks == marks(4, 4, 4, 3, 3)
    assert "I ask what it costs." in desk_of(lease)
    with pytest.raises(DatabaseError), transaction.atomic():
        Impression.objects.update(marks={})


def test_a_desk_that_hides_own_marks_costs_no_more(submission, django_assert_max_num_queries):
    lease = handed_in(submission)
    client = signed_in(lease.grader)

    with django_assert_max_num_queries(12):
        client.get(reverse("assessments:desk", args=[lease.task_id]))


def test_first_impression_is_kept_once_and_marks_may_still_change(submission):
    lease = handed_in(submission)
    draft_of(lease, data={"marks": marks(4, 4, 4, 3, 3)})
    first = note_impression(task=lease.task, token=lease.token, by=lease.grader)
    draft_of(lease, data={"marks": marks(5, 4, 4, 3, 3)}, revision=1)

    assert note_impression(task=lease.task, token=lease.token, by=lease.grader).marks == first.marks


def test_a_lost_lease_notes_no_impression(submission):
    lease = handed_in(submission)
    draft_of(lease, data={"marks": marks(4, 4, 4, 3, 3)})
    run_out(lease)

    refusal = refusal_of(note_impression, task=lease.task, token=lease.token, by=lease.grader)

    assert refusal.code == "stale-lease"


def test_other_rubrics_show_own_marks_at_once():
    submission = SubmissionFactory(practical__self_assessment=True)
    make_recording(submission)

    assert "I ask what it costs." in desk_of(handed_in(submission))


def test_another_grader_finds_no_desk_to_note_an_impression_at(submission):
    lease = handed_in(submission)
    address = reverse("assessments:desk-impression", args=[lease.task_id])

    assert signed_in(make_grader()).post(address, {"token": 1, "revision": 0}).status_code == 404
    assert signed_in(make_person()).post(address, {}).status_code == 403
