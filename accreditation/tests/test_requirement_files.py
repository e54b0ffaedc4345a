"""Requirements as a program file says them: what is written, what the rules make of it, and what is refused with its line."""

import pytest

from accreditation.models import Attestation, ExternalCredit, Program, RequirementGroup
from accreditation.rules.programs import rules_of, with_rules
from accreditation.rules.proofs import Condition
from accreditation.tests.program_texts import changed, load, mistakes_of, small_program
from assessments.models import Practical
from courses.models import Persona, UseCase

pytestmark = pytest.mark.django_db

CALLS = {
    "kind": "proofs", "proof": "keep", "title": "Three calls", "practicals": ["demo"], "count": 3, "within_days": 180,
    "supervision": "alone", "at_least": [{"count": 1, "use_case": "ci-cd"}],
}  # fmt: skip


def whole():
    """The small program with every kind of requirement, groups in groups, and a renewal."""
    data = small_program()
    data["practicals"][0]["supervision"] = "alone"
    data["attestations"] = [{"slug": "ready", "title": "Ready", "statement": "Is ready to sell alone."}]
    data["credits"] = [{"slug": "cloud", "title": "Cloud", "issuer": "Body"}]
    program = data["programs"][0]
    program |= {
        "regions": ["EMEA"],
        "time_zone": "Europe/Berlin",
        "valid_months": {"exam": 24, "credit": 36},
        "renewal_window_days": 60,
        "grace_days": 30,
    }
    program["groups"].append(
        {
            "title": "Keep",
            "rule": "n_of",
            "count": 1,
            "requirements": [CALLS],
            "groups": [
                {
                    "title": "From elsewhere",
                    "requirements": [
                        {"kind": "attestation", "ref": "ready", "proof": "keep"},
                        {"kind": "credit", "ref": "cloud", "proof": "know", "valid_months": 12, "title": "Cloud paper"},
                    ],
                }
            ],
        }
    )
    program["renewal"] = [{"title": "Upkeep", "requirements": [{"kind": "practical", "ref": "demo", "proof": "keep"}]}]
    return data


def rules():
    return rules_of(with_rules(Program.objects.all()).get(slug="seller"))


def test_everything_that_may_be_asked_is_written_and_read(tmp_path):
    load(tmp_path, whole())

    found = rules()
    know, _, keep = found.groups
    (calls,), (elsewhere,) = keep.requirements, keep.groups
    attested, credit = elsewhere.requirements
    assert (found.window_days, found.grace_days, [one.title for one in found.renewal]) == (60, 30, ["Upkeep"])
    assert [one.valid_months for one in know.requirements] == [None, 24]
    assert (attested.target, credit.target) == (Attestation.objects.get().pk, ExternalCredit.objects.get().pk)
    assert (credit.title, credit.valid_months, attested.valid_months) == ("Cloud paper", 12, None)
    assert (calls.count.number, calls.count.within_days, calls.count.condition.supervision) == (3, 180, ("alone",))
    assert calls.count.at_least == ((1, Condition(use_case=UseCase.objects.get().pk)),)


def test_the_same_file_again_writes_nothing(tmp_path):
    load(tmp_path, whole())

    assert load(tmp_path, whole()).rows_written == 0


def test_a_file_without_time_zone_leaves_the_one_that_was_set(tmp_path):
    load(tmp_path, whole())
    data = whole()
    del data["programs"][0]["time_zone"]

    assert load(tmp_path, data).rows_written == 0
    assert Program.objects.get().time_zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("renewal_window_days", 30),
        ("grace_days", 10),
        ("valid_months", {"exam": 12, "credit": 36}),
        ("validity_months", 6),
        ("renewal", []),
    ],
)
def test_other_rules_are_another_version(tmp_path, place, value):
    load(tmp_path, whole())
    data = whole()
    data["programs"][0][place] = value
    if place == "renewal":
        data["programs"][0]["grace_days"] = 0

    load(tmp_path, data)

    assert Program.objects.get().current_version.number == 2


def test_rules_without_anything_new_hash_as_they_always_did(tmp_path):
    load(tmp_path, small_program())

    assert not RequirementGroup.objects.exclude(parent=None).exists()
    digest = Program.objects.get().current_version.content_hash
    load(tmp_path, changed("programs.0", 90, key="renewal_window_days"))
    assert Program.objects.get().current_version.content_hash == digest


