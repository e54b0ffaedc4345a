"""The administration of exams, practicals, recordings and reviews, by topic."""

from assessments.admin import practicals, recordings, reviews

__all__ = ["practicals", "recordings", "reviews"]
