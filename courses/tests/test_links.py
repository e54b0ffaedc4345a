"""The check of links: what is asked, how politely, what an answer means, and who agrees to a change."""

import threading
import time
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from courses.actions.assets import give_version
from courses.actions.links import ask_again, check_link, dismiss_change, links_due, note_addresses
from courses.actions.sources import check_source, note_revision
from courses.lib.readable import fingerprint, readable_text
from courses.lib.refusals import Refused
from courses.models import Asset, Link
from courses.rules.links import difference, uses_of
from courses.tests.factories import LessonFactory, SourceFactory
from courses.tests.far_machines import far_machine, reply
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=timezone.get_default_timezone())
DAY = timedelta(days=1)
PAGE = """<html><head><title>Now {stamp}</title><style>.x{{}}</style></head><body><header>Menu {stamp}</header><main>
<h1>Stages</h1><p>{words}</p><p>Updated on 3 May 2026, 12:0{stamp}.</p></main><footer>© 202{stamp} nonce {stamp}</footer>
<script nonce="{stamp}">go({stamp})</script></body></html>"""


def page(words="Three stages.", stamp=1, **headers):
    body = PAGE.format(words=words, stamp=stamp).encode()
    return reply(body=body, Content_Type="text/html; charset=utf-8", **headers)


@pytest.fixture
def far(settings):
    with far_machine() as machine:
        settings.OUTBOUND_USES, settings.OUTBOUND_LOCAL = ["links"], [machine.place]
        settings.LINK_CHECKS_A_MINUTE = 100
        machine.answers["/"] = page()
        yield machine


def link_to(url, **values):
    LessonFactory(url=url)
    return Link.objects.create(url=url, host="127.0.0.1", due_at=NOW, **values)


def check(link, now=NOW):
    """Check it at a moment at which it is due."""
    Link.objects.filter(pk=link.pk).update(due_at=now)
    return check_link(link_id=link.pk, now=now)


def test_every_address_in_use_gets_a_row_once_and_loses_it_with_its_use():
    lesson, source = LessonFactory(url="https://a.example/1"), SourceFactory(url="https://a.example/2")
    asset = Asset.objects.create(slug="deep", title="Deep", kind="deep_dive")
    give_version(asset=asset, url="https://b.example/3", by=None)
    LessonFactory(url="https://c.example/", course__withdrawn=True)

    assert (note_addresses(), note_addresses()) == (3, 0)
    assert set(Link.objects.values_list("url", "host")) == {
        (lesson.url, "a.example"), (source.url, "a.example"), ("https://b.example/3", "b.example"),
    }  # fmt: skip

    lesson.url = ""
    lesson.save()
    note_addresses()
    assert not Link.objects.filter(url="https://a.example/1").exists()


def test_nothing_is_asked_while_it_is_off(far, settings):
    settings.OUTBOUND_USES = []
    link = link_to(far.url())

    assert links_due(now=NOW) == []
    assert check_link(link_id=link.pk, now=NOW) is None
    assert far.asked == []
    with pytest.raises(Refused, match="asks no other machines"):
        ask_again(link=link, by=make_person())


def test_a_page_is_asked_by_its_headers_first_and_kept_as_it_reads(far):
    row = check(link_to(far.url()))

    assert [one[0] for one in far.asked] == ["HEAD", "GET"]
    assert (row.state, row.status, row.checked_at, row.due_at) == ("fine", 200, NOW, NOW + 7 * DAY)
    assert row.text == "Stages\nThree stages.\nUpdated on 3 May 2026, 12:01."
    assert "accreditation-portal" in far.asked[0][2]["user-agent"]


def test_another_date_nonce_or_menu_is_no_change(far):
    link = link_to(far.url())
    check(link)
    far.answers["/"] = page(stamp=2)

    assert check(link, NOW + 7 * DAY).state == "fine"


def test_other_words_are_a_change_that_stays_until_somebody_agrees(far):
    link = link_to(far.url())
    check(link)
    far.answers["/"] = page("Four stages.")

    row = check(link, NOW + 7 * DAY)
    assert (row.state, row.changed_at) == ("changed", NOW + 7 * DAY)
    assert difference(row) == [("-", "Three stages."), ("+", "Four stages.")]
    assert check(link, NOW + 14 * DAY).changed_at == NOW + 7 * DAY

    agreed = dismiss_change(link=link, by=make_person())
    assert (agreed.state, agreed.changed_at, agreed.dismissed_by is None) == ("fine", None, False)
    assert check(link, NOW + 21 * DAY).state == "fine"
    with pytest.raises(Refused):
        dismiss_change(link=link, by=make_person())


