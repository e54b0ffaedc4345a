"""`STORAGE_URL`: the S3-compatible bucket that finished recordings go to. Imported only where one is configured."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured

LINK_SECONDS = 300
CLIENT = Config(
    signature_version="s3v4",
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "max_attempts": 4},
    s3={"addressing_style": "path"},
)
"""Waits and tries again where the network fails; a page waits half a minute at the worst."""


def bucket_storage(url: str) -> dict[str, Any]:
    """The entry of STORAGES for `s3://bucket/prefix?endpoint=https://…&region=…`. Keys come from the AWS_… variables.

    Nothing is made public: objects have no ACL of their own, and every link is signed and ends after five minutes.
    """
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    if parts.scheme != "s3" or not parts.hostname or set(query) - {"endpoint", "region"}:
        raise ImproperlyConfigured("STORAGE_URL must read s3://bucket/prefix?endpoint=https://…&region=…")
    options = {
        "bucket_name": parts.netloc,
        "location": parts.path.strip("/"),
        "endpoint_url": query.get("endpoint", [None])[0],
        "region_name": query.get("region", [None])[0],
        "default_acl": None,
        "querystring_auth": True,
        "querystring_expire": LINK_SECONDS,
        "file_overwrite": True,
        "client_config": CLIENT,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def origin_of(url: str) -> str:
    """Where the bucket's links lead, for the browser's policy: the endpoint, or Amazon's address of the region."""
    query = parse_qs(urlsplit(url).query)
    endpoint = urlsplit(query.get("endpoint", [""])[0])
    if endpoint.netloc:
        return f"{endpoint.scheme}://{endpoint.netloc}"
    region = query.get("region", [""])[0]
    return f"https://s3.{region}.amazonaws.com" if region else "https://s3.amazonaws.com"
