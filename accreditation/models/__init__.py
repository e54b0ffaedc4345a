"""Models of the top app, by topic."""

from accreditation.models.applications import Application, ApplicationKind, ApplicationToken, Consent, SecretMethod
from accreditation.models.directory import DirectoryEntry
from accreditation.models.evidence import (
    IN_FORCE,
    Accreditation,
    Evidence,
    EvidenceKind,
    ProgramReassessment,
    Reassessment,
    StandingState,
)
from accreditation.models.figures import FiguresState, KeptFigures
from accreditation.models.ladders import ReminderLadder
from accreditation.models.notices import (
    Digest,
    MailPreference,
    MailState,
    MailTimes,
    Manner,
    Notice,
    NoticeKind,
    usual_manner,
)
from accreditation.models.organisations import JoinRequest, Move, OrganisationDomain
from accreditation.models.people import Invitation, Joining, Organisation, User
from accreditation.models.programs import (
    Enrolment,
    GroupRule,
    Program,
    ProgramVersion,
    Proof,
    Requirement,
    RequirementCourse,
    RequirementGroup,
    RequirementKind,
)
from accreditation.models.proposals import Effect, Grandfather, Outcome, Proposal, ProposalState
from accreditation.models.reports import ReportKind, ReportView
from accreditation.models.statements import Attestation, ExternalCredit, GivenAttestation, GivenCredit
from accreditation.models.tiers import Tier, TierHolding
from accreditation.models.updates import (
    AskedUpdates,
    PartKind,
    Update,
    UpdateItem,
    UpdatePart,
    UpdateReading,
    UpdateState,
)
from assessments.models.practicals import Supervision

__all__ = [
    "IN_FORCE",
    "Accreditation",
    "Application",
    "ApplicationKind",
    "ApplicationToken",
    "AskedUpdates",
    "Attestation",
    "Consent",
    "Digest",
    "DirectoryEntry",
    "Effect",
    "Enrolment",
    "Evidence",
    "EvidenceKind",
    "ExternalCredit",
    "FiguresState",
    "GivenAttestation",
    "GivenCredit",
    "Grandfather",
    "GroupRule",
    "Invitation",
    "JoinRequest",
    "Joining",
    "KeptFigures",
    "MailPreference",
    "MailState",
    "MailTimes",
    "Manner",
    "Move",
    "Notice",
    "NoticeKind",
    "Organisation",
    "OrganisationDomain",
    "Outcome",
    "PartKind",
    "Program",
    "ProgramReassessment",
    "ProgramVersion",
    "Proof",
    "Proposal",
    "ProposalState",
    "Reassessment",
    "ReminderLadder",
    "ReportKind",
    "ReportView",
    "Requirement",
    "RequirementCourse",
    "RequirementGroup",
    "RequirementKind",
    "SecretMethod",
    "StandingState",
    "Supervision",
    "Tier",
    "TierHolding",
    "Update",
    "UpdateItem",
    "UpdatePart",
    "UpdateReading",
    "UpdateState",
    "User",
    "usual_manner",
]
