"""Which group may do what: the one table. Every migration writes it into the groups (accreditation/receivers/people.py)."""

LEARNER, GRADER, REVIEW_LEAD = "learner", "grader", "review lead"
ENABLEMENT, PARTNER_MANAGER = "enablement", "partner manager"
ACCOMMODATIONS = "accommodations"
"""Apart from enablement: who reads results doesn't see what was agreed with a person, unless they are in both groups."""
ENDORSER = "endorser"
"""Customer-facing leads: they speak for awards of others, signed by the company, and see no more than the public does."""


def may(app: str, verbs: str, *models: str) -> tuple[str, ...]:
    """The permissions for these verbs on these models, e.g. `may("courses", "view change", "course")`."""
    return tuple(f"{app}.{verb}_{model}" for model in models for verb in verbs.split())


WORDS = ("role", "persona", "product", "usecase", "companysize", "vertical", "ecosystem", "journeystage", "competency")
EDIT = "view add change"
LEADS = (
    "assessments.grade",
    "assessments.lead_reviews",
    "assessments.view_reviewstatistics",
    "assessments.view_graderfigures",
)

CONTENT = (
    *may("courses", f"{EDIT} delete", *WORDS, "objective", "lesson", "pathcourse"),
    *may("courses", EDIT, "asset", "course", "learningpath", "source"),
    *may("courses", "view add", "framework", "sourcerevision"),
    *may("courses", "view change", "feedback", "link"),
    *may("courses", "view add", "package"),
    *may("courses", "view", "packageprogress"),
    *may(
        "courses", "view", "coursecompletion", "courserating", "feedbackstep", "auditevent", "searchentry", "withdrawal"
    ),
)
PEOPLE = (
    *may("accreditation", EDIT, "user", "organisation", "invitation", "enrolment", "program"),
    *may("accreditation", "view", "programversion", "requirementgroup", "requirement", "accreditation", "evidence"),
    *may("accreditation", "view", "reassessment", "notice", "digest", "move", "joinrequest", "tier", "tierholding"),
    *may("accreditation", f"{EDIT} delete", "organisationdomain"),
    "accreditation.add_evidence",
    *may("accreditation", EDIT, "attestation", "externalcredit"),
    *may("accreditation", "view add", "givencredit"),
    *may("accreditation", "view", "givenattestation", "programreassessment", "effect"),
    *may("accreditation", EDIT, "proposal", "update"),
    *may("accreditation", "view", "keptfigures", "reportview", "reportschedule", "reportmail"),
    *may("accreditation", f"{EDIT} delete", "reminderladder"),
    *may("accreditation", "view", "keptfigures"),
    *may("accreditation", f"{EDIT} delete", "reminderladder", "channel"),
    *may("accreditation", "view", "channelpost"),
    "accreditation.erase_user",
    *may("accreditation", EDIT, "application"),
    *may("accreditation", "view", "peopleimport", "peopleimportrow", "bulkdeed", "bulkdeedrow"),
    "accreditation.import_people",
    "accreditation.add_bulkdeed",
    "accreditation.export_bulkdeed",
)
EXAMS = (
    *may("assessments", EDIT, "questionbank", "question", "questionversion", "exam", "examversion", "blueprintcell"),
    *may("assessments", f"{EDIT} delete", "option"),
    *may(
        "assessments",
        "view",
        "answerkey",
        "attempt",
        "attemptitem",
        "attemptevent",
        "responseevent",
        "scoringrun",
        "itemscore",
    ),
    *may("assessments", "view add", "timeadjustment", "examstatistics"),
    *may("assessments", EDIT, "standardsetting", "waiver"),
    *may("assessments", "view", "itemstatistics", "standarditem", "judge", "judgement"),
    *may("assessments", "view", "outage", "reopening"),
    "assessments.delete_blueprintcell",
    *(
        f"assessments.{deed}"
        for deed in ("void_attempt", "pause_attempt", "reopen_attempt", "schedule_attempt", "admit_late_answers")
    ),
    *may("assessments", "view add change", "questionimport"),
    *may("assessments", "view add", "regrade"),
    *may("assessments", "view", "regradechange"),
    "assessments.decide_result",
)
QUEUE = (
    *may("assessments", f"{EDIT} delete", "dutyhours", "absence"),
    *may("assessments", EDIT, "graderprofile", "goldwork", "conflict"),
    *may("assessments", "view add", "reviewpolicy", "ruling", "judgingset"),
    *may("assessments", "view", "reviewtask", "lease", "offer", "appeal", "goldresult"),
)
PRACTICALS = (
    *may(
        "assessments",
        EDIT,
        "rubric",
        "rubricversion",
        "criterion",
        "level",
        "briefpool",
        "brief",
        "reviewerpool",
        "sessionslot",
        "practical",
    ),
    *may("assessments", "view change", "submission"),
    *may(
        "assessments",
        "view",
        "submissionversion",
        "submissionevent",
        "decision",
        "recording",
        "recordingevent",
        "enrichment",
        "upload",
    ),
    *may("assessments", "view", "lease", "review", "mark", "comment"),
    "assessments.change_recording",
    *may("assessments", "view add change", "legalhold"),
    *may("assessments", "view add", "purge"),
    *may("assessments", "view", "purgereceipt"),
)
BADGES = (
    *may("badges", EDIT, "achievement", "badgedesign"),
    *may("badges", "view", "credential", "endorsement", "reissue", "revocationrequest", "signingkey", "statuslist"),
    "badges.revoke",
    "badges.export",
    "badges.endorse",
    "badges.withdraw_endorsement",
)

PERMISSIONS: dict[str, tuple[str, ...]] = {
    LEARNER: (),
    GRADER: ("assessments.grade",),
    REVIEW_LEAD: (
        *LEADS,
        *QUEUE,
        *may("assessments", "view", "review", "submission", "decision"),
        *may("badges", "view", "credential", "revocationrequest"),
        *may("accreditation", "view", "keptfigures"),
        "badges.revoke",
    ),
    ENABLEMENT: (*LEADS, *CONTENT, *PEOPLE, *EXAMS, *PRACTICALS, *QUEUE, *BADGES),
    ACCOMMODATIONS: (
        *may("assessments", f"{EDIT} apply", "accommodation"),
        *may("assessments", "view", "exam"),
        *may("accreditation", "view", "user"),
    ),
    ENDORSER: ("badges.endorse",),
    PARTNER_MANAGER: ("accreditation.view_own_organisation",),
}
ELEVATED = frozenset({GRADER, REVIEW_LEAD, ENABLEMENT, ACCOMMODATIONS, ENDORSER, PARTNER_MANAGER})
"""Groups whose members need a second factor before anything else (`REQUIRE_MFA`)."""
GRADERS = frozenset(name for name, permissions in PERMISSIONS.items() if "assessments.grade" in permissions)
"""Groups whose members may read the work of others."""
REVIEW_LEADS = frozenset(name for name, permissions in PERMISSIONS.items() if "assessments.lead_reviews" in permissions)
"""Groups whose members run the review queue."""
REVOKERS = frozenset(name for name, permissions in PERMISSIONS.items() if "badges.revoke" in permissions)
"""Groups whose members may be one of the two people of a revocation."""
KEY_READERS = frozenset(
    name for name, permissions in PERMISSIONS.items() if "assessments.view_answerkey" in permissions
)
"""Groups whose members may read right answers, and so don't sit exams for credit."""
