"""The learner's pages of a practical, over HTTP."""

import pytest
from django.urls import reverse

from assessments.actions.claims import claim_next
from assessments.actions.practicals import hand_in, return_submission
from assessments.models import ReviewTask, Submission
from assessments.rules.histories import history_of
from assessments.tests.factories_practicals import (
    PracticalFactory,
    SubmissionFactory,
    add_comment,
    make_decided,
    make_grader,
    make_lease,
    make_recording,
    make_task,
    marks,
    pass_exam,
    send,
)
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_person(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def address(name, submission):
    return reverse(f"assessments:{name}", args=[submission.pk])


def page(response):
    return response.content.decode()


def a_try(**fields):
    return SubmissionFactory(practical=PracticalFactory(written=True), **fields)


def test_practical_is_shown_locked_with_the_exam_as_its_key(as_person):
    practical = PracticalFactory()

    html = page(as_person(make_person()).get(practical.get_absolute_url()))

    assert f"Pass the exam “{practical.exam.title}” first" in html
    assert f'href="/exams/{practical.exam.slug}/"' in html
    assert "Draw a brief" not in html


def test_learner_draws_a_brief_and_sees_it_without_the_graders_notes(as_person):
    practical, learner = PracticalFactory(written=True), make_person()
    pass_exam(learner, practical.exam)
    client = as_person(learner)
    assert "Draw a brief" in page(client.get(practical.get_absolute_url()))

    response = client.post(reverse("assessments:practical-open", args=[practical.slug]), follow=True)

    brief = Submission.objects.get().brief
    assert brief.customer in page(response)
    assert brief.hidden_notes not in page(response)


def test_opening_the_locked_practical_by_its_address_is_a_409(as_person):
    practical = PracticalFactory()

    response = as_person(make_person()).post(reverse("assessments:practical-open", args=[practical.slug]))

    assert response.status_code == 409
    assert practical.exam.title in page(response)


def test_unpublished_practical_is_not_found(as_person):
    assert as_person(make_person()).get(PracticalFactory(state="draft").get_absolute_url()).status_code == 404


def test_hand_in_button_tells_its_reason_until_everything_is_there(as_person):
    submission = SubmissionFactory()
    client = as_person(submission.learner)
    assert 'aria-disabled="true"' in page(client.get(submission.practical.get_absolute_url()))

    make_recording(submission)

    assert "aria-disabled" not in page(client.get(submission.practical.get_absolute_url()))


def test_notes_are_saved_by_script(as_person):
    submission = a_try(notes="")
    client = as_person(submission.learner)
    url = address("submission-notes", submission)

    first = client.post(url, {"notes": "One", "revision": 0}, headers={"accept": "application/json"})
    stale = client.post(url, {"notes": "Two", "revision": 0}, headers={"accept": "application/json"})

    told = first.json()
    assert (first.status_code, told["revision"], told["notes"], told["waits_for"]) == (200, 1, "One", "")
    assert (stale.status_code, stale.json()["code"], stale.json()["notes"]) == (409, "stale-notes", "One")


def test_stale_notes_without_script_show_both_versions(as_person):
    submission = a_try(notes="")
    client = as_person(submission.learner)
    url = address("submission-notes", submission)
    assert client.post(url, {"notes": "From the first tab", "revision": 0}).status_code == 302

    for name in ("submission-notes", "submission-hand-in"):
        response = client.post(address(name, submission), {"notes": "From the second tab", "revision": 0})
        assert response.status_code == 409
        assert "From the first tab" in page(response)
        assert "From the second tab" in page(response)


def test_notes_that_are_too_long_are_refused_with_a_sentence(as_person):
    submission = a_try()

    response = as_person(submission.learner).post(
        address("submission-notes", submission),
        {"notes": "x" * 50_001, "revision": 0},
        headers={"Accept": "application/json"},
    )

    assert (response.status_code, response.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("name", ["submission-notes", "submission-hand-in"])
def test_without_script_nothing_that_was_typed_is_lost_where_it_is_too_long(as_person, name):
    sheet = [{"slug": "why", "label": "Why", "kind": "text"}]
    submission = SubmissionFactory(practical__written=True, practical__worksheet=sheet)
    typed = {"notes": "n" * 50_001, "sheet-why": "The figures are " + "w" * 10_000, "revision": 0}

    response = as_person(submission.learner).post(address(name, submission), typed)

    assert response.status_code == 400
    assert "too long to be saved" in page(response)
    assert typed["notes"] in page(response)
    assert typed["sheet-why"] in page(response)


def test_the_end_of_a_line_is_one_sign(as_person):
    submission = a_try()
    typed = {"notes": "\r\n".join(["x"] * 25_000), "revision": 0}

    assert as_person(submission.learner).post(address("submission-notes", submission), typed).status_code == 302

    submission.refresh_from_db()
    assert submission.notes.count("\n") == 24_999
    assert "\r" not in submission.notes


def test_who_has_passed_is_told_so_before_anything_else(as_person):
    passed, failed = make_decided(marks(4, 4, 4, 3, 3)), make_decided(marks(3, 3, 3, 3, 3))
    pass_exam(passed.learner, passed.practical.exam)

    html, other = (page(as_person(one.learner).get(one.practical.get_absolute_url())) for one in (passed, failed))

    assert "You passed with 18 of 25" in html
    assert "The next try opens on" in html
    assert "You passed" not in other


def test_handing_in_keeps_what_was_just_typed_and_gives_one_receipt(as_person):
    submission = a_try(notes="")
    client = as_person(submission.learner)
    url = address("submission-hand-in", submission)

    pages = [page(client.post(url, {"notes": "What I heard", "revision": 0}, follow=True)) for _ in range(2)]

    submission.refresh_from_db()
    assert submission.versions.get().notes == "What I heard"
    assert all(submission.receipt in html for html in pages)
    assert "Yours is next" in pages[0]


def test_hand_in_without_a_ready_recording_is_refused_whatever_the_browser_says(as_person):
    submission = SubmissionFactory()
    make_recording(submission, state="checking")

    response = as_person(submission.learner).post(address("submission-hand-in", submission), {"state": "ready"})

    assert response.status_code == 409
    assert not ReviewTask.objects.exists()


def test_draft_leads_to_its_practical(as_person):
    submission = a_try()

    response = as_person(submission.learner).get(submission.get_absolute_url())

    assert response.headers["Location"] == submission.practical.get_absolute_url()


def test_handed_in_try_is_withdrawn_by_its_page(as_person):
    submission = make_task().submission
    client = as_person(submission.learner)
    assert "Withdraw it" in page(client.get(submission.get_absolute_url()))

    client.post(address("submission-withdraw", submission))

    assert "this try does not count" in page(client.get(submission.get_absolute_url()))


def test_learner_is_told_that_a_grader_has_it_and_nothing_of_the_reading(as_person):
    lease = make_lease()
    add_comment(lease, "pain", text="Strong opening")

    html = page(as_person(lease.task.submission.learner).get(lease.task.submission.get_absolute_url()))

    assert "A grader reads it now" in html
    assert "Strong opening" not in html
    assert lease.grader.name not in html


def test_feedback_shows_outcome_levels_steps_and_comments_under_pseudonyms(as_person):
    lease = make_lease()
    add_comment(lease, "pain", text="Between graders", visibility="graders")
    send(lease, marks(4, 4, 3, 3, 3))
    submission = lease.task.submission

    html = page(as_person(submission.learner).get(submission.get_absolute_url()))

    assert "Not yet: one point short" in html
    assert "One grader read your work and came to 17. 18 of 25 passes. You have four tries left." in html
    assert "pain level 4" in html
    assert "<strong>To 5:</strong> pain to 5" in html
    assert "Asks what it costs." in html
    assert "Grader A" in html
    assert "Between graders" not in html
    assert lease.grader.name not in html
    assert submission.brief.hidden_notes not in html


def test_passed_feedback_says_so(as_person):
    submission = make_decided(marks(4, 4, 4, 4, 4))

    html = page(as_person(submission.learner).get(submission.get_absolute_url()))

    assert "Passed with 20 of 25" in html
    assert "Run it again" not in html


def test_feedback_of_two_graders_names_the_mean(as_person):
    practical = PracticalFactory(marks_required=2)
    send(make_lease(practical=practical), marks(4, 4, 3, 3, 3))
    submission = Submission.objects.get()
    send(claim_next(by=make_grader()), marks(3, 4, 3, 3, 3))

    html = page(as_person(submission.learner).get(submission.get_absolute_url()))

    assert "Two graders read your work without seeing each other’s marks and came to 17 and 16." in html
    assert "mean 3.5" in html


@pytest.mark.parametrize("name", ["submission", "submission-notes", "submission-hand-in", "submission-withdraw"])
def test_others_find_nothing_at_a_learners_addresses(client, name):
    submission = make_lease().task.submission
    others = [make_person(), make_grader(), make_person(groups=["partner manager"])]

    for other in others:
        client.force_login(other)
        response = (
            client.get(address(name, submission))
            if name == "submission"
            else client.post(address(name, submission), {"notes": "x", "revision": 0})
        )
        assert response.status_code == 404


def test_visitors_are_led_to_sign_in(client):
    submission = a_try()

    for url in (submission.get_absolute_url(), submission.practical.get_absolute_url()):
        assert client.get(url).headers["Location"].startswith("/accounts/login/")


def test_returned_try_shows_why_on_the_practical(as_person):
    submission = make_task().submission
    return_submission(submission=submission, reason="The sound stops.", by=make_person())

    assert "The sound stops." in page(as_person(submission.learner).get(submission.practical.get_absolute_url()))


def test_after_handing_in_the_practical_says_who_has_it(as_person):
    submission = make_task().submission

    html = page(as_person(submission.learner).get(submission.practical.get_absolute_url()))

    assert "Your try 1 is with the graders. Your answer comes by" in html
    assert "withdraw it" not in html


def test_feedback_never_leads_to_itself(as_person):
    practical = PracticalFactory()
    learner = make_person()
    pass_exam(learner, practical.exam)
    send(make_lease(learner=learner, practical=practical), marks(2, 2, 2, 2, 2))
    submission = Submission.objects.get()

    html = page(as_person(learner).get(submission.get_absolute_url()))

    assert "The next try opens on" in html
    assert f'href="{submission.get_absolute_url()}"' not in html


def test_a_learner_reads_what_was_handed_in_when_and_why_it_came_back(client):
    submission = SubmissionFactory(handed_in=True, practical__written=True)
    first = submission.versions.get().receipt
    return_submission(submission=submission, reason="The file can't be opened.", by=make_person())
    client.force_login(submission.learner)
    page = client.get(submission.practical.get_absolute_url()).content.decode()
    assert f"receipt {first}" in page and "Version 1: notes." in page and "The file can&#x27;t be opened." in page

    submission.refresh_from_db()
    submission = hand_in(submission=submission, by=submission.learner)
    steps = history_of(submission)

    assert [step.words for step in steps] == ["Handed in", "Given back", "Handed in"]
    assert (steps[0].receipt, steps[2].receipt) == (submission.receipt, first)
    assert f"receipt {submission.receipt}" in client.get(submission.get_absolute_url()).content.decode()


def test_an_answer_stays_with_the_question_as_it_was_asked(client):
    field = {"slug": "pains", "label": "Which pains came up?", "kind": "text"}
    submission = SubmissionFactory(practical__recordings_required=0, practical__worksheet=[field])
    submission.worksheet = {"pains": "Three tools."}
    submission.save()
    hand_in(submission=submission, by=submission.learner)
    submission.practical.worksheet = [{**field, "slug": "other", "label": "Something else?"}]
    submission.practical.save()

    client.force_login(submission.learner)
    page = client.get(submission.get_absolute_url()).content.decode()

    assert "Which pains came up?" in page and "Three tools." in page and "Something else?" not in page
