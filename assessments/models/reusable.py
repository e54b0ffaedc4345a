"""Comments that a grader uses again."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ReusableComment(models.Model):
    """A grader's own wording, to be put into a comment and changed there. `criterion`: a slug, empty for any.

    Personal data: what a grader writes.
    """

    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reusable_comments")
    rubric = models.ForeignKey("assessments.Rubric", models.CASCADE, related_name="+")
    criterion = models.SlugField(max_length=80, blank=True)
    text = models.TextField(max_length=1000)
    kept_at = models.DateTimeField()

    class Meta:
        ordering = ["criterion", "-kept_at"]
        constraints = [
            models.UniqueConstraint(fields=["grader", "rubric", "criterion", "text"], name="reusable_comment_once"),
            models.CheckConstraint(condition=~Q(text=""), name="reusable_comment_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
