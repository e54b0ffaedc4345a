import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.actions.attempts import take_over
from assessments.actions.closing import submit_attempt
from assessments.actions.interventions import void_attempt
from assessments.actions.timekeeping import adjust_time
from assessments.models import Attempt, AttemptState, Disposition, ResponseEvent
from assessments.rules.attempts import digest_of
from assessments.rules.saves import Entry, Malformed, read_batch
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import begin, entry, item, move_clock, past_deadline, save, tokens
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def test_answer_is_stored_and_acknowledged_with_its_digest():
    attempt = begin()
    sent = entry(attempt, 2, seq=1, flagged=True)

    saved = save(attempt, sent)

    assert (saved.state, saved.epoch, saved.saved_count, saved.moved) == ("in_progress", 1, 1, False)
    assert 3_590_000 < saved.remaining_ms <= 3_600_000
    reply = saved.items[0]
    assert (reply.item, reply.status, reply.seq, reply.reason) == (2, "stored", 1, "")
    assert reply.digest == digest_of(sent.value, flagged=True)
    assert item(attempt, 2).current_event.flagged


def test_repeat_returns_the_first_outcome():
    attempt = begin()
    first = save(attempt, entry(attempt)).items[0]

    again = save(attempt, entry(attempt, right=False)).items[0]

    assert (again.status, again.digest) == ("duplicate", first.digest)
    assert ResponseEvent.objects.count() == 1


def test_repeat_of_a_stale_save_is_stale_again():
    attempt = begin()
    save(attempt, entry(attempt, seq=5))
    save(attempt, entry(attempt, seq=3, right=False))

    assert save(attempt, entry(attempt, seq=3, right=False)).items[0].status == "stale"


def test_older_save_is_kept_and_never_current():
    attempt = begin()
    save(attempt, entry(attempt, seq=5))

    reply = save(attempt, entry(attempt, seq=4, right=False)).items[0]

    assert (reply.status, reply.seq) == ("stale", 5)
    assert item(attempt).current_event.seq == 5
    assert ResponseEvent.objects.filter(disposition=Disposition.SUPERSEDED).count() == 1


def test_batch_keeps_every_value_and_the_newest_is_current():
    attempt = begin()

    saved = save(attempt, entry(attempt, seq=2), entry(attempt, seq=1, right=False), entry(attempt, 2, seq=3))

    assert [reply.status for reply in saved.items] == ["stored", "stored", "stored"]
    assert item(attempt).current_event.seq == 2
    assert saved.saved_count == 2


def test_taking_an_answer_back_lowers_the_count():
    attempt = begin()
    save(attempt, entry(attempt), entry(attempt, 2))

    saved = save(attempt, entry(attempt, seq=2, value=[]))

    assert saved.saved_count == 1
    assert save(attempt).saved_count == 1


@pytest.mark.parametrize("value", [["nonsense"], "two"])
def test_unreadable_answer_is_kept_and_refused(value):
    attempt = begin()
    value = tokens(attempt)[:1] + tokens(attempt, right=False)[:1] if value == "two" else value

    reply = save(attempt, entry(attempt, value=value)).items[0]

    assert reply.status == "refused"
    assert reply.reason in {"unknown-option", "too-many-options"}
    assert ResponseEvent.objects.get().disposition == Disposition.REFUSED
    assert item(attempt).current_event is None


def test_item_of_nobody_is_refused():
    attempt = begin()

    reply = save(attempt, Entry(99, 1, ())).items[0]

    assert (reply.status, reply.reason) == ("refused", "unknown-item")


def test_form_without_number_takes_the_next_one():
    attempt = begin()
    save(attempt, entry(attempt, seq=None), client="form")

    reply = save(attempt, entry(attempt, seq=None, right=False), client="form").items[0]

    assert (reply.status, reply.seq) == ("stored", 2)


