"""Whether a document is an Open Badges 3.0 credential by the published schemas, read from pinned files, never the network."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft201909Validator

SCHEMAS = Path(__file__).parent / "schemas"
PINNED = {
    "ob_v3p0_achievementcredential_schema.json": "b7358e895f492e74055dc6bfc7ffc420d0e497f90c4579fb83d9519b86d393ea",
    "ob_v3p0_achievementcredential_schema.strict-2024.json": (
        "859e405b592d93c3261fe899362f4128801140d4d20c01502a066b3540483d95"
    ),
}


@lru_cache(maxsize=len(PINNED))
def _validator(name: str) -> Draft201909Validator:
    content = (SCHEMAS / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != PINNED[name]:
        raise ValueError(f"{name} is not the file that was pinned.")
    return Draft201909Validator(json.loads(content))


def schema_errors(document: Any) -> list[str]:
    """What the published schemas (present and arrays-only) find wrong: a path and a message each; empty when valid."""
    return [
        f"{error.json_path}: {error.message[:200]}"
        for name in PINNED
        for error in _validator(name).iter_errors(document)
    ]


@lru_cache(maxsize=2048)
def is_valid_text(text: str) -> bool:
    """Whether the text is a credential by the published schemas. Kept per text: the schemas are pinned, bytes don't age."""
    return not schema_errors(json.loads(text))
