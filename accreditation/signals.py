"""News of the top app. Facts only, sent inside the transaction that made them true."""

from django.dispatch import Signal

standing_changed = Signal()
"""A learner's standing in a program is another than before. Arguments: `accreditation`, `old` (state or "")."""

reassessment_asked = Signal()
"""A learner's standing is to be computed again. Arguments: `reassessment` (Reassessment, open)."""

program_reassessment_asked = Signal()
"""Everybody's standing in a program is to be computed again. Arguments: `reassessment` (ProgramReassessment, open)."""

program_reassessed = Signal()
"""Everybody's standing in a program was computed again. Arguments: `program`, `changed` (how many are others now)."""

rules_changed = Signal()
"""A program has another version of its rules. Arguments: `program` (with its new `current_version`)."""

proposal_written = Signal()
"""Rules are proposed, or their preview is wanted again. Arguments: `proposal` (Proposal, its preview due)."""

proposal_published = Signal()
"""Proposed rules went live. Arguments: `proposal` (Proposal, live)."""

update_written = Signal()
"""An update was prepared or changed, and whom it asks is to be counted. Arguments: `update` (Update, its preview due)."""

update_published = Signal()
"""An update is asked for. Arguments: `update` (Update, published)."""

update_withdrawn = Signal()
"""An update that was asked for no longer is. Arguments: `update` (Update, withdrawn)."""

attested = Signal()
"""A manager attested something of one of their people. Arguments: `given` (GivenAttestation)."""

tier_changed = Signal()
"""A person holds another tier than before. Arguments: `holding` (TierHolding), `old` (slug or "")."""

tiers_written = Signal()
"""The tiers themselves are others than before: other thresholds, other badges."""

post_written = Signal()
"""A chat channel is to be told something. Arguments: `post` (ChannelPost, just inserted)."""

notice_written = Signal()
"""A person was told something. Arguments: `notice` (Notice, just inserted)."""

report_mail_written = Signal()
"""A report is to be mailed to somebody. Arguments: `mail` (ReportMail, just inserted)."""

enrolled = Signal()
"""Somebody was put on a program, or given another due date there. Arguments: `enrolment` (Enrolment)."""

invitation_written = Signal()
"""Somebody is invited, or once more, and the mail is due. Arguments: `invitation` (Invitation, open)."""

figures_asked = Signal()
"""A set of kept figures is to be computed now. Arguments: `figures_id` (of KeptFigures, due)."""

people_file_uploaded = Signal()
"""A file of people waits to be read. Arguments: `people_import` (PeopleImport, uploaded)."""

bulk_deed_ordered = Signal()
"""Something is to be done for many people, or goes on. Arguments: `deed` (BulkDeed, running)."""
