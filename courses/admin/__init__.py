"""The administration of the ground app, by topic."""

from courses.admin import assets, content, frameworks, progress, sources

__all__ = ["assets", "content", "frameworks", "progress", "sources"]
