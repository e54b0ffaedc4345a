"""`manage.py load_program`: programs as code."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Read program files."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files, and `--quiet`."""
        parser.add_argument("files", nargs="*")
        parser.add_argument("--quiet", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read them."""