def test_one_persona_may_be_the_fallback(tmp_path):
    data = small_program()
    data["catalogue"]["personas"][0]["fallback"] = True
    load(tmp_path, data)
    assert Persona.objects.get(is_fallback=True).slug == "sales"

    data["catalogue"]["personas"].append({"slug": "product", "name": "Product", "fallback": True})
    assert any("persona_one_fallback" in words for _, words in mistakes_of(tmp_path, data))


def asked(**changes):
    """The small program whose last requirement says this as well; None takes a word away."""
    data = small_program()
    one = data["programs"][0]["groups"][1]["requirements"][0]
    for name, value in changes.items():
        one[name] = value
    for name in [name for name, value in changes.items() if value is None]:
        del one[name]
    return data


def counts(**changes):
    return asked(**{"ref": None} | CALLS | changes)


def of_program(**changes):
    data = small_program()
    data["programs"][0] |= changes
    return data


NESTED = {"title": "Inner", "requirements": [{"kind": "course", "ref": "planning", "proof": "know"}]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (asked(ref=None), "`ref` is missing"),
        (asked(count=2), "`count` belongs to `kind: proofs`"),
        (asked(use_case="ci-cd"), "`use_case` belongs to `kind: proofs`"),
        (asked(kind="attestation", ref="none"), "there is no attestation `none`"),
        (counts(title=""), "`proofs` needs `title` and `count`"),
        (counts(count=None), "`proofs` needs `title` and `count`"),
        (counts(ref="demo"), "`proofs` needs `title` and `count`"),
        (counts(at_least=[{"count": 4, "use_case": "ci-cd"}]), "at least 4 of 3 proofs can't be reached"),
        (counts(practicals=["none"]), "there is no practical `none`"),
        (counts(supervision="asleep"), "supervision"),
        (counts(), "No open practical could prove what “Three calls” asks for"),
        (of_program(grace_days=3), "`grace_days` is for a `renewal`"),
        (of_program(time_zone="Moon"), "`Moon` is no time zone"),
        (of_program(valid_months={"program": 3}), "valid_months"),
        (of_program(groups=[{"title": "None"}]), "asks for nothing"),
        (of_program(groups=[{"title": "Outer", "groups": [{**NESTED, "groups": [NESTED]}]}]), "is not a key"),
        (of_program(groups=[{"title": "Outer", "rule": "n_of", "count": 2, "groups": [NESTED]}]), "asks for 2 of 1"),
    ],
)
def test_what_cannot_be_is_named_where_it_stands(tmp_path, data, words):
    found = mistakes_of(tmp_path, data)

    assert any(words in message and line > 1 for line, message in found), found


def two(first, second):
    """Two programs that ask for these programs beside their exam."""
    data = small_program()
    data["programs"] = [
        {
            "slug": slug, "title": slug.capitalize(),
            "groups": [{"title": "All", "requirements": [{"kind": "program", "ref": one, "proof": "know"} for one in asks]
                        or [{"kind": "exam", "ref": "exam", "proof": "know"}]}],
        }
        for slug, asks in (("core", first), ("seller", second))
    ]  # fmt: skip
    return data


def test_programs_that_ask_for_each_other_are_a_circle(tmp_path):
    found = mistakes_of(tmp_path, two(["seller"], ["core"]))

    assert any("in a circle: Seller → Core → Seller" in words for _, words in found)
    assert load(tmp_path, two([], ["core"])).rows_written > 0


def test_a_circle_that_a_later_file_would_close_is_refused(tmp_path):
    load(tmp_path, two([], ["core"]))

    assert any("circle" in words for _, words in mistakes_of(tmp_path, two(["seller"], ["core"])))


def test_an_exam_that_opens_none_of_the_practicals_locks_nothing(tmp_path):
    data = small_program()
    other = dict(data["exams"][0], slug="other", title="Other")
    data["exams"].append(other)
    data["programs"][0]["groups"][0]["requirements"][1]["ref"] = "other"

    assert any("“Other” opens none of the practicals" in words for _, words in mistakes_of(tmp_path, data))


def test_what_was_withdrawn_is_not_asked_for(tmp_path):
    load(tmp_path, small_program())
    Practical.objects.update(state="withdrawn")
    data = small_program()
    data["programs"][0]["validity_months"] = 6

    assert any("“Demo” was withdrawn" in words for _, words in mistakes_of(tmp_path, data))
