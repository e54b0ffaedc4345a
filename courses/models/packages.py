"""Interactive packages, and how far learners are in them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Package(models.Model):
    """A SCORM package as it was taken; it never changes: another file is another package. Personal data: who uploaded it.

    `items`: its parts in order, as `courses.lib.packages.Item` keeps them.
    """

    title = models.CharField(max_length=200)
    version = models.CharField(max_length=4, choices=[("1.2", "SCORM 1.2"), ("2004", "SCORM 2004")])
    file = models.FileField(upload_to="packages/")
    sha256 = models.CharField(max_length=64, unique=True)
    items = models.JSONField()
    files = models.PositiveIntegerField()
    unpacked = models.PositiveBigIntegerField(_("bytes unpacked"))
    uploaded_at = models.DateTimeField(auto_now_add=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-uploaded_at"]
        verbose_name = _("interactive package")

    def __str__(self) -> str:
        return self.title


class PackageProgress(models.Model):
    """What one part of a package keeps of one learner in one lesson. Personal data: how far the learner is, and their answers.

    `values`: the data model of SCORM by name. Never evidence, never part of an exam.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lesson = models.ForeignKey("courses.Lesson", models.PROTECT, related_name="package_progress")
    package = models.ForeignKey(Package, models.PROTECT, related_name="progress")
    item = models.CharField(max_length=200)
    values = models.JSONField(default=dict)
    completion = models.CharField(max_length=14, default="not attempted")
    success = models.CharField(max_length=8, default="unknown")
    score = models.CharField(max_length=20, blank=True)
    is_done = models.BooleanField(default=False)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-updated_at"]
        verbose_name = _("progress in a package")
        verbose_name_plural = _("progress in packages")
        constraints = [
            models.UniqueConstraint(fields=["learner", "lesson", "package", "item"], name="package_progress_once")
        ]

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.lesson_id}, {self.item}"


class PackageSession(models.Model):
    """One opening of one part: its time counts once, however often it is sent. Personal data: when somebody learned."""

    progress = models.ForeignKey(PackageProgress, models.CASCADE, related_name="sessions")
    key = models.UUIDField()
    began_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["progress", "key"], name="package_session_once"),
            models.CheckConstraint(condition=Q(seconds__lte=86_400), name="package_session_within_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.progress_id}: {self.seconds} s"
