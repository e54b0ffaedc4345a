"""Models of written exams, practicals, recordings and reviews, by topic."""

from assessments.models.practicals import (
    Decision,
    Practical,
    PracticalKind,
    Submission,
    SubmissionEvent,
    SubmissionState,
    SubmissionVersion,
)
from assessments.models.rubrics import Brief, BriefPool, Criterion, Level, Rubric, RubricVersion

__all__ = [
    "Brief",
    "BriefPool",
    "Criterion",
    "Decision",
    "Level",
    "Practical",
    "PracticalKind",
    "Rubric",
    "RubricVersion",
    "Submission",
    "SubmissionEvent",
    "SubmissionState",
    "SubmissionVersion",
]
