"""What others say of a learner: statements that a manager attests, and credits that come from elsewhere."""

from django.db import models


class Attestation(models.Model):
    """A statement that a manager attests of one of their people. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    statement = models.TextField(help_text="What the manager says by attesting it, in full.")

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class ExternalCredit(models.Model):
    """A certificate or course of another body that a program takes. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200, help_text="Who gives it.")
    url = models.URLField("address", blank=True, help_text="Where anybody can read what it asks for.")

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return f"{self.title} ({self.issuer})"
