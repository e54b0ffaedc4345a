"""What every part of a dump is made with: what can't be said, and references to sources."""

from dataclasses import dataclass, field

from courses.models import SourceRevision


@dataclass
class LeftOut:
    """Sentences about what a file can't say, each once."""

    sentences: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Note it."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)


def source_ref(revision: SourceRevision | None) -> str | None:
    """A revision as files name it."""
    return f"{revision.source.slug}@{revision.number}" if revision else None
