"""The specification files that stand beside a working copy, where they do; a clone alone skips what needs them."""

from pathlib import Path

import pytest
from django.conf import settings

PLACES = [parent / "shared" / "openbadges" for parent in Path(settings.BASE_DIR).parents]
FOLDER = next((place for place in PLACES if place.is_dir()), None)
needs_shared = pytest.mark.skipif(FOLDER is None, reason="the specification files are not beside this copy")
