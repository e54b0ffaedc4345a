"""A person comes into the public directory and out of it, by nobody's will but their own."""

from django.db import transaction
from django.utils import timezone

from accreditation.models import DirectoryEntry, User
from accreditation.rules.people import subject_of
from courses.actions.audit import record_event


@transaction.atomic
def be_listed(*, by: User, name: str, shows_organisation: bool, shows_badges: bool) -> DirectoryEntry:
    """Show oneself as chosen; the next page that anybody loads has it. A second call changes the choices."""
    chosen = {"name": name, "shows_organisation": shows_organisation, "shows_badges": shows_badges}
    row, _ = DirectoryEntry.objects.update_or_create(
        person=by, defaults=chosen, create_defaults=chosen | {"listed_at": timezone.now()}
    )
    record_event(event="in the directory", by=by, subject=subject_of(by), **chosen)
    return row


@transaction.atomic
def be_listed_no_more(*, by: User) -> None:
    """Take oneself out. Nothing is kept of the entry, and no page shows it any more."""
    if DirectoryEntry.objects.filter(person=by).delete()[0]:
        record_event(event="out of the directory", by=by, subject=subject_of(by))
