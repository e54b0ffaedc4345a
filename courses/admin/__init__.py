"""The administration of the ground app, by topic."""

from courses.admin import content, progress

__all__ = ["content", "progress"]
