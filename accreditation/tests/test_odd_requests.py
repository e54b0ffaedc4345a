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


@pytest.mark.parametrize("path", ["/", "/notices/", "/admin/accreditation/user/", "/accounts/login/"])
def test_a_null_character_in_a_query_is_refused(admin_client, path):
    assert admin_client.get(f"{path}?email=a%00b").status_code == 400


@pytest.mark.parametrize(
    "path", ["abc/history/", "abc/history/1/", "1/history/abc/", "1/history/99999999999999999999/"]
)
def test_no_history_is_found_for_what_is_no_number(admin_client, path):
    assert admin_client.get(f"/admin/accreditation/organisation/{path}").status_code == 404
