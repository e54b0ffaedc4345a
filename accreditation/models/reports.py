"""Reports as somebody wants to see them again: what was chosen, under a name."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from courses.lib.people import Person


class ReportKind(models.TextChoices):
    """Which report a view is of."""

    PROGRAM = "program", _("report of a program")
    COVERAGE = "coverage", _("coverage of competencies")


class ReportViewQuerySet(models.QuerySet):
    """Views by who may open them, and who may change them."""

    def visible_to(self, user: Person) -> "ReportViewQuerySet":
        """One's own, and those that others share."""
        return self.filter(Q(owner=user.pk) | Q(is_shared=True, owner__is_active=True))

    def of(self, user: Person) -> "ReportViewQuerySet":
        """One's own."""
        return self.filter(owner=user.pk)


class ReportView(models.Model):
    """What somebody chose on a report, kept under a name. `query`: the choice by field, as the report's page takes it.

    It holds no rows: who opens it sees what they may see at that moment. Personal data: who keeps it, and a name or an
    address where it is searched for.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_views")
    name = models.CharField(max_length=80)
    is_shared = models.BooleanField(_("shared with the team"), default=False)
    kind = models.CharField(max_length=10, choices=ReportKind)
    program = models.ForeignKey("accreditation.Program", models.PROTECT, null=True, blank=True, related_name="+")
    query: Any = models.JSONField(default=dict, blank=True)
    saved_at = models.DateTimeField(auto_now_add=True)

    objects = ReportViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="report_view_one_per_name"),
            models.CheckConstraint(condition=~Q(name=""), name="report_view_has_a_name"),
            models.CheckConstraint(
                condition=Q(kind=ReportKind.PROGRAM, program__isnull=False)
                | (~Q(kind=ReportKind.PROGRAM) & Q(program__isnull=True)),
                name="report_view_names_its_program",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where it opens."""
        return reverse("report-view", args=[self.pk])
