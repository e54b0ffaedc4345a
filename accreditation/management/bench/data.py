"""The people of the bench and everything they did: real rows under every constraint, written set by set."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.cached_db import KEY_PREFIX, SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accreditation.actions.awards import issue_award
from accreditation.management.bench import history
from accreditation.management.bench.rows import copy_sitting
from accreditation.management.demo.deeds import begin_exam, sit_exam
from accreditation.models import Organisation, User
from accreditation.roles import ENABLEMENT, GRADER, LEARNER, PARTNER_MANAGER
from accreditation.rules.awards import awards_due
from assessments.models import Attempt
from courses.models import Persona, Role

DOMAIN = "bench.example"
EXAM, EARLIER_EXAM = "accredited-partner-seller", "continuous-integration"
PRACTICAL, ONE_COURSE = "call-listening", "account-planning"
MANAGERS, ORGANISATIONS = 200, 10
TASKS, CREDENTIALS, GRADERS = 4000, 300, 1000


def people(kind: str) -> list[int]:
    """Primary keys of the bench's people of a kind (learner, manager, grader …), in the order in which they came."""
    rows = User.objects.filter(email__startswith=f"{kind}-", email__endswith=f"@{DOMAIN}").order_by("pk")
    return list(rows.values_list("pk", flat=True))


def load_staff(graders: int = GRADERS) -> None:
    """Organisations, managers, graders, a partner manager and an administrator; all with the second factor they need."""
    organisations = Organisation.objects.bulk_create(
        Organisation(slug=f"bench-{n}", name=f"Partner {n}") for n in range(ORGANISATIONS)
    )
    _add((_person("manager", n) for n in range(MANAGERS)), LEARNER)
    _add((_person("template", n) for n in range(2)), LEARNER)
    elevated = _add((_person("grader", n) for n in range(graders)), GRADER)
    elevated += _add([_person("partner", 0, organisation=organisations[0])], PARTNER_MANAGER)
    elevated += _add([_person("staff", 0, is_staff=True, is_superuser=True)], ENABLEMENT)
    totp = Authenticator.Type.TOTP
    Authenticator.objects.bulk_create(Authenticator(user_id=pk, type=totp, data={"secret": ""}) for pk in elevated)


def _person(kind: str, n: int, **fields: Any) -> User:
    return User(email=f"{kind}-{n}@{DOMAIN}", name=f"{kind.title()} Number{n}", **fields)


def _add(rows: Iterable[User], group: str) -> list[int]:
    rows, password = list(rows), make_password(None)
    for row in rows:
        row.password = password
    made = [row.pk for row in User.objects.bulk_create(rows, batch_size=2000)]
    group_id, member = Group.objects.get(name=group).pk, User.groups.through
    member.objects.bulk_create(member(user_id=pk, group_id=group_id) for pk in made)
    return made


def load_learners(first: int, last: int, *, tasks: int = TASKS) -> None:
    """Learners `first` to `last` (exclusive) and all that they did; those below `tasks` have work that waits."""
    passed, running = _templates()
    made = _add(_learners(first, last), LEARNER)
    params = {"people": made, "first": first, "tasks": tasks, "practical": PRACTICAL, "one_course": ONE_COURSE}
    with transaction.atomic():
        history.write_learning(params)
        history.write_standing(params)
        history.write_notices(params)
        history.write_waiting_work(params)
    copy_sitting(passed, made, ago="40 days")
    copy_sitting(running, [pk for n, pk in enumerate(made, first) if is_sitting(n)])
    with transaction.atomic():
        history.write_exam_evidence(params)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def is_sitting(number: int) -> bool:
    """Every third learner sits the exam now; the others are free to start it."""
    return number % 3 == 1


def _learners(first: int, last: int) -> list[User]:
    """Managers and organisations get more people the more learners there are: their pages must not get slower for it."""
    roles, personas = list(Role.objects.order_by("pk")), list(Persona.objects.order_by("pk"))
    organisations = list(Organisation.objects.filter(slug__startswith="bench-").order_by("pk"))
    managers = people("manager")
    return [
        _person(
            "learner",
            n,
            role=roles[n % len(roles)],
            persona=personas[n % len(personas)],
            manager_id=managers[n % len(managers)],
            organisation=organisations[n // 2 % len(organisations)] if n % 2 else None,
        )
        for n in range(first, last)
    ]


def _templates() -> tuple[Attempt, Attempt]:
    """A passed and a running sitting, made once by the deeds of real people; all others are copies of them."""
    passed, sits = (User.objects.get(email=f"template-{n}@{DOMAIN}") for n in range(2))
    first = passed.attempts.first() or sit_exam(passed, EARLIER_EXAM, right=9)
    return first, sits.attempts.first() or begin_exam(sits, EXAM, right=16, wrong=3)


def issue_credentials(count: int = CREDENTIALS) -> int:
    """Sign that many of the awards that are due, as the task does; how many were issued."""
    due = awards_due(timezone.now()).values_list("pk", flat=True)[:count]
    return sum(issue_award(accreditation_id=pk) is not None for pk in list(due))


def sign_in(pks: Sequence[int]) -> list[str]:
    """Session keys of these people, signed in a while ago: their session is in the table and in the cache."""
    found = User.objects.in_bulk(pks)
    sessions = {get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789"): _session(found[pk]) for pk in pks}
    store, expires = SessionStore(), timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    Session.objects.bulk_create(
        (
            Session(session_key=key, session_data=store.encode(data), expire_date=expires)
            for key, data in sessions.items()
        ),
        batch_size=2000,
    )
    cache.set_many({f"{KEY_PREFIX}{key}": data for key, data in sessions.items()}, settings.SESSION_COOKIE_AGE)
    return list(sessions)


def _session(user: User) -> dict[str, str]:
    backend = settings.AUTHENTICATION_BACKENDS[0]
    return {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: backend, HASH_SESSION_KEY: user.get_session_auth_hash()}
