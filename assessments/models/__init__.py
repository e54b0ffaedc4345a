"""Models of written exams, practicals, recordings and reviews, by topic."""

from assessments.models.conflicts import Conflict, ConflictKind
from assessments.models.practicals import (
    Decision,
    Practical,
    PracticalKind,
    Submission,
    SubmissionEvent,
    SubmissionState,
    SubmissionVersion,
)
from assessments.models.recordings import Recording, RecordingEvent, RecordingState, Upload, UploadState
from assessments.models.reviews import (
    Comment,
    EndOfLease,
    Lease,
    Mark,
    PriorityClass,
    Review,
    ReviewDraft,
    ReviewKind,
    ReviewTask,
    TaskState,
    Visibility,
)
from assessments.models.rubrics import Brief, BriefPool, Criterion, Level, Rubric, RubricVersion

__all__ = [
    "Brief",
    "BriefPool",
    "Comment",
    "Conflict",
    "ConflictKind",
    "Criterion",
    "Decision",
    "EndOfLease",
    "Lease",
    "Level",
    "Mark",
    "Practical",
    "PracticalKind",
    "PriorityClass",
    "Recording",
    "RecordingEvent",
    "RecordingState",
    "Review",
    "ReviewDraft",
    "ReviewKind",
    "ReviewTask",
    "Rubric",
    "RubricVersion",
    "Submission",
    "SubmissionEvent",
    "SubmissionState",
    "SubmissionVersion",
    "TaskState",
    "Upload",
    "UploadState",
    "Visibility",
]
