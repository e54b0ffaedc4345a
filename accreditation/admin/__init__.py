"""The administration of the top app, by topic."""

from accreditation.admin import (
    applications,
    bulk,
    channels,
    evidence,
    figures,
    notices,
    organisations,
    people,
    programs,
    proposals,
    reports,
    statements,
    tiers,
    updates,
)

__all__ = [
    "applications",
    "bulk",
    "channels",
    "evidence",
    "figures",
    "notices",
    "organisations",
    "people",
    "programs",
    "proposals",
    "reports",
    "statements",
    "tiers",
    "updates",
]
