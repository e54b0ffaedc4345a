"""The demo: people of every role, work in every state, made by the same deeds that people do."""

import json
import os
from collections import namedtuple
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from accreditation.management.demo.people import ACCOUNTS, PASSWORD
from accreditation.models import User
from assessments.models import AttemptState, ExamStatistics, RecordingState, SubmissionState
from assessments.rules.statistics.readings import why_too_few

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(120)]


FAST = ["django.contrib.auth.hashers.MD5PasswordHasher"]
Made = namedtuple("Made", "seconds root")


def processor_seconds():
    """Of this process and its children: a busy machine makes nothing slower by this clock."""
    return sum(os.times()[:4])


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo, once for the whole file; what it cost."""
    root = tmp_path_factory.mktemp("recordings")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DEBUG=True, MEDIA_STORAGE_ROOT=root, PASSWORD_HASHERS=FAST):
            call_command("load_program", *map(str, sorted(_catalogue())), quiet=True)
            began = processor_seconds()
            call_command("demo", "--if-empty")
        yield Made(processor_seconds() - began, root)
        transaction.set_rollback(True)


def _catalogue():
    from accreditation.management.commands.up import CATALOGUE

    return CATALOGUE.glob("*.yaml")


def ask(*words):
    out, err = StringIO(), StringIO()
    call_command("demo", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


class OnlyReads:
    """Refuses every statement that writes."""

    def __call__(self, execute, sql, params, many, context):
        assert sql.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE")), sql
        return execute(sql, params, many, context)


def test_the_demo_is_made_within_twenty_seconds(demo):
    assert demo.seconds < 20


def test_every_account_of_the_demo_can_sign_in(demo):
    people = {one.email: one for one in User.objects.filter(email__in=ACCOUNTS)}

    assert set(people) == set(ACCOUNTS)
    assert all(one.check_password(PASSWORD) and one.emailaddress_set.get().verified for one in people.values())


def test_json_prints_one_document_and_changes_nothing(demo):
    with connection.execute_wrapper(OnlyReads()):
        out, _ = ask("--json")

    told = json.loads(out)
    assert set(told) == {"accounts", "attempt", "submission", "recording", "credential"}
    assert {one["email"] for one in told["accounts"]} == set(ACCOUNTS)
    assert all(set(one) == {"email", "password", "groups"} and one["groups"] for one in told["accounts"])
    assert set(told["attempt"]) >= {AttemptState.IN_PROGRESS, AttemptState.GRADED, AttemptState.VOID}
    assert set(told["submission"]) == set(SubmissionState.values)
    assert set(told["recording"]) >= {RecordingState.READY, RecordingState.REJECTED, RecordingState.UPLOADING}
    assert set(told["credential"]) == {"live", "revoked", "expired"}
    paths = [path for part in ("attempt", "submission", "recording", "credential") for path in told[part].values()]
    assert all(path.startswith("/") for path in paths)


def test_every_address_of_the_demo_opens_for_somebody(demo, client, settings):
    settings.MEDIA_STORAGE_ROOT = demo.root
    told = json.loads(ask("--json")[0])
    paths = {path for part in ("attempt", "submission", "recording") for path in told[part].values()}

    answers = {path: set() for path in paths}
    for person in User.objects.all():
        client.force_login(person)
        for path in paths:
            answers[path].add(client.get(path).status_code)
    client.logout()

    assert [path for path, codes in answers.items() if not codes & {200, 302}] == []
    assert max(code for codes in answers.values() for code in codes) < 500
    assert {client.get(path).status_code for path in told["credential"].values()} == {200}


def test_a_second_demo_leaves_everything_as_it_is(demo, settings):
    settings.DEBUG = True

    with connection.execute_wrapper(OnlyReads()):
        _, said = ask()

    assert "nothing was changed" in said


def test_the_demo_is_refused_while_debug_is_off():
    with pytest.raises(CommandError, match="refused while DEBUG is off"), connection.execute_wrapper(OnlyReads()):
        call_command("demo")


def test_an_exam_of_the_demo_has_figures_to_look_at(demo):
    row = ExamStatistics.objects.computed().get()

    assert row.persons >= 30
    assert why_too_few(row.persons, row.figures) == ""
