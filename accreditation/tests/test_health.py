import pytest


def test_the_process_answers(client):
    response = client.get("/healthz")

    assert response.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_says_which_check_failed(client):
    response = client.get("/readyz")

    assert response.json()["database"] == "ok"


@pytest.mark.django_db
def test_visitors_see_the_landing_page(client):
    response = client.get("/")

    assert response.status_code == 200
