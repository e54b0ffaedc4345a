"""Files that are recordings and more: nothing in them is followed, run, kept or allowed to take the machine."""

import socket
import struct
import threading
import zlib

import av
import numpy as np
import pytest

from assessments import media
from assessments.clips import make_clip
from assessments.probing.opening import DECODERS
from assessments.rules.recordings import AUDIO_CODECS, VIDEO_CODECS

DATA_REFERENCES = [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"]
SAMPLE_TABLE = [b"moov", b"trak", b"mdia", b"minf", b"stbl"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("hostile") / "good.mp4", 3).read_bytes()


@pytest.fixture
def calls():
    """What asked a server for anything; its port is the first item's."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        ends = threading.Event()

        def listen():
            while not ends.is_set():
                try:
                    heard.append(server.accept()[0].recv(200))
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], heard
        ends.set()
        thread.join()


def box(name, content):
    return struct.pack(">I4s", len(content) + 8, name) + content


def with_box(data, path, change):
    """An MP4 in which the content of the box at `path` is changed, the sizes around it made right."""
    out, at = b"", 0
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        content = data[at + 8 : at + size]
        if name == path[0]:
            content = change(content) if len(path) == 1 else with_box(content, path[1:], change)
        out, at = out + box(name, content), at + size
    return out


def looked_at(tmp_path, data, name="session.mp4"):
    path = tmp_path / name
    path.write_bytes(data)
    return media.look_at(path, tmp_path)


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/x", "file:///etc/passwd"])
def test_media_kept_elsewhere_are_never_fetched(clip, tmp_path, calls, address):
    port, heard = calls
    url = box(b"url ", struct.pack(">I", 0) + address.format(port=port).encode() + b"\0")
    hostile = with_box(clip, DATA_REFERENCES, lambda content: struct.pack(">II", 0, 1) + url)

    facts = looked_at(tmp_path, hostile)
    media.prepare_play(tmp_path / "session.mp4", tmp_path, "play.mp4")

    assert (facts.video_codec, heard) == ("h264", [])
    assert b"passwd" not in (tmp_path / "play.mp4").read_bytes()
    assert str(port).encode() not in (tmp_path / "play.mp4").read_bytes()


def test_a_film_that_only_names_another_is_no_recording(tmp_path, calls):
    port, heard = calls
    named = f"http://127.0.0.1:{port}/y".encode() + b"\0"
    reference = box(b"rdrf", struct.pack(">I4sI", 0, b"url ", len(named)) + named)
    film = box(b"ftyp", b"qt  \0\0\0\0") + box(b"moov", box(b"rmra", box(b"rmda", reference)))

    with pytest.raises(media.MediaUnreadable):
        looked_at(tmp_path, film, "session.mov")

    assert heard == []


@pytest.mark.parametrize(("table", "change"), [
    (b"stsz", lambda content: struct.pack(">III", 0, 1, 0xFFFFFFFF)),
    (b"stts", lambda content: struct.pack(">IIII", 0, 1, 0xFFFFFFFF, 1)),
    (b"stts", lambda content: struct.pack(">IIII", 0, 1, 100, 0xFFFFFF00)),
])  # fmt: skip
def test_tables_that_lie_are_unreadable(clip, tmp_path, table, change):
    with pytest.raises(media.MediaUnreadable):
        looked_at(tmp_path, with_box(clip, [*SAMPLE_TABLE, table], change))


def packed_index(clip, grows):
    """The clip with its index packed, unpacking to so many bytes more."""
    at = clip.index(b"moov") - 4
    size = struct.unpack(">I", clip[at : at + 4])[0]
    packed = zlib.compress(clip[at : at + size] + bytes(grows), 9)
    inside = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", size + grows) + packed)
    return clip[:at] + box(b"moov", box(b"cmov", inside)) + clip[at + size :]


def test_an_index_that_unpacks_to_more_than_the_memory_ends_the_child_alone(clip, tmp_path):
    at = clip.index(b"moov") - 4
    lying = packed_index(clip, 0)
    place = lying.index(b"cmvd") + 4
    lying = lying[:place] + struct.pack(">I", 0xFFFFFFF0) + lying[place + 4 :]

    with pytest.raises((media.MediaFailed, media.MediaUnreadable)):
        looked_at(tmp_path, lying)

    assert looked_at(tmp_path, packed_index(clip, 1 << 20)).video_codec == "h264" and at > 0


def test_only_formats_that_are_taken_are_ever_decoded(tmp_path):
    assert set(DECODERS) | {"libvorbis"} >= VIDEO_CODECS | AUDIO_CODECS
    with av.open(str(tmp_path / "huge.mov"), "w") as film:
        stream = film.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 6000, 6000, "rgb24"
        picture = av.VideoFrame.from_ndarray(np.zeros((6000, 6000, 3), np.uint8), format="rgb24")
        for packet in [*stream.encode(picture), *stream.encode(None)]:
            film.mux(packet)

    facts = media.look_at(tmp_path / "huge.mov", tmp_path)

    assert (facts.video_codec, facts.pixel_format, facts.width) == ("png", "", 6000)  # known by its header alone


def test_a_decoder_that_gives_up_is_the_files_fault(tmp_path):
    """A refusal of the decoder bears the name of an OSError (EPERM); it was tried three times and called ours."""
    from assessments.probe import is_ours

    verdicts = [
        is_ours(error)
        for error in (av.error.PermissionError(1, "x"), av.error.InvalidDataError(1094995529, "x"), ValueError("x"))
    ]
    ours = [is_ours(error) for error in (av.error.OSError(28, "x"), OSError(5, "x"), MemoryError())]

    assert (verdicts, ours) == ([False] * 3, [True] * 3)


def test_texts_chapters_and_pictures_beside_the_film_are_left_behind(clip, tmp_path):
    script = b"<script>alert(1)</script>"
    (tmp_path / "plain.mp4").write_bytes(clip)
    with av.open(str(tmp_path / "plain.mp4")) as plain, av.open(str(tmp_path / "film.mkv"), "w") as film:
        film.metadata["title"] = script.decode()
        copies = {one.index: film.add_stream_from_template(one) for one in plain.streams}
        film.add_attachment("evil.html", "text/html", script)
        for packet in plain.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                film.mux(packet)
    assert script in (tmp_path / "film.mkv").read_bytes()

    media.prepare_play(tmp_path / "film.mkv", tmp_path, "play.mp4")

    assert script not in (tmp_path / "play.mp4").read_bytes()


def test_a_page_inside_a_film_is_sent_as_a_film(clip, tmp_path):
    page = clip.replace(b"isomiso2", b"<script>"[:8], 1) + b"<html><script>alert(1)</script></html>"

    looked_at(tmp_path, page)
    media.prepare_play(tmp_path / "session.mp4", tmp_path, "play.mp4")

    assert b"<script>" not in (tmp_path / "play.mp4").read_bytes()
