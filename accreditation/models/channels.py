"""Chat channels of teams: where facts are posted by a webhook, and each post as a row."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class ChannelFact(models.TextChoices):
    """What a channel may be told."""

    EARNED = "earned", _("Somebody became accredited")
    TIER = "tier", _("Somebody's tier changed")
    DUE = "due", _("On Mondays: what is due within seven days")


class PostState(models.TextChoices):
    """Where a post stands."""

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("given up")


class Channel(models.Model):
    """A chat channel that takes `{"text": …}`, for one organisation, one manager's team, one program, or the whole portal.

    The address is a secret: it is sealed by ISSUER_SECRET, and only its host is ever shown. No personal data.
    """

    name = models.CharField(_("name"), max_length=100)
    organisation = models.ForeignKey(
        "accreditation.Organisation", models.PROTECT, null=True, blank=True, related_name="channels"
    )
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="channels",
        verbose_name=_("team of"),
    )
    program = models.ForeignKey("accreditation.Program", models.PROTECT, null=True, blank=True, related_name="channels")
    facts = ArrayField(models.CharField(max_length=8, choices=ChannelFact), verbose_name=_("what goes there"), size=3)
    sealed_address = models.BinaryField(editable=False)
    host = models.CharField(max_length=253, editable=False)
    is_active = models.BooleanField(_("on"), default=True)
    failed_in_a_row = models.PositiveSmallIntegerField(default=0, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    history = HistoricalRecords(excluded_fields=["sealed_address", "failed_in_a_row", "problem"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=True, manager__isnull=True)
                | Q(organisation__isnull=True, program__isnull=True)
                | Q(manager__isnull=True, program__isnull=True),
                name="channel_for_one_group",
            ),
            models.CheckConstraint(condition=Q(facts__len__gt=0), name="channel_told_something"),
        ]

    def __str__(self) -> str:
        return self.name


class ChannelPost(models.Model):
    """One fact for one channel, told once; the row is the outbox. Personal data: a name, and what the person earned."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="posts")
    key = models.CharField(max_length=160)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=PostState, default=PostState.WAITING)
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "key"], name="channel_post_once_per_fact"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="channel_post_sent_at_when_sent",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["waiting", "sending"]), name="channel_post_by_due_at"
            )
        ]

    def __str__(self) -> str:
        return self.key
