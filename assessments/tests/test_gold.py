"""Gold: when a grader is given it, that they can't tell, what they qualify by, and what follows from misses."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from assessments.actions.claims import claim_next
from assessments.actions.gold import draw_gold, make_gold, release_gold, retire_gold
from assessments.actions.graders import decide_policy
from assessments.actions.reviews import give_back, open_to_all
from assessments.models import Appeal, GoldResult, GoldWork, GraderProfile, Lease, Review, ReviewTask
from assessments.rules.gold import GoldFacts, Scored, gold_for, has_drifted, is_gold_due, is_qualified
from assessments.rules.queues import queue_of
from assessments.rules.review_statistics import wrong_side_of_gold
from assessments.tests.factories_practicals import (
    SubmissionFactory,
    make_grader,
    make_lease,
    make_task,
    marks,
    send,
)
from assessments.tests.grading import GOOD, refusal_of
from courses.tests.people import make_person
from courses.tests.words import without_tokens

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OFF = marks(2, 2, 3, 3, 3)


@pytest.mark.parametrize(
    ("total", "panel", "near", "right", "hit"),
    [
        (18, 18, True, True, True),
        (20, 18, True, True, True),
        (21, 18, False, True, False),
        (17, 18, True, False, True),
        (17, 19, True, False, False),
        (13, 15, True, True, True),
        (12, 15, False, True, False),
    ],
)
def test_hit_is_within_two_points_and_not_on_the_wrong_side_by_more_than_one(total, panel, near, right, hit):
    one = Scored(total, panel, 18)

    assert (one.is_near, one.is_right_side, one.is_hit) == (near, right, hit)


@pytest.mark.parametrize(
    ("scored", "qualified"),
    [
        ([Scored(18, 18, 18)] * 9, False),
        ([Scored(18, 18, 18)] * 10, True),
        ([Scored(18, 18, 18)] * 8 + [Scored(22, 18, 18)] * 2, True),
        ([Scored(18, 18, 18)] * 7 + [Scored(22, 18, 18)] * 3, False),
        ([Scored(18, 18, 18)] * 9 + [Scored(17, 18, 18)], True),
        ([Scored(18, 18, 18)] * 8 + [Scored(17, 18, 18)] * 2, False),
    ],
)
def test_ten_readings_qualify_eight_near_and_nine_on_the_right_side(scored, qualified):
    assert is_qualified(scored) is qualified


@pytest.mark.parametrize(
    ("hits", "drifted"),
    [("", False), ("m", False), ("mm", True), ("mhhhm", True), ("mhhhhm", False), ("hhhhh", False)],
)
def test_two_misses_of_the_last_five_stop_a_grader(hits, drifted):
    assert has_drifted([one == "h" for one in hits]) is drifted


def facts(**changed):
    usual = {
        "must_qualify": False,
        "since_gold": 3,
        "today": 2,
        "last_at": NOW - timedelta(hours=1),
        "gold_hours": 0,
        "hours": 40,
    }
    return GoldFacts(**usual | changed)


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ({}, False),
        ({"must_qualify": True, "last_at": None, "hours": 0}, True),
        ({"last_at": None, "hours": 0, "today": 0}, False),
        ({"today": 0}, True),
        ({"today": 0, "gold_hours": 0.8}, False),
        ({"since_gold": 19}, False),
        ({"since_gold": 20}, True),
        ({"since_gold": 20, "gold_hours": 0.8}, False),
        ({"last_at": NOW - timedelta(days=7, seconds=1), "gold_hours": 5}, True),
        ({"after_idle": 1, "gold_hours": 5}, True),
    ],
)
def test_gold_is_due_first_of_a_day_every_twentieth_and_after_a_week_away(changed, due):
    assert is_gold_due(facts(**changed), NOW) is due


# With rows


def one_reading_each():
    decide_policy(further_percent=0, monitor_percent=0, reason="A test.", by=make_person())


def make_gold_work(practical=None, given=GOOD, **fields):
    """A released gold work, with these marks of the panel."""
    reader = make_grader()
    GraderProfile.objects.create(grader=reader, is_experienced=True)
    more = {"practical": practical} if practical else {}
    submission = SubmissionFactory(handed_in=True, **more)
    ReviewTask.objects.filter(submission=submission).update(wanted_grader=reader, shuffle=9_999)
    send(claim_next(by=reader), GOOD)
    ReviewTask.objects.filter(submission=submission).update(wanted_grader=None)
    facts = {"rationale": "Four where the customer says it.", "consent": "By letter, 3 March.", "by": make_person()}
    gold = make_gold(version=submission.versions.get(), marks=given, **facts | fields)
    return release_gold(gold=gold, by=make_person())


def gold_set(size):
    """So many gold works, each decided by a reader of its own: enough graders that no half of them has seen one."""
    one_reading_each()
    return [make_gold_work() for _ in range(size)]


def experienced():
    grader = make_grader()
    GraderProfile.objects.create(grader=grader, is_experienced=True)
    return grader


@pytest.mark.django_db
def test_new_grader_reads_ten_gold_works_before_any_other_and_is_qualified():
    works = gold_set(10)
    make_task()
    grader = make_grader()

    for _ in works:
        send(claim_next(by=grader), GOOD)

    assert GoldResult.objects.filter(grader=grader, is_qualifying=True, is_hit=True).count() == 10
    assert grader.grader_profile.accredited_at is not None
    assert claim_next(by=grader).task.kind == "first"


@pytest.mark.django_db
def test_new_grader_who_is_far_off_is_paused_with_the_reason():
    works = gold_set(10)
    grader = make_grader()

    for _ in works:
        send(claim_next(by=grader), OFF)

    refusal = refusal_of(claim_next, by=grader)
    assert (refusal.code, "qualifying readings" in refusal.sentence) == ("paused", True)
    assert grader.grader_profile.accredited_at is None


@pytest.mark.django_db
def test_new_grader_begins_at_once_where_there_is_too_little_gold():
    gold_set(3)
    make_task()

    assert claim_next(by=make_grader()).task.kind == "first"


@pytest.mark.django_db
def test_gold_decides_nothing_and_shows_as_any_other_work(client):
    gold_set(10)
    grader = make_grader()
    lease = claim_next(by=grader)
    client.force_login(grader)

    desk = client.get(reverse("assessments:desk", args=[lease.task_id])).content.decode().lower()
    queue = client.get(reverse("assessments:grading")).content.decode().lower()
    decisions = lease.task.submission.decisions.count()
    send(lease, OFF)

    assert "gold" not in without_tokens(desk + queue)
    assert "calibration" not in desk + queue
    assert lease.task.submission.decisions.count() == decisions
    assert Review.objects.get(task=lease.task).kind == "gold"


@pytest.mark.django_db
def test_taking_gold_lowers_the_number_that_waits_as_any_other_work_does():
    gold_set(10)
    make_task()
    make_task()
    grader = make_grader()
    assert queue_of(grader, timezone.now()).waiting == 2

    assert claim_next(by=grader).task.kind == "gold"

    assert queue_of(grader, timezone.now()).waiting == 1


@pytest.mark.django_db
def test_given_back_gold_is_over_and_another_comes():
    gold_set(10)
    grader = make_grader()
    lease = claim_next(by=grader)

    give_back(task=lease.task, token=lease.token, reason="No sound.", knows_learner=False, by=grader)

    lease.task.refresh_from_db()
    assert lease.task.state == "cancelled"
    assert ReviewTask.objects.waiting().count() == 0


@pytest.mark.django_db
def test_gold_given_back_while_qualifying_comes_last_and_otherwise_not_again():
    works = gold_set(10)
    new, old = make_grader(), experienced()
    lease = claim_next(by=new)
    give_back(task=lease.task, token=lease.token, reason="No sound.", knows_learner=False, by=new)
    assert [gold.pk for gold in gold_for(new)][-1] == works[0].pk

    read_gold(works[0], old, GOOD)
    task = ReviewTask.objects.create(
        submission=works[1].version.submission, submission_version=works[1].version, kind="gold", state="cancelled",
        priority_class=1, due_at=NOW, shuffle=1, created_at=timezone.now(),
    )  # fmt: skip
    Lease.objects.create(
        task=task, grader=old, taken_at=NOW, seconds=60, expires_at=NOW + timedelta(minutes=1),
        released_at=timezone.now(), end="given_back", reason="No sound.",
    )  # fmt: skip
    for gold in works[2:]:
        retire_gold(gold=gold, by=make_person())

    assert (
        draw_gold(grader=old, midnight=timezone.now() + timedelta(days=1), now=timezone.now() + timedelta(days=8))
        is None
    )


@pytest.mark.django_db
def test_gold_is_given_neither_to_who_made_it_nor_after_its_recording_is_gone():
    works = gold_set(1)
    maker = make_grader()
    GoldWork.objects.update(made_by=maker)
    assert not gold_for(maker).exists()

    grader = make_grader()
    assert gold_for(grader).exists()
    works[0].version.recordings.update(stored="purged")

    assert not gold_for(grader).exists()
    facts = {"rationale": "Why.", "consent": "How.", "by": maker}
    assert refusal_of(make_gold, version=works[0].version, marks=GOOD, **facts).code == "recording-gone"


@pytest.mark.django_db
def test_calibration_is_never_opened_to_all():
    gold_set(10)
    lease = claim_next(by=make_grader())

    assert refusal_of(open_to_all, task=lease.task, by=make_person()).code == "calibration"


@pytest.mark.django_db
def test_two_misses_pause_a_grader_and_read_their_borderline_work_again():
    works = gold_set(4)
    grader = experienced()
    borderline = make_task().submission
    ReviewTask.objects.filter(submission=borderline).update(shuffle=9_999, wanted_grader=grader)
    send(claim_next(by=grader), GOOD)
    ReviewTask.objects.update(wanted_grader=None)
    Lease.objects.filter(grader=grader).update(taken_at=F("taken_at") - timedelta(hours=30))

    for gold in works[:2]:
        read_gold(gold, grader, OFF)

    grader.grader_profile.refresh_from_db()
    assert "calibration" in grader.grader_profile.pause_reason
    recheck = Appeal.objects.get()
    assert (recheck.against.submission, recheck.origin, recheck.task.kind) == (borderline, "recheck", "appeal")


def read_gold(gold, grader, given):
    """Let a grader read this gold now, whatever is due."""
    submission = gold.version.submission
    task = ReviewTask.objects.create(
        submission=submission, submission_version=gold.version, kind="gold", asked_because="gold", wanted_grader=grader,
        priority_class=1, due_at=NOW, shuffle=1, created_at=timezone.now(),
    )  # fmt: skip
    lease = claim_next(by=grader)
    assert lease.task == task
    send(lease, given)


@pytest.mark.django_db
def test_hits_change_nothing():
    works = gold_set(2)
    grader = experienced()

    for gold in works:
        read_gold(gold, grader, GOOD)

    grader.grader_profile.refresh_from_db()
    assert (grader.grader_profile.paused_at, Appeal.objects.count()) == (None, 0)


@pytest.mark.django_db
def test_gold_that_half_of_the_graders_have_read_is_given_to_nobody():
    works = gold_set(1)
    readers = [experienced() for _ in range(3)]
    for reader in readers[:2]:
        read_gold(works[0], reader, GOOD)

    assert not gold_for(readers[2]).exists()


@pytest.mark.django_db
def test_retired_gold_is_given_to_nobody():
    works = gold_set(1)
    assert gold_for(make_grader()).exists()

    retire_gold(gold=works[0], by=make_person())

    assert not gold_for(make_grader()).exists()
    assert refusal_of(release_gold, gold=works[0], by=make_person()).code == "wrong-state"


@pytest.mark.django_db
def test_undecided_work_and_marks_of_other_criteria_make_no_gold():
    task = make_task()
    facts = {"rationale": "Why.", "consent": "How.", "by": make_person()}
    refused = refusal_of(make_gold, version=task.submission_version, marks=GOOD, **facts)
    assert refused.code == "not-decided"

    one_reading_each()
    send(claim_next(by=experienced()), GOOD)
    refused = refusal_of(make_gold, version=task.submission_version, marks={"pain": 4}, **facts)

    assert (refused.code, GoldWork.objects.count()) == ("marks-missing", 0)


@pytest.mark.django_db
def test_grader_with_a_conflict_is_never_given_that_gold():
    works = gold_set(1)
    grader = make_grader(manager=works[0].version.submission.learner)

    assert not gold_for(grader).exists()


@pytest.mark.django_db
def test_lease_of_ordinary_work_counts_no_gold():
    one_reading_each()
    lease = make_lease(experienced())

    send(lease, GOOD)

    assert GoldResult.objects.count() == 0


@pytest.mark.django_db
def test_grader_reads_afterwards_how_a_calibration_went_and_nobody_elses(client):
    works = gold_set(1)
    grader, other = experienced(), experienced()
    read_gold(works[0], grader, OFF)

    client.force_login(grader)
    own = client.get(reverse("assessments:own-figures")).content.decode()
    client.force_login(other)
    others = client.get(reverse("assessments:own-figures")).content.decode()

    assert "too far off" in own
    assert "Four where the customer says it." in own
    assert "Four where the customer says it." not in others


@pytest.mark.django_db
def test_share_on_the_wrong_side_of_gold_counts_both_ways():
    works = gold_set(3)
    grader = experienced()
    read_gold(works[0], grader, GOOD)
    read_gold(works[1], grader, OFF)

    share = wrong_side_of_gold(timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1))

    assert (share.hits, share.n) == (1, 2)


@pytest.mark.django_db
def test_new_grader_is_told_to_qualify_also_while_the_queue_is_empty(client):
    gold_set(10)
    grader = make_grader()
    client.force_login(grader)

    page = client.get(reverse("assessments:grading")).content.decode()

    assert "Qualify first" in page
    assert "Take it" in page