def test_first_writer_takes_the_pen_and_a_second_tab_is_told():
    attempt = begin()
    save(attempt, entry(attempt))

    saved = save(attempt, entry(attempt, 2, right=False), client="other")

    assert saved.moved
    assert saved.items[0].status == "stale"
    assert item(attempt, 2).current_event is None
    assert ResponseEvent.objects.count() == 2


def test_continue_here_moves_the_pen_and_the_old_tab_is_told():
    attempt = begin()
    save(attempt, entry(attempt))

    moved = take_over(attempt_id=attempt.pk, by=attempt.learner, client_id="other")

    assert moved.writer_epoch == 2
    assert not save(attempt, entry(attempt, 2), client="other", epoch=2).moved
    assert save(attempt, entry(attempt, 3), client="tab", epoch=1).moved
    assert attempt.log.get().kind == "continued"


def test_continue_here_is_refused_after_the_end():
    attempt = begin()
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)

    with pytest.raises(Refused) as refused:
        take_over(attempt_id=attempt.pk, by=attempt.learner, client_id="other")

    assert refused.value.refusal.code == "attempt-closed"


def test_save_within_grace_counts():
    attempt = begin()
    past_deadline(attempt, seconds=20)

    saved = save(attempt, entry(attempt))

    assert (saved.items[0].status, saved.remaining_ms, saved.state) == ("stored", 0, "in_progress")


def test_save_after_grace_is_kept_not_counted_and_closes():
    attempt = begin()
    save(attempt, entry(attempt))
    past_deadline(attempt, seconds=31)

    saved = save(attempt, entry(attempt, seq=2, right=False))

    assert (saved.items[0].status, saved.items[0].reason, saved.state) == ("refused", "late", "graded")
    assert item(attempt).current_event.seq == 1
    assert ResponseEvent.objects.filter(disposition=Disposition.LATE).count() == 1


def test_save_after_handing_in_is_late_even_from_another_tab():
    attempt = begin()
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)

    saved = save(attempt, entry(attempt), client="other", epoch=7)

    assert (saved.moved, saved.state, saved.items[0].reason) == (False, "graded", "late")


def test_attempt_of_another_is_not_found():
    attempt = begin()

    with pytest.raises(Attempt.DoesNotExist):
        save(attempt, entry(attempt), by=make_person())
    with pytest.raises(Attempt.DoesNotExist):
        take_over(attempt_id=attempt.pk, by=make_person(), client_id="tab")


def test_extra_time_shows_with_the_next_heartbeat():
    attempt = begin()
    staff = make_person()

    adjust_time(attempt=attempt, seconds=600, reason="Fire alarm", by=staff)

    assert save(attempt).remaining_ms > 4_190_000
    row = attempt.adjustments.get()
    assert (row.seconds, row.made_by, row.reason) == (600, staff, "Fire alarm")


@pytest.mark.parametrize(
    ("seconds", "reason", "code"),
    [(60, " ", "no-reason"), (0, "Why", "no-reason"), (-4000, "Why", "deadline-past")],
)
def test_time_is_not_moved_without_reason_or_into_the_past(seconds, reason, code):
    attempt = begin()

    with pytest.raises(Refused) as refused:
        adjust_time(attempt=attempt, seconds=seconds, reason=reason, by=make_person())

    assert refused.value.refusal.code == code


def test_closed_attempt_gets_no_time_and_void_is_final():
    attempt = begin()
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
    staff = make_person()

    with pytest.raises(Refused, match="clock"):
        adjust_time(attempt=attempt, seconds=60, reason="Why", by=staff)
    for cause, reason in (("boredom", "x"), ("incident", " ")):
        with pytest.raises(Refused, match="misconduct"):
            void_attempt(attempt=attempt, cause=cause, reason=reason, by=staff)
    voided = void_attempt(attempt=attempt, cause="incident", reason="Power cut", by=staff)

    assert voided.state == AttemptState.VOID
    assert attempt.log.get().details == {"cause": "incident", "from": "graded"}
    with pytest.raises(Refused):
        void_attempt(attempt=attempt, cause="incident", reason="Again", by=staff)


