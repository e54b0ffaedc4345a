"""The administration of the ground app, by topic."""

from courses.admin import content, frameworks, progress, sources

__all__ = ["content", "frameworks", "progress", "sources"]
