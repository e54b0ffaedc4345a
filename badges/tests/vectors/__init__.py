"""The W3C's test vectors for EdDSA proofs. NOTICE.md says whose they are."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def text_of(name):
    return (FOLDER / name).read_bytes()


def document_of(name):
    return json.loads(text_of(name))
