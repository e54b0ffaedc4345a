"""Models of written exams, practicals, recordings and reviews, by topic."""

from assessments.models.accommodations import Accommodation
from assessments.models.appeals import Appeal, AppealOrigin
from assessments.models.attempts import (
    Attempt,
    AttemptItem,
    AttemptState,
    CloseReason,
    Disposition,
    ItemScore,
    ResponseEvent,
    ScoringRun,
)
from assessments.models.banks import AnswerKey, Difficulty, Option, Question, QuestionBank, QuestionVersion
from assessments.models.conflicts import Conflict, ConflictKind
from assessments.models.enrichments import Enrichment, EnrichmentKind, EnrichmentState
from assessments.models.exams import BlueprintCell, Exam, ExamVersion
from assessments.models.forecasts import Forecast
from assessments.models.gold import GoldResult, GoldWork
from assessments.models.graders import Absence, DutyHours, GraderProfile
from assessments.models.handins import (
    Disclosure,
    LawfulBasis,
    RecordingDisclosure,
    Redaction,
    SubmissionFile,
    SubmissionLink,
)
from assessments.models.interventions import AttemptEvent, Outage, Reopening, TimeAdjustment, TimeKind
from assessments.models.judging import Comparison, JudgedWork, JudgingSet
from assessments.models.listening import Listening
from assessments.models.policies import ReviewPolicy, RubricBeliefs
from assessments.models.practicals import (
    Decision,
    Practical,
    PracticalKind,
    Submission,
    SubmissionEvent,
    SubmissionState,
    SubmissionVersion,
)
from assessments.models.question_imports import ImportState, QuestionImport
from assessments.models.recorder import PartMark, RecordingConsent
from assessments.models.recordings import (
    Recording,
    RecordingEvent,
    RecordingState,
    Upload,
    UploadKind,
    UploadState,
)
from assessments.models.regrades import Effect, Outcome, Regrade, RegradeChange, RegradeState
from assessments.models.retention import LegalHold, Purge, PurgeReceipt, PurgeRule, StoredState
from assessments.models.reusable import ReusableComment
from assessments.models.review_statistics import GraderFigures, ReviewStatistics
from assessments.models.reviews import (
    AskedBecause,
    Comment,
    EndOfLease,
    Impression,
    Lease,
    Mark,
    Offer,
    PriorityClass,
    Review,
    ReviewDraft,
    ReviewerPool,
    ReviewKind,
    ReviewTask,
    TaskState,
    Visibility,
)
from assessments.models.rubrics import Brief, BriefPool, Criterion, Level, Rubric, RubricVersion
from assessments.models.ruling_clips import ClipState, RulingClip
from assessments.models.rulings import Ruling
from assessments.models.sessions import Attestation, Booking, SessionSlot, SessionUse
from assessments.models.standards import Judge, Judgement, StandardItem, StandardSetting, StandardState
from assessments.models.statistics import ExamStatistics, ItemStatistics
from assessments.models.waivers import Waiver

__all__ = [
    "Absence",
    "Accommodation",
    "AnswerKey",
    "Appeal",
    "AppealOrigin",
    "AskedBecause",
    "Attempt",
    "AttemptEvent",
    "AttemptItem",
    "AttemptState",
    "Attestation",
    "BlueprintCell",
    "Booking",
    "Brief",
    "BriefPool",
    "ClipState",
    "CloseReason",
    "Comment",
    "Comparison",
    "Conflict",
    "ConflictKind",
    "Criterion",
    "Decision",
    "Difficulty",
    "Disclosure",
    "Disposition",
    "DutyHours",
    "Effect",
    "EndOfLease",
    "Enrichment",
    "EnrichmentKind",
    "EnrichmentState",
    "Exam",
    "ExamStatistics",
    "ExamVersion",
    "Forecast",
    "GoldResult",
    "GoldWork",
    "GraderFigures",
    "GraderProfile",
    "ImportState",
    "Impression",
    "ItemScore",
    "ItemStatistics",
    "Judge",
    "JudgedWork",
    "Judgement",
    "JudgingSet",
    "LawfulBasis",
    "Lease",
    "LegalHold",
    "Level",
    "Listening",
    "Mark",
    "Offer",
    "Option",
    "Outage",
    "Outcome",
    "PartMark",
    "Practical",
    "PracticalKind",
    "PriorityClass",
    "Purge",
    "PurgeReceipt",
    "PurgeRule",
    "Question",
    "QuestionBank",
    "QuestionImport",
    "QuestionVersion",
    "Recording",
    "RecordingConsent",
    "RecordingDisclosure",
    "RecordingEvent",
    "RecordingState",
    "Redaction",
    "Regrade",
    "RegradeChange",
    "RegradeState",
    "Reopening",
    "ResponseEvent",
    "ReusableComment",
    "Review",
    "ReviewDraft",
    "ReviewKind",
    "ReviewPolicy",
    "ReviewStatistics",
    "ReviewTask",
    "ReviewerPool",
    "Rubric",
    "RubricBeliefs",
    "RubricVersion",
    "Ruling",
    "RulingClip",
    "ScoringRun",
    "SessionSlot",
    "SessionUse",
    "StandardItem",
    "StandardSetting",
    "StandardState",
    "StoredState",
    "Submission",
    "SubmissionEvent",
    "SubmissionFile",
    "SubmissionLink",
    "SubmissionState",
    "SubmissionVersion",
    "TaskState",
    "TimeAdjustment",
    "TimeKind",
    "Upload",
    "UploadKind",
    "UploadState",
    "Visibility",
    "Waiver",
]
