"""The statements of public pages that are built once say what the ORM says."""

import pytest
from django.utils import timezone

from badges.models import SigningKey
from badges.rules.keys import trusted_keys, verification_keys
from badges.tests.factories import make_credential
from badges.views.credential_pages import credential_of_page
from badges.views.credentials import stored_document
from courses.tests.compiled_rows import same_rows

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("ask", [credential_of_page, stored_document])
def test_an_award_is_the_one_that_the_orm_reads(ask):
    credential = make_credential()
    make_credential()

    assert same_rows(ask, pk=credential.pk) == [credential]


def test_a_withdrawn_key_is_not_trusted_from_the_next_page_on():
    make_credential()
    assert verification_keys() == dict(same_rows(trusted_keys))

    SigningKey.objects.update(state=SigningKey.State.WITHDRAWN, withdrawn_at=timezone.now())

    assert verification_keys() == {}
