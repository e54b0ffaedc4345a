"""Requests that no page sends: each gets an answer below 500."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "referer", ["http://[", "http://[::1/x", "//", "javascript:alert(1)", "http://testserver//other.example/"]
)
def test_whoever_is_signed_out_gets_to_sign_in_wherever_they_say_they_come_from(client, referer):
    response = client.post("/notices/read", headers={"referer": referer})

    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")
