"""QTI items: every interaction that has a form here, and the rest by its name."""

from decimal import Decimal

import pytest

from assessments.tests.qti_documents import (
    CORRECT,
    GOOD,
    MAPPED,
    SHUFFLED,
    choice,
    choices,
    declared,
    item,
    lines,
    mapping,
    only,
    report_on,
)


def test_one_right_choice():
    judged = only(declared("single", "identifier", "B"), choice("A", "B"))

    assert (judged.question.kind, judged.status, judged.question.external_id) == ("single", "importable", "i1")
    assert judged.question.text == "What?\n\nWhich?"
    assert lines(judged) == [("a", 0, ""), ("b", 1, "")]


def test_several_right_choices_all_or_nothing():
    judged = only(declared("multiple", "identifier", "A", "B"), choice("A", "B", "C"))

    assert (judged.question.kind, judged.question.rule) == ("multiple", "exact")


def test_points_are_shares_of_the_upper_bound():
    points = mapping(("A", 1), ("B", 1), ("C", -2))

    judged = only(declared("multiple", "identifier", "A", "B", mapping=points), choice("A", "B", "C"), MAPPED)

    assert (judged.question.rule, judged.warnings) == ("weighted", ())
    assert [share for _, share, _ in lines(judged)] == [Decimal("0.5"), Decimal("0.5"), -1]


def test_sum_that_could_fall_below_nothing_is_warned_of():
    points = mapping(("A", 1), ("B", -1), bounds="")

    judged = only(declared("multiple", "identifier", "A", mapping=points), choice("A", "B"), MAPPED)

    assert "fall below 0" in judged.warnings[0]


def test_choices_that_are_not_shuffled_keep_their_places():
    judged = only(declared("single", "identifier", "A"), choice("A", "B", attributes='responseIdentifier="R"'))

    assert all(one.last for one in judged.question.options)


def test_order_is_the_right_one():
    body = f"<orderInteraction {SHUFFLED}>{choices('A', 'B', 'C')}</orderInteraction>"

    judged = only(declared("ordered", "identifier", "C", "A", "B"), body)

    assert [text for text, _, _ in lines(judged)] == ["c", "a", "b"]
    assert judged.status == "importable"


def sets(left, right):
    tag = "simpleAssociableChoice"
    one, other = (f"<simpleMatchSet>{choices(*names, tag=tag)}</simpleMatchSet>" for names in (left, right))
    return f"<matchInteraction {SHUFFLED}>{one}{other}</matchInteraction>"


def test_pairs_and_a_spare_right_side():
    judged = only(declared("multiple", "directedPair", "A X", "B Y"), sets("AB", "XYZ"))

    assert lines(judged) == [("a", 1, "x"), ("b", 1, "y"), ("", 0, "z")]
    assert judged.warnings == ("Every right pair counts the same here.",)


def test_gap_to_choose_for_stands_in_the_text():
    inside = choices("A", "B", tag="inlineChoice")
    gap = f"<p>It is <inlineChoiceInteraction {SHUFFLED}>{inside}</inlineChoiceInteraction>.</p>"

    judged = only(declared("single", "identifier", "A"), gap)

    assert judged.question.text == "What?\n\nIt is _____."


@pytest.mark.parametrize(
    ("base", "points", "processing", "expected"),
    [
        ("string", "", CORRECT, ("short_text", "same_case", [("4\\*", 1, "")])),
        ("string", mapping(("4", 2, 'caseSensitive="false"'), ("four", 1, 'caseSensitive="false"')), MAPPED,
         ("short_text", "any_case", [("4", 1, ""), ("four", Decimal("0.5"), "")])),
        ("float", mapping(("4", 2)), MAPPED, ("numeric", "point", [("4", 1, "")])),
    ],
)  # fmt: skip
def test_typed_answers(base, points, processing, expected):
    judged = only(
        declared("single", base, "4*", mapping=points),
        '<p><textEntryInteraction responseIdentifier="R"/></p>',
        processing,
    )

    assert (judged.question.kind, judged.question.rule, lines(judged)) == expected


def test_names_of_version_three_are_read():
    text = item(declared("single", "identifier", "A"), choice("A", "B"))
    for old, new in [("assessmentItem", "qti-assessment-item"), ("responseDeclaration", "qti-response-declaration"),
                     ("correctResponse", "qti-correct-response"), ("itemBody", "qti-item-body"), ("value>", "qti-value>"),
                     ("choiceInteraction", "qti-choice-interaction"), ("simpleChoice", "qti-simple-choice"),
                     ("responseProcessing", "qti-response-processing"),
                     ("responseIdentifier", "response-identifier")]:  # fmt: skip
        text = text.replace(old, new)

    judged = report_on(text).questions[0]

    assert (judged.status, lines(judged)) == ("importable", [("a", 1, ""), ("b", 0, "")])


