"""Frameworks of competencies as CASE files: what goes out comes back, what others send is checked before it counts."""

import json
import tracemalloc
from copy import deepcopy
from datetime import date
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from courses.actions.frameworks import load_framework, set_place
from courses.lib.refusals import Refused
from courses.models import AuditEvent, Competency, Framework, JourneyStage
from courses.rules.case import package
from courses.rules.case_files import MOST_BYTES, MOST_FAULTS, read_package
from courses.rules.framework_changes import changes_of
from courses.rules.frameworks import content_of, why_not_place, why_not_replace

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 20)
NOW = "2026-05-01T12:00:00Z"
HOME = "https://skills.example"
DOCUMENT = "0f1d2c3b-4a59-4867-9f00-aabbccddeeff"


def link(identifier):
    return {"title": "x", "identifier": str(identifier), "uri": f"{HOME}/uri/{identifier}"}


def item(identifier, text="Sells by value", **more):
    uri = f"{HOME}/uri/{identifier}"
    return {
        "identifier": str(identifier), "uri": uri, "fullStatement": text, "lastChangeDateTime": NOW,
        "CFItemType": "Skill", "CFDocumentURI": link(DOCUMENT), "educationLevel": None, **more,
    }  # fmt: skip


def tie(kind, start, end, **more):
    return {
        "identifier": str(uuid4()), "uri": f"{HOME}/uri/{uuid4()}", "associationType": kind, "lastChangeDateTime": NOW,
        "originNodeURI": link(start), "destinationNodeURI": link(end), **more,
    }  # fmt: skip


def file_of(items=(), ties=(), **document):
    return {
        "CFDocument": {
            "identifier": DOCUMENT, "uri": f"{HOME}/uri/{DOCUMENT}", "creator": "A body", "title": "Skills",
            "version": "3", "lastChangeDateTime": NOW, "publisher": None,
            "licenseURI": {"title": "CC BY 4.0", "identifier": str(uuid4()), "uri": "https://creativecommons.org/licenses/by/4.0/"},
            **document,
        },
        "CFItems": list(items),
        "CFAssociations": list(ties),
    }  # fmt: skip


def read(found):
    return read_package(found if isinstance(found, bytes) else json.dumps(found).encode())


def faults(found):
    result = read(found)
    assert isinstance(result, list), result
    return [str(one) for one in result]


def load(found, **more):
    return load_framework(read=read(found), by=None, today=TODAY, **more)


@pytest.fixture
def own():
    """A group with two parts, one of them replaced by the other, in two stages."""
    plan, win = (
        JourneyStage.objects.create(slug=one, name=one.title(), position=n) for n, one in enumerate(("plan", "win"))
    )
    group = Competency.objects.create(slug="sell", name="Sell", code="S", position=4, summary="Sells\r\nwell.")
    new = Competency.objects.create(slug="value", name="Value  selling", code="S.1", parent=group, position=5)
    old = Competency.objects.create(
        slug="price", name="Price", parent=group, withdrawn_on=date(2026, 1, 1), replaced_by=new, position=6
    )
    new.stages.set([plan, win])
    old.stages.set([plan])
    return group, new, old


def own_file():
    return package(content_of(None))


