"""Addresses of other machines that content points at, and what their last check found."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.lib.states import Transitions


class LinkState(models.TextChoices):
    """What the last check of an address found."""

    UNCHECKED = "unchecked", _("never checked")
    FINE = "fine", _("fine")
    CHANGED = "changed", _("looks changed")
    MOVED = "moved", _("moved")
    AWAY = "away", _("unreachable for now")
    DEAD = "dead", _("dead")
    REFUSED = "refused", _("can't be checked")


_ANSWERS = frozenset({LinkState.FINE, LinkState.MOVED, LinkState.REFUSED})
LINK_TRANSITIONS: Transitions = {
    LinkState.UNCHECKED: _ANSWERS | {LinkState.AWAY},
    LinkState.FINE: _ANSWERS | {LinkState.CHANGED, LinkState.AWAY},
    LinkState.CHANGED: _ANSWERS | {LinkState.AWAY},
    LinkState.MOVED: _ANSWERS | {LinkState.CHANGED, LinkState.AWAY},
    LinkState.AWAY: _ANSWERS | {LinkState.CHANGED, LinkState.DEAD},
    LinkState.DEAD: _ANSWERS | {LinkState.CHANGED},
    LinkState.REFUSED: _ANSWERS | {LinkState.CHANGED, LinkState.AWAY},
}


class Link(models.Model):
    """One address that content in use points at. `due_at`: its next check. Personal data: who said that it had not changed.

    `fingerprint` and `text` are of the page as somebody agreed to it, `seen` and `seen_text` as it was seen last.
    """

    url = models.URLField(_("address"), max_length=500, unique=True)
    host = models.CharField(max_length=255)
    state = models.CharField(max_length=9, choices=LinkState, default=LinkState.UNCHECKED)
    due_at = models.DateTimeField(_("next check"))
    asked_at = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(_("last answer"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(_("looks changed since"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    moved_to = models.CharField(max_length=2000, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    seen = models.CharField(max_length=64, blank=True)
    text = models.TextField(blank=True)
    seen_text = models.TextField(blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["url"]
        verbose_name = _("checked link")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=LinkState.DEAD) | Q(tries__gte=3, failing_since__isnull=False),
                name="link_dead_after_three_failures",
            ),
            models.CheckConstraint(
                condition=Q(tries=0, failing_since__isnull=True) | Q(tries__gte=1, failing_since__isnull=False),
                name="link_fails_since_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state=LinkState.CHANGED) | Q(changed_at__isnull=False), name="link_changed_since_a_moment"
            ),
            models.CheckConstraint(
                condition=~Q(state=LinkState.MOVED) | ~Q(moved_to=""), name="link_moved_says_where_to"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="link_by_due_at"),
            models.Index(fields=["host", "asked_at"], name="link_by_host"),
        ]

    def __str__(self) -> str:
        return self.url
