import os

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from courses.lib.files import BLOCK, Span, blocks, content_disposition, private_file

CONTENT = bytes(range(256)) * 4
SIZE = len(CONTENT)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def ask(path, method="GET", content_type="video/mp4", attachment=False, **headers):
    request = RequestFactory().generic(method, "/", headers=headers)
    return private_file(request, path, content_type=content_type, attachment=attachment)


def body(response):
    return response.getvalue()


RANGES = [
    ("", 200, 0, SIZE),
    ("bytes=0-99", 206, 0, 100),
    ("bytes=100-", 206, 100, SIZE),
    ("bytes=-24", 206, SIZE - 24, SIZE),
    ("bytes=1000-5000", 206, 1000, SIZE),
    (f"bytes={SIZE - 1}-", 206, SIZE - 1, SIZE),
    ("bytes=0-0", 206, 0, 1),
    ("bytes=0-", 206, 0, SIZE),
    ("bytes=-99999", 206, 0, SIZE),
    ("bytes=0-1,5-6", 200, 0, SIZE),
    ("bytes=9-3", 200, 0, SIZE),
    ("bytes=-", 200, 0, SIZE),
    ("bytes=a-b", 200, 0, SIZE),
    ("items=0-5", 200, 0, SIZE),
    ("bytes=0-" + "9" * 30, 200, 0, SIZE),
    ("bytes=٣-٤", 200, 0, SIZE),
]


@pytest.mark.parametrize(("header", "status", "start", "end"), RANGES)
def test_one_range_is_answered_and_odd_ones_get_the_whole_file(file, header, status, start, end):
    response = ask(file, range=header) if header else ask(file)

    assert response.status_code == status
    assert body(response) == CONTENT[start:end]
    assert response["Content-Length"] == str(end - start)
    assert response.headers.get("Content-Range") == (f"bytes {start}-{end - 1}/{SIZE}" if status == 206 else None)


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", "bytes=99999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_416(file, header):
    response = ask(file, range=header)

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"


def test_a_range_of_an_empty_file_is_416(tmp_path):
    path = tmp_path / "empty"
    path.touch()

    assert ask(path, range="bytes=-5").status_code == 416
    assert body(ask(path)) == b""


def test_head_has_the_headers_and_no_bytes(file):
    response = ask(file, "HEAD", range="bytes=0-9")

    assert isinstance(response, HttpResponse)
    assert (response.status_code, response.content) == (206, b"")
    assert (response["Content-Length"], response["Accept-Ranges"]) == ("10", "bytes")


def test_if_range_holds_only_for_the_same_file(file):
    first = ask(file)
    same = [first["ETag"]]
    other = ['"other"', f"W/{first['ETag']}", "Sat, 01 Jan 2000 00:00:00 GMT", "nonsense"]

    assert [ask(file, range="bytes=0-9", if_range=one).status_code for one in same] == [206]
    assert [ask(file, range="bytes=0-9", if_range=one).status_code for one in other] == [200] * 4


def test_nothing_tells_how_old_a_file_is(file):
    before = ask(file)
    os.utime(file, (1_000_000_000, 1_000_000_000))

    after = ask(file)

    assert "Last-Modified" not in after
    assert f"{1_000_000_000 * 10**9:x}" not in after["ETag"]
    assert after["ETag"] != before["ETag"]


def test_the_etag_changes_with_the_file(file):
    before = ask(file)["ETag"]
    file.write_bytes(CONTENT + b"x")

    assert ask(file)["ETag"] != before


@pytest.mark.parametrize(
    ("content_type", "sent", "disposition"),
    [
        ("video/mp4", "video/mp4", "inline"),
        ("video/webm", "video/webm", "inline"),
        ("image/jpeg", "image/jpeg", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
    ],
)
def test_only_media_types_are_shown_inline(file, content_type, sent, disposition):
    response = ask(file, content_type=content_type)

    assert (response["Content-Type"], response["Content-Disposition"]) == (sent, disposition)


def test_every_answer_is_sealed(file):
    for response in (ask(file), ask(file, range="bytes=0-1"), ask(file, range="bytes=9999-"), ask(file, "HEAD")):
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "private, no-transform"
        assert response["Content-Security-Policy"].startswith("sandbox;")


def test_a_download_is_never_inline(file):
    assert ask(file, attachment=True)["Content-Disposition"] == "attachment"


def test_blocks_are_small_and_the_file_is_closed(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * (2 * BLOCK + 5))
    opened = path.open("rb")

    lengths = [len(block) for block in blocks(opened, Span(3, 2 * BLOCK + 5))]

    assert lengths == [BLOCK, BLOCK, 2]
    assert opened.closed


@pytest.mark.parametrize("name", ['a"b.mp4', "a\r\nSet-Cookie: x=1", "../../etc/passwd", "a\u202ephp.4pm", "é" * 300])
def test_names_of_downloads_carry_no_signs_of_their_own(name):
    header = content_disposition(name, inline=False)

    assert header.startswith('attachment; filename="')
    assert header.count('"') == 2
    assert not set("\r\n/\\\u202e") & set(header)


def test_a_missing_file_is_the_callers_404(tmp_path):
    with pytest.raises(FileNotFoundError):
        ask(tmp_path / "gone")
