import pytest

from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import begin

pytestmark = pytest.mark.django_db
PAGE = "text/html,application/xhtml+xml"


def test_form_without_a_session_leads_to_sign_in_and_back_to_its_page(client):
    address = begin().get_absolute_url()

    response = client.post(f"{address}submit", headers={"accept": PAGE, "referer": f"http://testserver{address}"})

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={address}"


def test_script_without_a_session_hears_401(client):
    response = client.post(f"{begin().get_absolute_url()}submit", headers={"accept": "application/json"})

    assert (response.status_code, response.json()["code"]) == (401, "sign-in")


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/exams/"])
def test_form_from_nowhere_leads_home_after_sign_in(client, referer):
    exam = ExamFactory()

    response = client.post(f"{exam.get_absolute_url()}start", headers={"accept": PAGE, "referer": referer})

    assert response["Location"] == "/accounts/login/?next=/"
