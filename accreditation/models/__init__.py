"""Models of the top app, by topic."""

from accreditation.models.people import User

__all__ = ["User"]
