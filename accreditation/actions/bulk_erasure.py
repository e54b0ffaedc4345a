"""An erased person leaves the journal of bulk work: the rows stay, what they say of the person is blanked."""

from django.db.models import Q

from accreditation.models import BulkDeedRow, PeopleImportRow, User


def forget_in_bulk_work(*, person: User, address: str) -> None:
    """Blank the rows about this person, and those of others that name them as a manager. Source: rules.md 8.39, 13.29."""
    own = BulkDeedRow.objects.filter(person=person)
    files = PeopleImportRow.objects.filter(Q(email__iexact=address) | Q(pk__in=own.values("import_row")))
    files.update(email="", values={}, seen={}, problems=[])
    boss = Q(values__manager=address) | Q(seen__manager=address)
    PeopleImportRow.objects.filter(boss).update(values={}, seen={})
    own.update(why="", before={}, after={})
    BulkDeedRow.objects.filter(Q(before__manager=address) | Q(after__manager=address)).update(before={}, after={})
