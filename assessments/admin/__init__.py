"""The administration of exams, practicals, recordings and reviews, by topic."""

from assessments.admin import attempts, banks, exams, practicals, recordings, reviews

__all__ = ["attempts", "banks", "exams", "practicals", "recordings", "reviews"]
