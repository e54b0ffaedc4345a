"""The enablement team's view of badges: achievements to edit, awards and keys to read, revocations by two people."""

from badges.admin import achievements, credentials, designs, endorsements, keys, revocations, statuslists

__all__ = ["achievements", "credentials", "designs", "endorsements", "keys", "revocations", "statuslists"]
