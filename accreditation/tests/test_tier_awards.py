"""The badge of a tier: by the system alone, with its use cases, superseded by the higher one, left to its date when lost."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from accreditation.actions.awards import follow_credential
from accreditation.actions.evidence import withdraw_evidence
from accreditation.actions.proposals import ask_for_preview, propose_rules, settle_preview
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_awards, sweep_standings
from accreditation.actions.tier_awards import issue_tier_award
from accreditation.actions.tiers import author_tiers, compute_tiers
from accreditation.models import Accreditation, Notice, Tier, TierHolding
from accreditation.rules.programs import why_not_give_badge, why_not_load_badge
from accreditation.rules.tier_awards import tier_awards_due
from accreditation.tests.depth import holding, seller, show
from accreditation.tests.factories import asks_for, make_enablement, make_program
from assessments.models import Brief
from badges.actions.revocations import confirm_revocation, request_revocation
from badges.models import Achievement, Credential
from badges.tests.factories import make_achievement
from courses.tests.at_once import at_once
from courses.tests.factories import CourseFactory

pytestmark = pytest.mark.django_db
STEPS = (("crawl", 1, False), ("walk", 2, False), ("run", 5, True))


@pytest.fixture(autouse=True)
def badges():
    author_tiers(
        tiers=[
            {
                "slug": slug, "title": slug.capitalize(), "use_cases": number, "complex_is_enough": complex_,
                "achievement": make_achievement(slug=f"tier-{slug}", name=slug.capitalize()),
            }
            for slug, number, complex_ in STEPS
        ]
    )  # fmt: skip


def issue(learner):
    return issue_tier_award(holding_id=holding(learner).pk)


def badge_of(learner, slug):
    return Credential.objects.get(holder=learner, achievement__slug=f"tier-{slug}")


def test_a_tier_has_its_badge_once_and_it_ends_with_the_tier():
    learner, _ = seller("a", "b")

    credential = issue(learner)

    row = holding(learner)
    assert (credential.achievement.slug, credential.valid_until) == ("tier-walk", row.valid_until)
    assert row.credential == credential
    assert issue(learner) is None
    assert Notice.objects.filter(recipient=learner, kind="badge").count() == 1


def test_the_badge_names_use_cases_with_dates_and_no_person_or_customer():
    learner, _ = seller("a")

    credential = issue(learner)

    (proof,) = credential.facts["evidence"]
    until = holding(learner).valid_until
    assert (proof["name"], f"until {until:%-d %B %Y}" in proof["narrative"]) == ("A", True)
    assert credential.facts["rule_version"] == "Crawl: 1 use case or more"
    assert credential.facts["tags"] == ["A"]
    hidden = [learner.email, *Brief.objects.values_list("customer", flat=True)]
    assert not [word for word in hidden if word in credential.document]


def test_a_tier_up_supersedes_the_lower_badge_which_stays_valid(client):
    learner, practical = seller("a")
    crawl = issue(learner)
    show(learner, practical, "b")
    reassess(learner=learner)

    walk = issue(learner)

    crawl.refresh_from_db()
    assert (crawl.superseded_by, crawl.state) == (walk, Credential.State.ISSUED)
    assert str(walk.pk) in client.get(f"/credentials/{crawl.pk}/").content.decode()
    assert str(crawl.pk) in walk.document


def test_all_lower_badges_point_to_the_highest():
    learner, practical = seller("a")
    for more in ("b", "cde"):
        issue(learner)
        show(learner, practical, *more)
        reassess(learner=learner)

    run = issue(learner)

    assert badge_of(learner, "walk").superseded_by == run
    assert badge_of(learner, "crawl").superseded_by == badge_of(learner, "walk")


def test_a_tier_lost_leaves_its_badge_to_its_date():
    learner, practical = seller("a")
    (proof,) = show(learner, practical, "b")
    reassess(learner=learner)
    walk = issue(learner)

    withdraw_evidence(evidence=proof, reason="Not theirs.", by=make_enablement())
    reassess(learner=learner)
    crawl = issue(learner)

    walk.refresh_from_db()
    assert (walk.state, walk.superseded_by, crawl.achievement.slug) == ("issued", None, "tier-crawl")


def test_the_sweep_issues_what_is_due_and_midnight_brings_the_lower_badge():
    last = timezone.now().date() + timedelta(days=120)
    learner, practical = seller("a")
    show(learner, practical, "b", valid_until=last)
    reassess(learner=learner)

    sweep_awards()
    midnight = datetime.combine(last + timedelta(days=1), time(), UTC)
    sweep_standings(now=midnight)

    assert badge_of(learner, "walk").valid_until == last
    assert list(tier_awards_due(midnight)) == [holding(learner)]
    assert not tier_awards_due(midnight - timedelta(seconds=1)).exclude(tier="crawl").exists()


def test_longer_proof_renews_the_badge_in_its_last_days():
    soon = timezone.now().date() + timedelta(days=20)
    learner, practical = seller("a", valid_until=soon)
    first = issue(learner)
    assert not tier_awards_due(timezone.now()).exists()
    show(learner, practical, "a", ago=1)
    reassess(learner=learner)

    second = issue(learner)

    assert (second.predecessor, second.valid_until) == (first, holding(learner).valid_until)


def revoked(learner, tier="crawl"):
    """The badge of a tier, revoked today by two people; the tier as computed after that."""
    staff = [make_enablement() for _ in range(2)]
    request = request_revocation(credential=badge_of(learner, tier), reason="Done by somebody else.", by=staff[0])
    confirm_revocation(request=request, by=staff[1])
    sweep_standings()
    return holding(learner)


def test_a_revoked_badge_takes_its_tier_until_there_is_newer_proof(client):
    learner, practical = seller("a", ago=30)
    issue(learner)

    row = revoked(learner)

    assert (row.tier, row.revoked, len(row.use_cases)) == ("", ["crawl"], 1)
    assert not tier_awards_due(timezone.now()).exists()
    client.force_login(learner)
    page = client.get("/").content.decode()
    assert ("Tier: none yet" in page, "Your crawl badge was revoked" in page) == (True, True)

    show(learner, practical, "a", ago=-1)
    reassess(learner=learner)
    assert (holding(learner).tier, holding(learner).revoked) == ("crawl", [])
    assert list(tier_awards_due(timezone.now())) == [holding(learner)]


@pytest.mark.parametrize("ago", [0, 1, 20])
def test_proof_up_to_the_day_of_the_revocation_brings_no_tier_back(ago):
    learner, practical = seller("a", ago=30)
    issue(learner)
    revoked(learner)

    show(learner, practical, "a", ago=ago)
    reassess(learner=learner)

    assert (holding(learner).tier, issue(learner)) == ("", None)


def test_a_revoked_tier_leaves_the_one_below_it():
    learner, practical = seller("a", ago=30)
    issue(learner)
    show(learner, practical, "b", ago=20)
    reassess(learner=learner)
    issue(learner)

    row = revoked(learner, "walk")

    assert (row.tier, row.revoked, row.credential) == ("crawl", ["walk"], None)
    assert badge_of(learner, "crawl").state == "issued"


def test_a_tier_revoked_long_ago_is_held_by_what_was_shown_since():
    learner, practical = seller("a", ago=30)
    issue(learner)
    revoked(learner)
    show(learner, practical, *"bcdef", ago=-1)
    reassess(learner=learner)

    assert holding(learner).tier == "run"


def test_everybody_at_once_heeds_revocations_too():
    learner, _ = seller("a", "b", ago=30)
    issue(learner)
    revoked(learner, "walk")
    TierHolding.objects.all().delete()

    compute_tiers(learners=[learner.pk], now=timezone.now())

    assert (holding(learner).tier, holding(learner).revoked) == ("crawl", ["walk"])


def test_a_preview_of_other_rules_heeds_revocations():
    learner, practical = seller("a", "b", ago=30)
    issue(learner)
    revoked(learner, "walk")
    asked = [asks_for(practical, "show"), asks_for(CourseFactory(lessons=1))]
    groups = [{"title": "Proofs", "rule": "all_of", "count": None, "requirements": asked}]
    program, by = Accreditation.objects.get(learner=learner).program, make_enablement()
    times = {"validity_months": 12, "renewal_window_days": 90, "grace_days": 0}

    proposal = propose_rules(program=program, times=times, groups=groups, by=by)
    ask_for_preview(proposal=proposal, goes_live_on=timezone.now().date(), grandfather="none", by=by)
    settle_preview(proposal_id=proposal.pk)

    (row,) = proposal.effects.all()
    assert (row.tier_before, row.tier_after) == ("crawl", "")


def test_a_badge_signed_anew_takes_its_place():
    learner, _ = seller("a")
    credential = issue(learner)
    other, _ = seller("a")
    newer = issue(other)

    follow_credential(credential=newer, predecessor=credential)

    assert holding(learner).credential == newer


def test_a_tier_without_a_badge_awards_nothing():
    author_tiers(tiers=[{"slug": "crawl", "title": "Crawl", "use_cases": 1, "achievement": None}])
    learner, _ = seller("a")

    assert issue(learner) is None


def test_no_program_awards_the_badge_of_a_tier():
    badge = Achievement.objects.get(slug="tier-run")

    assert why_not_give_badge(make_program(), badge).code == "taken"
    assert why_not_load_badge(None, "tier-run").code == "taken"


@pytest.mark.django_db(transaction=True)
def test_four_at_one_moment_issue_one():
    badge = Achievement.objects.get(slug="tier-crawl")
    Tier.objects.filter(slug="crawl").update(achievement=None)
    learner, _ = seller("a")
    Tier.objects.filter(slug="crawl").update(achievement=badge)

    results = at_once([lambda: issue(learner)] * 4)

    assert sum(one is not None for one in results) == 1
    assert Credential.objects.filter(holder=learner).count() == 1
