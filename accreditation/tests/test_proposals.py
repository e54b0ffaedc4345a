"""Rules that are proposed: nothing goes live by itself, the list says who is touched, and exactly that comes true."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accreditation.actions.programs import author_program
from accreditation.actions.proposals import (
    approve_proposal,
    ask_for_preview,
    discard_proposal,
    propose_rules,
    publish_proposal,
    settle_preview,
    tell_of_proposal,
)
from accreditation.actions.reassessing import reassess_all
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_standings
from accreditation.models import Accreditation, Notice, Proposal
from accreditation.rules.programs import rules_of, with_rules
from accreditation.rules.proposals import both_rules, difference
from accreditation.tests.factories import EvidenceFactory, asks_for, make_enablement, make_program
from assessments.tests.factories_practicals import PracticalFactory
from courses.lib.refusals import Refused
from courses.tests.factories import CourseFactory, UseCaseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TIMES = {"validity_months": 12, "renewal_window_days": 90, "grace_days": 0}


def whole(*targets):
    return [{"title": "Proofs", "rule": "all_of", "count": None, "requirements": [asks_for(one) for one in targets]}]


def prove(learner, *courses, ago=5):
    day = timezone.now().date() - timedelta(days=ago)
    return [EvidenceFactory(learner=learner, course=course, performed_on=day) for course in courses]


class World:
    """A program of one course; its proposed rules ask for another one too, and hold for half as long."""

    def __init__(self, *, months=6, now=("first",), then=("first", "second"), grandfather="none"):
        self.by = make_enablement()
        self.first, self.second = CourseFactory(lessons=1), CourseFactory(lessons=1)
        self.program = make_program(*[getattr(self, name) for name in now])
        self.loser, self.both, self.begun = make_person(), make_person(), make_person()
        prove(self.loser, self.first)
        prove(self.both, self.first, self.second)
        prove(self.begun, self.second)
        reassess_all(program=self.program)
        targets = [getattr(self, name) for name in then]
        self.proposal = propose_rules(
            program=self.program, times=TIMES | {"validity_months": months}, groups=whole(*targets), by=self.by
        )
        self.preview(grandfather)

    def preview(self, grandfather="none", day=None):
        day = day or timezone.now().date()
        self.proposal = ask_for_preview(proposal=self.proposal, goes_live_on=day, grandfather=grandfather, by=self.by)
        settle_preview(proposal_id=self.proposal.pk)
        self.proposal.refresh_from_db()

    def publish(self):
        return publish_proposal(proposal=self.proposal, by=self.by)

    def effects(self):
        return dict(self.proposal.effects.values_list("learner", "outcome"))


def test_a_proposal_changes_nothing_by_itself():
    world = World()

    assert Accreditation.objects.get(learner=world.loser).state == "accredited"
    assert type(world.program).objects.get().current_version.number == 1
    assert rules_of(with_rules(type(world.program).objects.all()).get()).validity_months == 12


@pytest.mark.parametrize(
    ("grandfather", "outcomes", "counts"),
    [
        ("none", {"loser": "loses", "both": "earlier"}, {"loses": 1, "earlier": 1, "kept": 0, "unchanged": 1}),
        ("until_end", {"loser": "kept", "both": "kept"}, {"loses": 0, "earlier": 0, "kept": 2, "unchanged": 1}),
    ],
)
def test_the_list_says_who_is_touched(grandfather, outcomes, counts):
    world = World(grandfather=grandfather)

    assert world.effects() == {getattr(world, name).pk: outcome for name, outcome in outcomes.items()}
    assert world.proposal.counts == {"gains": 0, "later": 0, "tier": 0} | counts


def test_easier_rules_let_people_gain_and_last_longer():
    world = World(months=24, now=("first", "second"), then=("first",))

    assert world.effects() == {world.loser.pk: "gains", world.both.pk: "later"}


@pytest.mark.parametrize("grandfather", ["none", "until_end"])
def test_what_is_applied_is_what_was_previewed(grandfather):
    world = World(grandfather=grandfather)
    before = {row.learner_id: (row.state, row.valid_until) for row in Accreditation.objects.all()}
    listed = {row.learner_id: row for row in world.proposal.effects.all()}

    world.publish()
    sweep_standings()

    for row in Accreditation.objects.all():
        effect = listed.get(row.learner_id)
        said = (effect.state_after, effect.until_after) if effect else before.get(row.learner_id, ("in_progress", None))
        assert (row.state, row.valid_until, row.version.number) == (*said, 2)
    Accreditation.objects.all().delete()
    reassess(learner=world.loser)
    assert Accreditation.objects.get().state == listed[world.loser.pk].state_after


def test_those_who_lose_something_are_told_once_and_not_before():
    world = World()
    assert not Notice.objects.filter(key__startswith="rules:").exists()

    world.publish()
    sweep_standings()
    tell_of_proposal(proposal_id=world.proposal.pk)

    told = Notice.objects.filter(key__startswith="rules:")
    assert {row.recipient_id for row in told} == {world.loser.pk, world.both.pk}
    assert "no longer in force" in told.get(recipient=world.loser).text
    assert "now ends on" in told.get(recipient=world.both).text
    assert Proposal.objects.get().told_at


def test_a_stale_list_is_refused():
    world = World()
    prove(world.begun, world.first)

    with pytest.raises(Refused, match="stale"):
        world.publish()
    world.preview()

    assert world.publish().state == "live"


def test_evidence_that_changes_nobody_leaves_the_list_fresh():
    world = World()
    prove(make_person(), CourseFactory(lessons=1))

    assert world.publish().state == "live"


def refused(deed, **values):
    with pytest.raises(Refused) as found:
        deed(**values)
    return found.value.refusal.code


def test_rules_that_went_live_in_between_overtake_it():
    world = World()
    author_program(slug=world.program.slug, values={}, validity_months=9, groups=whole(world.first))

    assert refused(world.publish) == "overtaken"


def test_it_goes_live_on_the_day_it_was_previewed_for_only():
    world = World()
    world.preview(day=timezone.now().date() + timedelta(days=3))

    assert refused(world.publish) == "another-day"


def test_without_a_preview_nothing_goes_live():
    world = World()
    ask_for_preview(proposal=world.proposal, goes_live_on=timezone.now().date(), grandfather="until_end", by=world.by)

    assert refused(world.publish) == "not-previewed"


def test_what_was_discarded_or_is_live_stays():
    world = World()
    discard_proposal(proposal=world.proposal, by=world.by)

    assert refused(world.publish) == refused(discard_proposal, proposal=world.proposal, by=world.by) == "done"
    assert settle_preview(proposal_id=world.proposal.pk) is False


def test_proposing_again_takes_the_place_of_the_open_one():
    world = World()

    second = propose_rules(program=world.program, times=TIMES, groups=whole(world.second), by=world.by)

    assert [row.state for row in Proposal.objects.order_by("pk")] == ["discarded", "proposed"]
    assert second.version.number == 3


def test_rules_nobody_could_meet_are_not_proposed():
    world = World()
    unreachable = [{**whole(world.first)[0], "rule": "n_of", "count": 3}]

    assert refused(propose_rules, program=world.program, times=TIMES, groups=unreachable, by=world.by) == "unreachable"
    assert Proposal.objects.get().state == "proposed"


def test_the_sweep_makes_a_list_that_no_task_made():
    world = World()
    Proposal.objects.update(preview_due_at=timezone.now(), counts={})

    sweep_standings()

    assert Proposal.objects.get(pk=world.proposal.pk).counts["loses"] == 1


def test_the_difference_is_said_in_words():
    world = World()

    assert difference(*both_rules(world.proposal)) == [
        ("removed", "It holds for 12 months from the last proof."),
        ("added", "It holds for 6 months from the last proof."),
        ("added", f"Proofs (all): course “{world.second}”."),
    ]


def test_statements_of_a_preview_do_not_grow_with_the_learners():
    world = World()

    def statements(more):
        for _ in range(more):
            prove(make_person(), world.first)
        Proposal.objects.update(preview_due_at=timezone.now())
        with CaptureQueriesContext(connection) as counted:
            settle_preview(proposal_id=world.proposal.pk)
        return len(counted)

    assert statements(2) == statements(12)


def test_a_program_that_asks_for_it_is_listed_and_its_people_are_told():
    world = World()
    asking = make_program(world.program, title="Above it")
    reassess_all(program=world.program)
    assert Accreditation.objects.get(learner=world.loser, program=asking).state == "accredited"
    world.preview()

    listed = set(world.proposal.effects.filter(program=asking).values_list("learner", "outcome"))
    assert listed == {(world.loser.pk, "loses"), (world.both.pk, "earlier")}
    assert world.proposal.counts["loses"] == 1

    world.publish()
    sweep_standings()
    tell_of_proposal(proposal_id=world.proposal.pk)

    after = Accreditation.objects.filter(program=asking)
    assert {row.learner_id: row.valid_until for row in after} | {world.loser.pk: None} == {
        row.learner_id: row.until_after for row in world.proposal.effects.filter(program=asking)
    }
    assert Notice.objects.filter(recipient=world.loser, title__contains="Above it").count() == 1


def test_a_tier_that_goes_with_it_is_listed():
    world = World()
    practical, use_case = PracticalFactory(), UseCaseFactory()
    holder = make_person()
    program = make_program(practical)
    EvidenceFactory(
        learner=holder, kind="practical", practical=practical, use_case=use_case, performed_on=timezone.now().date()
    )
    reassess(learner=holder)
    groups = whole(practical, world.second)

    proposal = propose_rules(program=program, times=TIMES, groups=groups, by=world.by)
    ask_for_preview(proposal=proposal, goes_live_on=timezone.now().date(), grandfather="none", by=world.by)
    settle_preview(proposal_id=proposal.pk)

    (row,) = proposal.effects.all()
    assert (row.learner, row.outcome, row.tier_before, row.tier_after) == (holder, "loses", "crawl", "")


def approved(world, days=3):
    day = timezone.now().date() + timedelta(days=days)
    world.preview(day=day)
    return approve_proposal(proposal=world.proposal, by=world.by), timezone.now() + timedelta(days=days)


def test_what_was_approved_goes_live_on_its_day_and_not_before():
    world = World()
    proposal, day = approved(world)

    sweep_standings(now=day - timedelta(days=1))
    proposal.refresh_from_db()
    assert proposal.state == "proposed"

    sweep_standings(now=day)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.published_by) == ("live", world.by)


def test_a_list_that_would_be_another_one_by_then_waits_for_a_person():
    world = World()
    proposal, day = approved(world)
    prove(world.loser, world.second)

    sweep_standings(now=day)

    proposal.refresh_from_db()
    assert (proposal.state, proposal.approved_at) == ("proposed", None)
    assert "did not go live" in Notice.objects.get(recipient=world.by).title


def test_only_a_day_to_come_that_was_previewed_is_approved_once():
    world = World()
    assert refused(approve_proposal, proposal=world.proposal, by=world.by) == "no-day-to-come"
    proposal, _ = approved(world)
    assert refused(approve_proposal, proposal=proposal, by=world.by) == "approved"

    world.preview(day=proposal.goes_live_on)
    assert world.proposal.approved_at is None


def test_the_rules_of_a_program_that_asks_for_it_make_the_list_stale():
    world = World()
    asking = make_program(world.program, title="Above it")
    world.preview()

    author_program(slug=asking.slug, values={}, validity_months=5, groups=whole(world.program))

    assert refused(publish_proposal, proposal=world.proposal, by=world.by) == "stale"
