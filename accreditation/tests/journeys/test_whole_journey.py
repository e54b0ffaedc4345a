"""The main job, end to end, in a browser: an invitation becomes a badge that anyone can check, and is revoked by two."""

import re
from pathlib import Path

import pytest
from django.core import mail
from playwright.sync_api import expect

from accreditation.actions.loading import load_programs
from accreditation.models import Organisation
from accreditation.roles import ENABLEMENT, GRADER, PARTNER_MANAGER
from assessments.actions.graders import decide_policy
from assessments.clips import make_clip
from assessments.models import AnswerKey, Attempt, GraderProfile
from badges.models import Credential, RevocationRequest
from courses.tests.people import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
PROGRAM = Path(__file__).with_name("small_program.yaml")
PASSWORD = "a-long-enough-passphrase"
PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture
def people():
    load_programs(paths=[PROGRAM], by=None)
    northbeam = Organisation.objects.create(slug="northbeam", name="Northbeam Partners")
    grader = make_person(groups=[GRADER], is_staff=True)
    GraderProfile.objects.create(grader=grader, is_experienced=True)
    decide_policy(further_percent=0, monitor_percent=0, reason="One reading each.", by=grader)
    return {
        "enablement": make_person(groups=[ENABLEMENT], is_staff=True),
        "second": make_person(groups=[ENABLEMENT], is_staff=True),
        "grader": grader,
        "manager": make_person(groups=[PARTNER_MANAGER], organisation=northbeam),
        "stranger": make_person(),
    }


def press(page, name):
    """Press a button that brings another page, and wait for that page."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def invite(page):
    page.goto("/admin/accreditation/invitation/add/")
    page.fill("input[name=email]", "ada@example.com")
    page.select_option("select[name=role]", label="Partner seller")
    page.select_option("select[name=persona]", label="Education")
    page.locator("span[aria-labelledby=select2-id_organisation-container]").click()
    page.keyboard.type("North")
    page.get_by_role("option", name="Northbeam Partners").click()
    page.click("input[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()


def sign_up(page):
    page.goto("/")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Your name").fill("Ada Okafor")
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Create the account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    address = re.search(r"/accounts/confirm-email/\S+", mail.outbox[-1].body)
    page.goto(address.group())
    press(page, "Yes, confirm it")
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("heading", level=1)).to_have_text("My accreditations")


def learn(page):
    page.get_by_role("link", name="See the programs").click()
    page.get_by_role("link", name="First Meeting").click()
    press(page, "Enrol")
    page.goto("/practicals/first-meeting/")
    expect(page.locator(".locked__title")).to_contain_text("Pass the exam")
    page.goto("/")
    page.get_by_role("link", name="Open it").click()
    page.get_by_role("link", name="Start the course").click()
    press(page, "Done, next")
    page.get_by_text("Tell us about this lesson").click()
    page.get_by_label("What is it?").select_option(label="I have an idea")
    page.get_by_label("What should we know?").fill("An example would help.")
    press(page, "Send it")
    expect(page.get_by_text("Thank you")).to_be_visible()
    press(page, "Done, next")
    expect(page.get_by_text("You have done this course")).to_be_visible()


def sit_the_exam(page):
    page.goto("/")
    expect(page.locator(".next-step__title")).to_have_text("Take the exam: First meeting, written exam")
    page.get_by_role("link", name="Open it").click()
    page.get_by_role("checkbox").check()
    press(page, "Start the exam")
    page.wait_for_url("**/attempts/**")
    attempt = Attempt.objects.get()
    for item in attempt.items.order_by("position"):
        key = AnswerKey.objects.get(version=item.version)
        page.get_by_role("button", name=re.compile(rf"^Question {item.position}\b")).click()
        for token, option in item.tokens.items():
            if float(key.answers[str(option)]) > 0:
                page.locator(f'#question-{item.position} input[value="{token}"]').check()
    expect(page.locator("[data-save-text]")).to_contain_text("All 3 answers saved")
    page.get_by_role("link", name="Hand in").click()
    press(page, "Hand in")
    expect(page.get_by_role("heading", level=1)).to_have_text("You passed the written exam")


def hand_in_a_recording(page, clip):
    page.goto("/notices/")
    press(page, "Open the practical")
    press(page, "Draw a brief")
    expect(page.get_by_text("Lindenhof Schools Trust")).to_be_visible()
    expect(page.locator("[data-file]")).to_be_enabled()
    page.locator("[data-file]").set_input_files(clip)
    expect(page.locator("video")).to_be_visible()
    press(page, "Hand in")
    expect(page.get_by_text("Receipt").first).to_be_visible()


def grade(page):
    page.goto("/admin/grading/")
    press(page, "Take it")
    expect(page.get_by_text("Ada Okafor")).to_have_count(0)
    page.locator("[data-speed]").wait_for()
    page.wait_for_function("() => document.querySelector('.player__video').readyState > 2")
    page.keyboard.press(" ")
    expect(page.locator("[data-heard-percent]")).to_have_text(re.compile("^(9[0-9]|100)$"))
    for key in "44c":
        page.keyboard.press(key)
    page.keyboard.type("Asked what eleven days of approval cost.")
    page.keyboard.press("Enter")
    page.get_by_text("Everything is there.").wait_for()
    press(page, "Send marks")
    page.get_by_text("Marks sent.").wait_for()


def see_the_badge(page):
    page.goto("/")
    expect(page.locator(".card--held")).to_contain_text("First Meeting")
    page.locator(".card--held a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A. O.")
    page.get_by_label("My full name").check()
    press(page, "Show it so")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Okafor")


def revoke(page, credential):
    page.goto(f"/admin/badges/credential/{credential.pk}/revoke/")
    page.fill("[name=reason]", "The recording was somebody else's.")
    press(page, "Ask for the revocation")


def confirm(page):
    page.goto(f"/admin/badges/revocationrequest/{RevocationRequest.objects.get().pk}/change/")
    press(page, "Confirm the revocation")


def test_from_an_invitation_to_a_badge_that_two_people_revoke(browse, people, tmp_path):
    clip = make_clip(tmp_path / "first-meeting.mp4", 12)
    learner, anyone = browse(**PHONE), browse()

    invite(browse(people["enablement"]))
    sign_up(learner)
    learn(learner)
    sit_the_exam(learner)
    hand_in_a_recording(learner, clip)
    grade(browse(people["grader"], viewport={"width": 1366, "height": 768}))
    see_the_badge(learner)

    credential = Credential.objects.get()
    assert credential.holder.organisation.slug == "northbeam"
    anyone.goto(f"/credentials/{credential.pk}/")
    expect(anyone.locator(".tag--good")).to_be_visible()
    manager = browse(people["manager"])
    manager.goto("/organisations/northbeam/")
    expect(manager.locator("#people tr", has_text="Ada Okafor")).to_contain_text("Accredited")
    stranger = browse(people["stranger"])
    for address in (
        f"/attempts/{Attempt.objects.get().pk}/result/",
        f"/submissions/{credential.holder.submissions.get().pk}/",
    ):
        assert stranger.goto(address).status == 404

    revoke(browse(people["enablement"]), credential)
    confirm(browse(people["second"]))
    anyone.reload()
    expect(anyone.locator(".award .tag--danger")).to_have_text("Revoked")
    learner.goto("/")
    expect(learner.locator(".card--held")).to_contain_text("Revoked")
