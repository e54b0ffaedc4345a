"""Which award follows which."""

from uuid import UUID

from badges.models import Credential


def newest_of(credential_id: UUID) -> Credential | None:
    """The last of the awards that follow this one, renewed or signed anew; itself where none does, None for no award.

    A query for each step. A higher tier is another badge, which the page names and this doesn't: whoever refreshes a badge wants
    that one. Source: rules.md 8.35.
    """
    rows = Credential.objects.only("pk", "document", "predecessor")
    found = rows.filter(pk=credential_id).first()
    while found is not None and (after := rows.filter(predecessor=found).first()):
        found = after
    return found
