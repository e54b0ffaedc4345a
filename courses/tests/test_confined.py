"""Children that open files of strangers: alone in the world, and never longer there than who began them."""

import os
import subprocess
import sys

from courses.lib.confined import PARENT, run_child

CONFINED = [sys.executable, "-c", "from courses.lib.confined import confine; confine({}); print('alive', flush=True)"]


def test_a_child_whose_parent_was_gone_first_ends_at_once():
    gone = subprocess.run(CONFINED, env={PARENT: "1"}, capture_output=True, timeout=60, check=False)

    assert (gone.returncode, gone.stdout) == (1, b"")


def test_a_child_whose_parent_lives_goes_on():
    there = subprocess.run(CONFINED, env={PARENT: str(os.getpid())}, capture_output=True, timeout=60, check=False)

    assert there.stdout == b"alive\n"


def test_a_child_is_told_its_parent_and_nothing_else(tmp_path):
    with (tmp_path / "out").open("wb") as out:
        run_child([sys.executable, "-c", "import os; print(dict(os.environ))"], 20, out, subprocess.DEVNULL)

    told = eval((tmp_path / "out").read_text())
    assert {name: value for name, value in told.items() if name != "LC_CTYPE"} == {PARENT: str(os.getpid())}
