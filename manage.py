#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    """Run the named command with the project's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accreditation.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"This environment can't run the portal: {problem}")


if __name__ == "__main__":
    main()
