"""The page of mails in the embedded default, and the icon that browsers ask for by themselves."""

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.http import Http404
from django.test import RequestFactory

from accreditation.views.dev_mail import mails
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.DEBUG, settings.EMAIL_FILE_PATH = True, str(tmp_path / "mail")
    return tmp_path / "mail"


def send(folder, *subjects, html=""):
    """Write these mails as the file backend does: one connection, one file."""
    connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(folder))
    for subject in subjects:
        message = EmailMultiAlternatives(subject, f"Text of {subject}", to=["ada@example.com"], connection=connection)
        if html:
            message.attach_alternative(html, "text/html")
        message.send()


def shown():
    request = RequestFactory().get("/dev/mail/")
    request.user, request.session = make_person(), {}
    return mails(request).content.decode()


def test_without_mails_the_page_says_so(folder):
    assert "No mail yet" in shown()


def test_mails_are_shown_with_their_text_newest_first(folder):
    send(folder, "First", "Second", html="<p>Bold</p>")

    html = shown()

    assert html.index("Text of Second") < html.index("Text of First")
    assert "ada@example.com" in html


def test_markup_in_a_mail_stays_text(folder):
    send(folder, "<script>alert(1)</script>")

    assert "<script>alert(1)" not in shown()


def test_a_mail_without_text_is_shown_too(folder):
    folder.mkdir()
    (folder / "odd.log").write_bytes(b"Subject: Only a picture\nContent-Type: image/png\n\nxx\n" + b"-" * 79 + b"\n")

    assert "Only a picture" in shown()


def test_while_debug_is_off_there_is_no_such_page(folder, settings, client):
    settings.DEBUG = False

    with pytest.raises(Http404):
        mails(RequestFactory().get("/dev/mail/"))
    assert client.get("/dev/mail/").status_code == 404


def test_the_icon_leads_to_ours(client):
    assert client.get("/favicon.ico").url.endswith("img/mark.svg")
