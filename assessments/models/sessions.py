"""Live sessions: slots that are offered, who booked them, and what the person who played the customer attests to."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from courses.lib.people import Person

SHOWN_FOR = timedelta(weeks=4)


class SessionUse(models.TextChoices):
    """Whether a practical is done live, in a slot that its learner books."""

    NONE = "none", gettext_lazy("no live session")
    OPTIONAL = "optional", gettext_lazy("live or recorded alone, as the learner likes")
    REQUIRED = "required", gettext_lazy("always live, in a booked slot")


class SessionSlotQuerySet(models.QuerySet):
    """Slots by state and by who takes part."""

    def offered(self) -> "SessionSlotQuerySet":
        """Those that nobody called off."""
        return self.filter(cancelled_at__isnull=True)

    def visible_to(self, user: Person) -> "SessionSlotQuerySet":
        """Those that the person hosts or marks."""
        return self.filter(Q(host=user) | Q(grader=user))

    def shown_to(self, person: Any, now: Any) -> "SessionSlotQuerySet":
        """Those that a person hosts or marks, ahead and of the last four weeks; both may be expressions."""
        mine = self.offered().filter(Q(host=person) | Q(grader=person))
        return mine.filter(starts_at__gt=now - SHOWN_FOR)


class SessionSlot(models.Model):
    """A time at which somebody plays the customer of a practical. With a `grader` the rubric is marked live by them.

    Personal data: who hosts and who marks, when.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practical = models.ForeignKey("assessments.Practical", models.PROTECT, related_name="slots")
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="hosted_slots",
        help_text=gettext_lazy("Plays the customer."),
    )
    grader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="marked_slots",
        help_text=gettext_lazy("Sits in and marks live; empty where the recording is marked."),
    )  # fmt: skip
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=60)
    location = models.CharField(
        gettext_lazy("where"), max_length=300, help_text=gettext_lazy("The address of the meeting, or a room.")
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_reason = models.CharField(max_length=300, blank=True, editable=False)
    history = HistoricalRecords()

    objects = SessionSlotQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        verbose_name = gettext_lazy("session slot")
        indexes = [models.Index(fields=["practical", "starts_at"], name="slot_by_practical_and_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "starts_at"], condition=Q(cancelled_at__isnull=True), name="slot_one_per_host_and_time"
            ),
            models.CheckConstraint(condition=Q(minutes__range=(5, 480)), name="slot_lasts_minutes"),
            models.CheckConstraint(
                condition=Q(grader__isnull=True) | ~Q(grader=F("host")), name="slot_host_does_not_mark"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practical}, {self.starts_at:%d %b %Y %H:%M} UTC"


class BookingQuerySet(models.QuerySet):
    """Bookings by state and by who takes part."""

    def live(self) -> "BookingQuerySet":
        """Those that nobody called off."""
        return self.filter(cancelled_at__isnull=True)

    def visible_to(self, user: Person) -> "BookingQuerySet":
        """Those of a learner, a host or a live grader."""
        return self.filter(Q(submission__learner=user) | Q(slot__host=user) | Q(slot__grader=user))

    def attended_by(self, user: Person) -> "BookingQuerySet":
        """Those that the person hosts or marks, and never as the learner."""
        return self.filter(Q(slot__host=user) | Q(slot__grader=user)).exclude(submission__learner=user)


class Booking(models.Model):
    """A learner's place in a slot. The id is the event's UID in calendars, `sequence` its revision (RFC 5545, 3.8.7.4).

    Personal data: who meets whom, when.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slot = models.ForeignKey(SessionSlot, models.PROTECT, related_name="bookings")
    submission = models.ForeignKey("assessments.Submission", models.PROTECT, related_name="bookings")
    booked_at = models.DateTimeField()
    sequence = models.PositiveSmallIntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # fmt: skip

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["slot__starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(cancelled_at__isnull=True), name="booking_one_per_slot"
            ),
            models.UniqueConstraint(
                fields=["submission"], condition=Q(cancelled_at__isnull=True), name="booking_one_per_submission"
            ),
        ]

    def __str__(self) -> str:
        return str(self.slot)


class Attestation(models.Model):
    """What the host says of a session, once: append-only. It is no mark. Personal data: who met whom, and remarks."""

    booking = models.OneToOneField(Booking, models.PROTECT, related_name="attestation")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attestations")
    took_place = models.BooleanField()
    text = models.TextField(max_length=4000, blank=True)
    said_at = models.DateTimeField()

    class Meta:
        ordering = ["said_at"]
        constraints = [
            models.CheckConstraint(condition=Q(took_place=True) | ~Q(text=""), name="attestation_says_why_not")
        ]

    def __str__(self) -> str:
        return "took place" if self.took_place else "did not take place"
