"""The administration of the top app, by topic."""

from accreditation.admin import applications, evidence, people, programs

__all__ = ["applications", "evidence", "people", "programs"]
