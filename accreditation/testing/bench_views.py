"""What the bench compares with: two bare views, and a middleware that tells what each request cost."""

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone

from accreditation.models import Notice, Program

Handler = Callable[[HttpRequest], HttpResponseBase]
B, S = "/bench/b", "/bench/s"
STATEMENTS, CPU_MS = "X-Bench-Statements", "X-Bench-CPU-ms"


def figures(get_response: Handler) -> Handler:
    """Report the statements of a request and the CPU time of its thread. Outermost, so that everything is in it."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        statements, began = 0, time.thread_time()

        def count(execute: Callable[..., Any], *args: Any) -> Any:
            nonlocal statements
            statements += 1
            return execute(*args)

        with connection.execute_wrapper(count):
            response = get_response(request)
        response[STATEMENTS], response[CPU_MS] = str(statements), f"{(time.thread_time() - began) * 1000:.3f}"
        return response

    return handle


def bare_views(get_response: Handler) -> Handler:
    """Answer B and S outside the portal's own middleware: B with session and user, S with nothing at all."""
    signed_in: Any = SessionMiddleware(read_and_write)
    bare: dict[str, Handler] = {B: signed_in, S: read}

    def handle(request: HttpRequest) -> HttpResponseBase:
        return bare.get(request.path, get_response)(request)

    return handle


def read_and_write(request: HttpRequest) -> HttpResponse:
    """B: session and user, one SELECT, one UPDATE. Django's own way to a user, so that the portal's can't move the measure."""
    user = ModelBackend().get_user(request.session[SESSION_KEY])
    assert user is not None  # the bench signed them in
    notice = Notice.objects.filter(recipient_id=user.pk).order_by("pk").first()
    assert notice is not None  # the bench gives everyone notices
    Notice.objects.filter(pk=notice.pk).update(read_at=timezone.now())
    return HttpResponse("written", headers={"Content-Type": "text/plain", "Content-Length": "7"})


def read(request: HttpRequest) -> HttpResponse:
    """S: one SELECT, answered as JSON."""
    program = Program.objects.only("slug", "title", "summary").order_by("pk").first()
    assert program is not None  # the bench loads the shipped programs
    response = JsonResponse({"slug": program.slug, "title": program.title, "summary": program.summary})
    response["Content-Length"] = str(len(response.content))
    return response
