"""Requests that no page sends: each gets an answer below 500."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/notices/", "/admin/accreditation/user/", "/accounts/login/"])
def test_a_null_character_in_a_query_is_refused(admin_client, path):
    assert admin_client.get(f"{path}?email=a%00b").status_code == 400


@pytest.mark.parametrize(
    "path", ["abc/history/", "abc/history/1/", "1/history/abc/", "1/history/99999999999999999999/"]
)
def test_no_history_is_found_for_what_is_no_number(admin_client, path):
    assert admin_client.get(f"/admin/accreditation/organisation/{path}").status_code == 404
