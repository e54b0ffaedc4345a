"""The administration of the top app, by topic."""

from accreditation.admin import evidence, people, programs

__all__ = ["evidence", "people", "programs"]