def test_scripts_and_pictures_are_left_out_and_named():
    body = choice("A", "B") + '<p onclick="x()">Look<script>alert(1)</script><img src="a.png"/></p>'

    judged = only(declared("single", "identifier", "A"), body)

    assert "alert" not in judged.question.text
    assert judged.warnings == ("Not taken over: pictures, scripts.",)


def processing(*rules):
    return f"<responseProcessing>{''.join(rules)}</responseProcessing>"


def when(*branches):
    return f"<responseCondition>{''.join(branches)}</responseCondition>"


def branch(test, value, *, tag="responseIf", name="SCORE"):
    return f'<{tag}>{test}<setOutcomeValue identifier="{name}">{value}</setOutcomeValue></{tag}>'


def points(value, base="float"):
    return f'<baseValue baseType="{base}">{value}</baseValue>'


def added(value):
    return f'<sum><variable identifier="SCORE"/>{value}</sum>'


R = '<variable identifier="R"/>'
IS_RIGHT = f'<match>{R}<correct identifier="R"/></match>'
IS_NULL = f"<isNull>{R}</isNull>"
MAP = '<mapResponse identifier="R"/>'
ELSE_TOLD = branch("", points("no", "identifier"), tag="responseElse", name="F")
TOLD = when(branch(IS_RIGHT, points("yes", "identifier"), name="FEEDBACK"))


LISTED = processing(when(branch(f"<match>{R}{points('A')}</match>", points(1))))


def nothing(value="0"):
    return branch("", points(value), tag="responseElse")


@pytest.mark.parametrize(
    "rules",
    [
        [when(branch(IS_RIGHT, points(1)))],
        [when(branch(IS_RIGHT, points(2)), nothing())],
        [
            when(
                branch(IS_RIGHT, added(points(1, "integer"))),
                branch("", points("no", "identifier"), tag="responseElse", name="F"),
            )
        ],
        [TOLD, when(branch(IS_RIGHT, points(1)), nothing("0.0"))],
    ],
)
def test_template_for_the_right_answer_written_out(rules):
    judged = only(declared("multiple", "identifier", "A", "B"), choice("A", "B", "C"), processing(*rules))

    assert (judged.status, judged.question.rule) == ("importable", "exact")


@pytest.mark.parametrize(
    "rules",
    [
        [when(branch(IS_NULL, points(0)), branch("", MAP, tag="responseElse"))],
        [when(branch(f"<not>{IS_NULL}</not>", added(MAP)))],
        [f'<setOutcomeValue identifier="SCORE">{MAP}</setOutcomeValue>'],
    ],
)
def test_template_for_the_mapping_written_out(rules):
    marks = mapping(("A", 1), ("B", 1), ("C", -2))

    judged = only(
        declared("multiple", "identifier", "A", "B", mapping=marks), choice("A", "B", "C"), processing(*rules)
    )

    assert [share for _, share, _ in lines(judged)] == [Decimal("0.5"), Decimal("0.5"), -1]


@pytest.mark.parametrize(
    "rules",
    [
        [when(branch(IS_RIGHT, points(1)), nothing("-1"))],
        [when(branch(IS_RIGHT, points(1)), nothing()), when(branch(IS_NULL, points(0)))],
        [when(branch(IS_NULL, points(0)), branch("", f"<product>{MAP}{points(2)}</product>", tag="responseElse"))],
        [when(branch(IS_RIGHT, f"<sum>{points(1)}{points(2)}</sum>"))],
        [when(branch(f"<and>{IS_RIGHT}{IS_NULL}</and>", points(1)))],
        [when("<responseIf/>")],
        [when(f"<responseIf>{IS_RIGHT}{when(branch(IS_RIGHT, points(1)))}</responseIf>")],
        ["<exitResponse/>", when(branch(IS_RIGHT, points(1)))],
        ['<lookupOutcomeValue identifier="SCORE"/>'],
        [f'<setOutcomeValue identifier="SCORE">{points(1)}</setOutcomeValue>'],
    ],
)
def test_processing_of_another_shape_is_named_and_not_guessed(rules):
    judged = only(declared("single", "identifier", "A"), choice("A", "B"), processing(*rules))

    assert judged.status == "unsupported"
    assert "response processing of its own" in judged.warnings[-1]


@pytest.mark.parametrize(
    ("more", "status"),
    [("", "importable"), (mapping(("A", 1), ("B", -1), bounds=""), "importable"), (None, "unsupported")],
)
def test_item_that_does_not_say_how_it_is_marked(more, status):
    answers = [] if more is None else ["A"]

    judged = only(declared("single", "identifier", *answers, mapping=more or ""), choice("A", "B"), "")

    assert judged.status == status
    assert "says nothing of how it is marked" in judged.warnings[0]