def test_a_page_that_reads_as_before_again_is_no_change_any_more(far):
    link = link_to(far.url())
    check(link)
    far.answers["/"] = page("Four stages.")
    check(link, NOW + 7 * DAY)
    far.answers["/"] = page()

    row = check(link, NOW + 14 * DAY)

    assert (row.state, row.changed_at) == ("fine", None)


def test_what_was_seen_is_asked_for_only_where_it_is_another_one(far):
    far.answers["/"] = page(ETag='"v1"', Last_Modified="Mon, 04 May 2026 09:00:00 GMT")
    link = link_to(far.url())
    check(link)
    far.answers["/"] = reply(304, b"")
    far.asked.clear()

    row = check(link, NOW + 7 * DAY)

    (head,) = far.asked
    assert (head[0], head[2]["if-none-match"]) == ("HEAD", '"v1"')
    assert head[2]["if-modified-since"] == "Mon, 04 May 2026 09:00:00 GMT"
    assert (row.state, row.status, row.text) == ("fine", 304, "Stages\nThree stages.\nUpdated on 3 May 2026, 12:01.")


def test_a_machine_that_refuses_head_is_asked_for_the_page(far):
    def only_get(handler):
        (reply(405, b"no") if handler.command == "HEAD" else page())(handler)

    far.answers["/"] = only_get

    assert check(link_to(far.url())).state == "fine"


def test_a_film_is_never_fetched_and_told_apart_by_its_headers(far):
    far.answers["/film"] = reply(body=b"x" * 10, Content_Type="video/mp4")
    link = link_to(far.url("/film"))

    assert check(link).state == "fine"
    assert [one[0] for one in far.asked] == ["HEAD"]
    far.answers["/film"] = reply(body=b"x" * 11, Content_Type="video/mp4")
    assert check(link, NOW + 7 * DAY).state == "changed"


def test_an_address_is_dead_only_after_three_failures_over_three_days(far):
    far.answers["/"] = reply(404, b"gone")
    link = link_to(far.url())

    states = [(row.state, row.tries, row.due_at) for row in (check(link, NOW + n * 1.5 * DAY) for n in range(3))]

    assert states == [
        ("away", 1, NOW + 1.5 * DAY), ("away", 2, NOW + 3 * DAY), ("dead", 3, NOW + 10 * DAY),
    ]  # fmt: skip
    far.answers["/"] = page()
    row = check(link, NOW + 10 * DAY)
    assert (row.state, row.tries, row.failing_since, row.problem) == ("fine", 0, None, "")


def test_ten_failures_in_one_hour_are_no_death(far):
    far.answers["/"] = reply(404, b"gone")
    link = link_to(far.url())

    rows = [check(link, NOW + timedelta(minutes=n * 5)) for n in range(10)]

    assert rows[-1].state == "away"


def test_the_database_keeps_an_address_alive_until_it_failed_three_times():
    with pytest.raises(IntegrityError), transaction.atomic():
        link_to("https://a.example/", state="dead", tries=2, failing_since=NOW)


def test_a_machine_that_is_busy_is_left_alone_with_all_its_addresses_and_does_not_die(far):
    far.answers["/"] = reply(429, b"slow", Retry_After="7200")
    link, other = link_to(far.url()), link_to(far.url("/other"))

    rows = [check(link, NOW + n * 2 * DAY) for n in range(4)]

    other.refresh_from_db()
    assert other.due_at == NOW + 6 * DAY + timedelta(hours=2)
    assert (rows[-1].state, rows[-1].problem) == ("away", "The other side answers with 429.")


@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_page_behind_a_sign_in_is_neither_fine_nor_dead(far, status):
    far.answers["/"] = reply(status, b"who are you")

    row = check(link_to(far.url()))

    assert (row.state, row.tries) == ("refused", 0)
    assert "asks who is reading" in row.problem


