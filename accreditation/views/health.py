"""Health of the process and of what it stands on. Status words only: nothing here tells an outsider more."""

from django.http import HttpRequest, JsonResponse

from accreditation.rules.health import readiness
from courses.lib.policy import open_json


@open_json
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@open_json
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker, storage, media library and age of the oldest work, as status words; 503 when one fails."""
    words = readiness()
    return JsonResponse(words, status=200 if words["status"] == "ok" else 503)