def test_what_goes_out_comes_back_and_changes_nothing(own, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        found = own_file()

    with django_assert_max_num_queries(12):
        changes = load(found)

    assert changes.is_nothing and changes.counts == {"new": 0, "changed": 0, "gone": 0, "same": 3}
    assert own_file() == found


def test_a_package_says_what_the_standard_asks_for(own):
    found = own_file()

    assert set(found) == {"CFDocument", "CFItems", "CFAssociations", "CFDefinitions"}
    assert {"identifier", "uri", "creator", "title", "lastChangeDateTime"} <= set(found["CFDocument"])
    for one in found["CFItems"]:
        assert {"identifier", "uri", "fullStatement", "lastChangeDateTime"} <= set(one)
        assert "CFDocumentURI" not in one
    for one in found["CFAssociations"]:
        assert {
            "identifier",
            "uri",
            "associationType",
            "originNodeURI",
            "destinationNodeURI",
            "lastChangeDateTime",
        } <= set(one)
        assert all(set(one[end]) == {"title", "identifier", "uri"} for end in ("originNodeURI", "destinationNodeURI"))
    for one in found["CFDefinitions"]["CFItemTypes"]:
        assert {"identifier", "uri", "title", "description", "hierarchyCode", "lastChangeDateTime"} <= set(one)
    every = [one["identifier"] for part in ("CFItems", "CFAssociations") for one in found[part]]
    assert len(every) == len(set(every)) and all(str(UUID(one)) == one for one in every)
    kinds = [one["associationType"] for one in found["CFAssociations"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "isChildOf": 5,
        "precedes": 1,
        "isRelatedTo": 3,
        "replacedBy": 1,
    }
    assert all("statusEndDate" not in one or one["statusEndDate"] == "2026-01-01" for one in found["CFItems"])


def test_an_edited_file_of_the_own_framework_changes_just_that(own):
    found = own_file()
    value = next(one for one in found["CFItems"] if one.get("humanCodingScheme") == "S.1")
    value["fullStatement"] = "Ties work to worth."
    found["CFItems"] = [one for one in found["CFItems"] if one["abbreviatedStatement"] != "Price"]
    gone = str(own[2].identifier)
    found["CFAssociations"] = [one for one in found["CFAssociations"] if gone not in json.dumps(one)]
    Competency.objects.filter(pk=own[2].pk).update(withdrawn_on=None, replaced_by=None)

    changes = load(found)

    assert [(one.what, one.name, one.fields) for one in changes.rows] == [
        ("changed", "Value  selling", ("statement",)), ("gone", "Price", ()),
    ]  # fmt: skip
    own[1].refresh_from_db(), own[2].refresh_from_db()
    assert (own[1].summary, own[1].parent, own[1].slug) == ("Ties work to worth.", own[0], "value")
    assert own[2].withdrawn_on == TODAY and own[1].stages.count() == 2
    assert AuditEvent.objects.get(event="framework loaded").details["gone"] == 1
    assert load(found).is_nothing


def test_another_publishers_framework_is_taken_in_with_its_tree():
    group, part, old = uuid4(), uuid4(), uuid4()
    found = file_of(
        [item(part, "P" * 200, abbreviatedStatement="Part", humanCodingScheme="A.1"), item(group, "Group"), item(old, "Old")],
        [
            tie("isChildOf", group, DOCUMENT, sequenceNumber=7), tie("isChildOf", part, group), tie("isChildOf", old, DOCUMENT),
            tie("replacedBy", old, part), tie("isPeerOf", old, group), tie("isChildOf", part, DOCUMENT),
        ],
        notes="kept out",
    )  # fmt: skip

    changes = load({"CFPackage": found})

    row = Framework.objects.get()
    assert (row.title, row.version, row.license_title, row.uri) == (
        "Skills",
        "3",
        "CC BY 4.0",
        f"{HOME}/uri/{DOCUMENT}",
    )
    rows = {one.identifier: one for one in row.competencies.all()}
    assert (rows[part].name, rows[part].summary, rows[part].code, rows[part].slug) == ("Part", "P" * 200, "A.1", "a1")
    assert rows[part].parent == rows[group] and rows[group].position == 7
    assert rows[old].replaced_by == rows[part] and rows[old].withdrawn_on == date(2026, 5, 1)
    assert rows[part].uri == f"{HOME}/uri/{part}"
    assert changes.left_out == {"associations isPeerOf": 1, "further parents": 1}
    assert load(found).is_nothing
    again = package(content_of(row))
    assert load(again).is_nothing
    del found["CFItems"][2]
    found["CFAssociations"] = [one for one in found["CFAssociations"] if str(old) not in json.dumps(one)]
    assert load(found).is_nothing, "what is withdrawn already isn't withdrawn again"


def test_stages_of_another_portal_are_found_by_name_and_new_ones_follow(own):
    known, new, skill = uuid4(), uuid4(), uuid4()
    stage = {"CFItemType": "Journey stage"}
    found = file_of(
        [item(known, "Plan", humanCodingScheme="plan", **stage), item(new, "Renew", **stage), item(skill)],
        [tie("precedes", known, new), tie("isRelatedTo", skill, known), tie("isRelatedTo", skill, new)],
    )

    load(found)

    assert list(JourneyStage.objects.values_list("slug", flat=True)) == ["plan", "win", "renew"]
    assert set(Competency.objects.get(identifier=skill).stages.values_list("slug", flat=True)) == {"plan", "renew"}
    assert load(found).is_nothing


def test_a_preview_is_applied_as_it_was_shown_or_not_at_all():
    one, other = uuid4(), uuid4()
    found = file_of([item(one), item(other, "Other")])
    digest = changes_of(read(found), TODAY).digest
    load(file_of([item(one)]))

    with pytest.raises(Refused, match="since the preview"):
        load(found, digest=digest)

    assert Competency.objects.count() == 1
    load(found, digest=changes_of(read(found), TODAY).digest)
    assert Competency.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f["CFItems"][0].pop("fullStatement"), "CFItems[0].fullStatement: is missing"),
        (lambda f: f["CFItems"][0].update(fullStatement=7), "CFItems[0].fullStatement: must be a text in quotes"),
        (lambda f: f["CFItems"][0].update(fullStatement=" "), "CFItems[0].fullStatement: is empty"),
        (lambda f: f["CFItems"][0].update(fullStatement="a\u202eb"), "holds a sign that nobody sees (U+202E)"),
        (lambda f: f["CFItems"][0].update(fullStatement="a\0b"), "(U+0000)"),
        (lambda f: f["CFItems"][0].update(fullStatement="\ud800"), "CFItems[0].fullStatement:"),
        (lambda f: f["CFItems"][0].update(fullStatement="x" * 20_001), "has more than 20,000 letters"),
        (lambda f: f["CFItems"][0].update(identifier="7"), "CFItems[0].identifier: is no UUID"),
        (lambda f: f["CFItems"][0].update(lastChangeDateTime=7), "CFItems[0].lastChangeDateTime: must be a text in quotes"),
        (lambda f: f["CFItems"][0].update(lastChangeDateTime="soon"), "is no time, like"),
        (lambda f: f["CFItems"][0].update(statusEndDate="never"), "is no day, like"),
        (lambda f: f["CFItems"][0].update(uri="javascript:alert(1)"), "CFItems[0].uri: is no address of the web"),
        (lambda f: f["CFItems"][0].update(uri="https://a@skills.example/"), "is no address of the web"),
        (lambda f: f["CFItems"][0].update(uri="https://other.example/1"), "it is somebody else’s"),
        (lambda f: f["CFItems"].append(deepcopy(f["CFItems"][0])), "CFItems[2].identifier:"),
        (lambda f: f["CFItems"][0].update(identifier=DOCUMENT), "stands twice in this file"),
        (lambda f: f.update(CFItems={}), "CFItems: "),
        (lambda f: f.update(CFItems=[[]]), "CFItems[0]: "),
        (lambda f: f["CFDocument"].pop("creator"), "CFDocument.creator: is missing"),
        (lambda f: f["CFAssociations"].append(tie("likes", DOCUMENT, DOCUMENT)), "CFAssociations[0].associationType: is none of"),
        (lambda f: f["CFAssociations"].append(tie("isChildOf", f["CFItems"][0]["identifier"], uuid4())), "[0].destination"),
        (lambda f: f["CFAssociations"].append(tie("isChildOf", uuid4(), DOCUMENT)), "CFAssociations[0].originNodeURI:"),
        (lambda f: f["CFAssociations"].append(tie("isChildOf", DOCUMENT, DOCUMENT, sequenceNumber="1")), "sequenceNumber"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_path(change, sentence):
    found = file_of([item(uuid4()), item(uuid4(), "Other")])
    change(found)

    assert any(sentence in one for one in faults(found)), faults(found)


@pytest.mark.parametrize("kind", ["isChildOf", "replacedBy"])
def test_circles_are_refused(kind):
    a, b, c = (uuid4() for _ in range(3))
    ties = [tie(kind, a, b), tie(kind, b, c), tie(kind, c, a)]

    (sentence,) = faults(file_of([item(one) for one in (a, b, c)], ties))

    assert f"{kind} leads round in a circle" in sentence


def test_a_deep_tree_is_refused():
    chain = [uuid4() for _ in range(14)]
    ties = [tie("isChildOf", low, high) for high, low in pairwise(chain)]

    assert "levels deep" in faults(file_of([item(one) for one in chain], ties))[0]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This is no JSON"),
        (b"\xff\xfe", "The file is not UTF-8."),
        (b'{"a": NaN}', "This is no JSON"),
        (b'{"a": 1, "a": 2}', "“a” is given twice"),
        (b"[]", "no CASE package"),
        (b'{"CFDocument": 7}', "CFDocument:"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"[" + b"[]," * 300_000 + b"[]]", "objects and lists"),
        (b" " * (MOST_BYTES + 1), "more than 5 MB"),
        (b'{"a": ' + b"9" * 5000 + b"}", "This is no JSON"),
    ],
)
def test_what_is_no_framework_is_refused_in_words(data, sentence):
    assert sentence in faults(data)[0]


