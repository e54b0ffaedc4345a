"""`manage.py rotate_issuer_key`: let new keys sign the badges; what the old ones signed still verifies."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accreditation.management.operators import operator
from badges.actions.rotation import rotate_signing_keys
from badges.models import SigningKey
from courses.lib.refusals import Refused


class Command(BaseCommand):
    """Retire the active key of each algorithm, or of one, and make the next. Stands in the audit trail."""

    help = "Let new keys sign the badges. The keys before them retire: what they signed still verifies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which keys, why, and who does it."""
        parser.add_argument(
            "--algorithm", choices=SigningKey.Algorithm.values, help="only this key; default: all three"
        )
        parser.add_argument("--reason", default="planned rotation", help="for the audit trail")
        parser.add_argument("--by", default=operator(), help="who does it, for the audit trail")

    def handle(self, *args: Any, algorithm: str | None, reason: str, by: str, **options: Any) -> None:
        """Rotate, and name the new keys."""
        algorithms = [algorithm] if algorithm else SigningKey.Algorithm.values
        try:
            made = rotate_signing_keys(algorithms=algorithms, reason=reason, operator=by)
        except Refused as refused:
            raise CommandError(refused.refusal.sentence) from refused
        for key in made:
            self.stdout.write(f"{key.algorithm}: {key.kid} signs from now on.")