def typed_item(*branches, base="float", correct=(), more=""):
    body = '<p>Say <textEntryInteraction responseIdentifier="R"/></p>'
    return only(declared("single", base, *correct), body, processing(when(*branches)), more=more)


def compared(tag, value, base="float", **attributes):
    said = "".join(f' {name}="{text}"' for name, text in attributes.items())
    return f"<{tag}{said}>{R}{points(value, base)}</{tag}>"


@pytest.mark.parametrize(
    ("test", "text"),
    [
        (compared("equal", "3.14"), "3.14"),
        (compared("equal", "3.14", toleranceMode="absolute", tolerance="0.01 0.01"), "3.14:0.01"),
        (compared("equal", "250", toleranceMode="relative", tolerance="2"), "250:2%"),
        (f"<and>{compared('gte', '3')}{compared('lte', '4')}</and>", "3..4"),
        (compared("match", "7", "integer"), "7"),
        (f'<equal toleranceMode="exact">{R}<correct identifier="R"/></equal>', "42"),
    ],
)
def test_numbers_are_read_from_conditions(test, text):
    judged = typed_item(
        branch(test, points(2)), branch(f"<not>{IS_NULL}</not>", points(0), tag="responseElseIf"), correct=["42"]
    )

    assert (judged.status, judged.question.kind) == ("importable", "numeric")
    assert lines(judged) == [(text, 1, ""), ("*", 0, "")]


def test_words_are_read_from_conditions_with_their_feedback():
    half = f"<or>{compared('stringMatch', 'b*', 'string')}{compared('match', 'c', 'string')}</or>"
    said = (
        '<setOutcomeValue identifier="F"><baseValue baseType="identifier">f1</baseValue></setOutcomeValue></responseIf>'
    )
    first = branch(f'<patternMatch pattern="a\\.[bB].*">{R}</patternMatch>', points(2)).replace("</responseIf>", said)
    more = "".join(f'<modalFeedback outcomeIdentifier="{out}" identifier="{name}"><p>{text}</p></modalFeedback>'
                   for out, name, text in (("F", "f1", "Good"), ("F", "f2", "Never"), ("F", "solution", "Because")))  # fmt: skip

    judged = typed_item(first, branch(half, points(1), tag="responseElseIf"), nothing(), base="string", more=more)

    question = judged.question
    assert (judged.status, question.rule, question.rationale) == ("importable", "same_case", "Because")
    assert [(one.text, one.fraction, one.feedback) for one in question.options] == [
        ("a.b*", 1, "Good"), ("b\\*", Decimal("0.5"), ""), ("c", Decimal("0.5"), ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("branches", "status", "words"),
    [
        ([branch(compared("equal", 1, toleranceMode="absolute", tolerance="1 2"), points(1))], "unsupported", "no form here"),
        ([branch(compared("equal", 1, toleranceMode="absolute", tolerance="1", includeLowerBound="false"), points(1))],
         "unsupported", "no form here"),
        ([branch(f'<patternMatch pattern="a(b|c)+">{R}</patternMatch>', points(1))], "unsupported", "sion “a(b|c)+”"),
        ([branch(f'<patternMatch pattern="[ab]">{R}</patternMatch>', points(1))], "unsupported", "regular expression"),
        ([branch(compared("stringMatch", "a", "string", substring="true"), points(1))], "unsupported", "of its own"),
        ([branch(f"<stringMatch>{R}{R}</stringMatch>", points(1))], "unsupported", "of its own"),
        ([branch(f"<random>{R}</random>", points(1))], "unsupported", "of its own"),
        ([branch(compared("match", "a", "string"), points(1)), nothing("1")], "unsupported", "of its own"),
        ([branch(compared("match", "a", "string"), points(0))], "refused", "None of its accepted answers"),
        ([branch(compared("match", "a", "string"), points("x"))], "refused", "no number of points"),
        ([branch(compared("match", f"a{n}", "string"), points(1), tag="x") for n in range(201)], "refused", "more than 200"),
        ([branch(compared("stringMatch", "a", "string", caseSensitive="false"), points(1)),
          branch(compared("stringMatch", "b", "string"), points(1), tag="responseElseIf")], "unsupported", "some don't"),
    ],
)  # fmt: skip
def test_condition_that_has_no_form_here_is_named(branches, status, words):
    judged = typed_item(*branches, base="string")

    assert (judged.status, words in judged.warnings[-1]) == (status, True)


def test_what_candidates_do_not_read_before_they_answer_is_not_in_the_text():
    show = 'outcomeIdentifier="F" identifier="a" showHide="show"'
    body = (
        '<rubricBlock view="scorer"><p>SECRET</p></rubricBlock>Now <rubricBlock view="tutor author">SECRET</rubricBlock>then '
        f'<rubricBlock view="candidate scorer"><p>Read well.</p></rubricBlock>'
        f"<div>x<feedbackBlock {show}>SECRET</feedbackBlock></div>"
    )

    judged = only(declared("single", "identifier", "A"), body + choice("A", "B"))

    assert judged.question.text.split() == ["What?", "Now", "then", "Read", "well.", "x", "Which?"]
    assert judged.warnings == ("Not taken over: feedback inside the text, notes for scorers and tutors.",)


@pytest.mark.parametrize(("amount", "rationale", "lost"), [(1, "Because 0", False), (2, "", True)])
def test_feedback_on_the_answer_as_a_whole_is_a_rationale_only_where_it_is_one(amount, rationale, lost):
    more = "".join(
        f'<modalFeedback outcomeIdentifier="F" identifier="f{n}">Because {n}</modalFeedback>' for n in range(amount)
    )

    judged = only(declared("single", "identifier", "A"), choice("A", "B"), more=more)

    assert judged.question.rationale == rationale
    assert (judged.warnings == ("Not taken over: feedback on the answer as a whole.",)) == lost


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("<itemBody>", '<templateDeclaration identifier="T"/><itemBody>', "drawn anew"),
        ("<p>What?</p>", '<p><printedVariable identifier="T"/></p>', "drawn anew"),
        ("<assessmentItem ", '<assessmentItem adaptive="true" ', "several steps"),
    ],
)
def test_item_that_changes_is_named(before, after, words):
    judged = report_on(GOOD.replace(before, after)).questions[0]

    assert (judged.status, words in judged.warnings[-1]) == ("unsupported", True)


