"""The administration of the ground app, by topic."""

from courses.admin import assets, content, frameworks, progress, search, sources

__all__ = ["assets", "content", "frameworks", "progress", "search", "sources"]