def test_a_hundred_thousand_items_are_refused_without_reading_each():
    tiny = b'{"CFDocument": {}, "CFItems": [' + b"{}," * 99_999 + b"{}]}"
    tracemalloc.start()

    assert "100,000 rows; 5,000 are the most" in faults(tiny)[0]

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000


def test_many_mistakes_are_cut_short():
    found = faults(file_of([{"identifier": "x"}] * 60))

    assert len(found) == MOST_FAULTS + 1 and found[-1].startswith("And ")


def test_five_thousand_items_are_written_with_few_statements(django_assert_max_num_queries):
    chain = [uuid4() for _ in range(5000)]
    found = file_of(
        [item(one, f"Skill {n}") for n, one in enumerate(chain)], [tie("isChildOf", one, chain[0]) for one in chain[1:]]
    )

    with django_assert_max_num_queries(60):
        load(found)

    assert Competency.objects.filter(parent__identifier=chain[0]).count() == 4999
    assert load(found).is_nothing


def test_nobody_speaks_for_somebody_elses_framework(own):
    skill = uuid4()
    load(file_of([item(skill)]))

    def why(found):
        result = load(found)
        assert isinstance(result, list)
        return str(result[0])

    stolen = file_of([item(own[0].identifier)])
    assert "stands in “the portal’s own framework” already" in why(stolen)
    other = file_of([], identifier=str(uuid4()))
    other["CFItems"] = [item(skill)]
    assert why(other).startswith("CFItems[0].identifier:") and "“Skills”" in why(other)
    moved = file_of([], uri="https://evil.example/x")
    assert "from where this framework was loaded" in why(moved)
    ours = file_of([], identifier=str(uuid4()), uri="http://localhost:8000/x")
    assert "an address of this portal" in why(ours)
    renamed = own_file()
    renamed["CFDocument"]["uri"] = "http://localhost:8000/x"
    assert "where this portal's own framework is" in why(renamed)
    renamed = own_file()
    renamed["CFItems"][-1]["uri"] = "http://localhost:8000/elsewhere"
    assert "somebody else’s address" in why(renamed)


