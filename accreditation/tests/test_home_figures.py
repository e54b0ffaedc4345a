"""The figures on the first page of the administration: each with its list, its age, and who may read it."""

import re
from datetime import UTC, timedelta
from html import unescape
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accreditation.actions import figures as deeds
from accreditation.actions.programs import enrol
from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_figures
from accreditation.models import Enrolment, KeptFigures, MailState
from accreditation.rules import funnels, kept_figures, work_figures
from accreditation.tests.factories import (
    AccreditationFactory,
    EvidenceFactory,
    NoticeFactory,
    OrganisationFactory,
    make_enablement,
    make_program,
)
from assessments.models import ItemStatistics, ReviewTask, Submission
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.factories_practicals import PracticalFactory, SubmissionFactory, make_task
from courses.models import Asset
from courses.tests.factories import CourseFactory, RoleFactory, SourceFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = NOW.astimezone(UTC).date()


@pytest.fixture
def staff(client):
    client.force_login(make_enablement())
    return client


def figures_of(name):
    return KeptFigures.objects.get(name=name).figures


def rows_behind(client, link):
    """How many rows the page at this link counts."""
    response = client.get(link)
    assert response.status_code == 200, link
    if "cl" in (response.context or {}):
        return response.context["cl"].result_count
    return response.context["count"] if "count" in response.context else response.context["page"].paginator.count


def on(program, *proved, months_ago=0, **person):
    learner = make_person(**person)
    row = enrol(learner=learner, program=program, by=make_enablement())
    Enrolment.objects.filter(pk=row.pk).update(enrolled_at=NOW - timedelta(days=31 * months_ago))
    for course in proved:
        EvidenceFactory(learner=learner, kind="course", course=course, performed_on=TODAY)
    reassess(learner=learner)
    return learner


@pytest.fixture
def funnel():
    """A program with a course, an exam and a practical, and people at each step of it."""
    course, practical = CourseFactory(), PracticalFactory()
    program = make_program(course, practical.exam, practical, title="Selling")
    role, partner = RoleFactory(), OrganisationFactory(region="EMEA")
    on(program)
    on(program, course, months_ago=2, role=role)
    passed = on(program, course, organisation=partner, role=role)
    EvidenceFactory(learner=passed, kind="exam", exam=practical.exam)
    everything = on(program, course, organisation=partner, months_ago=2)
    EvidenceFactory(learner=everything, kind="exam", exam=practical.exam)
    EvidenceFactory(learner=everything, kind="practical", practical=practical)
    done = SubmissionFactory(learner=everything, practical=practical)
    Submission.objects.filter(pk=done.pk).update(submitted_at=NOW, promised_at=NOW, receipt="R", state="submitted")
    left = on(program, course)
    Enrolment.objects.filter(learner=left).update(withdrawn_at=NOW)
    for one in (passed, everything):
        reassess(learner=one)
    return program


def test_a_funnel_counts_each_step(funnel):
    found = funnels.funnel_of(funnel, NOW)

    assert dict(zip(found["steps"], found["total"], strict=True)) == {
        "enrolled": 4, "learning": 3, "passed": 2, "handed_in": 1, "accredited": 1, "fading": 0, "renewed": 0,
    }  # fmt: skip
    assert found["enrolled"] == [2, 0]
    assert [row[2] for row in found["by"]["month"]] == [2, 2]
    assert sorted(row[2] for row in found["by"]["role"]) == [2, 2]
    assert {row[0]: row[2] for row in found["by"]["region"]} == {"EMEA": 2, "-": 2}


def test_evidence_that_was_withdrawn_passes_nothing(funnel):
    exam = EvidenceFactory._meta.model.objects.filter(kind="exam").first()
    EvidenceFactory(learner=exam.learner, kind="withdrawal", withdraws=exam)

    found = funnels.funnel_of(funnel, NOW)

    assert found["total"][found["steps"].index("passed")] == 1


def test_a_program_of_courses_has_no_step_for_an_exam():
    program = make_program(CourseFactory())

    assert funnels.steps_of(program) == ["enrolled", "learning", "accredited", "fading", "renewed"]


def test_every_figure_of_the_funnel_leads_to_a_list_of_so_many(staff, funnel):
    sweep_figures()

    home = staff.get("/admin/").context["home"]["funnel"]

    cells = [(one["count"], one["link"]) for one in home["steps"]]
    cells += [(cell["count"], cell["link"]) for by in home["by"] for row in by["rows"] for cell in row["cells"]]
    for name in ("enrolled", "accredited"):
        cells += [(home[name]["now"], home[name]["link"]), (home[name]["before"], home[name]["link_before"])]
    assert len(cells) > 40
    for count, link in cells:
        assert rows_behind(staff, link) == count, link


