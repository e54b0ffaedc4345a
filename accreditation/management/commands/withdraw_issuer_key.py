"""`manage.py withdraw_issuer_key KID`: a key that somebody else may have. Nothing that it signed counts any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accreditation.management.operators import operator
from badges.actions.rotation import withdraw_signing_key
from courses.lib.refusals import Refused


class Command(BaseCommand):
    """Withdraw a compromised key; the workers sign its awards anew. Can't be undone. Stands in the audit trail."""

    help = "Withdraw a compromised key. It verifies nothing any more, and its awards are signed anew. Can't be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which key, why, and who does it."""
        parser.add_argument("kid", help="the key's name, e.g. key-2026-11-eddsa")
        parser.add_argument("--reason", required=True, help="for the audit trail")
        parser.add_argument("--by", default=operator(), help="who does it, for the audit trail")

    def handle(self, *args: Any, kid: str, reason: str, by: str, **options: Any) -> None:
        """Withdraw, and say how many awards follow."""
        try:
            count = withdraw_signing_key(kid=kid, reason=reason, operator=by)
        except Refused as refused:
            raise CommandError(refused.refusal.sentence) from refused
        self.stdout.write(f"{kid} is withdrawn. {count} awards are being signed anew by the workers.")
