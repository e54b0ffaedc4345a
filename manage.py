#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().parent / ".venv"


def main() -> None:
    """Run the named command with the project's settings, in the environment that `make` made where this Python has no Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accreditation.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        go_to_own_environment()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"This environment can't run the portal: {problem}")


def go_to_own_environment() -> None:
    """Start over with the Python of `.venv`; say how to make it where it isn't there or is this one already."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == ENVIRONMENT:
        sys.exit("Django isn't installed for this Python. `make run` makes an environment in .venv; then try again.")
    os.execv(python, [str(python), *sys.argv])  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main()
