"""What several tests of badges start from."""

import pytest

from badges import canonical
from badges.tests import vectors


@pytest.fixture
def with_examples(monkeypatch):
    """The W3C's vocabulary of examples, which its vectors name, beside the pinned contexts."""
    path = vectors.FOLDER / "credentials-examples-v2.jsonld"
    digest = "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c"
    monkeypatch.setattr(canonical, "_resolved", {})
    monkeypatch.setitem(canonical.PINNED, "https://www.w3.org/ns/credentials/examples/v2", (path, digest))
    yield
    canonical._context.cache_clear()
