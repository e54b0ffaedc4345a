"""The library: what sellers take into a customer meeting, and its wordings."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from courses.lib.people import Person
from courses.models.content import Content, ContentState
from courses.models.sources import Sourced

DIMENSIONS = ("products", "personas", "use_cases", "verticals", "ecosystems", "sizes")
"""The dimensions of the catalogue that assets are sorted by, as their fields are called."""


class AssetKind(models.TextChoices):
    """What a seller does with it."""

    DEEP_DIVE = "deep_dive", gettext_lazy("use-case deep dive")
    STARTER_KIT = "starter_kit", gettext_lazy("starter kit")
    TALK_TRACK = "talk_track", gettext_lazy("talk track")
    ROI_SHEET = "roi_sheet", gettext_lazy("ROI sheet")


class AssetQuerySet(models.QuerySet):
    """Assets that a person may see."""

    def visible_to(self, user: Person) -> "AssetQuerySet":
        """Published ones that are for everybody or for this person; all of them for those who edit them."""
        if user.is_staff and user.has_perm("courses.change_asset"):
            return self
        mine = self.filter(state=ContentState.PUBLISHED, current_version__isnull=False)
        mine = mine.filter(Q(roles=None) | Q(roles=user.role_id)) if user.role_id else mine.filter(roles=None)
        return mine.filter(field_only=False) if user.organisation_id else mine


class Asset(Content):
    """An item of the library; what it says stands in its versions. Personal data: its owner."""

    kind = models.CharField(max_length=12, choices=AssetKind)
    wows = models.BooleanField(
        gettext_lazy("stands on the shelf"),
        default=False,
        help_text=gettext_lazy("Three to five for each persona: the use cases that land."),
    )
    roles = models.ManyToManyField(
        "courses.Role",
        blank=True,
        related_name="assets",
        help_text=gettext_lazy("Whom it is for; empty for everybody."),
    )
    field_only = models.BooleanField(gettext_lazy("not for partners"), default=False)
    products = models.ManyToManyField("courses.Product", blank=True, related_name="assets")
    personas = models.ManyToManyField("courses.Persona", blank=True, related_name="assets")
    use_cases = models.ManyToManyField("courses.UseCase", blank=True, related_name="assets")
    verticals = models.ManyToManyField("courses.Vertical", blank=True, related_name="assets")
    ecosystems = models.ManyToManyField("courses.Ecosystem", blank=True, related_name="assets")
    sizes = models.ManyToManyField("courses.CompanySize", blank=True, related_name="assets")
    competencies = models.ManyToManyField("courses.Competency", blank=True, related_name="assets")
    lessons = models.ManyToManyField(
        "courses.Lesson",
        blank=True,
        related_name="assets",
        help_text=gettext_lazy("Lessons that use it: they link to it."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="assets",
        help_text=gettext_lazy("Who keeps it right."),
    )  # fmt: skip
    review_on = models.DateField(gettext_lazy("look at it again by"), null=True, blank=True)
    current_version = models.ForeignKey(
        "AssetVersion", models.PROTECT, null=True, blank=True, editable=False, related_name="current_for"
    )
    history = HistoricalRecords()

    objects = AssetQuerySet.as_manager()  # type: ignore[assignment, misc]

    def get_absolute_url(self) -> str:
        """Its page in the library."""
        return reverse("courses:asset", args=[self.slug])


class AssetVersion(Sourced):
    """What an asset says, append-only (trigger). Personal data: who published it."""

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.TextField(blank=True, help_text=gettext_lazy("Markdown."))
    url = models.URLField(max_length=500, blank=True)
    file = models.FileField(upload_to="assets/", blank=True)
    notes = models.CharField(
        gettext_lazy("what is new"),
        max_length=300,
        blank=True,
        help_text=gettext_lazy("Whoever used it before reads this."),
    )
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["asset", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "number"], name="asset_version_number_once"),
            models.CheckConstraint(
                condition=~Q(body="") | ~Q(url="") | ~Q(file=""), name="asset_version_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset}, version {self.number}"

    @classmethod
    def in_use(cls) -> models.QuerySet["AssetVersion"]:
        """The versions that stand, of assets that were not withdrawn."""
        standing = cls.objects.filter(current_for__isnull=False).exclude(asset__state=ContentState.WITHDRAWN)
        return standing.select_related("asset")

    @property
    def page(self) -> tuple[str, int]:
        """Its asset."""
        return "courses_asset_change", self.asset_id
