"""The administration of the ground app, by topic."""

from courses.admin import assets, content, feedback, frameworks, links, packages, progress, search, sources

__all__ = ["assets", "content", "feedback", "frameworks", "links", "packages", "progress", "search", "sources"]
