"""Erasing a person: the person is blanked, what they did and what was proved stays. Source: rules.md 8.39."""

import uuid

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Replace

from accreditation.actions.applications import withdraw_all
from accreditation.actions.bulk_erasure import forget_in_bulk_work
from accreditation.actions.relations import note_relations
from accreditation.models import (
    ChannelPost,
    Digest,
    DirectoryEntry,
    Invitation,
    JoinRequest,
    MailPreference,
    MailTimes,
    Notice,
    ReportMail,
    ReportReader,
    ReportView,
    User,
)
from accreditation.rules.channels import plain
from accreditation.rules.erasure import ERASED_HOST, why_not_erase
from accreditation.rules.people import subject_of
from accreditation.rules.relations import relations_of
from assessments.actions.accommodations import forget_accommodations
from badges.actions.endorsements import forget_author
from badges.actions.hosted import forget_recipient
from courses.actions.audit import record_event
from courses.actions.feedback import forget_words
from courses.actions.packages import forget_values
from courses.lib.refusals import refuse_if

ERASED = "person erased"
SOMEBODY = "Somebody"


@transaction.atomic
def erase_person(*, person: User, reason: str, by: User) -> User:
    """Blank a person for good, in every row that names them, old versions too. Can't be undone.

    Gone: name, address, password, second factors, sessions, consents and tokens of applications, notices, saved views,
    agreed time, open invitations, the words of remarks and ratings, the hashed address of Open Badges 2.0, and what they
    said in favour of others. Stays: attempts, hand-ins, evidence, marks and badges, under a row that nobody can be told by;
    what was signed of them names a pairwise UUID. Recordings and files go when their own time is over.

    Refused: `not-allowed` (accreditation.erase_user), `own`, `no-reason`, `erased-already`, `still-active`, `has-rights`,
    `has-reports`, `on-hold`.
    """
    row = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    refuse_if(why_not_erase(row, reason=reason, by=by))
    old_address, address = row.email, f"{uuid.uuid4()}@{ERASED_HOST}"
    _unname({row.name, *row.history.values_list("name", flat=True)})
    _end_access(row, by)
    _blank(row, address, by)
    Invitation.objects.filter(email__iexact=old_address).update(email=address)
    Notice.objects.filter(recipient=row).delete()
    Digest.objects.filter(person=row).delete()
    MailPreference.objects.filter(person=row).delete()
    MailTimes.objects.filter(person=row).delete()
    DirectoryEntry.objects.filter(person=row).delete()
    ReportView.objects.filter(owner=row).delete()
    ReportReader.objects.filter(person=row).delete()
    ReportMail.objects.filter(person=row).delete()
    JoinRequest.objects.open().filter(person=row).delete()
    forget_in_bulk_work(person=row, address=old_address)
    forget_accommodations(learner_id=row.pk)
    forget_values(learner=row)
    forget_recipient(holder=row)
    forget_author(author=row, by=by)
    forget_words(author_id=row.pk)
    record_event(event=ERASED, by=by, subject=subject_of(row), reason=reason.strip())
    return row


def _unname(names: set[str]) -> None:
    """Notices to others say these names no more. A name of one word is left: it may be a word of anything else."""
    for name in sorted((one for one in names if " " in one), key=len, reverse=True):
        for column in ("title", "text"):
            rows = Notice.objects.filter(**{f"{column}__contains": name})
            rows.update(**{column: Replace(column, Value(name), Value(SOMEBODY))})
        posts = ChannelPost.objects.filter(text__contains=plain(name))
        posts.update(text=Replace("text", Value(plain(name)), Value(SOMEBODY)))


def _end_access(row: User, by: User) -> None:
    """No way in is left, and nothing reads on. Sessions end with the password that they were signed in by."""
    withdraw_all(person=row, why="the person was erased", by=by)
    EmailAddress.objects.filter(user=row).delete()
    Authenticator.objects.filter(user=row).delete()
    row.groups.clear()
    row.user_permissions.clear()


def _blank(row: User, address: str, by: User) -> None:
    """The row, its old versions and what the administration called it."""
    before = relations_of(row.pk)
    row.email, row.name, row.time_zone, row.language = address, "", "UTC", "en"
    row.manager, row.last_login = None, None
    row.set_unusable_password()
    row._history_user = by  # type: ignore[attr-defined]
    row.save()
    note_relations(person=row, before=before, by=by)
    row.history.update(email=address, name="", time_zone="UTC", language="en")
    of_people = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=of_people, object_id=str(row.pk)).update(
        object_repr=address, change_message=""
    )
