"""The words of tus 1.0: what its headers say, and how a refusal sounds in it. Source: tus.io, protocol 1.0.0."""

import base64
import binascii
import re
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.utils.http import http_date
from django.utils.translation import gettext

from assessments.models import Upload
from assessments.rules.uploads import RESERVED_FOR_UNKNOWN, Piece
from courses.lib.files import readable_name
from courses.lib.refusals import Refused

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,termination,checksum,expiration"
DIGEST_BYTES = {"sha1": 20, "sha256": 32}
CONTENT_TYPE = "application/offset+octet-stream"
NUMBER = re.compile(r"\d{1,15}", re.ASCII)
KEY = re.compile(r"[!-+\--~]+")
BLOCK, DRAINED_BYTES = 256 * 1024, 16 * 1024 * 1024
LONGEST_HEADER, LONGEST_VALUE = 4096, 500
STATUSES = {
    "length-is-fixed": 400,
    "complete": 403,
    "gone": 410,
    "too-large": 413,
    "too-many-uploads": 413,
    "too-much-open": 413,
    "locked": 423,
    "too-fast": 429,
    "checksum": 460,
    "disk-low": 507,
}
"""What a client must do with a refusal: retry 423, 460, 507 and an offset's 409, stop at the others."""
RETRY_AFTER = {"disk-low": "3600", "too-fast": "600", "locked": "2"}
View = Callable[..., HttpResponseBase]


def speaks_tus(view: View) -> View:
    """Check the version, and answer refusals with the status that tus clients know. The one place that does both."""

    @wraps(view)
    def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
            response: HttpResponseBase = HttpResponse(status=412, headers={"Tus-Version": VERSION})
        else:
            response = _answer(view, request, *args, **kwargs)
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    return handle


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    try:
        return view(request, *args, **kwargs)
    except Refused as refused:
        _drain(request)
        code = refused.refusal.code
        response = JsonResponse(refused.refusal.as_json(), status=STATUSES.get(code, 409))
        if code in RETRY_AFTER:
            response["Retry-After"] = RETRY_AFTER[code]
        return response


def _drain(request: HttpRequest) -> None:
    """Read what is left of a refused piece, up to twice a usual one: a server that answers earlier and closes the line
    breaks it for the client, who then never reads why."""
    left = DRAINED_BYTES
    with suppress(UnreadablePostError):
        while left > 0 and (block := request.read(min(BLOCK, left))):
            left -= len(block)


def options() -> HttpResponse:
    """What this server can do."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(RESERVED_FOR_UNKNOWN),
        "Tus-Checksum-Algorithm": ",".join(DIGEST_BYTES),
    }
    return HttpResponse(status=204, headers=headers)


def progress_headers(upload: Upload, stored: int) -> dict[str, str]:
    """Offset, length and expiry of an upload."""
    headers = {"Upload-Offset": str(stored), "Upload-Expires": http_date(upload.expires_at.timestamp())}
    if upload.length is None:
        return headers | {"Upload-Defer-Length": "1"}
    return headers | {"Upload-Length": str(upload.length)}


def number_in(request: HttpRequest, header: str) -> int | None:
    """A header that must be a whole number of at most 15 digits; None where it is absent. Anything else is a 400."""
    text = request.headers.get(header)
    if text is None:
        return None
    if not NUMBER.fullmatch(text):
        raise BadRequest(gettext("%(header)s must be a whole number.") % {"header": header})
    return int(text)


def length_in(request: HttpRequest) -> int | None:
    """The length that a creation declares; None where it is deferred. Neither or both, or a part of a file, is a 400."""
    if "Upload-Concat" in request.headers:
        raise BadRequest(gettext("Parts that are joined later are not taken: Tus-Extension says what is."))
    length, deferred = number_in(request, "Upload-Length"), request.headers.get("Upload-Defer-Length")
    if (length is None) != (deferred == "1") or deferred not in (None, "1"):
        raise BadRequest(gettext("Say either Upload-Length or Upload-Defer-Length: 1."))
    return length


def metadata_in(request: HttpRequest) -> dict[str, str]:
    """Upload-Metadata as text by key. Control and direction marks go, values end after 500 characters; malformed is a 400."""
    header = request.headers.get("Upload-Metadata", "").strip()
    if len(header) > LONGEST_HEADER:
        raise BadRequest(gettext("Upload-Metadata is too long."))
    pairs = [_pair(pair.strip()) for pair in header.split(",")] if header else []
    if len(dict(pairs)) != len(pairs):
        raise BadRequest(gettext("Upload-Metadata names a key twice."))
    return dict(pairs)


def _pair(pair: str) -> tuple[str, str]:
    key, _, value = pair.partition(" ")
    if not KEY.fullmatch(key):
        raise BadRequest(gettext("Upload-Metadata has an empty key."))
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadRequest(gettext("Upload-Metadata is not Base64 of UTF-8.")) from error
    return key, readable_name(text)[:LONGEST_VALUE]


def piece_in(request: HttpRequest) -> Piece:
    """What a PATCH announces. A missing offset is a 400."""
    offset = number_in(request, "Upload-Offset")
    if offset is None:
        raise BadRequest(gettext("Upload-Offset is missing."))
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    return Piece(offset, size, number_in(request, "Upload-Length"), _checksum_in(request))


def _checksum_in(request: HttpRequest) -> tuple[str, bytes] | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, digest = text.partition(" ")
    try:
        value = base64.b64decode(digest, validate=True)
    except binascii.Error as error:
        raise BadRequest(gettext("Upload-Checksum is not Base64.")) from error
    if DIGEST_BYTES.get(algorithm) != len(value):
        raise BadRequest(gettext("Upload-Checksum names no algorithm of this server, or a digest of the wrong length."))
    return algorithm, value
