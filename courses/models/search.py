"""What can be found: one row for each program, path, course, lesson, asset, exam, practical and badge."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _


class EntryKind(models.TextChoices):
    """What a row that can be found is; each has a source of its own in the database, `search_source_<kind>`."""

    PROGRAM = "program", _("Programs")
    PATH = "path", _("Learning paths")
    COURSE = "course", _("Courses")
    LESSON = "lesson", _("Lessons")
    ASSET = "asset", _("Library")
    EXAM = "exam", _("Exams")
    PRACTICAL = "practical", _("Practicals")
    BADGE = "badge", _("Badges")


class SearchEntry(models.Model):
    """The words of one row, kept by triggers in the transaction that changes it, whoever writes. Never whether it may be seen.

    `within` names what it is part of (a lesson's course), `words` the catalogue words it is sorted by, `folded` title and words
    in lower case without accents. No personal data.
    """

    kind = models.CharField(max_length=12, choices=EntryKind)
    row_id = models.BigIntegerField()
    slug = models.CharField(max_length=120)
    within_id = models.BigIntegerField(null=True, blank=True)
    within_slug = models.CharField(max_length=120, blank=True)
    within = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300)
    words = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    body = models.TextField(blank=True)
    folded = models.TextField(blank=True)
    title_vector = SearchVectorField()
    vector = SearchVectorField()

    class Meta:
        ordering = ["kind", "title", "pk"]
        verbose_name_plural = "search entries"
        constraints = [models.UniqueConstraint(fields=["kind", "row_id"], name="search_entry_once_per_row")]
        indexes = [
            GinIndex(fields=["title_vector"], name="search_entry_by_title"),
            GinIndex(fields=["vector"], name="search_entry_by_words"),
            GinIndex(OpClass(F("folded"), name="gin_trgm_ops"), name="search_entry_by_trigrams"),
        ]

    def __str__(self) -> str:
        return self.title
