"""Why content was withdrawn, and what replaces it."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Withdrawal(models.Model):
    """One withdrawal of a row of content, append-only. `under_way`: how many people were; they are told from `tell_due_at` on.

    Personal data: who withdrew it.
    """

    subject = models.CharField(max_length=120, db_index=True, help_text=_("app.model:id"))
    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True, help_text=_("Learners read it."))
    replaced_by = models.CharField(max_length=120, blank=True, help_text=_("app.model:id"))
    under_way = models.PositiveIntegerField(default=0)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(auto_now_add=True)
    tell_due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-withdrawn_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(under_way=0) | ~Q(reason=""), name="withdrawal_of_what_is_used_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(replaced_by="") | ~Q(replaced_by=models.F("subject")),
                name="withdrawal_not_replaced_by_itself",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tell_due_at"], condition=Q(tell_due_at__isnull=False), name="withdrawal_by_tell_due_at"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def row(self) -> Any:
        """What was withdrawn; None where it is gone."""
        return row_of(self.subject)

    @property
    def replacement(self) -> Any:
        """What replaces it; None for nothing."""
        return row_of(self.replaced_by)


def subject_of(row: models.Model) -> str:
    """A row as `app.model:id`."""
    return f"{row._meta.label_lower}:{row.pk}"


def row_of(subject: str) -> Any:
    """The row of a subject; None where there is none. One query."""
    if not subject:
        return None
    label, pk = subject.rsplit(":", 1)
    return apps.get_model(label)._default_manager.filter(pk=pk).first()
