"""The administration of the ground app, by topic."""

from courses.admin import assets, content, frameworks, links, packages, progress, search, sources

__all__ = ["assets", "content", "frameworks", "links", "packages", "progress", "search", "sources"]