@pytest.mark.parametrize(("status", "state"), [(301, "moved"), (308, "moved"), (302, "fine"), (307, "fine")])
def test_a_page_that_moved_for_good_says_where_to(far, status, state):
    far.answers["/old"] = reply(status, b"", Location="/")

    row = check(link_to(far.url("/old")))

    assert row.state == state
    assert row.moved_to == (far.url() if state == "moved" else "")


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "https://localhost/x", "ftp://files.example/x"])
def test_an_address_inside_is_refused_and_never_asked(far, url):
    row = check(link_to(url))

    assert (row.state, far.asked) == ("refused", [])
    assert row.problem


def test_a_hostile_answer_stops_no_other_address(far, monkeypatch):
    far.answers["/bad"] = reply(body=b"\x1f\x8bnope", Content_Type="text/html", Content_Encoding="gzip")
    far.answers["/huge"] = reply(body=b"a" * 1_100_000, Content_Type="text/html")
    far.answers["/deep"] = reply(body=b"<div>" * 200_000, Content_Type="text/html")
    far.answers["/odd"] = reply(body=b"\0\xff<p>x", Content_Type="text/html; charset=nonsense")
    links = [link_to(far.url(path)) for path in ("/bad", "/huge", "/deep", "/odd", "/")]

    rows = [check_link(link_id=one.pk, now=NOW) for one in links]

    assert [row.state for row in rows] == ["away", "refused", "fine", "fine", "fine"]


def test_an_error_of_ours_is_written_down_too(far, monkeypatch):
    link = link_to(far.url())
    monkeypatch.setattr("courses.actions.links.found_by", lambda *_: 1 / 0)

    row = check(link)

    assert (row.state, row.problem, row.busy_until) == ("away", "The answer can't be read.", None)


def test_one_machine_gets_so_many_checks_a_minute_and_machines_take_turns(far, settings):
    settings.LINK_CHECKS_A_MINUTE = 2
    links = [link_to(far.url(f"/{n}")) for n in range(4)]
    other = Link.objects.create(url="https://b.example/", host="b.example", due_at=NOW)

    due = links_due(now=NOW)
    assert due == [links[0].pk, other.pk, links[1].pk]
    done = [check_link(link_id=one.pk, now=NOW) for one in links]
    assert [one is not None for one in done] == [True, True, False, False]
    assert check_link(link_id=links[2].pk, now=NOW + timedelta(seconds=61)) is not None


def test_a_machine_is_asked_for_one_address_at_a_time(far):
    first, second = link_to(far.url()), link_to(far.url("/2"))
    Link.objects.filter(pk=first.pk).update(busy_until=NOW + timedelta(minutes=1))

    assert check_link(link_id=second.pk, now=NOW) is None
    assert check_link(link_id=second.pk, now=NOW + timedelta(minutes=2)) is not None


@pytest.mark.django_db(transaction=True)
def test_two_workers_ask_one_machine_once(far):
    from django.db import connection

    inside, most = [], []

    def slow(handler):
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.2)
        inside.pop()
        page()(handler)

    links = [link_to(far.url(f"/{n}")) for n in range(4)]
    far.answers = {f"/{n}": slow for n in range(4)}

    def work(pk):
        check_link(link_id=pk, now=NOW)
        connection.close()

    threads = [threading.Thread(target=work, args=[one.pk]) for one in links]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert max(most) == 1


def test_what_a_killed_worker_left_is_checked_an_hour_later(far, monkeypatch):
    link = link_to(far.url())

    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr("courses.actions.links._ask", killed)
        check_link(link_id=link.pk, now=NOW)

    later = NOW + timedelta(hours=1)
    assert links_due(now=NOW + timedelta(minutes=59)) == []
    assert check_link(link_id=link.pk, now=later).state == "fine"


def changed(far, source):
    link = Link.objects.create(url=source.url, host="127.0.0.1", due_at=NOW)
    check(link)
    far.answers["/"] = page("Four stages.")
    return check(link, NOW + 7 * DAY)


@pytest.mark.parametrize("deed", ["revision", "look"])
def test_looking_at_the_source_settles_the_mark_of_its_page(far, deed):
    source, person = SourceFactory(url=far.url()), make_person()
    link = changed(far, source)

    if deed == "look":
        check_source(source=source, by=person)
    else:
        today = timezone.now().date()
        note_revision(source=source, noted_on=today, changes="Four stages.", is_material=True, by=person)

    link.refresh_from_db()
    assert (link.state, link.changed_at, link.dismissed_by) == ("fine", None, person)