def everything_waits():
    old = make_task()
    ReviewTask.objects.filter(pk=old.pk).update(
        created_at=NOW - timedelta(days=3, hours=5), due_at=NOW - timedelta(hours=1)
    )
    make_task()
    for days, until in ((10, "accredited"), (10, "fading"), (80, "accredited"), (200, "accredited"), (-1, "lapsed")):
        AccreditationFactory(state=until, valid_until=TODAY + timedelta(days=days))
    AccreditationFactory(learner=make_person(is_active=False), valid_until=TODAY + timedelta(days=10))
    SourceFactory(checked_on=TODAY - timedelta(days=400))
    SourceFactory(checked_on=TODAY)
    for number, (state, day) in enumerate([("published", -1), ("published", 0), ("draft", -9)]):
        Asset.objects.create(
            slug=f"a{number}", title="A", kind="deep_dive", state=state, review_on=TODAY + timedelta(days=day)
        )
    NoticeFactory(mail_state=MailState.FAILED)
    NoticeFactory()


def test_every_other_figure_leads_to_a_list_of_so_many(staff):
    everything_waits()
    sweep_figures()

    home = staff.get("/admin/").context["home"]

    cells = [(one["count"], one["link"]) for one in home["looks"] if "/admin/coverage/" not in one["link"]]
    cells += [(one.count, one.link) for one in (*home["queue"]["columns"], *home["ends"]["columns"])]
    cells += [
        (home["queue"]["waiting"], home["queue"]["waiting_link"]),
        (home["queue"]["late"], home["queue"]["late_link"]),
    ]
    for count, link in cells:
        assert rows_behind(staff, link) == count, link
    assert home["ends"]["total"] == 3
    assert (home["queue"]["waiting"], home["queue"]["late"], home["queue"]["oldest_days"]) == (2, 1, 3)
    assert {one["count"] for one in home["looks"] if "notice" in one["link"]} == {1}
    assert {one["count"] for one in home["looks"] if "courses_" in one["link"] or "/courses/" in one["link"]} == {1}


def decided(practical, *, kept, days_ago):
    row = SubmissionFactory(practical=practical)
    at = NOW - timedelta(days=days_ago)
    Submission.objects.filter(pk=row.pk).update(
        state="decided", submitted_at=at, receipt="R", decided_at=at,
        promised_at=at + timedelta(hours=1 if kept else -1),
    )  # fmt: skip


def test_promises_are_counted_and_lead_to_their_decisions(staff):
    practical = PracticalFactory()
    for kept, days in ((True, 1), (True, 2), (False, 29), (True, 30), (False, 59), (True, 60)):
        decided(practical, kept=kept, days_ago=days)
    sweep_figures()

    now, before = staff.get("/admin/").context["home"]["queue"]["kept"]

    assert ((now["kept"], now["n"]), (before["kept"], before["n"])) == ((2, 3), (1, 2))
    for one in (now, before):
        assert rows_behind(staff, one["link"]) == one["n"]
        assert rows_behind(staff, one["late_link"]) == one["n"] - one["kept"]
    (row,) = staff.get("/admin/").context["home"]["practicals"]
    assert (row["now"]["n"], row["now"]["percent"], row["before"]["n"]) == (3, None, 2)
    assert rows_behind(staff, row["now"]["link"]) == 3


@pytest.mark.parametrize(
    ("hits", "n", "shown"),
    [
        (0, 0, (None, None, None)),
        (19, 19, (None, None, None)),
        (20, 20, (100, 84, 100)),
        (10, 20, (50, 30, 70)),
        (0, 20, (0, 0, 16)),
    ],
)
def test_a_rate_has_its_interval_and_none_of_few(hits, n, shown):
    found = work_figures.rate(hits, n)

    assert (found["percent"], found["low"], found["high"]) == shown


def test_figures_are_kept_until_their_time_is_over():
    assert sweep_figures(now=NOW) == len(kept_figures.SETS)
    assert sweep_figures(now=NOW + timedelta(minutes=1)) == 0
    assert 0 < sweep_figures(now=NOW + timedelta(minutes=16)) < len(kept_figures.SETS)


def test_what_went_wrong_is_said_and_tried_later_and_the_old_figures_stay(staff, monkeypatch):
    sweep_figures(now=NOW)
    before = figures_of("funnel")
    broken = kept_figures.SETS["funnel"].__class__(
        "Where", "accreditation.view_accreditation", timedelta(hours=1), lambda now: 1 / 0
    )
    monkeypatch.setitem(kept_figures.SETS, "funnel", broken)

    later = NOW + timedelta(hours=1)
    sweep_figures(now=later)

    row = KeptFigures.objects.get(name="funnel")
    assert (row.state, row.figures, row.tries) == ("due", before, 1)
    assert "ZeroDivisionError" in row.problem
    assert row.due_at == later + timedelta(minutes=2)
    assert "The last try went wrong" in staff.get("/admin/").content.decode()


def test_what_a_dead_worker_took_is_computed_by_the_next():
    sweep_figures(now=NOW)
    KeptFigures.objects.filter(name="queue").update(state="computing", began_at=NOW, due_at=NOW + deeds.GIVEN_UP_AFTER)

    sweep_figures(now=NOW + timedelta(minutes=14))
    assert KeptFigures.objects.get(name="queue").state == "computing"
    sweep_figures(now=NOW + timedelta(minutes=16))

    assert KeptFigures.objects.get(name="queue").state == "kept"