def test_what_replaces_something_may_stand_elsewhere_or_is_told(own):
    old, lost = uuid4(), uuid4()
    ties = [tie("replacedBy", old, own[0].identifier), tie("replacedBy", lost, uuid4())]

    changes = load(file_of([item(old), item(lost, "Lost")], ties))

    assert Competency.objects.get(identifier=old).replaced_by == own[0]
    assert Competency.objects.get(identifier=lost).replaced_by is None
    assert changes.left_out == {"replacements that are not here": 1}


def test_a_place_never_leads_round_nor_into_another_framework(own):
    load(file_of([item(uuid4())]))
    foreign = Competency.objects.get(framework__isnull=False)
    group, new, old = own

    assert why_not_place(group, new).code == "circle"
    assert why_not_place(new, None) is None and why_not_place(new, group) is None
    assert why_not_place(new, foreign).code == "other-framework"
    assert why_not_place(foreign, group).code == "not-own"
    assert why_not_replace(new, old).code == "circle" and why_not_replace(group, new) is None
    with pytest.raises(Refused):
        set_place(row=group, parent=new, stages=None)
    assert set_place(row=new, parent=None, stages=[]) is True
    assert set_place(row=new, parent=None, stages=[]) is False


@pytest.mark.parametrize(
    "values",
    [
        {"parent_id": 1},
        {"replaced_by_id": 1, "withdrawn_on": TODAY},
        {"replaced_by_id": 2},
        {"uri": "https://a.example/"},
    ],
)
def test_the_database_keeps_a_competency_in_its_place(values):
    Competency.objects.create(pk=1, slug="one", name="One")
    Competency.objects.create(pk=2, slug="two", name="Two")

    with pytest.raises(IntegrityError), transaction.atomic():
        Competency.objects.filter(pk=1).update(**values)


def test_commands_write_and_read_files(own, tmp_path, capsys):
    path = tmp_path / "framework.json"
    call_command("export_framework", str(path))
    assert "3 competencies written" in capsys.readouterr().out

    call_command("load_framework", str(path), "--json")
    assert json.loads(capsys.readouterr().out)["counts"]["same"] == 3
    path.write_text(json.dumps(file_of([item(uuid4())])))
    call_command("load_framework", str(path), "--dry-run")
    assert "Nothing was written." in capsys.readouterr().out and not Framework.objects.exists()
    call_command("load_framework", str(path))
    assert "Sells by value: new" in capsys.readouterr().out
    call_command("export_framework", "--framework", DOCUMENT)
    assert json.loads(capsys.readouterr().out)["CFDocument"]["title"] == "Skills"
    path.write_text("{}")
    with pytest.raises(CommandError, match="no CFDocument"):
        call_command("load_framework", str(path), "--json")
    assert json.loads(capsys.readouterr().out)["loaded"] is False
    with pytest.raises(CommandError, match="can't be read"):
        call_command("load_framework", str(tmp_path / "nothing.json"))
    with pytest.raises(CommandError, match="There is no framework"):
        call_command("export_framework", "--framework", "x")
