"""The proxy in front: files are handed over after the permission, and the printed configuration has our numbers."""

import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from accreditation.management.commands.nginx import configuration
from assessments import disk
from assessments.rules.written import MOST_BYTES
from assessments.tests.factories_recordings import RecordingFactory
from assessments.tests.test_recording_access import address, signed_in
from assessments.tests.test_retention import with_bytes
from courses.lib.files import SEAL
from courses.tests.people import make_person


@pytest.fixture
def behind_nginx(settings):
    settings.X_ACCEL_PREFIX = "/protected/"


@pytest.mark.django_db
def test_a_film_is_handed_over_to_the_proxy_after_the_permission(behind_nginx):
    recording = with_bytes(RecordingFactory())

    response = signed_in(recording.submission.learner).get(address("recording-media", recording))

    assert response["X-Accel-Redirect"] == f"/protected/{recording.play_path}"
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"", "video/mp4")
    assert (response["Cache-Control"], response["Content-Disposition"]) == ("private, no-transform", "inline")
    other = signed_in(make_person()).get(address("recording-media", recording))
    assert other.status_code == 404 and "X-Accel-Redirect" not in other


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_not_handed_over(behind_nginx):
    recording = with_bytes(RecordingFactory())
    (disk.root() / recording.play_path).unlink()

    assert signed_in(recording.submission.learner).get(address("recording-media", recording)).status_code == 404


def test_the_configuration_says_what_uploads_need_and_hides_the_files(settings):
    settings.MEDIA_STORAGE_ROOT, settings.ALLOWED_HOSTS = Path("/srv/recordings"), ["portal.example.com"]
    settings.PORT = 8100
    out = StringIO()

    call_command("nginx", stdout=out)

    printed = out.getvalue()
    for line in (
        "server_name portal.example.com;", "server 127.0.0.1:8100;", "proxy_request_buffering off;", "client_max_body_size 0;",
        "client_body_timeout 60s;", "location /protected/ {", "internal;", "alias /srv/recordings/;",
    ):  # fmt: skip
        assert line in printed
    assert all(f'add_header {name} "{value}" always;' in printed for name, value in SEAL.items())
    assert f"client_max_body_size {MOST_BYTES // (1 << 20) + 2}m;" in printed
    assert printed.count("{") == printed.count("}")


def test_the_paper_on_operations_shows_what_the_command_prints(settings):
    settings.MEDIA_STORAGE_ROOT, settings.ALLOWED_HOSTS = Path("/srv/recordings"), ["accreditation.example.com"]
    settings.X_ACCEL_PREFIX, settings.PORT = "/protected/", 8000

    paper = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()

    assert f"```nginx\n{configuration()}```" in paper


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_an_nginx_takes_the_configuration(settings, tmp_path):
    settings.MEDIA_STORAGE_ROOT, settings.ALLOWED_HOSTS = tmp_path, ["portal.example.com"]
    without_certificate = configuration().replace("listen 443 ssl http2;", "listen 8443 http2;")
    places = f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}}"
    main = tmp_path / "nginx.conf"
    main.write_text(f"{places} http {{ access_log off; client_body_temp_path {tmp_path}; {without_certificate} }}")

    done = subprocess.run(["nginx", "-t", "-c", str(main)], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
