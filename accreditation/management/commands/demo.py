"""`manage.py demo`: people of every role, work in every state."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

PASSWORD = "demo-accreditation"  # noqa: S105 - the demo's own, refused when DEBUG is off
ACCOUNTS = {
    "learner@example.com": "a Strategic Account Leader who learns",
    "seller@example.com": "a partner's seller, further on the way",
    "grader@example.com": "grades recordings",
    "grader2@example.com": "grades recordings too",
    "enablement@example.com": "runs everything in the administration",
    "partner-manager@example.com": "sees their own organisation",
    "manager@example.com": "has reports",
}


class Command(BaseCommand):
    """Load the demo data."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--if-empty` does nothing once there are people."""
        parser.add_argument("--if-empty", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the demo's rows."""
