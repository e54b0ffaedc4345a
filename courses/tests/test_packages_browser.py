"""Packages in a real browser: a plain one is gone through and kept; a hostile one gets nothing of the portal."""

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from courses.actions.packages import take_package
from courses.models import LessonDone, PackageProgress
from courses.tests.factories import CourseFactory, LessonFactory
from courses.tests.packages import FINISH_12, package
from courses.tests.people import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
HOSTILE = """
(async () => {
  const got = [];
  const attempt = async (name, deed) => {
    try { got.push(name + ':' + ((await deed()) ? 'GOT' : 'none')); } catch { got.push(name + ':refused'); }
  };
  const silent = { credentials: 'include', mode: 'no-cors' };
  await attempt('cookie', () => document.cookie);
  await attempt('top document', () => top.document.body.innerHTML);
  await attempt('lesson page', () => parent.parent.document.title);
  await attempt('top storage', () => top.localStorage.length + 1);
  await attempt('fetch portal', async () => (await fetch(PORTAL + '/profile/', { credentials: 'include' })).ok);
  await attempt('fetch silent', async () => { await fetch(PORTAL + '/profile/', silent); return true; });
  await attempt('popup', () => window.open(PORTAL + '/'));
  const worker = () => navigator.serviceWorker.register('index.html');
  await attempt('worker', async () => { await worker(); return true; });
  await attempt('navigate', () => { top.location = PORTAL + '/?stolen'; return false; });
  await attempt('image', () => new Promise((good, bad) => {
    const one = new Image(); one.onload = () => good(true); one.onerror = bad; one.src = PORTAL + '/favicon.ico';
  }));
  const passed = { 'cmi.core.lesson_status': 'passed' };
  parent.parent.postMessage({ about: 'package', kind: 'commit', item: '0', session: 'x', values: passed }, '*');
  parent.parent.postMessage({ about: 'package', kind: 'commit', item: 'other', session: 'x'.repeat(36), values: {} }, '*');
  document.getElementById('said').textContent = got.join('; ') + '; end';
})();
"""


@pytest.fixture(autouse=True)
def elsewhere(settings, live_server):
    settings.CONTENT_ORIGIN = f"http://*.content.localhost:{live_server.url.rpartition(':')[2]}"


def lesson_of(script, **more):
    row = take_package(file=ContentFile(package(script=script, **more), "tour.zip"), by=None)
    return LessonFactory(kind="interactive", package=row, course=CourseFactory())


def stage(page):
    return page.frame_locator("[data-package] iframe").frame_locator("#stage")


def test_a_package_is_gone_through_and_kept(browse, live_server):
    lesson, person = lesson_of(FINISH_12), make_person()
    page = browse(person)

    page.goto(lesson.get_absolute_url())

    expect(stage(page).locator("#said")).to_have_text("true,true,true,false,405,Learner,true")
    expect(page.locator("[data-package-said]")).to_have_text("Your progress is kept.")
    expect(page.locator("[data-package-done]")).to_be_visible()
    assert LessonDone.objects.get().learner == person
    assert PackageProgress.objects.get().values["cmi.suspend_data"] == "page 3"


def test_a_newer_package_goes_on_where_it_was_left(browse, live_server):
    script = """const api = parent.API_1484_11; const said = [api.GetValue('cmi.location'), api.GetLastError()];
    said.push(api.Initialize(''));
    said.push(api.GetValue('cmi.location'), api.GetValue('cmi.entry'), api.GetValue('cmi.nothing'), api.GetLastError());
    said.push(api.SetValue('cmi.score.scaled', '2'), api.GetLastError(), api.SetValue('cmi.location', 'p4'), api.Commit(''));
    document.getElementById('said').textContent = said.join();"""
    lesson, person = lesson_of(script, version="2004"), make_person()

    page = browse(person)
    page.goto(lesson.get_absolute_url())
    expect(stage(page).locator("#said")).to_have_text(",122,true,,ab-initio,,401,false,407,true,true")
    expect(page.locator("[data-package-said]")).to_have_text("Your progress is kept.")
    page.wait_for_timeout(1500)
    other = browse(person)
    other.goto(lesson.get_absolute_url())

    expect(stage(other).locator("#said")).to_have_text(",122,true,p4,resume,,401,false,407,true,true")


def test_a_hostile_package_gets_nothing(chromium, live_server, client):
    lesson, person = lesson_of(f"const PORTAL = '{live_server.url}';{HOSTILE}"), make_person()
    context = chromium.new_context(base_url=live_server.url)
    client.force_login(person)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()

    page.goto(lesson.get_absolute_url())
    said = stage(page).locator("#said")
    expect(said).to_contain_text("end", timeout=30_000)

    assert "GOT" not in said.text_content()
    assert page.url.endswith(lesson.get_absolute_url())
    assert len(context.pages) == 1
    assert not LessonDone.objects.exists()
    context.close()
