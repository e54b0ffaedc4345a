"""The administration of the top app, by topic."""

from accreditation.admin import (
    applications,
    evidence,
    organisations,
    people,
    programs,
    proposals,
    statements,
    tiers,
    updates,
)

__all__ = [
    "applications",
    "evidence",
    "organisations",
    "people",
    "programs",
    "proposals",
    "statements",
    "tiers",
    "updates",
]
