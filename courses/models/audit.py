"""The append-only audit trail. A trigger refuses UPDATE and DELETE."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy


class AuditEvent(models.Model):
    """Who did what to which row: what record history can't hold (sign-ins, exports, views of personal data, grants).

    Personal data: the actor, and the subject's row id.
    """

    happened_at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    event = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=120, help_text=gettext_lazy("app.model:id"))
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-happened_at"]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"
