"""Which group may do what: the one table. `manage.py migrate` writes it into the groups (accreditation/receivers.py)."""

LEARNER, GRADER, REVIEW_LEAD = "learner", "grader", "review lead"
ENABLEMENT, PARTNER_MANAGER = "enablement", "partner manager"

PERMISSIONS: dict[str, tuple[str, ...]] = {
    LEARNER: (),
    GRADER: ("assessments.grade",),
    REVIEW_LEAD: ("assessments.grade", "assessments.lead_reviews"),
    ENABLEMENT: (),
    PARTNER_MANAGER: ("accreditation.view_own_organisation",),
}
ELEVATED = frozenset({GRADER, REVIEW_LEAD, ENABLEMENT, PARTNER_MANAGER})
"""Groups whose members need a second factor before anything else (`REQUIRE_MFA`)."""
