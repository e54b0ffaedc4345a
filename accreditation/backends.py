"""Who is behind a session."""

from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from accreditation.models import User
from courses.lib.compiled import Compiled


@Compiled
def person_with_places(pk: Any) -> "QuerySet[User]":
    """The person of a session, `with_places`: the first statement of every request."""
    return User.objects.with_places().filter(pk=pk)


def _named(permissions: "QuerySet[Permission]") -> "QuerySet[Permission, Any]":
    return permissions.values_list("content_type__app_label", "codename").order_by()


@Compiled
def _permissions_of(person: Any) -> "QuerySet[Permission, Any]":
    """App and codename of what a person may do by themselves or by their groups: asked on every page of staff."""
    own = User.user_permissions.through.objects.filter(user=person).values("permission")
    by_group = Group.permissions.through.objects.filter(group__user=person).values("permission")
    return _named(Permission.objects.filter(Q(pk__in=own) | Q(pk__in=by_group)))


class PersonBackend(AuthenticationBackend):
    """Signs in by address, and loads a person with what every page's menu asks of them: no page pays for it again."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """What a person may do by themselves or by their groups, kept with them; one query where Django asks two."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            everything = user_obj.is_superuser
            pairs = _named(Permission.objects.all()) if everything else _permissions_of(person=user_obj.pk)
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in pairs}
        return cast(set[str], user_obj._perm_cache)

    def get_user(self, user_id: Any) -> User | None:
        """The active person with this key, `with_places`; None where there is none. One query."""
        person = person_with_places.first(pk=user_id)
        return person if person and self.user_can_authenticate(person) else None
