"""The throw-away PostgreSQL of the test suite."""

import os


def provide() -> None:
    """Set DATABASE_URL to a running server: the given one, or the embedded test cluster, started here."""
    if os.environ.get("DATABASE_URL"):
        return
    raise SystemExit("set DATABASE_URL for now")


def stop() -> None:
    """Stop the cluster if this process started it."""
