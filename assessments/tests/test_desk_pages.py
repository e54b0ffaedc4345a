"""The grader's queue and desk, over HTTP and without script."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from assessments.actions.claims import claim_next
from assessments.actions.handins import add_file
from assessments.actions.practicals import hand_in
from assessments.actions.reviews import expire_leases
from assessments.actions.sessions import attest, book_slot
from assessments.models import (
    Booking,
    Comment,
    Conflict,
    Decision,
    Lease,
    Recording,
    Review,
    ReviewDraft,
    ReviewTask,
    SessionSlot,
)
from assessments.tests.factories_practicals import (
    PracticalFactory,
    SubmissionFactory,
    add_comment,
    make_grader,
    make_lease,
    make_recording,
    make_slot,
    make_task,
    marks,
    run_out,
    send,
)
from courses.tests.factories import CourseFactory, LessonFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}
GOOD = marks(4, 4, 4, 3, 3)


def address(name, task):
    return reverse(f"assessments:{name}", args=[task.pk])


def page(response):
    return response.content.decode()


def sheet(lease, given=None, **fields):
    chosen = {f"mark-{slug}": points for slug, points in (given or {}).items()}
    return {"token": lease.token, "revision": 0, "note": ""} | chosen | fields


def words(lease, **fields):
    comment = {
        "key": uuid.uuid4(),
        "comment_revision": 0,
        "note": "Asks what it costs.",
        "about": "pain",
        "moment": "13:36",
        "visibility": "learner",
    }
    return sheet(lease) | comment | fields


@pytest.fixture
def desk(client):
    """A grader signed in with a fresh lease."""
    lease = make_lease()
    client.force_login(lease.grader)
    client.lease = lease
    return client


# The queue


def test_queue_offers_the_next_work_and_taking_it_opens_its_desk(client):
    task, grader = make_task(), make_grader()
    client.force_login(grader)
    assert "Take it" in page(client.get("/admin/grading/"))

    response = client.post(reverse("assessments:grading-claim"))

    assert response.headers["Location"] == f"/admin/grading/{task.pk}/"


def test_queue_says_when_nothing_is_for_this_grader(client):
    grader = make_grader()
    make_task(learner=grader)
    client.force_login(grader)

    assert "What waits would be a conflict for you" in page(client.get("/admin/grading/"))
    assert "Nothing waits for you now" in page(client.post(reverse("assessments:grading-claim"), follow=True))


def test_queue_lists_no_work_to_pick_from(client):
    task = make_task()
    client.force_login(make_grader())

    assert str(task.pk) not in page(client.get("/admin/grading/"))


def test_queue_costs_the_same_however_much_waits(client, django_assert_num_queries, django_assert_max_num_queries):
    client.force_login(make_grader())
    make_task()
    with django_assert_max_num_queries(20) as few:
        client.get("/admin/grading/")
    for _ in range(5):
        make_task()

    with django_assert_num_queries(len(few)):
        client.get("/admin/grading/")


@pytest.mark.parametrize("who", ["learner", "partner manager"])
def test_queue_is_for_graders_only(client, who):
    task = make_task()
    client.force_login(make_person(groups=[who]))

    assert client.get("/admin/grading/").status_code == 403
    assert client.post(reverse("assessments:grading-claim")).status_code == 403
    assert client.get(address("desk", task)).status_code == 403


def test_visitors_are_led_to_sign_in(client):
    assert client.get("/admin/grading/").headers["Location"].startswith("/accounts/login/")
    assert client.post(address("desk-heartbeat", make_task())).status_code == 401


# The desk


def test_desk_shows_brief_hidden_notes_rubric_and_not_the_candidate(desk):
    lease = desk.lease
    submission = lease.task.submission

    html = page(desk.get(address("desk", lease.task)))

    assert submission.brief.customer in html
    assert submission.brief.hidden_notes in html
    assert submission.notes in html
    assert "pain level 3" in html
    for secret in (submission.learner.name, submission.learner.email, "ada-okafor", str(submission.pk)):
        assert secret not in html


def test_desk_costs_the_same_however_many_comments(desk, django_assert_num_queries, django_assert_max_num_queries):
    url = address("desk", desk.lease.task)
    with django_assert_max_num_queries(12) as few:
        desk.get(url)
    for slug in GOOD:
        add_comment(desk.lease, slug)

    with django_assert_num_queries(len(few)):
        desk.get(url)


def make_lease_on_much():
    """A lease on work with a session, three recordings, two calls and two files."""
    practical = PracticalFactory(session="optional", recordings_required=3, takes_evidence=True)
    course = CourseFactory()
    practical.calls.set([LessonFactory(course=course, kind="call") for _ in range(2)])
    submission = SubmissionFactory(practical=practical)
    for name in ("plan.pdf", "map.pdf"):
        sent = SimpleUploadedFile(name, b"%PDF-1.7 " + name.encode())
        add_file(submission=submission, sent=sent, by=submission.learner)
    booking = book_slot(submission=submission, slot=make_slot(practical), by=submission.learner)
    SessionSlot.objects.filter(pk=booking.slot_id).update(starts_at=timezone.now() - timedelta(hours=1))
    booking = Booking.objects.get(pk=booking.pk)
    attest(booking=booking, took_place=True, text="Asked about the price.", by=booking.slot.host)
    for place in (1, 2, 3):
        make_recording(submission, place=place)
    hand_in(submission=submission, by=submission.learner)
    return claim_next(by=make_grader())


def test_desk_of_much_work_costs_no_more(client, django_assert_max_num_queries):
    lease = make_lease_on_much()
    for slug in GOOD:
        add_comment(lease, slug)
    client.force_login(lease.grader)

    with django_assert_max_num_queries(12):
        html = page(client.get(address("desk", lease.task)))

    assert "Asked about the price." in html
    assert html.count("plan.pdf") + html.count("map.pdf") == 0


DESK_DEEDS = ["desk-draft", "desk-comment", "desk-send", "desk-give-back", "desk-heartbeat", "desk-resume"]


def test_other_graders_find_nothing_at_the_addresses_of_this_desk(client):
    lease = make_lease()
    client.force_login(make_grader())

    assert client.get(address("desk", lease.task)).status_code == 404
    for name in DESK_DEEDS:
        assert client.post(address(name, lease.task), words(lease, reason="x")).status_code == 404


def test_grader_who_turns_out_to_know_the_learner_finds_nothing(desk):
    Conflict.objects.create(grader=desk.lease.grader, learner=desk.lease.task.submission.learner, kind="trainer")

    assert desk.get(address("desk", desk.lease.task)).status_code == 404


def test_draft_is_kept_without_script(desk):
    response = desk.post(address("desk-draft", desk.lease.task), sheet(desk.lease, {"pain": 4}, note="Half a thought"))

    assert response.status_code == 302
    assert ReviewDraft.objects.get().data == {"marks": {"pain": 4}, "note": "Half a thought"}
    html = page(desk.get(address("desk", desk.lease.task)))
    assert "Half a thought" in html
    assert "Score Value, Objections, Presence and Next-Steps." in html


def test_draft_by_script_tells_what_sending_waits_for(desk):
    url = address("desk-draft", desk.lease.task)

    told = desk.post(url, sheet(desk.lease, GOOD), headers=JSON).json()
    assert told["revision"] == 1
    assert "A total of 18 is near the pass mark" in told["waits_for"]

    add_comment(desk.lease)
    said = sheet(desk.lease, GOOD, revision=1, unheard_reason="It stops.")
    assert desk.post(url, said, headers=JSON).json()["waits_for"] == ""


@pytest.mark.parametrize(
    "wrong",
    [{"mark-pain": 6}, {"mark-pain": "x"}, {"token": "x"}, {"revision": ""}, {"note": "x" * 4001}, {"part-1": "soon"}],
)
def test_draft_that_cannot_be_is_refused_with_a_sentence(desk, wrong):
    url, data = address("desk-draft", desk.lease.task), sheet(desk.lease) | wrong

    assert desk.post(url, data, headers=JSON).status_code == 400
    assert desk.post(url, data).status_code == 400
    assert not ReviewDraft.objects.exists()


def test_where_parts_begin_is_kept_with_the_draft(desk):
    desk.post(address("desk-draft", desk.lease.task), sheet(desk.lease, **{"part-1": "13:36"}))

    assert ReviewDraft.objects.get().data["parts"] == {"1": 816_000}


def test_second_tab_gets_a_409_with_both_versions(desk):
    url = address("desk-draft", desk.lease.task)
    desk.post(url, sheet(desk.lease, {"pain": 4}))

    by_script = desk.post(url, sheet(desk.lease, {"pain": 2}), headers=JSON)
    by_hand = desk.post(url, sheet(desk.lease, {"pain": 2}))
    by_sending = desk.post(address("desk-send", desk.lease.task), sheet(desk.lease, {"pain": 2}))

    assert (by_script.status_code, by_script.json()["code"]) == (409, "stale-draft")
    assert by_script.json()["draft"]["marks"] == {"pain": 4}
    for response in (by_hand, by_sending):
        assert response.status_code == 409
        assert "Stored from the other tab: 4." in page(response)
        assert 'name="mark-pain" value="2" checked' in page(response)
    assert ReviewDraft.objects.get().data["marks"] == {"pain": 4}


def test_comment_is_added_with_its_moment_and_the_marks_beside_it_are_kept(desk):
    data = words(desk.lease) | {"mark-pain": 4}

    assert desk.post(address("desk-comment", desk.lease.task), data).status_code == 302

    comment = Comment.objects.get()
    assert (comment.start_ms, comment.criterion.slug, comment.visibility) == (816_000, "pain", "learner")
    assert ReviewDraft.objects.get().data == {"marks": {"pain": 4}, "note": ""}
    assert "13:36" in page(desk.get(address("desk", desk.lease.task)))


@pytest.mark.parametrize(
    ("moment", "milliseconds"), [("0:00", 0), ("1:02:03", 3_723_000), ("90:00", 5_400_000), ("", None)]
)
def test_moments_are_written_as_people_write_them(desk, moment, milliseconds):
    Recording.objects.update(duration_ms=6_000_000)
    desk.post(address("desk-comment", desk.lease.task), words(desk.lease, moment=moment))

    assert Comment.objects.get().start_ms == milliseconds


@pytest.mark.parametrize(
    "wrong",
    [
        {"moment": "40:02"},
        {"moment": "39:00", "until": "41:00"},
        {"moment": "soon"},
        {"moment": "1:99"},
        {"about": "else"},
        {"note": ""},
        {"key": "x"},
        {"visibility": ""},
    ],
)
def test_comment_that_cannot_be_is_refused_with_a_sentence(desk, wrong):
    url, data = address("desk-comment", desk.lease.task), words(desk.lease) | wrong

    by_script = desk.post(url, data, headers=JSON)

    assert (by_script.status_code, by_script.json()["code"]) == (400, "invalid")
    assert desk.post(url, data).status_code == 400
    assert not Comment.objects.exists()


def test_comment_by_script_comes_back_as_it_is_shown(desk):
    response = desk.post(address("desk-comment", desk.lease.task), words(desk.lease), headers=JSON)

    assert "Asks what it costs." in page(response)
    assert not ReviewDraft.objects.exists()


def test_comment_of_another_grader_is_never_shown_by_its_id(desk):
    theirs = add_comment(make_lease(), text="Blind until the end")

    response = desk.post(address("desk-comment", desk.lease.task), words(desk.lease, key=theirs.pk), headers=JSON)

    assert response.status_code == 409
    assert "Blind until" not in page(response)


def test_comment_beside_marks_of_a_stale_tab_is_kept_and_the_marks_are_not(desk):
    desk.post(address("desk-draft", desk.lease.task), sheet(desk.lease, {"pain": 4}))

    response = desk.post(address("desk-comment", desk.lease.task), words(desk.lease) | {"mark-pain": 2})

    assert response.status_code == 409
    assert Comment.objects.count() == 1
    assert ReviewDraft.objects.get().data["marks"] == {"pain": 4}


def test_comment_with_a_broken_sheet_beside_it_is_kept_alone(desk):
    assert desk.post(address("desk-comment", desk.lease.task), words(desk.lease, revision="x")).status_code == 302

    assert Comment.objects.count() == 1


def test_own_comment_is_removed_and_the_marks_beside_it_are_kept(desk):
    comment = add_comment(desk.lease)
    url = reverse("assessments:desk-comment-remove", args=[desk.lease.task_id, comment.pk])

    assert desk.post(url, {"token": desk.lease.token}).status_code == 400
    assert desk.post(url, {"token": desk.lease.token, "removed_revision": 7}).status_code == 409
    assert desk.post(url, sheet(desk.lease, {"pain": 4}, removed_revision=1)).status_code == 302
    assert desk.post(url, sheet(desk.lease, removed_revision=1, revision="x")).status_code == 302

    assert not Comment.objects.exists()
    assert ReviewDraft.objects.get().data["marks"] == {"pain": 4}


def test_queue_leads_back_to_what_the_grader_holds(desk):
    assert "Go on with what you hold" in page(desk.get("/admin/grading/"))


def test_marks_are_sent_and_the_queue_says_so(desk):
    add_comment(desk.lease)

    said = sheet(desk.lease, GOOD, unheard_reason="It stops.")
    response = desk.post(address("desk-send", desk.lease.task), said, follow=True)

    assert "Marks sent." in page(response)
    assert Decision.objects.get().passed
    assert "You have sent your marks for this work." in page(desk.get(address("desk", desk.lease.task)))


def test_marks_that_cannot_be_sent_yet_stay_chosen_beside_the_reason(desk):
    response = desk.post(address("desk-send", desk.lease.task), sheet(desk.lease, marks(5, 4, 4, 4, 4)))

    assert response.status_code == 409
    assert "Levels 1, 2 and 5 need a comment at its moment. Add one about Pain." in page(response)
    assert 'name="mark-pain" value="5" checked' in page(response)
    assert not Review.objects.exists()


def test_sheet_that_is_no_sheet_is_not_sent(desk):
    assert desk.post(address("desk-send", desk.lease.task), {"token": "x"}).status_code == 400


def test_stale_grader_gets_a_409_on_every_write_and_keeps_what_was_typed(desk):
    lease = run_out(desk.lease)
    expire_leases()
    claim_next(by=make_grader())

    sent = desk.post(address("desk-send", lease.task), sheet(lease, GOOD))
    drafted = desk.post(address("desk-draft", lease.task), sheet(lease, GOOD, revision=1), headers=JSON)
    commented = desk.post(address("desk-comment", lease.task), words(lease), headers=JSON)
    beaten = desk.post(address("desk-heartbeat", lease.task), {"token": lease.token})

    assert [one.status_code for one in (sent, drafted, commented, beaten)] == [409] * 4
    assert beaten.json()["code"] == "stale-lease"
    assert (ReviewDraft.objects.get().data["marks"], Comment.objects.count()) == (GOOD, 1)
    assert not Review.objects.exists()
    html = page(desk.get(address("desk", lease.task)))
    assert "Lease over, draft kept" in html
    assert "Asks what it costs." in html


def test_words_that_were_not_added_yet_are_shown_to_who_lost_the_work(desk):
    lease = run_out(desk.lease)
    desk.post(address("desk-draft", lease.task), sheet(lease, GOOD, note="Half a thought"), headers=JSON)

    assert "Half a thought" in page(desk.get(address("desk", lease.task)))


def test_comments_of_a_grader_who_lost_the_work_never_reach_the_learner(desk):
    lease = run_out(desk.lease)
    desk.post(address("desk-comment", lease.task), words(lease, note="Of the first grader"))
    expire_leases()
    send(claim_next(by=make_grader()), GOOD)

    desk.force_login(lease.task.submission.learner)
    assert "Of the first grader" not in page(desk.get(lease.task.submission.get_absolute_url()))


def test_heartbeat_renews(desk):
    Lease.objects.update(expires_at=timezone.now() + timedelta(seconds=50))

    response = desk.post(address("desk-heartbeat", desk.lease.task), {"token": desk.lease.token})

    assert response.json() == {"seconds": 7200, "heard_percent": 0}
    assert desk.post(address("desk-heartbeat", desk.lease.task)).status_code == 400


def test_work_is_given_back_with_a_reason(desk):
    url = address("desk-give-back", desk.lease.task)
    assert desk.post(url, {"token": desk.lease.token}).status_code == 400

    response = desk.post(url, {"token": desk.lease.token, "reason": "My neighbour", "knows_learner": "on"}, follow=True)

    assert "Given back" in page(response)
    assert ReviewTask.objects.waiting().count() == 1
    assert Conflict.objects.live().count() == 1


def test_lost_work_is_offered_on_the_queue_and_taken_again(desk):
    lease = desk.lease
    desk.post(address("desk-draft", lease.task), sheet(lease, GOOD))
    run_out(lease)
    expire_leases()
    assert "Take it again" in page(desk.get("/admin/grading/"))

    response = desk.post(address("desk-resume", lease.task), follow=True)

    assert 'name="mark-pain" value="4" checked' in page(response)


def test_written_work_has_a_desk_without_a_player(client):
    lease = make_lease(practical=PracticalFactory(written=True, brief_pool=None))
    client.force_login(lease.grader)

    html = page(client.get(address("desk", lease.task)))

    assert "<video" not in html
    assert 'name="moment"' not in html
    assert client.post(address("desk-comment", lease.task), words(lease, about="")).status_code == 302
    assert Comment.objects.get().start_ms is None


# The task


def test_desk_shows_the_task(client):
    lease = make_lease(practical=PracticalFactory(instructions="Ask for **figures**.", summary="One workflow."))
    client.force_login(lease.grader)

    html = page(client.get(address("desk", lease.task)))

    assert "<strong>figures</strong>" in html
    assert "One workflow." in html
    assert "Ask about workflows." in html
    assert "The calls" not in html
    assert "play, stop" in html


def test_desk_of_call_listening_shows_the_calls_and_no_keys_of_a_player(client):
    course = CourseFactory()
    practical = PracticalFactory(written=True, kind="call_listening")
    call = LessonFactory(course=course, kind="call", title="Call 1", body="**00:40 Seller.** Walk me through it.")
    practical.calls.add(call)
    LessonFactory(course=course, kind="handbook", title="What to listen for")
    LessonFactory(course=course, kind="call", title="Another call")
    lease = make_lease(practical=practical)
    client.force_login(lease.grader)

    html = page(client.get(address("desk", lease.task)))

    assert "Walk me through it." in html
    assert "What did you hear?" in html
    assert "What to listen for" not in html
    assert "Another call" not in html
    assert "play, stop" not in html
    assert "space</kbd>play" not in html
