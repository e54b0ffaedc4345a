"""Every list of the administration: it opens, it searches, and it takes no more statements for more rows."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.programs import author_program
from accreditation.actions.proposals import propose_rules
from accreditation.actions.reassessing import ask_for_program
from accreditation.actions.sweeps import sweep_notices
from accreditation.models import (
    Accreditation,
    Application,
    Attestation,
    BulkDeed,
    Channel,
    ChannelPost,
    Digest,
    Effect,
    Enrolment,
    Evidence,
    ExternalCredit,
    GivenAttestation,
    GivenCredit,
    Invitation,
    KeptFigures,
    Notice,
    Organisation,
    OrganisationDomain,
    PeopleImport,
    Program,
    ProgramReassessment,
    Proposal,
    Reassessment,
    ReminderLadder,
    ReportMail,
    ReportSchedule,
    ReportView,
    RequirementGroup,
    Tier,
    TierHolding,
    Update,
    User,
)
from accreditation.tests.applications import make_system
from accreditation.tests.channels import make_channel
from accreditation.tests.factories import (
    AccreditationFactory,
    EnrolmentFactory,
    EvidenceFactory,
    InvitationFactory,
    NoticeFactory,
    OrganisationFactory,
    ReassessmentFactory,
    asks_for,
    make_enablement,
    make_program,
)
from badges.tests.factories import make_achievement
from courses.actions.assets import give_version
from courses.models import (
    Asset,
    AuditEvent,
    CompanySize,
    Competency,
    Course,
    CourseCompletion,
    CourseRating,
    Ecosystem,
    Feedback,
    Framework,
    JourneyStage,
    LearningPath,
    Link,
    Package,
    PackageProgress,
    Persona,
    Product,
    Role,
    SearchEntry,
    Source,
    UseCase,
    Vertical,
    Withdrawal,
)
from courses.tests.factories import (
    CompletionFactory,
    CourseFactory,
    LessonFactory,
    PathFactory,
    PersonaFactory,
    RemarkFactory,
    RoleFactory,
    SourceFactory,
    UseCaseFactory,
)
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
OURS = ("accreditation", "courses")


def person():
    boss = make_person()
    return make_person(role=RoleFactory(), persona=PersonaFactory(), organisation=OrganisationFactory(), manager=boss)


def evidence():
    row = EvidenceFactory(learner=person(), course=CourseFactory(), use_case=UseCaseFactory(), persona=PersonaFactory())
    EvidenceFactory(learner=row.learner, kind="revocation", program=make_program())


def remark():
    RemarkFactory(state="answered", answer="Yes.", answered_by=make_person(), answered_at=timezone.now())


def report_schedule():
    name = f"A view {ReportView.objects.count()}"
    view = ReportView.objects.create(owner=person(), name=name, kind="coverage", is_shared=True)
    return ReportSchedule.objects.create(view=view)


def asset():
    row = Asset.objects.create(slug=f"asset-{Asset.objects.count()}", title="A deep dive", kind="deep_dive")
    give_version(asset=row, body="What it says.", by=None)
    return row


def course():
    stage = JourneyStage.objects.get_or_create(slug="stage", name="Stage")[0]
    PathFactory(courses=[CourseFactory(lessons=2, objectives=2, journey_stage=stage)], use_case=UseCaseFactory())


def update():
    by = person()
    Update.objects.create(program=make_program(), number=1, title="New stages", changed_on="2026-01-01", opened_by=by)


def source():
    row = SourceFactory(owner=person())
    LessonFactory(source_revision=row.revisions.get())


def link():
    url = f"https://docs.example/{Link.objects.count()}"
    SourceFactory(owner=person(), url=url)
    Link.objects.create(url=url, host="docs.example", due_at=timezone.now())


def package():
    number = Package.objects.count()
    facts = {"version": "1.2", "file": "x.zip", "items": [], "files": 1, "unpacked": 1}
    return Package.objects.create(title=f"Package {number}", sha256=f"{number:064}", uploaded_by=person(), **facts)


def package_progress():
    row = {"learner": person(), "lesson": LessonFactory(), "package": package(), "item": "0"}
    PackageProgress.objects.create(updated_at=timezone.now(), **row)


def word(model):
    def make():
        number = model.objects.count()
        model.objects.create(slug=f"word-{number}", name=f"Word {number}")

    return make


def framework():
    number = Framework.objects.count()
    row = Framework.objects.create(
        identifier=uuid4(), uri=f"https://skills.example/{number}", title=f"Framework {number}", creator="A body"
    )
    group = Competency.objects.create(slug=f"f-{number}", name="Group", framework=row, uri=f"{row.uri}/group")
    part = {"parent": group, "withdrawn_on": timezone.now().date(), "replaced_by": group}
    Competency.objects.create(slug=f"f-{number}-part", name="Part", framework=row, uri=f"{row.uri}/part", **part)


def statement(model, **values):
    number = model.objects.count()
    return model.objects.create(slug=f"statement-{number}", title=f"Statement {number}", **values)


def said():
    return {"learner": person(), "by": person(), "performed_on": timezone.now().date()}


def domain():
    number = OrganisationDomain.objects.count()
    OrganisationDomain.objects.create(organisation=OrganisationFactory(), domain=f"partner-{number}.example")


def proposal():
    asked = {"title": "Proofs", "rule": "all_of", "count": None, "requirements": [asks_for(CourseFactory(lessons=1))]}
    times = {"validity_months": 6, "renewal_window_days": 90, "grace_days": 0}
    return propose_rules(program=make_program(), times=times, groups=[asked], by=person())


def tier():
    number = Tier.objects.count() + 1
    badge = make_achievement(slug=f"tier-{number}", name=f"Tier {number}")
    return Tier.objects.create(slug=f"t{number}", title=f"Tier {number}", use_cases=number, achievement=badge)


def bulk_deed():
    by, now = person(), timezone.now()
    row = BulkDeed.objects.create(kind="message", title="Message", by=by, made_at=now, due_at=now, people=1)
    row.rows.create(position=0, person=person())


ROWS = {
    SearchEntry: CourseFactory,
    User: person,
    PeopleImport: lambda: PeopleImport.objects.create(
        name="people.csv", state="read", made_by=person(), made_at=timezone.now()
    ),
    BulkDeed: bulk_deed,
    Organisation: OrganisationFactory,
    Invitation: lambda: InvitationFactory(role=RoleFactory(), organisation=OrganisationFactory(), groups=["grader"]),
    Program: make_program,
    RequirementGroup: make_program,
    Proposal: proposal,
    Effect: lambda: Effect.objects.create(
        program=make_program(),
        proposal=proposal(),
        learner=person(),
        outcome="loses",
        state_before="accredited",
        state_after="lapsed",
    ),
    Update: update,
    Enrolment: lambda: EnrolmentFactory(learner=person(), assigned_by=person()),
    Accreditation: lambda: AccreditationFactory(learner=person()),
    Tier: tier,
    TierHolding: lambda: TierHolding.objects.create(
        learner=person(),
        tier="walk",
        valid_until=timezone.now().date(),
        use_cases={"1": "2026-05-20"},
        computed_at=timezone.now(),
    ),
    Application: lambda: make_system(organisation=OrganisationFactory(), made_by=person()),
    Evidence: evidence,
    Attestation: lambda: statement(Attestation, statement="Sells alone."),
    ExternalCredit: lambda: statement(ExternalCredit, issuer="Body"),
    GivenAttestation: lambda: GivenAttestation.objects.create(
        attestation=statement(Attestation, statement="Sells alone."), **said()
    ),
    GivenCredit: lambda: GivenCredit.objects.create(
        credit=statement(ExternalCredit, issuer="Body"), reference="No. 7", **said()
    ),
    OrganisationDomain: domain,
    ProgramReassessment: lambda: ask_for_program(program=make_program()),
    Reassessment: lambda: ReassessmentFactory(learner=person()),
    ReminderLadder: lambda: ReminderLadder.objects.create(program=make_program()),
    Channel: lambda: make_channel(),
    ChannelPost: lambda: ChannelPost.objects.create(channel=make_channel(), key="a", text="Ada is accredited"),
    Notice: lambda: NoticeFactory(recipient=person()),
    Digest: lambda: Digest.objects.create(person=person(), period="daily", period_on=date(2026, 7, 1)),
    ReportSchedule: lambda: report_schedule(),
    ReportMail: lambda: ReportMail.objects.create(
        schedule=report_schedule(), person=person(), period_on=date(2026, 7, 1)
    ),
    ReportView: lambda: ReportView.objects.create(
        owner=person(), name="Mine", kind="program", program=make_program(), is_shared=True
    ),
    KeptFigures: lambda: KeptFigures.objects.create(name=f"set-a-{KeptFigures.objects.count()}", due_at=timezone.now()),
    Course: course,
    Asset: asset,
    LearningPath: course,
    Source: source,
    Link: link,
    Package: package,
    PackageProgress: package_progress,
    Feedback: remark,
    CourseCompletion: lambda: CompletionFactory(learner=person()),
    CourseRating: lambda: CourseRating.objects.create(
        completion=CompletionFactory(learner=person()), stars=4, text="Good", rated_at=timezone.now()
    ),
    Withdrawal: lambda: Withdrawal.objects.create(
        subject="courses.course:1", title="A course", reason="Old.", withdrawn_by=person()
    ),
    AuditEvent: lambda: AuditEvent.objects.create(event="export", actor=person(), subject="x"),
    Framework: framework,
    Competency: framework,
    **{
        model: word(model)
        for model in (Role, Persona, Product, UseCase, CompanySize, Vertical, Ecosystem, JourneyStage)
    },
}
MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in OURS), key=lambda model: model.__name__
)
ALL = sorted((model for model in admin.site._registry), key=lambda model: model._meta.label)


@pytest.fixture
def staff(client):
    person = make_enablement()
    client.force_login(person)
    client.person = person
    return client


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def statements(client, url):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200, url
    return [one["sql"] for one in captured]


def test_no_list_of_these_apps_is_left_out():
    assert set(MODELS) == set(ROWS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_takes_no_more_statements_for_more_rows(staff, model):
    for _ in range(3):
        ROWS[model]()
    statements(staff, address(model, "changelist"))
    few = statements(staff, address(model, "changelist"))

    for _ in range(27):
        ROWS[model]()
    many = statements(staff, address(model, "changelist"))

    assert len(many) <= len(few), "\n".join(sorted(set(many) - set(few)))
    assert len(many) <= 22


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_is_searched_and_a_row_opens(staff, model):
    ROWS[model]()
    row = model.objects.order_by("pk").last()

    assert staff.get(address(model, "changelist"), {"q": "a"}).status_code == 200
    assert staff.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", ALL, ids=lambda model: model._meta.label)
def test_every_list_of_the_project_opens_empty(staff, model):
    status = staff.get(address(model, "changelist")).status_code

    assert status == (200 if staff.person.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}") else 403)


@pytest.mark.parametrize("model", [Evidence, Reassessment, Notice, Digest, Accreditation, RequirementGroup, AuditEvent,
                                   CourseCompletion, Tier, TierHolding],
                         ids=lambda model: model.__name__)  # fmt: skip
def test_what_is_computed_or_recorded_is_not_edited(client, model):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    ROWS[model]()
    row = model.objects.order_by("pk").last()

    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "change", row.pk), {}).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def act(client, model, action, *rows):
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(address(model, "changelist"), form, follow=True).content.decode()


def test_programs_are_published_and_withdrawn_or_say_why(staff):
    good, empty = make_program(publish=False), Program.objects.create(slug="empty", title="Empty")

    shown = act(staff, Program, "publish", good, empty)

    assert "Load the program&#x27;s rules first" in shown
    assert "Done for 1." in shown
    act(staff, Program, "withdraw", good)
    good.refresh_from_db()
    assert good.state == "withdrawn"


def test_courses_are_published_and_withdrawn_or_say_why(staff):
    good, empty = CourseFactory(draft=True, lessons=1), CourseFactory(draft=True)

    assert "at least one lesson" in act(staff, Course, "publish", good, empty)
    good.refresh_from_db()
    assert good.state == "published"
    assert "can&#x27;t become withdrawn" in act(staff, Course, "withdraw", empty)


def test_the_state_of_content_is_not_edited_by_hand(staff):
    row = CourseFactory(draft=True)
    form = {"title": "New", "slug": row.slug, "state": "published", "summary": ""} | {
        f"{name}-{field}": 0 for name in ("objectives", "lessons") for field in ("TOTAL_FORMS", "INITIAL_FORMS")
    }

    assert staff.post(address(Course, "change", row.pk), form).status_code == 302

    row.refresh_from_db()
    assert (row.title, row.state) == ("New", "draft")
    assert row.history.first().history_user == staff.person


def test_a_lesson_names_objectives_of_its_own_course_only(staff):
    row, other = CourseFactory(lessons=1, objectives=1), CourseFactory(objectives=1)

    shown = staff.get(address(Course, "change", row.pk)).content.decode()

    assert row.objectives.get().text in shown
    assert other.objectives.get().text not in shown
    assert staff.get(address(Course, "add")).status_code == 200


def board(row, **changes):
    """What the page of a remark posts."""
    steps = {f"steps-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    names = ("state", "answer", "tags", "shown_to", "public_title", "done_sentence")
    said = {name: getattr(row, name) for name in names} | {"owner": "", "duplicate_of": ""}
    return steps | said | changes


def test_the_board_merges_publishes_and_owns(staff):
    row, main = RemarkFactory(), RemarkFactory()
    line = {"shown_to": "people", "public_title": "Runners", "done_sentence": "Explained."}

    page = staff.post(address(Feedback, "change", main.pk), board(main, owner=staff.person.pk, tags="Quiz", **line))
    staff.post(address(Feedback, "change", row.pk), board(row, duplicate_of=main.pk))

    assert page.status_code == 302
    main.refresh_from_db()
    row.refresh_from_db()
    assert (main.owner, main.tags, main.public_title, row.duplicate_of) == (staff.person, "quiz", "Runners", main)
    staff.post(address(Feedback, "change", main.pk), board(main, owner=staff.person.pk, state="done", answer="Yes."))
    told = Notice.objects.filter(text="Yes.").values_list("recipient", flat=True)
    assert set(told) == {main.author_id, row.author_id}


def test_an_answer_goes_to_the_author(staff):
    row = RemarkFactory()

    staff.post(address(Feedback, "change", row.pk), board(row, answer="A runner runs jobs."))

    row.refresh_from_db()
    assert (row.state, row.answered_by) == ("looked_at", staff.person)
    assert Notice.objects.get(recipient=row.author).text == "A runner runs jobs."


def test_an_answer_that_is_refused_says_why_and_one_that_did_not_change_does_nothing(staff):
    row = RemarkFactory()

    shown = staff.post(address(Feedback, "change", row.pk), board(row, answer="", state="declined"), follow=True)
    assert "Say why not" in shown.content.decode()
    staff.post(address(Feedback, "change", row.pk), board(row))

    row.refresh_from_db()
    assert (row.state, row.answer) == ("open", "")
    assert staff.get(address(Feedback, "add")).status_code == 403


def test_remarks_are_closed_in_one_go(staff):
    rows = RemarkFactory.create_batch(2)

    assert "Done for 2." in act(staff, Feedback, "close", *rows)


def test_evidence_is_withdrawn_with_who_did_it(staff):
    row = EvidenceFactory(course=CourseFactory())

    assert "Done for 1." in act(staff, Evidence, "withdraw", row)
    assert staff.person.name in Evidence.objects.get(withdraws=row).reason
    assert "withdrawn before" in act(staff, Evidence, "withdraw", row)


def test_without_the_permission_nobody_withdraws_evidence(client):
    reader = make_person(is_staff=True)
    reader.user_permissions.add(*make_enablement().groups.get().permissions.filter(codename="view_evidence"))
    client.force_login(reader)
    row = EvidenceFactory(course=CourseFactory())

    act(client, Evidence, "withdraw", row)

    assert Evidence.objects.count() == 1


def test_a_standing_is_computed_again_on_request(staff):
    row = ReassessmentFactory(done_at=timezone.now())

    act(staff, Reassessment, "again", row)

    assert Reassessment.objects.filter(learner=row.learner, done_at=None).exists()


def test_an_enrolment_made_here_is_news_and_its_date_may_change(staff):
    learner, program = make_person(), make_program()
    form = {"learner": learner.pk, "program": program.pk, "due_on": "2026-06-01"}

    staff.post(address(Enrolment, "add"), form)

    row = Enrolment.objects.get(learner=learner)
    assert (row.assigned_by, str(row.due_on)) == (staff.person, "2026-06-01")
    assert Notice.objects.filter(recipient=learner, kind="enrolled").count() == 1
    staff.post(address(Enrolment, "change", row.pk), {"due_on": "2026-07-01", "learner": staff.person.pk})
    row.refresh_from_db()
    assert (str(row.due_on), row.learner) == ("2026-07-01", learner)


def test_enrolling_in_a_draft_is_refused_in_words(staff):
    form = {"learner": make_person().pk, "program": make_program(publish=False).pk}

    response = staff.post(address(Enrolment, "add"), form)

    shown = response.context["adminform"].form
    assert "isn't open yet" in shown.non_field_errors()[0]
    assert str(shown["learner"].value()) == str(form["learner"])
    assert not Enrolment.objects.exists()


def test_another_due_date_is_told_to_the_learner(staff):
    row = EnrolmentFactory()

    staff.post(address(Enrolment, "change", row.pk), {"due_on": "2027-03-01"})

    row.refresh_from_db()
    assert (str(row.due_on), row.assigned_by) == ("2027-03-01", staff.person)
    assert "1 March 2027" in row.learner.notices.get().text


def test_an_invitation_names_who_sent_it(staff):
    staff.post(
        address(Invitation, "add"), {"email": "new@example.com", "groups": [Group.objects.get(name="grader").pk]}
    )

    row = Invitation.objects.get()
    assert row.invited_by == staff.person
    assert row.mail_due_at is not None
    Invitation.objects.update(mail_due_at=None)
    staff.post(address(Invitation, "change", row.pk), {"email": "new@example.com"})
    assert Invitation.objects.get().mail_due_at is None
    staff.post(address(Invitation, "change", row.pk), {"email": "other@example.com"})
    sweep_notices()
    assert mail.outbox[-1].to == ["other@example.com"]
    row.refresh_from_db()
    assert (row.email, row.invited_by) == ("other@example.com", staff.person)


def test_a_new_person_is_made_here(staff):
    form = {"email": "new@example.com", "name": "New", "usable_password": "false"}

    staff.post(address(User, "add"), form)

    assert User.objects.get(email="new@example.com").has_usable_password() is False


def test_versions_of_a_program_are_shown_on_its_page(staff):
    program = make_program()
    author_program(
        slug=program.slug, values={}, validity_months=24,
        groups=[{"title": "New", "rule": "all_of", "count": None, "requirements": [asks_for(CourseFactory())]}],
    )  # fmt: skip

    shown = staff.get(address(Program, "change", program.pk)).content.decode()

    assert "24" in shown
    assert staff.get(address(Program, "history", program.pk)).status_code == 200


def test_tiers_are_found_by_organisation_and_by_their_end(staff):
    today, home = timezone.now().date(), OrganisationFactory()
    ends = {"in ninety days": 90, "later": 91, "yesterday": -1}
    for name, days in ends.items():
        TierHolding.objects.create(
            learner=make_person(name=name, organisation=home if days == 91 else None), tier="walk",
            valid_until=today + timedelta(days=days), computed_at=timezone.now(),
        )  # fmt: skip
    TierHolding.objects.create(learner=make_person(name="none"), computed_at=timezone.now())

    def found(**query):
        return {row.learner.name for row in staff.get(address(TierHolding, "changelist"), query).context["cl"].queryset}

    assert found(ends="soon") == {"in ninety days"}
    assert found(ends="none") == {"none"}
    assert found(learner__organisation__id__exact=home.pk) == {"later"}
    assert found(tier="walk") == set(ends)
