"""Chromium for the browser tests. Its absence skips them in one place; with CI=true it fails them."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started

from accreditation.testing.waiting import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "Chromium is not installed; `make browser` installs it"


def executable() -> str:
    """The browser's path. Without one the test is skipped, with CI=true it fails."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise (pytest.fail if os.environ.get("CI") == "true" else pytest.skip).Exception(MISSING)
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running browser, one for the whole session."""
    path = executable()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)

    # Playwright's loop runs in this thread, and Django would refuse to touch the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture
def browse(chromium: Any, live_server: Any, settings: Any) -> Iterator[Callable[..., Any]]:
    """`browse(person)`: a fresh page, signed in as the person (None for a visitor), in a context of its own.

    Addresses are relative to the live server. Options go to Playwright's `new_context`. A script error, or something
    that the content policy refused, fails the test at its end.
    """
    contexts, faults = [], []

    def open_page(person: Any = None, **options: Any) -> Any:
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        if person is not None:
            context.add_cookies([_session_cookie(person, live_server.url, settings)])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
        return page

    with answered_in_full():
        yield open_page
        for context in contexts:
            context.close()
    assert not faults, faults


FAKE_DEVICES = ("--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


class Devices:
    """Chromium with a camera, a microphone and a screen that aren't there, and a profile that outlives its death."""

    def __init__(self, chromium: Any, profile: Path, url: str, cookie: dict[str, str], **options: Any) -> None:
        self.profile = profile
        self.faults: list[str] = []
        self.context = chromium.browser_type.launch_persistent_context(
            str(profile), executable_path=executable(), args=FAKE_DEVICES, base_url=url, **options
        )
        self.context.set_default_timeout(PATIENCE * 1000)
        self.context.add_cookies([cookie])
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda one: self.faults.append(one.text) if "Content Security" in one.text else None)

    def kill(self) -> None:
        """What a crash does: every process of this browser ends without a word."""
        mark = f"--user-data-dir={self.profile}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (entry / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)
        with suppress(Exception):
            self.context.close()
        for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
            (self.profile / name).unlink(missing_ok=True)


@pytest.fixture
def devices(chromium: Any, live_server: Any, settings: Any, tmp_path: Path) -> Iterator[Callable[..., Devices]]:
    """`devices(person, profile="one")`: a browser of its own with fake devices, signed in as the person."""
    opened: list[Devices] = []

    def start(person: Any, profile: str = "profile", **options: Any) -> Devices:
        cookie = _session_cookie(person, live_server.url, settings)
        opened.append(Devices(chromium, tmp_path / profile, live_server.url, cookie, **options))
        return opened[-1]

    with answered_in_full():
        yield start
        for one in opened:
            with suppress(Exception):
                one.context.close()
    assert not (faults := [fault for one in opened for fault in one.faults]), faults


@contextmanager
def answered_in_full(patience: float = PATIENCE) -> Iterator[None]:
    """Wait at the end for requests that are still being answered: a page that goes sends its last words, and the database
    is emptied after this."""
    running: set[int] = set()

    def began(**_: Any) -> None:
        running.add(threading.get_ident())

    def ended(**_: Any) -> None:
        running.discard(threading.get_ident())

    request_started.connect(began, weak=False, dispatch_uid="browser-began")
    request_finished.connect(ended, weak=False, dispatch_uid="browser-ended")
    try:
        yield
        until = time.monotonic() + patience
        while running and time.monotonic() < until:
            time.sleep(0.01)
    finally:
        request_started.disconnect(dispatch_uid="browser-began")
        request_finished.disconnect(dispatch_uid="browser-ended")


def _session_cookie(person: Any, url: str, settings: Any) -> dict[str, str]:
    from django.test import Client

    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
