"""`manage.py nginx`: the configuration of an nginx in front, with this installation's own numbers."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from assessments.rules.handins import MOST_FILE_BYTES
from assessments.rules.written import MOST_BYTES
from courses.lib.files import SEAL

TEMPLATE = """\
upstream portal  {{ server 127.0.0.1:{port}; keepalive 16; }}
upstream uploads {{ server 127.0.0.1:{port}; keepalive 64; }}  # a pool of its own: see Capacity

server {{
    listen 443 ssl http2;
    server_name {host};
    # ssl_certificate and ssl_certificate_key of your own
    client_max_body_size {form_mib}m;  # the largest form: a file of questions

    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;

    location / {{
        proxy_pass http://portal;
    }}

    location /recordings/uploads/ {{
        proxy_pass http://uploads;
        proxy_request_buffering off;  # else a line that breaks loses the whole piece
        client_max_body_size 0;       # the portal knows each practical's limit
        client_body_timeout 60s;      # frees the lock of an upload whose client is gone
        proxy_read_timeout 120s;
    }}

    location /{prefix}/ {{
        internal;
        alias {root}/;
        max_ranges 1;  # several in one request get the whole file, as without nginx
        sendfile on;
        tcp_nopush on;
        etag off;  # it would hold the time of the file, which tells graders which work is old
        if_modified_since off;
        add_header Last-Modified "";
{headers}
    }}
}}
"""


class Command(BaseCommand):
    """Print the configuration; changes nothing. Run it again after an upgrade and compare."""

    help = "Print the configuration of an nginx in front of this installation."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print."""
        self.stdout.write(configuration(), ending="")


def configuration() -> str:
    """The configuration with limits and places as this process has them."""
    mebibyte = 1 << 20
    largest = max(MOST_FILE_BYTES, MOST_BYTES)
    return TEMPLATE.format(
        port=settings.PORT,
        host=settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "_",
        form_mib=-(-largest // mebibyte) + 1,
        prefix=settings.X_ACCEL_PREFIX.strip("/") or "protected",
        root=str(settings.MEDIA_STORAGE_ROOT).rstrip("/"),
        headers="\n".join(f'        add_header {name} "{value}" always;' for name, value in SEAL.items()),
    )
