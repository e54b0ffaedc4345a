"""News and a gate of the credentials. Facts are past tense, their receivers only write a row; the gate refuses by `Refused`."""

from django.dispatch import Signal

credential_issued = Signal()
"""After a credential was signed and stored. sender: Credential; credential: the row."""

credential_revoked = Signal()
"""After a second person confirmed a revocation. sender: Credential; credential: as it was signed last; request: the request."""

credentials_exported = Signal()
"""Before somebody downloads the register. sender: Credential; by: the person; query: the filters, URL-encoded."""

credential_reissued = Signal()
"""After an award was signed anew for a withdrawn key. sender: Credential; credential: the new row; predecessor: the old one."""

endorsement_written = Signal()
"""After an endorsement was signed and stored. sender: Endorsement; endorsement: the row, with its award."""

endorsement_withdrawn = Signal()
"""After an endorsement was withdrawn. sender: Endorsement; endorsement: the row, with its award; by: the person."""

endorsement_resigned = Signal()
"""After an endorsement was signed anew. sender: Endorsement; endorsement: the new row; predecessor: the old one."""

signing_key_withdrawn = Signal()
"""After a key was withdrawn and its awards were noted. sender: SigningKey; key: the row."""

revocation_confirming = Signal()
"""Gate: may this person be the second one of a revocation? sender: RevocationRequest; request: the row; by: who confirms.

Asked by the page that shows the button too, so receivers only read.
"""
