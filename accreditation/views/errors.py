"""The pages of faults, in the product's voice."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from courses.lib.policy import open_to_all


@open_to_all
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing here, or not theirs."""
    return render(request, "errors/404.html", status=404)


@open_to_all
def denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the person's role doesn't open this."""
    return render(request, "errors/403.html", status=403)


@open_to_all
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request could not be read."""
    return render(request, "errors/400.html", status=400)


@open_to_all
def failed(request: HttpRequest) -> HttpResponse:
    """500: our fault; names the request id that the log has too."""
    return render(request, "errors/500.html", {"request_id": getattr(request, "id", "")}, status=500)


@open_to_all
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was too old or came from elsewhere."""
    return render(request, "errors/csrf.html", status=403)
