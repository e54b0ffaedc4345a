"""The top of the house: wiring, programs, people, partner organisations, notices."""

from accreditation.celery import app as celery_app

__all__ = ["celery_app"]
