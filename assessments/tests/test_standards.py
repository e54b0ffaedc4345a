"""Standard setting: the cut of a panel, two rounds, who sees what, and that no pass mark moves."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.actions.exam_statistics import compute_exam_statistics
from assessments.actions.standards import (
    cancel_standard,
    close_standard,
    judge_items,
    open_second_round,
    start_standard,
)
from assessments.models import BlueprintCell, ExamVersion, Judge, Judgement, QuestionVersion, StandardSetting
from assessments.rules.standards import items_to_judge, reading_of, report_of, sheet_of, why_not_go_on
from assessments.rules.statistics.angoff import PanelCut, panel_cut
from assessments.tests.factories_exams import ExamFactory, ObjectiveFactory, QuestionFactory
from assessments.tests.mark_tables import abilities
from assessments.tests.sitting_tables import sat_by
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def lead():
    return make_person(groups=["enablement"], is_staff=True)


def setting_of(exam=None, *, judges=3, questions=3):
    exam = exam or ExamFactory(published__questions=questions, published__draw=questions)
    people = [make_person(groups=["grader"]).pk for _ in range(judges)]
    return start_standard(version=exam.current_version, judges=people, by=lead(), now=NOW)


def judges_of(setting):
    return list(setting.judges.select_related("person", "setting"))


def judged(judge, *percents, now=NOW):
    items = judge.setting.items.values_list("pk", flat=True)
    return judge_items(judge=judge, percents=dict(zip(items, percents, strict=False)), by=judge.person, now=now)


def code_of(deed):
    with pytest.raises(Refused) as caught:
        deed()
    return caught.value.refusal.code


def test_the_cut_is_the_mean_of_sums_and_its_error_their_spread():
    """Three judges over four items by hand: sums 2.4, 2.8 and 3.2; sd 0.4, error 0.4 / √3, t(2) = 4.303."""
    cut = panel_cut([[0.6, 0.6, 0.6, 0.6], [0.7, 0.7, 0.7, 0.7], [0.8, 0.8, 0.8, 0.8]], [1, 1, 1, 1])

    assert (cut.points, cut.full, cut.judges) == (pytest.approx(2.8), 4, 3)
    assert cut.percent == pytest.approx(70) and cut.error == pytest.approx(0.4 / 3**0.5)
    assert cut.error_percent == pytest.approx(10 / 3**0.5)
    assert cut.interval == pytest.approx((70 - 4.3027 * 10 / 3**0.5, 70 + 4.3027 * 10 / 3**0.5), abs=1e-3)


def test_items_count_as_often_as_a_form_asks_them():
    assert panel_cut([[1.0, 0.5], [1.0, 0.5]], [1, 0.5]).percent == pytest.approx(1.25 / 1.5 * 100)


def test_one_judge_has_no_error_and_no_judge_no_cut():
    alone = panel_cut([[0.5]], [1])

    assert (alone.percent, alone.error, alone.error_percent, alone.interval) == (50, None, None, None)
    assert panel_cut([], [1]) is None and panel_cut([[]], []) is None
    assert panel_cut([[0.0], [1.0]], [1]).interval == (0, 100)


def test_weights_are_how_often_a_form_asks_a_question():
    exam = ExamFactory(published__questions=4, published__draw=3)
    hard = ObjectiveFactory()
    QuestionFactory(bank=exam.bank, objective=hard)
    draft = ExamVersion.objects.create(exam=exam, number=2)
    BlueprintCell.objects.create(exam_version=draft, count=1, objective=hard)
    BlueprintCell.objects.create(exam_version=draft, count=2, objective=exam.bank.questions.first().objective)

    weights = items_to_judge(draft)

    assert sorted(weights.values()) == [0.5, 0.5, 0.5, 0.5, 1.0]
    assert set(items_to_judge(exam.current_version).values()) == {0.6}


def test_both_rounds_are_reported_and_the_pass_mark_stays():
    setting = setting_of()
    for judge, percent in zip(judges_of(setting), (60, 70, 80), strict=True):
        judged(judge, *[percent] * 3)
    setting = open_second_round(setting=setting, by=lead(), now=NOW)
    for judge, percent in zip(judges_of(setting), (68, 70, 72), strict=True):
        judged(judge, *[percent] * 3)
    setting = close_standard(setting=setting, by=lead(), now=NOW)

    report = report_of(setting)

    assert (report.first.percent, report.second.percent) == (pytest.approx(70), pytest.approx(70))
    assert report.second.error < report.first.error
    assert report.rows[0].first == (70, 60, 80) and report.rows[0].second == (70, 68, 72)
    assert [finished for _, finished in report.judges] == [True] * 3
    assert "stricter than they would have it" in report.reading
    assert ExamVersion.objects.get().pass_percent == Decimal(80)


@pytest.mark.parametrize(
    ("interval", "words"),
    [((70, 90), "don't speak against it"), ((60, 75), "stricter"), ((82, 90), "milder"), (None, "One judge asks for")],
)
def test_the_report_says_what_the_pass_mark_looks_like(interval, words):
    assert words in reading_of(PanelCut(2, 30.0, 40.0, 1.0, interval), 80.0)
    assert "No judge" in reading_of(None, 80.0)


def test_only_those_who_judged_everything_count():
    setting = setting_of()
    first, second, _ = judges_of(setting)
    judged(first, 60, 60, 60)
    judged(second, 80, 80)

    assert report_of(setting).first.judges == 1
    assert code_of(lambda: open_second_round(setting=setting, by=lead(), now=NOW)) == "few-judgements"


def test_a_round_ends_when_all_are_done_or_the_lead_goes_on_without_the_missing():
    setting = setting_of()
    first, second, third = judges_of(setting)
    for judge in (first, second):
        judged(judge, 60, 60, 60)

    refusal = why_not_go_on(setting, "second")
    assert refusal.code == "judges-missing"
    assert str(third.person) in refusal.sentence and str(first.person) not in refusal.sentence
    assert code_of(lambda: open_second_round(setting=setting, by=lead(), now=NOW)) == "judges-missing"
    setting = open_second_round(setting=setting, by=lead(), now=NOW, without_missing=True)
    assert setting.round == 2
    assert (
        code_of(lambda: close_standard(setting=setting, by=lead(), now=NOW, without_missing=True)) == "few-judgements"
    )


def test_the_page_offers_the_second_round_only_with_everybody_or_names_who_is_missing(staff):
    setting = setting_of(judges=3)
    page = reverse("assessments:standard", args=[setting.exam_version.exam.slug])
    first, second, third = judges_of(setting)
    assert "Open the second round" not in staff.get(page).content.decode()

    judged(first, 60, 60, 60), judged(second, 60, 60, 60)
    html = staff.get(page).content.decode()
    assert f"Missing: {third.person}." in html and "Open the second round without them" in html
    judged(third, 60, 60, 60)

    html = staff.get(page).content.decode()
    assert "Open the second round</button>" in html and "Missing" not in html


def test_judges_are_told_of_both_rounds_and_find_what_waits_on_their_first_page(client):
    setting = setting_of(judges=2)
    first, second = judges_of(setting)
    address = reverse("assessments:standard-judge", args=[setting.pk])
    told = apps.get_model("accreditation", "Notice").objects.filter(kind="judging")
    assert set(told.values_list("recipient", "link", "mail_state")) == {
        (one.person_id, address, "waiting") for one in (first, second)
    }
    client.force_login(first.person)
    assert "First round: 3 of 3 questions wait for your judgement" in client.get("/").content.decode()

    judged(first, 60), judged(second, 60, 60, 60)
    assert "2 of 3 questions wait" in client.get("/").content.decode()
    judged(first, 60, 60, 60)
    assert (
        address
        not in client.get("/")
        .content.decode()
        .partition("Notices")[0]
        .partition("What you look after")[2]
        .partition("</section>")[0]
    )
    open_second_round(setting=setting, by=lead(), now=NOW)

    assert told.filter(recipient=first.person, title__startswith="Second round").count() == 1
    assert "Second round: 3 of 3 questions wait" in client.get("/").content.decode()
    client.force_login(make_person(groups=["grader"]))
    assert "wait for your judgement" not in client.get("/").content.decode()


def test_judgements_are_appended_and_the_newest_counts():
    setting = setting_of()
    judge = judges_of(setting)[0]

    assert judged(judge, 60, 60, 60) == 3
    assert judged(judge, 60, 75, 60, now=NOW + timedelta(minutes=1)) == 1
    assert Judgement.objects.count() == 4
    assert [row.percent for row in sheet_of(judge)] == [60, 75, 60]
    for change in (lambda: Judgement.objects.update(percent=1), lambda: Judgement.objects.first().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_second_round_shows_the_others_without_names_and_how_many_got_it_right():
    exam = sat_by(abilities(40, 3).astype(int), start=NOW - timedelta(days=1))
    row = compute_exam_statistics(exam=exam, now=NOW)
    setting = setting_of(exam)
    first, second, third = judges_of(setting)
    for judge, percent in ((first, 50), (second, 60), (third, 90)):
        judged(judge, *[percent] * 3)
    assert {(one.others, one.facility) for one in sheet_of(first)} == {(None, None)}

    open_second_round(setting=setting, by=lead(), now=NOW)
    sheet = sheet_of(Judge.objects.select_related("setting__exam_version__exam").get(pk=first.pk))

    assert (sheet[0].percent, sheet[0].others) == (50, (60, 75, 90))
    facilities = dict(row.items.values_list("version_id", "facility"))
    assert [one.facility for one in sheet] == [facilities[one.item.version_id] for one in sheet]


def test_one_other_judge_is_not_shown_since_everybody_would_know_who(client):
    setting = setting_of(judges=2)
    for judge in judges_of(setting):
        judged(judge, 50, 50, 50)
    open_second_round(setting=setting, by=lead(), now=NOW)

    judge = judges_of(setting)[0]
    assert sheet_of(judge)[0].others is None
    client.force_login(judge.person)
    html = client.get(reverse("assessments:standard-judge", args=[setting.pk])).content.decode()
    assert "how the other judges lay" not in html and "how many people got it right" not in html


def test_what_refuses_a_start():
    exam, people = ExamFactory(), [make_person().pk, make_person().pk]

    def start(version=exam.current_version, judges=people):
        return start_standard(version=version, judges=judges, by=lead(), now=NOW)

    assert code_of(lambda: start(version=None)) == "no-version"
    assert code_of(lambda: start(judges=[people[0]] * 2)) == "few-judges"
    empty = ExamVersion.objects.create(exam=exam, number=9)
    assert code_of(lambda: start(version=empty)) == "no-questions"
    start()
    assert code_of(start) == "standard-open"


def test_what_refuses_a_judgement():
    setting = setting_of()
    judge = judges_of(setting)[0]
    other = setting_of().items.first().pk

    assert code_of(lambda: judged(judge, 101)) == "not-a-percent"
    assert code_of(lambda: judge_items(judge=judge, percents={other: 5}, by=judge.person, now=NOW)) == "not-a-percent"
    with pytest.raises(Judge.DoesNotExist):
        judge_items(judge=judge, percents={}, by=make_person(), now=NOW)
    cancel_standard(setting=setting, by=lead(), now=NOW)
    with pytest.raises((Refused, Judge.DoesNotExist)):
        judged(judge, 50)


def test_what_has_ended_takes_no_judgement_and_no_step():
    setting = setting_of(judges=2)
    for _ in (1, 2):
        for judge in judges_of(setting):
            judged(judge, 70, 70, 70)
        setting = (open_second_round if setting.round == 1 else close_standard)(setting=setting, by=lead(), now=NOW)

    assert code_of(lambda: judged(judges_of(setting)[0], 50)) == "standard-ended"
    assert code_of(lambda: cancel_standard(setting=setting, by=lead(), now=NOW)) == "wrong-state"


@pytest.fixture
def staff(client):
    client.force_login(lead())
    return client


def test_the_pages_lead_from_start_to_report(staff, client):
    exam = ExamFactory(published__questions=2, published__draw=2)
    page = reverse("assessments:standard", args=[exam.slug])
    people = [make_person(groups=["grader"]) for _ in range(2)]
    assert "Open the first round" in staff.get(page).content.decode()

    assert "Choose two judges or more" in staff.post(page, {}).content.decode()
    staff.post(page, {"judges": [one.pk for one in people]})
    setting = StandardSetting.objects.get()
    form = reverse("assessments:standard-judge", args=[setting.pk])
    for deed, percent in (("second", 60), ("close", 70)):
        for person in people:
            client.force_login(person)
            assert "just</strong> deserve to pass" in client.get(form).content.decode()
            answers = {f"item-{item.pk}": percent for item in setting.items.all()}
            assert "every question is judged" in client.post(form, answers, follow=True).content.decode()
        client.force_login(lead())
        client.post(reverse(f"assessments:standard-{deed}", args=[setting.pk]))

    text = client.get(page).content.decode()
    assert "70.0" in text and "Start another one" in text and "0.0" in text
    client.force_login(people[0])
    closed = client.get(form).content.decode()
    assert "This standard setting has ended" in closed and "Save</button>" not in closed


def test_a_form_keeps_nothing_while_a_number_is_wrong(client):
    setting = setting_of()
    judge = judges_of(setting)[0]
    first, second, _ = setting.items.values_list("pk", flat=True)
    client.force_login(judge.person)
    page = reverse("assessments:standard-judge", args=[setting.pk])

    wrong = client.post(page, {f"item-{first}": "50", f"item-{second}": "120"})

    assert wrong.status_code == 400 and "Nothing was kept yet" in wrong.content.decode()
    assert not Judgement.objects.exists()
    assert "2 of 3 questions are left" in client.post(page, {f"item-{first}": "50"}, follow=True).content.decode()


def test_the_form_shows_no_key_and_only_to_its_judges(client):
    setting = setting_of()
    page = reverse("assessments:standard-judge", args=[setting.pk])
    client.force_login(make_person(groups=["grader"]))
    assert client.get(page).status_code == 404
    client.force_login(judges_of(setting)[0].person)

    with CaptureQueriesContext(connection) as captured:
        text = client.get(page).content.decode()

    version = QuestionVersion.objects.filter(pk=setting.items.first().version_id).get()
    assert version.text in text and all(one.text in text for one in version.options.all())
    assert not any("answerkey" in one["sql"] for one in captured)
    assert "Because of" not in text


def test_leading_takes_the_permission_and_cancelling_takes_the_form_away(client, staff):
    setting = setting_of()
    page = reverse("assessments:standard", args=[setting.exam_version.exam.slug])
    assert staff.post(reverse("assessments:standard-cancel", args=[setting.pk])).url == page
    person = judges_of(setting)[0].person

    client.force_login(person)

    assert client.get(page).status_code == 403
    assert client.get(reverse("assessments:standard-judge", args=[setting.pk])).status_code == 404


def test_an_exam_without_a_version_has_nothing_to_judge(staff):
    exam = ExamFactory(published=False)

    assert "Nothing to judge yet" in staff.get(reverse("assessments:standard", args=[exam.slug])).content.decode()


def test_pages_take_no_more_statements_for_more_questions(client):
    counts = []
    for questions in (2, 20):
        setting = setting_of(questions=questions)
        judge = judges_of(setting)[0]
        for person, page in ((judge.person, reverse("assessments:standard-judge", args=[setting.pk])),
                             (lead(), reverse("assessments:standard", args=[setting.exam_version.exam.slug]))):  # fmt: skip
            client.force_login(person)
            client.get(page)
            with CaptureQueriesContext(connection) as captured:
                client.get(page)
            counts.append(len(captured))

    assert counts[:2] == counts[2:] and max(counts) <= 20