@pytest.mark.parametrize("count", [1, 10])
def test_save_takes_three_statements_whatever_the_number_of_answers(count):
    attempt = begin(ExamFactory(published__questions=10, published__draw=10))
    save(attempt, entry(attempt))
    entries = [entry(attempt, n, seq=2) for n in range(1, count + 1)]

    with CaptureQueriesContext(connection) as captured:
        save(attempt, *entries)

    assert len([one for one in captured if "SAVEPOINT" not in one["sql"]]) == 3


def test_heartbeat_takes_two_statements():
    attempt = begin()
    save(attempt, entry(attempt))

    with CaptureQueriesContext(connection) as captured:
        save(attempt)

    assert len([one for one in captured if "SAVEPOINT" not in one["sql"]]) == 2


steps = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 3), st.integers(0, 3), st.booleans(), st.booleans()),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_two_tabs_in_any_order_last_acknowledged_value_wins_and_all_are_kept(db, steps):
    attempt = begin(ExamFactory(published__questions=3, published__draw=3))
    options = {n: list(item(attempt, n).tokens) for n in (1, 2, 3)}
    epochs, seqs, acknowledged, sent = {"a": 1, "b": 1}, {"a": 0, "b": 0}, {}, 0

    for tab, position, option, takes_over, repeats in steps:
        if takes_over:
            epochs[tab] = take_over(attempt_id=attempt.pk, by=attempt.learner, client_id=tab).writer_epoch
        seqs[tab] += 1
        one = Entry(position, seqs[tab], (options[position][option],))
        reply = save(attempt, one, client=tab, epoch=epochs[tab]).items[0]
        sent += 1
        if reply.status == "stored":
            acknowledged[position] = reply.digest
        if repeats:
            assert save(attempt, one, client=tab, epoch=epochs[tab]).items[0].status in {"duplicate", "stale"}

    assert ResponseEvent.objects.filter(item__attempt=attempt).count() == sent
    for position, digest in acknowledged.items():
        assert item(attempt, position).current_event.digest == digest


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"client_id": "", "epoch": 1}, {"client_id": "x" * 65, "epoch": 1}, {"client_id": "x", "epoch": 0},
        {"client_id": "x", "epoch": "1"}, {"client_id": "x", "epoch": True}, {"client_id": "x\0", "epoch": 1},
        {"client_id": "x", "epoch": 1, "batch": {}}, {"client_id": "x", "epoch": 1, "batch": [{}] * 51},
        {"client_id": "x", "epoch": 1, "batch": ["no"]},
        {"client_id": "x", "epoch": 1, "batch": [{"item": 1, "seq": 1, "value": "no"}]},
        {"client_id": "x", "epoch": 1, "batch": [{"item": 1, "seq": 1, "value": [1]}]},
        {"client_id": "x", "epoch": 1, "batch": [{"item": 1, "seq": 1, "value": ["\ud800"]}]},
        {"client_id": "x", "epoch": 1, "batch": [{"item": 1, "seq": 2**31, "value": []}]},
        {"client_id": "x", "epoch": 1, "batch": [{"item": 1, "seq": 1, "value": [], "flagged": "yes"}]},
        {"client_id": "x", "epoch": 1, "digests": {}}, {"client_id": "x", "epoch": 1, "digests": [1]},
        {"client_id": "x", "epoch": 1, "submission_id": 7},
    ],
)  # fmt: skip
def test_request_of_another_shape_is_malformed(data):
    with pytest.raises(Malformed):
        read_batch(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["client_id", "epoch", "batch", "item", "seq", "value", "digests"]), inner)
    ),
    max_leaves=12,
)


@given(data=json_values)
def test_reading_a_request_ends_in_a_batch_or_a_reason(data):
    try:
        batch = read_batch(data)
    except Malformed:
        return
    assert batch.client_id
    assert batch.epoch >= 1


def test_remaining_time_follows_the_stored_deadline_alone():
    attempt = begin()
    move_clock(attempt, minutes=20)

    assert 2_390_000 < save(attempt).remaining_ms <= 2_400_000
