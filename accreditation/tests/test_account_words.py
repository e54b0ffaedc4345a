"""Mails, pages and messages of sign-in speak in the product's voice, not in the library's."""

import re
from pathlib import Path

import allauth
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.urls import reverse

from accreditation.tests.test_sign_up import link_in_mail, prove, sign_in, sign_up
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOT_OFFERED = re.compile(
    r"phone|code_|login_code|_code\.|confirm_code|passkey|webauthn|trust|email_change\.html|snippets|base|download.txt"
)
PASSWORD = "a-long-and-plain-sentence"


def library_templates():
    folder = Path(allauth.__file__).parent / "templates"
    files = [file.relative_to(folder) for part in ("account", "mfa") for file in (folder / part).rglob("*.*")]
    return sorted(str(file) for file in files if not NOT_OFFERED.search(str(file)))


@pytest.mark.parametrize("name", library_templates())
def test_what_can_appear_is_ours(name):
    assert (settings.BASE_DIR / "templates" / name).is_file()


@pytest.fixture
def ada(client):
    """Somebody who signed up and proved the address."""
    sign_up(client, password1=PASSWORD)
    prove(client)
    sign_in(client, password=PASSWORD)
    return EmailAddress.objects.get().user


def test_mails_name_the_organisation_and_no_host(client):
    sign_up(client)

    sent = mail.outbox[-1]

    assert sent.subject == "Confirm your address to sign in"
    assert sent.body.startswith("Ada,")
    assert f"{settings.ORGANISATION_NAME}, Field Enablement" in sent.body
    assert "Hello from" not in sent.body
    assert "Thank you for using" not in sent.body


def test_signing_in_says_nothing_that_everybody_sees(client, ada):
    assert "uccessfully" not in client.get("/").content.decode()


def test_a_changed_password_is_told_to_its_owner(client, ada):
    new = {"oldpassword": PASSWORD, "password1": PASSWORD + "-2", "password2": PASSWORD + "-2"}

    response = client.post(reverse("account_change_password"), new)

    assert response.status_code == 302
    assert mail.outbox[-1].subject == "Your password was changed"
    assert "If it wasn't, set a new password now" in " ".join(mail.outbox[-1].body.split())


def test_a_forgotten_password_is_set_anew(client, ada):
    client.logout()
    client.post(reverse("account_reset_password"), {"email": ada.email})
    assert mail.outbox[-1].subject == "Set a new password"

    form = client.get(link_in_mail(), follow=True)
    new = {"password1": PASSWORD + "-3", "password2": PASSWORD + "-3"}
    done = client.post(form.redirect_chain[-1][0], new, follow=True)

    assert "The new password once more" in form.content.decode()
    assert "Your new password holds" in done.content.decode()
    assert sign_in(client, password=PASSWORD + "-3").url == "/"


@pytest.mark.parametrize("name", ["account_email", "account_change_password", "account_logout", "mfa_index"])
def test_pages_of_an_account_open(client, ada, name):
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["account_reset_password", "account_reset_password_done", "account_inactive"])
def test_pages_before_sign_in_open(client, name):
    assert client.get(reverse(name)).status_code == 200


def test_addresses_are_added_and_removed(client, ada):
    client.post(reverse("account_email"), {"action_add": "", "email": "second@example.com"})
    html = client.get(reverse("account_email")).content.decode()
    assert "second@example.com, not confirmed yet" in html

    client.post(reverse("account_email"), {"action_remove": "", "email": "second@example.com"})

    assert not EmailAddress.objects.filter(email="second@example.com").exists()
    assert "An address was removed" in [sent.subject for sent in mail.outbox]


def test_the_second_factor_page_of_somebody_without_one(client):
    client.force_login(make_person())

    html = client.get(reverse("mfa_index")).content.decode()

    assert "a stolen password alone opens nothing" in html
    assert "Recovery codes" not in html
