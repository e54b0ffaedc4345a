"""The mails of the embedded default, so that sign-up can be tried. Routed only while DEBUG is on."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from courses.lib.policy import open_to_all

SHOWN = 50


@open_to_all
@require_GET
def mails(request: HttpRequest) -> HttpResponse:
    """The newest fifty mails with their text."""
    if not settings.DEBUG:
        raise Http404
    folder = Path(settings.EMAIL_FILE_PATH)
    files = (
        sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)[:SHOWN]
        if folder.is_dir()
        else []
    )
    return render(request, "accreditation/dev_mail.html", {"mails": [mail for file in files for mail in _read(file)]})


def _read(file: Path) -> list[dict[str, str]]:
    parts = file.read_bytes().split(b"-" * 79)
    found: list[EmailMessage] = [
        email.message_from_bytes(part.lstrip(), policy=email.policy.default) for part in parts if part.strip()
    ]
    return [
        {"to": mail["To"], "subject": mail["Subject"], "date": mail["Date"], "text": _text(mail)}
        for mail in reversed(found)
    ]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    return body.get_content() if body else ""
