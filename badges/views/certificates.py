"""The award as a sheet to print."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from badges import certificate as sheet
from badges.models import Credential
from badges.rules.certificates import certificate_facts, has_certificate
from badges.rules.checking import check_record
from badges.views.answers import of_today
from badges.views.credential_pages import credential_of_page, page_of
from badges.views.credentials import found
from courses.lib.files import content_disposition
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.policy import open_to_all

CALLS_PER_MINUTE = 60


@open_to_all
@require_safe
def certificate(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """The sheet as it stands today. What has none answers with its page, which says why: 410 once revoked, else 409."""
    row = found(credential_of_page, credential_id)
    verdict = check_record(row, now=timezone.now())
    if not has_certificate(verdict):
        status = 410 if row.state == Credential.State.REVOKED else 409
        return page_of(request, row, verdict, status=status)
    if wait := seconds_to_wait("certificate", caller(request), allowed=CALLS_PER_MINUTE, per_seconds=60):
        return HttpResponse(status=429, headers={"Retry-After": str(wait)})
    facts = certificate_facts(row, verdict)
    answer = of_today(request, facts, lambda: HttpResponse(sheet.draw(facts), "application/pdf"))
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = content_disposition(f"{row.achievement.slug}-certificate.pdf", inline=True)
    return answer