def test_text_of_another_file_is_named():
    stimulus = '<assessmentStimulusRef identifier="s" href="s.xml"/><itemBody>'

    assert report_on(GOOD.replace("<itemBody>", stimulus)).questions[0].warnings == (
        "Not taken over: texts of other files.",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((declared("single", "identifier"), choice("A", "B"), ""), "no response processing"),
        ((declared("single", "identifier", "A"), choice("A", "B"), "<responseProcessing><setOutcomeValue/></responseProcessing>"),
         "response processing of its own"),
        ((declared("single", "identifier", "A"), choice("A", "B"), CORRECT.replace("match_correct", "mine")), "template"),
        ((declared("single", "identifier", "A"), choice("A", "B") * 2), "several interactions"),
        (("", "<p/>"), "no interaction"),
        ((declared("single", "string", "A"), '<extendedTextInteraction responseIdentifier="R"/>'), "extendedTextInteraction"),
        ((declared("ordered", "identifier", "A"), f"<orderInteraction {SHUFFLED}/>", MAPPED), "An order that is marked"),
        ((declared("single", "identifier", "A"), choice("A", "B"), LISTED),
         "of its own"),
        ((declared("multiple", "directedPair", "A X"), sets("AB", "XY"), LISTED),
         "of its own"),
        ((declared("multiple", "directedPair", "A X", "A Y"), sets("AB", "XY")), "no partner or several"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named(arguments, words):
    judged = only(*arguments)

    assert judged.status == "unsupported"
    assert words in judged.warnings[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", choice("A", "B")), "declares no answer"),
        ((declared("single", "identifier", "A", mapping=mapping(("A", "NaN"))), choice("A", "B"), MAPPED), "no number of points"),
        ((declared("single", "identifier", "A", mapping=mapping(("A", "x"))), choice("A", "B"), MAPPED), "no number of points"),
        ((declared("single", "identifier", "A", mapping=mapping(("A", 3))), choice("A", "B"), MAPPED), "upper bound"),
        ((declared("single", "identifier", "A", mapping=mapping(("A", 0), bounds="")), choice("A", "B"), MAPPED),
         "no answer points"),
        ((declared("single", "identifier"), choice("A", "B")), "Exactly one option"),
        ((declared("single", "identifier", "A"), choice(*[f"C{n}" for n in range(201)])), "more than 200"),
        ((declared("ordered", "identifier", "A"), f"<orderInteraction {SHUFFLED}>{choices('A', 'B')}</orderInteraction>"),
         "every choice once"),
        ((declared("multiple", "directedPair", "A X"), "<matchInteraction responseIdentifier='R'/>"), "two sets"),
    ],
)  # fmt: skip
def test_item_that_cannot_be_asked_is_refused(arguments, words):
    judged = only(*arguments)

    assert judged.status == "refused"
    assert words in judged.warnings[-1]
