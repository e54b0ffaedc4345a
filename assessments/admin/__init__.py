"""The administration of exams, practicals, recordings and reviews, by topic."""

from assessments.admin import practicals, reviews

__all__ = ["practicals", "reviews"]
