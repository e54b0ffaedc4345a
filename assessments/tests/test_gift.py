from decimal import Decimal

import pytest

from assessments.rules.formats import read_file
from assessments.rules.imports import judge


def read(text, name="questions.gift"):
    return read_file(text.encode() if isinstance(text, str) else text, name=name)


def only(text):
    return judge(read(text)).questions[0]


def shares(judged):
    return [(one.text, one.fraction) for one in judged.question.options]


def test_one_right_answer_keeps_partial_credit_and_feedback():
    judged = only("::Tomb::Who?{~%50%half#nearly =whole#yes ~none}")

    assert (judged.question.kind, judged.status, judged.question.title) == ("single", "importable", "Tomb")
    assert shares(judged) == [("half", Decimal("0.5")), ("whole", 1), ("none", 0)]
    assert [one.feedback for one in judged.question.options] == ["nearly", "yes", ""]


def test_weights_without_a_right_answer_are_several_right_ones():
    judged = only("Which?{~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}")

    assert (judged.question.kind, judged.question.rule) == ("multiple", "weighted")
    assert sum(share for _, share in shares(judged) if share > 0) == 1
    assert judged.warnings == ()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("~%50%a ~%50%b ~c", "Choosing every option"),
        ("~%50%a ~%30%b ~%-80%c", "80 %"),
        ("=a =b ~c", "Several options give the whole mark"),
    ],
)
def test_weights_with_a_catch_are_taken_with_a_warning(answers, words):
    judged = only(f"Which?{{{answers}}}")

    assert judged.status == "importable"
    assert words in judged.warnings[0]


def test_first_feedback_of_true_or_false_is_for_the_wrong_answer():
    true, false = only("Yes?{TRUE#You were wrong.#You were right.}").question.options

    assert (true.fraction, true.feedback) == (1, "You were right.")
    assert (false.fraction, false.feedback) == (0, "You were wrong.")


@pytest.mark.parametrize(
    ("answers", "texts"),
    [
        ("#1822:5", [("1822:5", 1)]),
        ("#3.141..3.142", [("3.141..3.142", 1)]),
        ("#=1822:0 =%50%1822:2 ~#no", [("1822:0", 1), ("1822:2", Decimal("0.5")), ("*", 0)]),
    ],
)
def test_numbers_come_with_tolerance_range_and_partial_credit(answers, texts):
    judged = only(f"When?{{{answers}}}")

    assert (judged.question.kind, judged.status) == ("numeric", "importable")
    assert shares(judged) == texts


def test_pairs_may_have_spare_right_sides():
    judged = only("Match.{=[markdown]**a** -> 1 =b -> 2*3 = -> spare}")

    assert judged.question.kind == "matching"
    assert [(one.text, one.match) for one in judged.question.options] == [("**a**", "1"), ("b", "2\\*3"), ("", "spare")]


def test_blank_stands_where_the_answers_stood():
    assert only("Grant is {~buried =entombed} in it.").question.text == "Grant is _____ in it."


def test_category_comments_id_and_tags_belong_to_what_follows():
    text = (
        "$CATEGORY: $course$/top/Sums/Easy\n\n// [id:a-1] [tag:difficulty=hard] [tag:fun]\n::T::2 + 2 = {=4}\n// end\n"
    )

    judged = only(text.replace("2 = ", "2 \\= "))

    question = judged.question
    assert (question.external_id, question.topic, question.difficulty) == ("a-1", "Sums/Easy", "hard")
    assert (question.text, judged.warnings) == ("2 + 2 =", ("Tags are not kept: fun.",))


def test_html_becomes_markdown_and_plain_text_stays_as_it_is():
    judged = only("[html]<p>Is <b>2*3</b> 6?</p><script>alert(1)</script>{=[plain]<b>yes</b> ~no *really*}")

    assert judged.question.text == "Is **2\\*3** 6?"
    assert [one.text for one in judged.question.options] == ["\\<b>yes\\</b>", "no \\*really\\*"]
    assert judged.warnings == ("Not taken over: scripts.",)


