"""The bucket that finished files go to, where one is configured (`STORAGE_URL`). Names are ours; nothing in it is public.

What the network or the service refuses is an OSError, and what isn't there a FileNotFoundError, as on a disk.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import storages

NAME = "recordings"
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
log = logging.getLogger(__name__)


class BucketAway(OSError):
    """The bucket could not be asked, after all the tries of its client."""


def is_configured() -> bool:
    """Whether finished files go to a bucket; nothing of its client is imported where they don't."""
    return NAME in settings.STORAGES


def _storage() -> Any:
    return storages[NAME]


def _key(name: str) -> str:
    location = _storage().location
    return f"{location}/{name}" if location else name


@contextmanager
def _as_on_a_disk() -> Iterator[None]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in MISSING:
            raise FileNotFoundError("no such object") from error
        raise BucketAway(str(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise BucketAway(str(error)) from error


def word() -> str:
    """ "ok", or "away" where the bucket doesn't answer, or refuses, within two seconds. Asked once, with no other try."""
    from botocore.config import Config

    entry: Any = settings.STORAGES[NAME]
    hurried = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
    config = entry["OPTIONS"]["client_config"].merge(hurried)
    asking: Any = storages.create_storage(entry | {"OPTIONS": entry["OPTIONS"] | {"client_config": config}})
    try:
        with _as_on_a_disk():
            asking.connection.meta.client.head_bucket(Bucket=asking.bucket_name)
    except OSError:
        return "away"
    return "ok"


def put(path: Path, name: str, sha256: str) -> None:
    """Copy a file into the bucket, in parts where it is large, and look that all of it is there."""
    with _as_on_a_disk():
        target = _storage().bucket.Object(_key(name))
        target.upload_file(str(path), ExtraArgs={"Metadata": {"sha256": sha256}})
        target.reload()
    if target.content_length != path.stat().st_size:
        raise BucketAway(f"{name} arrived with {target.content_length} bytes")


def describe(name: str) -> dict[str, Any]:
    """An object as {name, bytes, sha256}: the last part of its name. Raises FileNotFoundError."""
    with _as_on_a_disk():
        found = _storage().bucket.Object(_key(name))
        found.load()
        return {"name": name.rpartition("/")[2], "bytes": found.content_length, "sha256": found.metadata["sha256"]}


def names_in(folder: str) -> list[str]:
    """The names of all objects of a folder, in order."""
    prefix = f"{_key(folder)}/"
    with _as_on_a_disk():
        keys = [one.key for one in _storage().bucket.objects.filter(Prefix=prefix)]
    return sorted(f"{folder}/{key.removeprefix(prefix)}" for key in keys)


def fetch(name: str, path: Path) -> None:
    """Copy an object to a path on the disk. Raises FileNotFoundError."""
    with _as_on_a_disk():
        _storage().bucket.Object(_key(name)).download_file(str(path))


def read(name: str) -> bytes:
    """The bytes of a small object. Raises FileNotFoundError."""
    with _as_on_a_disk():
        content: bytes = _storage().bucket.Object(_key(name)).get()["Body"].read()
    return content


def drop(name: str) -> None:
    """Remove an object; one that isn't there is fine."""
    with _as_on_a_disk():
        _storage().bucket.Object(_key(name)).delete()


def link_to(name: str, *, method: str, content_type: str, disposition: str) -> str:
    """A signed address that ends after five minutes, for this method alone. The caller has decided that the person may."""
    asked = {
        "ResponseContentType": content_type,
        "ResponseContentDisposition": disposition,
        "ResponseCacheControl": "private, no-transform",
    }
    with _as_on_a_disk():
        address: str = _storage().url(name, parameters=asked, http_method=method)
    return address
