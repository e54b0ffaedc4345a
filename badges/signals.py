"""News of the credentials. Both are facts, sent inside the transaction; receivers only write a row."""

from django.dispatch import Signal

credential_issued = Signal()
"""After a credential was signed and stored. sender: Credential; credential: the row."""

credential_revoked = Signal()
"""After a second person confirmed a revocation. sender: Credential; credential: the row; request: the request."""
