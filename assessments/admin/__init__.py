"""The administration of exams, practicals, recordings and reviews, by topic."""

from assessments.admin import (
    accommodations,
    appeals,
    attempts,
    banks,
    exams,
    gold,
    graders,
    practicals,
    question_imports,
    recordings,
    regrades,
    retention,
    review_statistics,
    reviews,
    sessions,
    waivers,
)

__all__ = [
    "accommodations",
    "appeals",
    "attempts",
    "banks",
    "exams",
    "gold",
    "graders",
    "practicals",
    "question_imports",
    "recordings",
    "regrades",
    "retention",
    "review_statistics",
    "reviews",
    "sessions",
    "waivers",
]
