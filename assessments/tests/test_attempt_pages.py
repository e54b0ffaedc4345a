import json

import pytest
from django.test import Client
from django.urls import reverse

from assessments.actions.exams import withdraw_exam
from assessments.models import Attempt, AttemptState, ResponseEvent
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.factories_practicals import PracticalFactory
from assessments.tests.sittings import answer_all, begin, entry, item, past_deadline, save, tokens
from courses.tests.factories import LessonFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def sitting(client):
    attempt = begin()
    client.force_login(attempt.learner)
    return attempt


def url(name, attempt):
    return reverse(f"assessments:{name}", args=[attempt.pk])


def post_json(client, name, attempt, **data):
    data = {"client_id": "tab", "epoch": 1} | data
    return client.post(url(name, attempt), json.dumps(data), content_type="application/json")


def one(attempt, position=1, seq=1, **fields):
    return {"item": position, "seq": seq, "value": tokens(attempt, position)[:1], **fields}


ATTEMPT_PAGES = ["attempt", "attempt-hand-in", "attempt-result"]
ATTEMPT_DEEDS = ["attempt-responses", "attempt-continue", "attempt-submit"]


@pytest.mark.parametrize("name", ATTEMPT_PAGES)
def test_pages_ask_for_sign_in_and_are_not_found_for_others(client, name):
    attempt = begin()

    assert client.get(url(name, attempt)).status_code == 302
    client.force_login(make_person())
    assert client.get(url(name, attempt)).status_code == 404


@pytest.mark.parametrize("name", ATTEMPT_DEEDS)
def test_deeds_answer_401_without_a_session_and_404_to_others(client, name):
    attempt = begin()

    assert post_json(client, name, attempt).status_code == 401
    client.force_login(make_person())
    assert post_json(client, name, attempt).status_code == 404
    assert client.get(url(name, attempt)).status_code == 405


def test_a_form_where_json_belongs_is_malformed():
    attempt, token = begin(), "a" * 32
    client = Client(enforce_csrf_checks=True)  # the check reads the form, so that the body is gone
    client.force_login(attempt.learner)
    client.cookies["csrftoken"] = token

    response = client.post(url("attempt-responses", attempt), {"client_id": "tab"}, headers={"x-csrftoken": token})

    assert (response.status_code, response.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "", "x" * 65, ["x"] * 30])
def test_a_tab_whose_name_can_not_be_kept_does_not_take_the_pen(client, sitting, name):
    assert post_json(client, "attempt-continue", sitting, client_id=name).status_code == 400


def test_rules_page_shows_figures_and_start(client):
    exam = ExamFactory(published__questions=10, published__draw=10)
    client.force_login(make_person())

    html = client.get(exam.get_absolute_url()).content.decode()

    assert "Start the exam" in html
    assert "to pass, 8 points" in html


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_exam_that_is_not_published_is_not_found(client, state):
    exam = ExamFactory(published=False) if state == "draft" else withdraw_exam(exam=ExamFactory(), by=make_person())
    client.force_login(make_person())

    assert client.get(exam.get_absolute_url()).status_code == 404
    assert client.post(reverse("assessments:start-attempt", args=[exam.slug])).status_code == 404


def test_editor_sees_a_draft_without_figures(client):
    exam = ExamFactory(published=False)
    client.force_login(make_person(is_superuser=True))

    assert "isn't written yet" in client.get(exam.get_absolute_url()).content.decode()


def test_start_is_a_post_that_leads_to_the_questions(client):
    exam = ExamFactory()
    client.force_login(make_person())
    start = reverse("assessments:start-attempt", args=[exam.slug])

    assert client.get(start).status_code == 405
    response = client.post(start, {"agreed": "on"})

    assert response.url == Attempt.objects.get().get_absolute_url()


def test_locked_exam_says_why(client, sitting):
    other = ExamFactory()

    page = client.get(other.get_absolute_url()).content.decode()
    refused = client.post(reverse("assessments:start-attempt", args=[other.slug]))

    assert "You are in the middle of" in page
    assert "Start the exam" not in page
    assert refused.status_code == 409
    assert sitting.get_absolute_url() in refused.content.decode()


def test_running_exam_offers_to_go_on(client, sitting):
    page = client.get(sitting.exam.get_absolute_url()).content.decode()

    assert f'href="{sitting.get_absolute_url()}"' in page


def test_question_page_shows_one_question_and_is_never_kept(client, sitting):
    response = client.get(sitting.get_absolute_url() + "?q=2")
    html = response.content.decode()

    assert "no-store" in response["Cache-Control"]
    assert "Question 2 of 4" in html
    assert html.count('class="question"') == 4
    assert html.count("hidden>\n") >= 3


