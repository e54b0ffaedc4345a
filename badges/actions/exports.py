"""Taking the register of awards out of the house."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from badges import signals
from badges.models import Credential
from badges.rules.registers import register_rows, why_not_export
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


def export_register(*, credentials: QuerySet[Credential], query: str, now: datetime, by: Person) -> Iterator[list[str]]:
    """The rows of the register, after it was written down who takes which. `query`: the filters, URL-encoded.

    Refused: `too-many`. Sends `credentials_exported` before the first row is read.
    """
    refuse_if(why_not_export(credentials.count()))
    signals.credentials_exported.send(sender=Credential, by=by, query=query)
    return register_rows(credentials, now=now)
