"""Where content comes from: sources, their revisions, and what points at a revision."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords


class SourceQuerySet(models.QuerySet):
    """Sources, with what their list shows."""

    def with_newest(self) -> "SourceQuerySet":
        """Each with `newest`, the number of its last revision, and `due_on`, the day of its next check. In the same query."""
        last = SourceRevision.objects.filter(source=OuterRef("pk")).order_by("-number").values("number")[:1]
        due = models.ExpressionWrapper(F("checked_on") + F("check_interval_days"), models.DateField())
        return self.annotate(newest=Subquery(last), due_on=due)


class Source(models.Model):
    """What content is taken from and checked against: a handbook page, a release note. Personal data: its owner."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=500, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sources",
        help_text=gettext_lazy("Who looks whether it has changed."),
    )
    check_interval_days = models.PositiveSmallIntegerField(gettext_lazy("check every so many days"), default=180)
    checked_on = models.DateField(
        help_text=gettext_lazy(
            "The last day on which somebody looked at it: when it was noted, checked, or given a revision."
        )
    )
    history = HistoricalRecords()

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(check_interval_days__gte=1), name="source_check_interval_from_one_day"
            )
        ]

    def __str__(self) -> str:
        return self.title


class SourceRevision(models.Model):
    """One state of a source, append-only (trigger). `is_material`: what was learned from the one before may be wrong now.

    Personal data: who noted it.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    noted_on = models.DateField(help_text=gettext_lazy("The day on which the source changed, or was seen to have."))
    changes = models.TextField(
        gettext_lazy("what changed"), max_length=2000, help_text=gettext_lazy("In plain words: learners read it.")
    )
    is_material = models.BooleanField(
        gettext_lazy("material"),
        default=True,
        help_text=gettext_lazy("What people learned before may be wrong now. A new layout isn't material."),
    )
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["source", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="source_revision_number_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="source_revision_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.source}, revision {self.number}"


class Sourced(models.Model):
    """What points at the revision of its source that it was last checked against. No personal data.

    Whatever carries this field is found by the list of sources; a model that has versions carries it on the version.
    """

    source_revision = models.ForeignKey(
        SourceRevision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("checked against"),
        help_text=gettext_lazy("The revision of its source that it says the same as."),
    )

    class Meta:
        abstract = True

    @classmethod
    def in_use(cls) -> QuerySet[Any]:
        """The rows that learners meet today, with what `__str__` and `page` need."""
        raise NotImplementedError

    @property
    def page(self) -> tuple[str, int]:
        """Where it is edited: the name of the administration's page, and the key of its row."""
        raise NotImplementedError


def sourced_models() -> Iterator[type[Sourced]]:
    """Every model that points at revisions, in whichever app, in the order of their names."""
    found = (model for model in apps.get_models() if issubclass(model, Sourced))
    yield from sorted(found, key=lambda model: model._meta.label)
