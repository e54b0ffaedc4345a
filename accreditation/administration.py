"""The administration as a whole: its first page says what waits, and groups its lists by topic."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

TOPICS: dict[str, tuple[str, ...]] = {
    "Programs": (
        "Program",
        "Proposal",
        "Effect",
        "Update",
        "RequirementGroup",
        "Attestation",
        "ExternalCredit",
        "Enrolment",
        "ReminderLadder",
        "Accreditation",
        "Tier",
        "TierHolding",
        "Evidence",
        "GivenAttestation",
        "GivenCredit",
        "Reassessment",
        "ProgramReassessment",
    ),
    "Content": (
        "Course",
        "LearningPath",
        "Asset",
        "Source",
        "Link",
        "Package",
        "PackageProgress",
        "CourseCompletion",
        "Withdrawal",
        "SearchEntry",
    ),
    "Written exams": (
        "Exam",
        "ExamVersion",
        "QuestionBank",
        "Question",
        "QuestionImport",
        "Attempt",
        "Accommodation",
        "Regrade",
        "RegradeChange",
        "Waiver",
    ),
    "Practicals": (
        "Practical",
        "Rubric",
        "RubricVersion",
        "BriefPool",
        "Brief",
        "SessionSlot",
        "Submission",
        "Recording",
        "Upload",
        "Purge",
        "PurgeReceipt",
        "LegalHold",
    ),
    "Reviews": (
        "ReviewTask",
        "Review",
        "Appeal",
        "Comment",
        "GraderProfile",
        "GoldWork",
        "JudgingSet",
        "Ruling",
        "ReviewerPool",
        "ReviewPolicy",
        "Conflict",
        "ReviewStatistics",
        "GraderFigures",
    ),
    "Badges": (
        "Achievement",
        "BadgeDesign",
        "Credential",
        "Endorsement",
        "RevocationRequest",
        "Reissue",
        "SigningKey",
        "StatusList",
    ),
    "People": (
        "User",
        "PeopleImport",
        "BulkDeed",
        "Organisation",
        "OrganisationDomain",
        "Invitation",
        "Group",
        "EmailAddress",
        "Authenticator",
        "Application",
        "Notice",
        "Digest",
        "Channel",
        "ChannelPost",
        "AuditEvent",
    ),
    "Feedback": ("Feedback", "CourseRating"),
    "Reports": ("ReportView", "ReportSchedule", "ReportMail", "KeptFigures"),
    "Words of the catalogue": (
        "Role",
        "Persona",
        "Product",
        "UseCase",
        "CompanySize",
        "Vertical",
        "Ecosystem",
        "JourneyStage",
        "Competency",
        "Framework",
    ),
}
"""Models by what they are about, in the order of a reader's day. What isn't named stands last under its app."""


class Administration(AdminSite):
    """Django's, with a first page for those who run the portal."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The lists by topic; those of one app as Django has them."""
        apps = super().get_app_list(request, app_label)
        return apps if app_label else by_topic(apps)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What waits, then the lists."""
        from accreditation.rules.waiting import what_waits  # models load after the site
        from accreditation.views.home_figures import home_of

        shown = {"waiting": what_waits(request.user), "home": home_of(request), "title": _("What to do")}
        return super().index(request, {**shown, **(extra_context or {})})


def by_topic(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Django's list of apps as a list of topics, in its own form. No query."""
    models = {model["object_name"]: model for app in apps for model in app["models"]}
    topics = [_topic(name, [models.pop(one) for one in names if one in models]) for name, names in TOPICS.items()]
    left = [app | {"models": [one for one in app["models"] if one["object_name"] in models]} for app in apps]
    return [topic for topic in [*topics, *left] if topic["models"]]


def _topic(name: str, models: list[dict[str, Any]]) -> dict[str, Any]:
    label = name.lower().replace(" ", "-")
    return {"name": name, "app_label": label, "app_url": "", "has_module_perms": True, "models": models}
