"""The suite's own footing: a missing Chromium is one named skip, and a failure where CI runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from accreditation.testing import browser

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_chromium_fails_in_ci_and_is_a_named_skip_elsewhere(monkeypatch, ci, outcome):
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="make browser"):
        browser.executable()


def test_a_suite_brings_its_own_cluster_and_leaves_none(tmp_path):
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "TEST_DATABASE_NAME")
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "accreditation/tests/test_requirements.py",
    ]

    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment | {"PORTAL_LOCAL": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=170,
    )

    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout.splitlines()[-1]
    assert (tmp_path / "pgtest-data" / "PG_VERSION").is_file()
    assert not (tmp_path / "pgtest.json").exists() and not (tmp_path / "pgtest-data" / "postmaster.pid").exists()
