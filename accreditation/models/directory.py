"""The public directory: who wants to be found as accredited, and what is shown of them."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy


class DirectoryEntry(models.Model):
    """A person asked to be shown in the public directory. Without the row nothing is. Personal data: that wish."""

    class Name(models.TextChoices):
        """How the person is named there."""

        FULL = "full", gettext_lazy("My full name")
        SHORT = "short", gettext_lazy("My first name and an initial")

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="directory_entry")
    name = models.CharField(gettext_lazy("name"), max_length=8, choices=Name, default=Name.FULL)
    shows_organisation = models.BooleanField(gettext_lazy("show my organisation and its region"), default=True)
    shows_badges = models.BooleanField(gettext_lazy("lead to my badges"), default=True)
    listed_at = models.DateTimeField()

    class Meta:
        ordering = ["person__name", "pk"]
        verbose_name_plural = gettext_lazy("directory entries")
        constraints = [
            models.CheckConstraint(condition=models.Q(name__in=["full", "short"]), name="directory_entry_name_known")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in the directory"
