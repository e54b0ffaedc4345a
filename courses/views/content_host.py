"""What the content host answers: packages for who has a link to them, nothing of the portal, and no cookie ever."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.template.loader import render_to_string

from courses.lib.content_host import Visit, label_of, path_token, visit_of
from courses.lib.files import Span, wanted_span
from courses.lib.packages import content_type
from courses.models import ContentState, Lesson, Package

BLOCK = 1 << 18
OURS = {"runtime.js": ("js/package-runtime.js", "text/javascript"), "stage.css": ("css/package-stage.css", "text/css")}
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' data: blob:; frame-src 'self'; "
    "worker-src 'none'; object-src 'none'; form-action 'none'; base-uri 'self'; frame-ancestors 'self' {portal}; "
    "sandbox allow-scripts allow-same-origin"
)
SEAL = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
}


def content_page(request: HttpRequest, label: str) -> HttpResponseBase:
    """The answer to any request to the content host."""
    visit: Visit | None = None
    if request.method not in ("GET", "HEAD"):
        response: HttpResponseBase = _plain("Method not allowed", 405)
    else:
        first, _slash, rest = request.path_info.lstrip("/").partition("/")
        token, _slash, path = rest.partition("/")
        visit = visit_of(token, is_link=first == "o") if first in ("o", "t") else None
        package = _package(visit, label) if visit else None
        response = _answer(request, visit, package, path, first) if visit and package else _plain("Not found", 404)
    for name, value in SEAL.items():
        response[name] = value
    response["Content-Security-Policy"] = POLICY.format(portal=visit.portal if visit else "")
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "no-store"
    return response


def _plain(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain")


def _package(visit: Visit, label: str) -> Package | None:
    """The package while the lesson still has it and the learner may still learn, on its own host only."""
    lessons = Lesson.objects.filter(pk=visit.lesson, package=visit.package)
    lesson = lessons.exclude(course__state=ContentState.WITHDRAWN).select_related("package").first()
    package = lesson.package if lesson else None
    if package is None or (label and label != label_of(package.sha256)):
        return None
    learners: Any = get_user_model()
    return package if learners.objects.filter(pk=visit.learner, is_active=True).exists() else None


def _answer(request: HttpRequest, visit: Visit, package: Package, path: str, first: str) -> HttpResponseBase:
    if first == "o":
        return HttpResponseRedirect(f"/t/{path_token(visit)}/") if not path else _plain("Not found", 404)
    if not path:
        return HttpResponse(_stage(request, visit, package))
    kind, _slash, name = path.partition("/")
    if kind == "~" and name in OURS:
        place, type_ = OURS[name]
        return HttpResponse((Path(settings.BASE_DIR) / "static" / place).read_bytes(), content_type=type_)
    return _file(request, package, name) if kind == "f" else _plain("Not found", 404)


def _stage(request: HttpRequest, visit: Visit, package: Package) -> str:
    """The page around the package: its parts, its frame, and the runtime that it looks for."""
    items = [
        {name: one[name] for name in ("identifier", "title", "mastery", "tells")}
        | {
            "address": f"f/{quote(one['path'])}"
            + (f"?{quote(one['query'], safe='=&%+,;:@/?')}" if one["query"] else "")
        }
        for one in package.items
    ]
    setting = {"version": package.version, "portal": visit.portal, "items": items}
    return render_to_string("courses/package_stage.html", {"setting": setting, "items": items, "package": package})


def _file(request: HttpRequest, package: Package, name: str) -> HttpResponseBase:
    """One file, whole or the one range that was asked for, unpacked while it is sent."""
    try:
        archive = zipfile.ZipFile(package.file.open("rb"))
        entry = archive.getinfo(name)
    except (KeyError, FileNotFoundError):
        return _plain("Not found", 404)
    span = wanted_span(request, entry.file_size, "")
    if span is None:
        return _plain("Range not satisfiable", 416)
    body = _blocks(archive, entry, span) if request.method == "GET" else iter(())
    response = StreamingHttpResponse(body, status=206 if span.partial else 200, content_type=content_type(name))
    response["Content-Length"] = str(span.length)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=3600"
    if span.partial:
        response["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{entry.file_size}"
    return response


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, span: Span) -> Iterator[bytes]:
    with archive, archive.open(entry) as file:
        file.seek(span.start)
        left = span.length
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block


def portal_origin(request: HttpRequest) -> str:
    """The origin under which this request reached the portal; its host was checked."""
    address = urlsplit(request.build_absolute_uri("/"))
    return f"{address.scheme}://{address.netloc}"
