"""Models of the ground app, by topic."""

from courses.models.assets import Asset, AssetKind, AssetVersion
from courses.models.audit import AuditEvent
from courses.models.catalogue import (
    CompanySize,
    Competency,
    Ecosystem,
    Framework,
    JourneyStage,
    Persona,
    Product,
    Role,
    UseCase,
    Vertical,
)
from courses.models.content import ContentState, Course, LearningPath, Lesson, LessonKind, Objective, PathCourse
from courses.models.feedback import (
    CourseRating,
    Feedback,
    FeedbackKind,
    FeedbackState,
    FeedbackStep,
    FeedbackVote,
    ShownTo,
)
from courses.models.links import Link, LinkState
from courses.models.packages import Package, PackageProgress, PackageSession
from courses.models.progress import (
    CourseCompletion,
    LessonDone,
    LessonReread,
)
from courses.models.search import EntryKind, SearchEntry
from courses.models.sources import Source, Sourced, SourceRevision
from courses.models.withdrawals import Withdrawal

__all__ = [
    "Asset",
    "AssetKind",
    "AssetVersion",
    "AuditEvent",
    "CompanySize",
    "Competency",
    "ContentState",
    "Course",
    "CourseCompletion",
    "CourseRating",
    "Ecosystem",
    "EntryKind",
    "Feedback",
    "FeedbackKind",
    "FeedbackState",
    "FeedbackStep",
    "FeedbackVote",
    "Framework",
    "JourneyStage",
    "LearningPath",
    "Lesson",
    "LessonDone",
    "LessonKind",
    "LessonReread",
    "Link",
    "LinkState",
    "Objective",
    "Package",
    "PackageProgress",
    "PackageSession",
    "PathCourse",
    "Persona",
    "Product",
    "Role",
    "SearchEntry",
    "ShownTo",
    "Source",
    "SourceRevision",
    "Sourced",
    "UseCase",
    "Vertical",
    "Withdrawal",
]
