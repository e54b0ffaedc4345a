"""Background work on badges: each task calls one action and may run twice."""

from celery import shared_task

from badges.actions import endorsements, keys, reissues


@shared_task(time_limit=300, soft_time_limit=240)
def sweep_reissues() -> None:
    """Find awards and endorsements whose key was withdrawn, and sign them anew."""
    reissues.sweep_reissues()
    endorsements.sweep_endorsements()


@shared_task(time_limit=60, soft_time_limit=50)
def ensure_signing_keys() -> None:
    """Make the keys that are missing: on the first start, so that the issuer is complete before the first award."""
    keys.ensure_signing_keys()