@pytest.mark.django_db(transaction=True)
def test_two_workers_compute_a_set_once(monkeypatch):
    computed = []
    slow = kept_figures.FigureSet("Queue", "x.y", timedelta(hours=1), lambda now: computed.append(now) or {"n": 1})
    monkeypatch.setitem(kept_figures.SETS, "queue", slow)
    row = KeptFigures.objects.create(name="queue", due_at=NOW)

    def work():
        deeds.compute_figures(figures_id=row.pk, now=NOW)
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(computed) == 1


@pytest.mark.parametrize("values", [{"state": "kept"}, {"state": "computing"}, {"computed_at": NOW}, {"took_ms": 3}])
def test_the_database_refuses_figures_that_say_nothing_of_themselves(values):
    with pytest.raises(IntegrityError), transaction.atomic():
        KeptFigures.objects.create(name="x", due_at=NOW, **values)


def test_the_page_says_how_old_the_figures_are(staff):
    assert "Not computed yet" in staff.get("/admin/").content.decode()

    sweep_figures(now=NOW)
    fresh = staff.get("/admin/").content.decode()
    KeptFigures.objects.update(computed_at=NOW - timedelta(hours=7))
    old = staff.get("/admin/").content.decode()

    assert "As of" in fresh
    assert "computed in" in fresh
    assert "Out of date" not in fresh
    assert "Out of date" in old


def test_figures_are_computed_on_request_and_not_too_often(staff):
    sweep_figures()
    home = staff.post(reverse("figures-compute"), follow=True).content.decode()

    assert "Asked for" in home
    assert KeptFigures.objects.filter(state="due").count() == len(kept_figures.SETS)
    for _ in range(6):
        last = staff.post(reverse("figures-compute"), follow=True).content.decode()
    assert "You have asked often" in last


def test_a_new_portal_says_what_to_do_first(staff):
    sweep_figures()
    html = staff.get("/admin/").content.decode()
    assert "What to do first" in html
    assert "funnel__row" not in html

    make_program()
    sweep_figures(now=timezone.now() + timedelta(hours=2))

    html = staff.get("/admin/").content.decode()
    assert "What to do first" not in html
    assert "Nobody is enrolled in any program yet" in html


def test_a_review_lead_reads_the_queue_and_nothing_of_programs():
    sweep_figures()
    client = Client()
    client.force_login(make_person(groups=["review lead"], is_staff=True))

    home = client.get("/admin/").context["home"]

    assert {"queue", "appeals", "practicals"} <= set(home["kept"])
    assert not {"funnel", "ends", "mails", "gaps", "content", "imports", "exams"} & set(home["kept"])
    assert client.get(reverse("figures-file", args=["queue"])).status_code == 200
    assert client.get(reverse("figures-file", args=["funnel"])).status_code == 404


@pytest.mark.parametrize("group", ["learner", "partner manager", "grader", "endorser"])
def test_others_have_no_figures(group):
    sweep_figures()
    client = Client()
    client.force_login(make_person(groups=[group], is_staff=group == "grader"))

    assert client.post(reverse("figures-compute")).status_code == 403
    assert client.get(reverse("figures-file", args=["funnel"])).status_code == 403
    assert client.get(reverse("figures-questions")).status_code == 403
    assert client.get(reverse("figures-criteria")).status_code == 403


def test_files_of_figures_are_counts_and_disarmed(staff, funnel):
    funnel.title = "=cmd()"
    funnel.save()
    OrganisationFactory._meta.model.objects.update(name="=1+1")
    sweep_figures()

    lines = b"".join(staff.get(reverse("figures-file", args=["funnel"])).streaming_content).decode().splitlines()

    assert lines[0].startswith("program,by,value,name,enrolled")
    assert any(",'=1+1," in line for line in lines)
    for name in kept_figures.SETS:
        assert staff.get(reverse("figures-file", args=[name])).status_code == 200
    assert staff.get("/admin/figures/nothing.csv").status_code == 404


def test_odd_questions_are_those_of_the_newest_figures(staff):
    exam = ExamFactory()
    for days in (2, 1):
        at = NOW - timedelta(days=days)
        row = exam.statistics.create(requested_at=at, due_at=at, computed_at=at, persons=100)
        versions = [one.current_version for one in exam.bank.questions.all()[:2]]
        for version in versions:
            ItemStatistics.objects.create(
                statistics=row, version=version, n=100, flags=["negative"] if days == 1 else []
            )
        ItemStatistics.objects.filter(statistics=row, version=versions[0]).update(flags=["exposure-alarm"])
    sweep_figures()

    home = staff.get("/admin/").context["home"]["looks"][0]

    assert home["count"] == 1
    assert rows_behind(staff, home["link"]) == 1


def test_a_link_of_the_home_is_never_broken(staff, funnel):
    everything_waits()
    sweep_figures()

    html = staff.get("/admin/").content.decode()
    section = html[html.index('aria-labelledby="figures"') : html.index('id="content-main"')]

    links = {unescape(one) for one in re.findall(r'href="([^"]+)"', section)}
    assert len(links) > 30
    for link in links:
        assert staff.get(link).status_code == 200, link
        assert "e=1" not in link
