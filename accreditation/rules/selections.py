"""People chosen by a filter: the one reading of it, for the list, the count and the deed. Source: rules.md 13.22."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accreditation.models import Accreditation, Enrolment, Organisation, Program, StandingState, User
from badges.models import Credential
from courses.lib.people import line_below
from courses.models import Persona, Role

NONE = "none"
"""Of a choice of rows: those who have none."""
ON_IT, NOT_ON_IT = "on", "off"
HAS, HAS_NOT = "has", "hasnt"
NEVER = "never"
SIGNED_IN = (
    (NEVER, _("never")),
    ("30", _("not for 30 days")),
    ("90", _("not for 90 days")),
    ("in30", _("within 30 days")),
)


def choices() -> dict[str, list[tuple[Any, Any]]]:
    """What each field of the filter may be chosen from. Seven queries."""
    regions = Organisation.objects.exclude(region="").order_by("region").values_list("region", flat=True).distinct()
    none = (NONE, _("none"))
    return {
        "role": [*Role.objects.order_by("name").values_list("slug", "name"), none],
        "persona": [*Persona.objects.order_by("name").values_list("slug", "name"), none],
        "organisation": [*Organisation.objects.order_by("name").values_list("slug", "name"), none],
        "region": [(one, one) for one in regions],
        "group": [(one, one) for one in Group.objects.order_by("name").values_list("name", flat=True)],
        "program": list(Program.objects.order_by("title").values_list("slug", "title")),
        "standing": list(StandingState.choices),
        "enrolled": [(ON_IT, _("on the program")), (NOT_ON_IT, _("not on the program"))],
        "credential": [(HAS, _("has a valid badge")), (HAS_NOT, _("has none"))],
        "signed_in": list(SIGNED_IN),
        "active": [("yes", _("may sign in")), ("no", _("suspended"))],
    }


def selected(filter: Mapping[str, Any]) -> QuerySet[User]:
    """The people of a filter by name, each once. Fields that say nothing are left out. One query when it is read."""
    people = User.objects.all()
    for name, value in filter.items():
        if value and name in FIELDS:
            people = FIELDS[name](people, value, filter)
    return people.order_by("name", "pk")


Rows = QuerySet[User]


def _by_slug(name: str) -> Callable[[Rows, Any, Mapping[str, Any]], Rows]:
    def narrowed(people: Rows, value: Any, _filter: Mapping[str, Any]) -> Rows:
        return people.filter(**{f"{name}__isnull": True} if value == NONE else {f"{name}__slug": value})

    return narrowed


def _words(people: Rows, value: str, _filter: Mapping[str, Any]) -> Rows:
    return people.filter(Q(name__icontains=value) | Q(email__icontains=value))


def _region(people: Rows, value: str, _filter: Mapping[str, Any]) -> Rows:
    return people.filter(organisation__region=value)


def _group(people: Rows, value: str, _filter: Mapping[str, Any]) -> Rows:
    return people.filter(Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group__name=value)))


def _manager(people: Rows, value: str, _filter: Mapping[str, Any]) -> Rows:
    boss = User.objects.alias(lower=Lower("email")).filter(lower=value.lower()).values_list("pk", flat=True).first()
    return people.filter(pk__in=line_below(boss)).exclude(pk=boss) if boss else people.none()


def _program(filter: Mapping[str, Any]) -> dict[str, Any]:
    return {"program__slug": filter["program"]} if filter.get("program") else {}


def _standing(people: Rows, value: str, filter: Mapping[str, Any]) -> Rows:
    return people.filter(Exists(Accreditation.objects.filter(learner=OuterRef("pk"), state=value, **_program(filter))))


def _enrolled(people: Rows, value: str, filter: Mapping[str, Any]) -> Rows:
    on_it = Exists(Enrolment.objects.open().filter(learner=OuterRef("pk"), **_program(filter)))
    return people.filter(on_it) if value == ON_IT else people.exclude(on_it)


def _due_before(people: Rows, value: Any, filter: Mapping[str, Any]) -> Rows:
    rows = Enrolment.objects.open().filter(learner=OuterRef("pk"), due_on__lt=value, **_program(filter))
    return people.filter(Exists(rows))


def _credential(people: Rows, value: str, filter: Mapping[str, Any]) -> Rows:
    in_time = Q(valid_until=None) | Q(valid_until__gte=timezone.now().date())
    rows = Credential.objects.live().filter(in_time, holder=OuterRef("pk"))
    if filter.get("program"):
        rows = rows.filter(achievement__in=Program.objects.filter(slug=filter["program"]).values("achievement"))
    return people.filter(Exists(rows)) if value == HAS else people.exclude(Exists(rows))


def _signed_in(people: Rows, value: str, _filter: Mapping[str, Any]) -> Rows:
    if value == NEVER:
        return people.filter(last_login=None)
    before = timezone.now() - timedelta(days=int(value.removeprefix("in")))
    if value.startswith("in"):
        return people.filter(last_login__gte=before)
    return people.filter(Q(last_login=None) | Q(last_login__lt=before))


def _active(people: Rows, value: str, _filter: Mapping[str, Any]) -> Rows:
    return people.filter(is_active=value == "yes")


FIELDS: Mapping[str, Callable[[Rows, Any, Mapping[str, Any]], Rows]] = {
    "words": _words,
    "role": _by_slug("role"),
    "persona": _by_slug("persona"),
    "organisation": _by_slug("organisation"),
    "region": _region,
    "group": _group,
    "manager": _manager,
    "standing": _standing,
    "enrolled": _enrolled,
    "due_before": _due_before,
    "credential": _credential,
    "signed_in": _signed_in,
    "active": _active,
}
