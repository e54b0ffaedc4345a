"""manage.py outside its environment."""

import subprocess
import sys

import pytest
from django.conf import settings


@pytest.fixture
def clone(tmp_path):
    """A folder with manage.py alone."""
    (tmp_path / "manage.py").write_text((settings.BASE_DIR / "manage.py").read_text())
    return tmp_path


def run_without_django(clone):
    """`manage.py load_program file.yaml` by a Python that has only its standard library."""
    command = [sys.executable, "-S", str(clone / "manage.py"), "load_program", "file.yaml"]
    return subprocess.run(command, capture_output=True, text=True, timeout=150)


def test_it_goes_on_in_the_environment_that_make_made(clone):
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "own: $(basename "$1") $2 $3"\n')
    python.chmod(0o755)

    assert run_without_django(clone).stdout == "own: manage.py load_program file.yaml\n"


def test_without_one_it_says_how_to_get_it(clone):
    done = run_without_django(clone)

    assert done.returncode == 1
    assert "make run" in done.stderr
    assert "Traceback" not in done.stderr