def test_an_address_says_what_uses_it_and_who_keeps_it():
    owner = make_person()
    source = SourceFactory(url="https://a.example/", owner=owner)
    LessonFactory(url="https://a.example/", source_revision=source.revisions.get())
    LessonFactory(url="https://a.example/")

    assert [one.owner_id for one in uses_of(["https://a.example/"])["https://a.example/"]] == [owner.pk, owner.pk, None]


def test_readable_text_survives_what_strangers_write():
    assert readable_text(b"<main><p>A &amp; B<br>C</p></main><p>out</p>", "text/html") == "A & B\nC"
    assert readable_text(b"<p>only <b>this", "text/html") == "only this"
    assert readable_text("äö".encode("latin-1"), "text/plain; charset=latin-1") == "äö"
    assert readable_text(b"<p>a < b <!-- x --> c<script>x</script", "text/html") == "a < b c"
    assert readable_text(b"<nav>only this", "text/html") == "only this"
    assert len(readable_text(b"x" * 50_000, "text/plain")) == 20_000
    assert fingerprint("At 9:30 on May 3, 2026: 18 of 25") == fingerprint("at 10:45  on June 4, 2027: 18 of 25")
    assert fingerprint("18 of 25") != fingerprint("17 of 25")


@pytest.mark.parametrize(
    "piece", [b"<div>", b"<!--", b"<script>", b"<", b"<a ", b"<nav>x", b"</main><main>", b"1 Jan "]
)
def test_a_megabyte_of_anything_is_read_in_seconds(piece):
    began = time.monotonic()

    fingerprint(readable_text(piece * (1_000_000 // len(piece)), "text/html"))

    assert time.monotonic() - began < 5


@pytest.fixture
def staff(client):
    client.person = make_person(groups=["enablement"], is_staff=True)
    client.force_login(client.person)
    return client


def deed(link, name):
    return reverse("admin:courses_link_deed", args=[link.pk, name])


def test_the_administration_checks_again_and_agrees(far, staff):
    source = SourceFactory(url=far.url(), owner=staff.person)
    link = changed(far, source)
    address = reverse("admin:courses_link_change", args=[link.pk])

    shown = staff.get(address).content.decode()
    assert "<del>Three stages.</del>" in shown and "<ins>Four stages.</ins>" in shown
    assert str(source) in shown
    assert "looks changed since" in staff.get(reverse("admin:courses_source_change", args=[source.pk])).content.decode()
    staff.post(deed(link, "check_now"))
    link.refresh_from_db()
    assert link.due_at <= timezone.now()
    staff.post(deed(link, "was_no_change"))
    link.refresh_from_db()
    assert link.state == "fine"
    assert staff.post(deed(link, "was_no_change")).status_code == 404


def test_hostile_words_of_a_page_stay_words(far, staff):
    far.answers["/"] = reply(body=b"plain", Content_Type="text/plain")
    link = link_to(far.url())
    check(link)
    far.answers["/"] = reply(body=b"<script>alert(1)</script>", Content_Type="text/plain")
    check(link, NOW + 7 * DAY)

    shown = staff.get(reverse("admin:courses_link_change", args=[link.pk])).content.decode()

    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


@pytest.mark.parametrize("keeper", ["me", "nobody", "other"])
def test_the_list_is_filtered_by_who_keeps_it(staff, keeper):
    SourceFactory(url="https://mine.example/", owner=staff.person)
    LessonFactory(url="https://nobodys.example/")
    note_addresses()

    shown = staff.get(reverse("admin:courses_link_changelist"), {"keeper": keeper}).content.decode()

    assert ("https://mine.example/" in shown) == (keeper != "nobody")
    assert ("https://nobodys.example/" in shown) == (keeper != "me")


def test_others_neither_see_nor_do_anything(client, far):
    link = link_to("https://a.example/")
    client.force_login(make_person(groups=["grader"], is_staff=True))

    assert client.get(reverse("admin:courses_link_changelist")).status_code == 403
    assert client.post(deed(link, "check_now")).status_code in (403, 404)