@pytest.mark.parametrize("q", ["", "0", "99", "x", "-1", "²", "9" * 5000])
def test_strange_question_numbers_show_a_question(client, sitting, q):
    assert client.get(sitting.get_absolute_url(), {"q": q}).status_code == 200


def test_form_saves_and_goes_on(client, sitting):
    token = tokens(sitting)[0]

    response = client.post(sitting.get_absolute_url(), {"q": 1, "epoch": 1, "answer": token, "go": 2})

    assert response.url.endswith("?q=2")
    assert item(sitting).current_event.answered
    page = client.get(sitting.get_absolute_url()).content.decode()
    assert f'value="{token}" checked' in page
    assert "1 of 4 answered" in page


def test_form_keeps_and_toggles_the_flag(client, sitting):
    post = {"q": 1, "epoch": 1}

    client.post(sitting.get_absolute_url(), post | {"toggle_flag": "on"})
    assert item(sitting).current_event.flagged
    client.post(sitting.get_absolute_url(), post | {"flagged": "on", "answer": tokens(sitting)[0]})
    assert item(sitting).current_event.flagged
    client.post(sitting.get_absolute_url(), post | {"flagged": "on", "toggle_flag": "on"})
    assert not item(sitting).current_event.flagged


def test_form_that_says_nothing_changes_nothing(client, sitting):
    assert client.post(sitting.get_absolute_url(), {"q": "x"}).status_code == 200
    assert not ResponseEvent.objects.exists()


def test_form_in_another_tab_is_asked_to_continue_here(client, sitting):
    save(sitting, entry(sitting), client="script")

    moved = client.post(sitting.get_absolute_url(), {"q": 2, "epoch": 1, "answer": tokens(sitting, 2)[0]})
    here = client.post(url("attempt-continue", sitting), {"client_id": "form", "q": 2})
    again = client.post(sitting.get_absolute_url(), {"q": 2, "epoch": 2, "answer": tokens(sitting, 2)[0]})

    assert moved.status_code == 409
    assert "Continue here?" in moved.content.decode()
    assert here.url.endswith("?q=2")
    assert again.status_code == 302
    assert item(sitting, 2).current_event.answered


def test_json_save_is_acknowledged(client, sitting):
    response = post_json(client, "attempt-responses", sitting, batch=[one(sitting, flagged=True)])

    body = response.json()
    assert response.status_code == 200
    assert (body["state"], body["saved_count"], body["epoch"], body["items"][0]["status"]) == (
        "in_progress",
        1,
        1,
        "stored",
    )
    assert len(body["clock"].split(":")) == 3
    assert "no-store" in response["Cache-Control"]


def test_json_save_from_another_tab_is_answered_409_moved(client, sitting):
    post_json(client, "attempt-responses", sitting, batch=[one(sitting)])

    response = post_json(client, "attempt-responses", sitting, client_id="other", batch=[one(sitting, 2)])

    assert response.status_code == 409
    assert (response.json()["code"], response.json()["items"][0]["status"]) == ("moved", "stale")


def test_continue_here_answers_the_new_epoch(client, sitting):
    response = post_json(client, "attempt-continue", sitting, client_id="other")

    assert response.json()["epoch"] == 2
    assert response.json()["remaining_ms"] > 0


@pytest.mark.parametrize("body", ["[]", "{", '{"client_id": ""}', "[" * 100_000])
def test_unreadable_requests_get_a_400(client, sitting, body):
    for name in ATTEMPT_DEEDS:
        response = client.post(url(name, sitting), body, content_type="application/json")
        if len(body) < 65536 or name == "attempt-continue":
            assert (response.status_code, response.json()["code"]) == (400, "malformed")
        else:
            assert response.status_code == 413


def test_batches_are_capped(client, sitting):
    assert post_json(client, "attempt-responses", sitting, batch=[one(sitting)] * 51).status_code == 400
    assert post_json(client, "attempt-responses", sitting, batch=[{"value": "x" * 70_000}]).status_code == 413


def test_hand_in_page_shows_what_is_open_and_flagged(client, sitting):
    save(sitting, entry(sitting), entry(sitting, 2, flagged=True))

    html = client.get(url("attempt-hand-in", sitting)).content.decode()

    assert "2 questions still open" in html
    assert "Question 3, open" in html
    assert "Question 2, flagged" in html


def test_submit_by_form_leads_to_the_result(client, sitting):
    answer_all(sitting)

    response = client.post(url("attempt-submit", sitting), {"epoch": 1, "client_id": "tab"})
    html = client.get(response.url).content.decode()

    assert response.url == sitting.result_url
    assert "You passed the written exam" in html
    assert "4 of 4 points" in html


def test_submit_by_form_without_epoch_goes_back(client, sitting):
    assert client.post(url("attempt-submit", sitting)).url == url("attempt-hand-in", sitting)


