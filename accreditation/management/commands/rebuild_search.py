"""`manage.py rebuild_search`: compare what can be found with the rows that it stands for, and put it right."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from courses.actions.search import differing, rewrite_entries
from courses.models import EntryKind, SearchEntry


class Command(BaseCommand):
    """With `--check` it only compares. With `--all` it writes every entry anew, differing or not."""

    help = "Compare the entries of the search with what they stand for. Exit 1 where --check finds a difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether only to look, or to write everything."""
        parser.add_argument("--check", action="store_true", help="only compare")
        parser.add_argument("--all", action="store_true", help="write every entry anew")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Print how many differ of each kind; exit 1 where a check finds any."""
        found = 0
        if options["all"] and not check:
            SearchEntry.objects.all().delete()
        for kind in EntryKind.values:
            keys = differing(kind)
            found += len(keys)
            self.stdout.write(f"{kind}: {len(keys)} differ")
            if keys and not check:
                rewrite_entries(kind=kind, keys=keys)
        if check and found:
            raise SystemExit(1)
