"""A page as a learner would get it, made by the learner's own view in a transaction of which nothing is kept."""

import copy
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import ResolverMatch, resolve

from accreditation.models import Program, Proposal, ProposalState, User
from accreditation.roles import LEARNER
from accreditation.rules.previews import AsWhom, Preview
from assessments.actions.attempts import start_attempt
from assessments.actions.exams import publish_version
from assessments.actions.practicals import open_submission
from assessments.models import AttemptState, CloseReason, Exam, ItemScore, Practical, ScoringRun
from courses.lib.clock import database_now
from courses.models import ContentState, Course, LearningPath


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Whatever is written inside is taken back at its end, and no task is queued for it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def page_for_learner(
    request: HttpRequest, preview: Preview, *, sample: bool = False, opened: bool = False
) -> HttpResponseBase:
    """The page as the learner of the preview would see it were it published. Source: rules.md 2.40.

    `sample`: of an exam, the questions of one sitting; `opened`: a practical with a try, as if its exam were passed.
    Raises what the learner's view raises: Http404, Refused.
    """
    with nothing_kept():
        _publish(preview.row, request)
        learner = _stand_in(preview.whom)
        match = _match(preview, learner, sample=sample, opened=opened)
        asked = _as_learner(request, learner, preview.address)
        asked.resolver_match = match
        response: Any = match.func(asked, *match.args, **match.kwargs)
        return response


def _match(preview: Preview, learner: User, *, sample: bool, opened: bool) -> ResolverMatch:
    row = _fresh(preview.row)
    if sample and isinstance(row, Exam):
        return resolve(start_attempt(exam=row, by=learner, with_less=True).get_absolute_url())
    if opened and isinstance(row, Practical):
        _let_pass(learner, row.exam)
        open_submission(practical=row, by=learner)
    return preview.match


def _let_pass(learner: User, exam: Exam) -> None:
    """A sitting with every point, so that what stands behind the exam opens."""
    attempt, now = start_attempt(exam=exam, by=learner, with_less=True), database_now()
    items = list(attempt.items.all())
    run = ScoringRun.objects.create(
        attempt=attempt, made_at=now, score=len(items), max_score=len(items), passed=True, reason="preview"
    )
    ItemScore.objects.bulk_create(ItemScore(run=run, item=one, mark=1, max_mark=1) for one in items)
    attempt.state, attempt.closed_at, attempt.close_reason = AttemptState.GRADED, now, CloseReason.CANDIDATE
    attempt.current_run = run
    attempt.save()


def _fresh(row: Any) -> Any:
    return type(row)._default_manager.get(pk=row.pk)


def _stand_in(whom: AsWhom) -> User:
    """A learner without a past, of whom nothing is left afterwards."""
    person = User.objects.create_user(
        email=f"preview-{uuid.uuid4().hex}@preview.invalid",
        name="Preview",
        role=whom.role,
        persona=whom.persona,
        organisation=whom.organisation,
    )
    person.groups.set(Group.objects.filter(name=LEARNER))
    return person


def _as_learner(request: HttpRequest, learner: User, address: str) -> HttpRequest:
    """The same request as if this learner had asked, with a session and messages that nobody keeps."""
    asked: Any = copy.copy(request)
    asked.user, asked.path, asked.path_info = learner, address, address
    asked.method, asked.GET, asked.POST = "GET", QueryDict(), QueryDict()
    asked.session, asked._messages = SessionStore(), CookieStorage(asked)
    return asked


def _publish(row: Any, request: HttpRequest) -> None:
    """As it would be once published: the row itself, the drafts on a path, the rules that are proposed."""
    if isinstance(row, Practical):
        _publish_exam(row.exam, request)
    if isinstance(row, Exam):
        _publish_exam(row, request)
    elif isinstance(row, Program):
        _publish_program(row)
    else:
        _open(type(row)._default_manager.filter(pk=row.pk))
    if isinstance(row, LearningPath):
        _open(Course.objects.filter(steps__path=row))


def _open(rows: Any) -> None:
    rows.exclude(state=ContentState.PUBLISHED).update(state=ContentState.PUBLISHED)


def _publish_exam(exam: Exam, request: HttpRequest) -> None:
    """Its newest version, published as it would be, with the refusals of that."""
    newest = exam.versions.order_by("-number").first()
    by: Any = request.user
    if newest is not None and (newest.published_at is None or exam.state != ContentState.PUBLISHED):
        publish_version(version=newest, by=by)


def _publish_program(program: Program) -> None:
    """Its proposed rules where there are some, otherwise the newest version."""
    proposed = Proposal.objects.filter(program=program, state=ProposalState.PROPOSED).first()
    newest = program.versions.order_by("-number").first()
    version = proposed.version if proposed else program.current_version or newest
    Program.objects.filter(pk=program.pk).update(state=ContentState.PUBLISHED, current_version=version)
