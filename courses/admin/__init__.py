"""The administration of the ground app, by topic."""

from courses.admin import content, frameworks, progress

__all__ = ["content", "frameworks", "progress"]
