"""What an award says, against the published schemas and the rules that they don't hold."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from badges import openbadges
from badges.openbadges import AchievementFacts, AwardFacts, CredentialFacts, CriterionFacts, Earlier, IssuerFacts
from badges.tests.factories import LEVELS, AwardFactsFactory

ISSUER = IssuerFacts("http://localhost:8000", "Example Company")
ACHIEVEMENT = AchievementFacts(
    "partner-seller", 3, "Partner Seller", "Sells.", "Did *it*.", "Certification", ("sales",)
)
OWN = CredentialFacts(
    "0b1f3f0e-5b7b-4d39-9a4c-1f7d6c7b8a90",
    "5e9c2d1a-1111-4222-8333-123456789abc",
    datetime(2026, 6, 18, 9, 30, 12, 456789, tzinfo=UTC),
)


def build(achievement=ACHIEVEMENT, own=OWN, **facts):
    award = AwardFactsFactory(awarded_at=datetime(2026, 6, 18, 9, 30, 12, tzinfo=UTC), **facts)
    return openbadges.build_credential(issuer=ISSUER, achievement=achievement, award=award, credential=own)


def members(value):
    if isinstance(value, dict):
        yield from (pair for pair in value.items())
        for inner in value.values():
            yield from members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner)


BARE = {"results": (), "evidence": (), "valid_until": None, "tags": (), "alignment": ()}


@pytest.mark.parametrize("facts", [{}, BARE], ids=["full", "bare"])
def test_every_award_passes_both_published_schemas(facts):
    assert openbadges.schema_errors(build(**facts)) == []


def test_a_document_without_issuer_fails_the_schemas():
    document = build()
    del document["issuer"]

    assert any("issuer" in error for error in openbadges.schema_errors(document))


@pytest.mark.parametrize("facts", [{}, BARE], ids=["full", "bare"])
def test_no_member_is_null_or_empty(facts):
    bare = AchievementFacts("partner-seller", 1, "Partner Seller", "Sells.", "Did it.", "Certification")

    assert [name for name, value in members(build(bare, **facts)) if value in (None, [], {}, "")] == []


@pytest.mark.parametrize("facts", [{}, BARE], ids=["full", "bare"])
def test_types_are_arrays_but_for_image_and_schema(facts):
    found = [value for name, value in members(build(**facts)) if name == "type" and not isinstance(value, list)]

    assert set(found) == {"Image", "1EdTechJsonSchemaValidator2019", "1EdTechCredentialRefresh"}


def test_contexts_stand_in_their_order_and_the_extension_defines_the_schema_type():
    assert build()["@context"] == list(openbadges.CONTEXTS)
    assert openbadges.CONTEXTS[0] == "https://www.w3.org/ns/credentials/v2"
    assert openbadges.CONTEXTS[1].endswith("/ob/v3p0/context-3.0.3.json")


@pytest.mark.parametrize(
    ("site", "did"),
    [
        ("http://localhost:8000", "did:web:localhost%3A8000"),
        ("https://badges.example.com", "did:web:badges.example.com"),
    ],
)
def test_issuer_is_the_did_of_the_site(site, did):
    assert IssuerFacts(site, "Example Company").did == did


def test_ids_are_the_same_everywhere():
    document = build()
    subject = document["credentialSubject"]

    assert document["id"] == f"http://localhost:8000/credentials/{OWN.credential_id}.json"
    assert subject["id"] == f"urn:uuid:{OWN.subject_id}"
    assert subject["achievement"]["id"] == "http://localhost:8000/badges/partner-seller/"
    assert document["issuer"]["id"] == subject["achievement"]["creator"]["id"]


def test_times_are_whole_seconds_in_utc_and_the_last_day_is_inclusive():
    document = build(valid_until=date(2027, 6, 18), time_zone="America/New_York")

    assert document["validFrom"] == "2026-06-18T09:30:12Z"
    assert document["awardedDate"] == "2026-06-18T09:30:12Z"
    assert document["validUntil"] == "2027-06-19T03:59:59Z"


def test_every_result_points_to_a_description_and_a_level_that_exist():
    subject = build()["credentialSubject"]
    descriptions = {row["id"]: row for row in subject["achievement"]["resultDescription"]}
    kinds = [row["resultType"] for row in descriptions.values()]

    assert kinds == ["Percent", "RubricScore", "RubricCriterionLevel", "RubricCriterionLevel"]
    assert len(subject["result"]) == len(descriptions)
    for result in subject["result"]:
        levels = {
            level["id"]: level for level in descriptions[result["resultDescription"]].get("rubricCriterionLevel", [])
        }
        assert not levels or levels[result["achievedLevel"]]["level"] == result["value"]
        assert isinstance(result["value"], str)


def test_a_score_without_rubric_is_raw_and_criteria_may_stand_alone():
    raw = openbadges.ResultFacts("quiz", "Quiz", "7")
    alone = openbadges.ResultFacts("demo", "Demo", criteria=(CriterionFacts("clear", "Clear", 2, LEVELS),))
    rows = build(results=(raw, alone))["credentialSubject"]["achievement"]["resultDescription"]

    assert [row["resultType"] for row in rows] == ["RawScore", "RubricCriterionLevel"]
    assert "valueMax" not in rows[0] and "requiredValue" not in rows[0]


@pytest.mark.parametrize("level", [0, 6])
def test_a_level_that_the_rubric_lacks_is_refused(level):
    with pytest.raises(ValueError, match="no level"):
        CriterionFacts("clear", "Clear", level, LEVELS)


def test_competencies_are_alignments_that_say_where_they_are_described():
    first, second = build()["credentialSubject"]["achievement"]["alignment"]

    assert first == {
        "type": ["Alignment"],
        "targetName": "Value selling",
        "targetUrl": "http://localhost:8000/programs/competencies/value-selling/",
        "targetDescription": "Ties work to worth.",
        "targetFramework": "Field",
        "targetCode": "value-selling",
        "targetType": "CFItem",
    }
    assert "targetDescription" not in second and second["targetCode"] == "objection-handling"


def test_tags_are_those_of_the_badge_and_then_those_of_the_proofs_each_once():
    assert build()["credentialSubject"]["achievement"]["tag"] == ["sales", "DevSecOps"]


def test_language_of_the_badge_stands_in_its_achievement():
    swiss = replace(ACHIEVEMENT, language="de-CH")

    assert build()["credentialSubject"]["achievement"]["inLanguage"] == "en"
    assert build(swiss)["credentialSubject"]["achievement"]["inLanguage"] == "de-CH"
    assert openbadges.schema_errors(build(swiss)) == []
    assert openbadges.schema_errors(build(replace(ACHIEVEMENT, language="German")))


def test_an_earlier_award_is_named_by_its_id_and_a_later_one_by_the_way_to_it():
    earlier = Earlier("1f0f3f0e-5b7b-4d39-9a4c-1f7d6c7b8a91", "This award renews it.")
    document = build(own=replace(OWN, follows=(earlier,)))

    assert document["evidence"][-1] == {
        "id": f"http://localhost:8000/credentials/{earlier.credential_id}.json",
        "type": ["Evidence"],
        "name": "The award before this one",
        "narrative": "This award renews it.",
        "genre": "predecessor",
    }
    assert document["refreshService"] == {
        "id": f"http://localhost:8000/credentials/{OWN.credential_id}/newest.json",
        "type": "1EdTechCredentialRefresh",
    }
    assert openbadges.schema_errors(document) == []


def test_evidence_names_the_rules_that_were_met():
    evidence = build(**BARE | {"rule_version": "rules 3"})["evidence"]

    assert [row["narrative"] for row in evidence] == ["The requirements of rules 3."]


def test_facts_go_into_a_row_as_plain_json():
    facts = AwardFacts(datetime(2026, 6, 18, tzinfo=UTC), "rules 3", "did it.", date(2027, 6, 18)).as_json()

    assert facts["awarded_at"] == "2026-06-18T00:00:00+00:00"
    assert facts["valid_until"] == "2027-06-18"


def test_a_changed_schema_file_is_refused(monkeypatch):
    openbadges._validator.cache_clear()
    monkeypatch.setitem(openbadges.PINNED, "ob_v3p0_achievementcredential_schema.json", "0" * 64)

    with pytest.raises(ValueError, match="pinned"):
        openbadges.schema_errors({})
    openbadges._validator.cache_clear()
