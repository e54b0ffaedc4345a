"""People and the partner organisations they may belong to."""

from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Now, Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from accreditation.roles import ELEVATED


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new active person; the address is stored in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person with every permission, for the first set-up of an installation."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True} | fields)

    def with_places(self) -> "models.QuerySet[User]":
        """People with their organisation, groups by name, whether they manage anybody and have sessions. One query."""
        reports = User.objects.filter(manager=models.OuterRef("pk"), is_active=True)
        groups = Group.objects.filter(user=models.OuterRef("pk")).order_by("name").values("name")
        slots = apps.get_model("assessments", "SessionSlot").objects.shown_to(models.OuterRef("pk"), Now())
        rows = self.select_related("organisation")
        return rows.annotate(
            leads_team=models.Exists(reports), has_sessions=models.Exists(slots), group_names=ArraySubquery(groups)
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person with this address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Role, organisation, manager and groups are set by enablement, invitation or import only.

    Personal data: e-mail address, name, time zone, language.
    """

    email = models.EmailField(gettext_lazy("e-mail address"), unique=True)
    name = models.CharField(max_length=150, help_text=gettext_lazy("As customers know this person."))
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=16, default="en")
    is_active = models.BooleanField(
        gettext_lazy("active"), default=True, help_text=gettext_lazy("Off suspends: it acts on the next request.")
    )
    is_staff = models.BooleanField(gettext_lazy("may open the administration"), default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    role = models.ForeignKey("courses.Role", models.PROTECT, null=True, blank=True, related_name="people")
    persona = models.ForeignKey("courses.Persona", models.PROTECT, null=True, blank=True, related_name="people")
    organisation = models.ForeignKey(
        "accreditation.Organisation", models.PROTECT, null=True, blank=True, related_name="people"
    )
    manager = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reports")
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = gettext_lazy("person")
        verbose_name_plural = gettext_lazy("people")
        permissions = [("erase_user", "Can erase a person for good")]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_one_per_email"),
            models.CheckConstraint(condition=~models.Q(manager=models.F("id")), name="user_not_own_manager"),
        ]
        indexes = [
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="user_by_part_of_name"),
            GinIndex(OpClass(Upper("email"), name="gin_trgm_ops"), name="user_by_part_of_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name as customers know it."""
        return self.name

    def get_short_name(self) -> str:
        """The first word of the name."""
        return self.name.split(" ")[0]

    def has_elevated_rights(self) -> bool:
        """Whether this person needs a second factor: staff, or a member of a group that sees others' work.

        One query for a member, none where the person was read `with_places`.
        """
        if self.is_staff or self.is_superuser:
            return True
        if (names := getattr(self, "group_names", None)) is not None:
            return not ELEVATED.isdisjoint(names)
        return self.groups.filter(name__in=ELEVATED).exists()


class OrganisationQuerySet(models.QuerySet):
    """Organisations that a person may see."""

    def visible_to(self, user: User) -> "OrganisationQuerySet":
        """All for staff with the permission; a partner manager's own, and nothing without one."""
        if user.has_perm("accreditation.view_organisation"):
            return self
        if user.has_perm("accreditation.view_own_organisation") and user.organisation_id is not None:
            return self.filter(pk=user.organisation_id)
        return self.none()


class Joining(models.TextChoices):
    """What becomes of a person whose confirmed address is of an organisation's proven domain."""

    ASKS = "asks", gettext_lazy("waits for the partner manager")
    AT_ONCE = "at_once", gettext_lazy("joins at once")


class Organisation(models.Model):
    """A partner company. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    region = models.CharField(max_length=100, blank=True)
    joining = models.CharField(
        gettext_lazy("who has an address of its domain"),
        max_length=8,
        choices=Joining,
        default=Joining.ASKS,
        db_default=Joining.ASKS,
    )
    is_listed = models.BooleanField(
        gettext_lazy("in the public directory"),
        default=True,
        db_default=True,
        help_text=gettext_lazy("Off: none of its people is shown there, whatever they chose."),
    )
    shows_tier = models.BooleanField(
        gettext_lazy("its tier in the public directory"),
        default=False,
        db_default=False,
        help_text=gettext_lazy("Shown beside its people there, once at least five of its people are accredited."),
    )
    history = HistoricalRecords()

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("view_own_organisation", "Can see the people of the own organisation")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The partner manager's page."""
        return reverse("organisation", args=[self.slug])


class InvitationQuerySet(models.QuerySet):
    """Invitations by where they stand."""

    def open(self) -> "InvitationQuerySet":
        """Neither taken up nor taken back."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)


class Invitation(models.Model):
    """Enablement, or a partner manager for the own organisation, asks a person to join with a role, an organisation and groups.

    The row is the outbox of its mail: `mail_due_at` is when to send it next. Personal data: the address.
    """

    email = models.EmailField()
    role = models.ForeignKey("courses.Role", models.PROTECT, null=True, blank=True)
    persona = models.ForeignKey("courses.Persona", models.PROTECT, null=True, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True)
    manager = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    groups = models.ManyToManyField("auth.Group", blank=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="invitations_sent", editable=False)
    invited_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    mail_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    mail_attempts = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-invited_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_one_open_per_email",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(withdrawn_at__isnull=True),
                name="invitation_taken_up_or_taken_back",
            ),
        ]
        indexes = [
            models.Index(
                fields=["mail_due_at"], condition=models.Q(mail_due_at__isnull=False), name="invitation_mail_by_due_at"
            )
        ]

    def __str__(self) -> str:
        return self.email