def test_submit_by_json_takes_the_last_batch_and_repeats_its_receipt(client, sitting):
    body = {"submission_id": "s1", "batch": [one(sitting)]}

    first = post_json(client, "attempt-submit", sitting, **body)
    again = post_json(client, "attempt-submit", sitting, **body)

    assert first.json() == again.json()
    assert first.json()["answered"] == 1
    assert first.json()["submission_id"] == "s1"
    assert first.json()["result"] == sitting.result_url


def test_submit_with_other_digests_names_the_items(client, sitting):
    response = post_json(client, "attempt-submit", sitting, digests=[{"item": 1, "digest": "typed"}])

    assert response.status_code == 409
    assert (response.json()["code"], response.json()["items"]) == ("digests-differ", [{"item": 1, "digest": ""}])


def test_submit_from_a_tab_that_lost_the_pen_is_answered_409(client, sitting):
    save(sitting, entry(sitting), client="other")

    response = post_json(client, "attempt-submit", sitting, batch=[one(sitting, 2)])

    assert (response.status_code, response.json()["code"]) == (409, "moved")
    assert ResponseEvent.objects.count() == 2


def test_after_the_end_every_page_leads_to_the_result(client, sitting):
    past_deadline(sitting, seconds=31)

    for name in ("attempt", "attempt-hand-in"):
        assert client.get(url(name, sitting), follow=True).redirect_chain[-1][0] == sitting.result_url
    late = post_json(client, "attempt-responses", sitting, batch=[one(sitting)]).json()
    assert (late["state"], late["items"][0]["reason"]) == ("graded", "late")
    assert client.post(sitting.get_absolute_url(), {"q": 1, "epoch": 1}).url == sitting.result_url


def test_failed_result_says_what_is_missing_and_when_to_try_again(client, sitting):
    answer_all(sitting, right=3)
    client.post(url("attempt-submit", sitting), {"epoch": 1, "client_id": "tab"})

    html = client.get(sitting.result_url).content.decode()
    rules = client.get(sitting.exam.get_absolute_url()).content.decode()

    assert "Not yet: 0.2 points short" in html
    assert "Look again at: <a href" in html
    assert "You may try the exam again tomorrow" in html
    assert "You may try the exam again tomorrow" in rules
    assert "Your tries so far" in rules


def test_result_of_a_running_attempt_leads_back(client, sitting):
    assert client.get(sitting.result_url).url == sitting.get_absolute_url()


def test_result_that_waits_to_be_scored_says_so(client, sitting, monkeypatch):
    monkeypatch.setattr("assessments.actions.scoring.mark_of", lambda item: 1 / 0)
    client.post(url("attempt-submit", sitting), {"epoch": 1})

    assert "They are being scored" in client.get(sitting.result_url).content.decode()
    assert "Being scored" in client.get(sitting.exam.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [(AttemptState.VOID, "count"), (AttemptState.PAUSED, "Staff stopped the clock"), (AttemptState.READY, "planned")],
)
def test_attempt_that_does_not_run_says_so(client, sitting, state, words):
    fields = {
        AttemptState.READY: {"started_at": None, "deadline_at": None},
        AttemptState.PAUSED: {"paused_at": sitting.started_at},
    }.get(state, {})
    Attempt.objects.filter(pk=sitting.pk).update(state=state, **fields)

    html = client.get(sitting.get_absolute_url(), follow=True).content.decode()

    assert words in html
    assert "Text of" not in html


def test_read_before_sign_in_leads_back_to_the_attempt(client):
    attempt = begin()

    assert attempt.get_absolute_url() in client.get(attempt.get_absolute_url()).url


def test_failed_result_leads_to_the_lesson_of_what_was_lost(client, sitting):
    objective = sitting.items.first().question.objective
    lesson = LessonFactory(course=objective.course, objective=objective)
    client.post(url("attempt-submit", sitting), {"epoch": 1, "client_id": "tab"})

    html = client.get(sitting.result_url).content.decode()

    assert f'<a href="{lesson.get_absolute_url()}">{objective.text}</a>' in html


def test_passed_result_leads_on_and_shows_no_needless_digits(client, sitting):
    practical = PracticalFactory(exam=sitting.exam, title="Customer engagement")
    answer_all(sitting)
    client.post(url("attempt-submit", sitting), {"epoch": 1, "client_id": "tab"})

    html = client.get(sitting.result_url).content.decode()

    assert "Customer engagement is open to you" in html
    assert practical.get_absolute_url() in html
    assert "Draw your brief" in html
    assert '<dd class="figure__value">100<' in html
    assert "by the learner" not in html
    assert "&lt;1<" in html  # handed in within the first minute
