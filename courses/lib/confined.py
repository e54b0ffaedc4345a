"""Child processes that open files of strangers: an empty environment, a session of their own, tight limits."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

DEATH_SIGNAL = 1
PARENT = "PARENT_PID"
"""The one word of a child's environment: who began it."""


def confine(limits: Mapping[str, int]) -> None:
    """Take the limits (CPU, AS, FSIZE, NOFILE, CORE) before anything of a file is read, and end when the parent ends.

    Called by the child.
    """
    for name, wanted in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != int(os.environ.get(PARENT, os.getppid())):
        os._exit(1)  # the parent was gone before it could be asked for its signal


def run_child(command: Sequence[str], seconds: float, stdout: Any, stderr: Any) -> int:
    """Run the command in a session of its own, its environment naming its parent alone; kill it all after its time.

    Returns its exit code, negative for the signal that ended it. `command`: our interpreter and a script of ours, or what
    the settings name.
    """
    env = {PARENT: str(os.getpid())}
    child = subprocess.Popen(  # noqa: S603 - ours, or named in the settings; paths are ours, no shell
        command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=env, cwd="/", start_new_session=True
    )
    try:
        return child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