@pytest.mark.parametrize(("text", "kind"), [("Write.{}", "essay"), ("Just read this.", "description")])
def test_what_is_not_supported_is_named_and_the_rest_is_taken(text, kind):
    report = judge(read(f"{text}\n\nYes?{{T}}"))

    assert [one.status for one in report.questions] == ["unsupported", "importable"]
    assert report.questions[0].question.kind == kind
    assert "not supported" in report.questions[0].warnings[-1]
    assert not report.errors


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("~a ~b", "At least one option must be right"),
        ("=a ~a", "Every option needs a text of its own"),
        ("=%101%a ~b", "between -100 and 100"),
        ("~%NaN%a ~b", "between -100 and 100"),
        ("=%" + "9" * 50 + "%a ~b", "between -100 and 100"),
        ("=%%a ~b", "between -100 and 100"),
        ("#=Infinity", "is no number"),
        ("#", "every number right"),
        ("oops =a ~b", "stands before the first answer"),
        ("=a ~b} {=c", "more than one block"),
        ("=%50%a", "whole mark"),
    ],
)
def test_question_that_cannot_be_asked_is_named_with_its_line(answers, words):
    report = judge(read(f"Yes?{{T}}\n\nWhich?{{{answers}}}"))

    assert [one.status for one in report.questions] == ["importable", "refused"]
    assert [error.line for error in report.errors] == [3]
    assert words in report.errors[0].message


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"Fine?{T}\n\nCaf\xe9?{T}", 3, "Byte 0xE9 at place 4 of line 3"),
        (b"\xff\xfeY\x00", 0, "UTF-16"),
        (b"Yes?{T}\n\n\nNo\x00?{F}", 4, "NUL"),
        (b"Yes?{T}\n\nWhich?{=a ~b\n\nNext?{T}", 3, "never closed"),
        (b"Yes?{T}\n\nWhich?{=a ~b", 3, "never closed"),
        (b"// [id:x]\nYes?{T}\n\n// [id:x]\nNo?{F}", 5, "stands for two questions, in line 2 and line 5"),
        (b"// nothing", 0, "no question"),
    ],
)
def test_fault_of_the_whole_file_takes_none(data, line, words):
    report = judge(read(data))

    assert not report.takes
    assert report.errors[0].line == line
    assert words in report.errors[0].message


def test_byte_order_mark_line_ends_and_empty_lines_in_braces_are_fine():
    report = judge(read(b"\xef\xbb\xbf::A::Which?{\r\n=a#yes\r\n\r\nindeed\r\n~b\r\n}\r\n\r\nNo?{F}\r\n"))

    assert [one.question.title for one in report.takes] == ["A", ""]
    assert report.questions[0].question.options[0].feedback == "yes\n\nindeed"


def test_ten_megabytes_on_one_line_are_one_refusal():
    report = judge(read("Long?{=" + "a~ b=" * 2_000_000 + "}"))

    assert [one.status for one in report.questions] == ["refused"]


def test_name_of_a_question_is_its_id_its_title_or_what_it_says():
    text = "// [id:one]\n::T::A?{T}\n\n::Only::B?{T}\n\n::Two::C?{T}\n\n::Two::D?{T}\n\n::one::E?{T}\n\nD?{F}"

    ids = [one.question.external_id for one in judge(read(text)).questions]

    assert ids[:2] == ["one", "Only"]
    assert all(name.startswith("content-") for name in ids[2:])
    assert len(set(ids)) == 6


def test_same_question_twice_is_taken_once():
    report = judge(read("Yes?{T}\n\nYes?{T}"))

    assert [one.status for one in report.questions] == ["importable", "refused"]
    assert report.questions[1].warnings == ("It says the same as line 1.",)


@pytest.mark.parametrize("word", ["true", "f"])
def test_truth_in_small_letters_is_words_to_type_with_a_warning(word):
    judged = only(f"Yes?{{{word}}}")

    assert (judged.question.kind, judged.status) == ("short_text", "importable")
    assert "TRUE and FALSE in capital letters" in judged.warnings[0]


@pytest.mark.parametrize(("name", "head"), [("x.gift", "?"), ("x", "::T::"), ("x", "A{=b ~c}"), ("x.txt", "words")])
def test_gift_is_recognised(name, head):
    assert read(head, name).format == "gift"


def test_what_is_no_question_file_is_not_recognised():
    parsed = read(b"\x8aPNG{\r\n", "x.png")

    assert (parsed.format, parsed.fault.line) == ("", 0)
    assert "not recognised" in parsed.fault.message
