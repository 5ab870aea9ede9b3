"""A real Chromium before a real server. Every page must keep the console clean."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from backoffice.models import User

expect.set_options(timeout=20_000)  # the machine may be busy; what is right is not slower for it
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop running in the thread of the tests.

WindowOf = Callable[..., Page]

# Parts of a window that are pages themselves: nobody sees them, and each window starts a renderer for them.
OF_THE_WINDOW = (
    "InitialWebUI PreloadTopChromeWebUI PreloadTopChromeWebUILessNavigations WebUIHomeButton WebUIOmniboxAimPopup"
    " WebUIOmniboxFullPopup WebUIOmniboxPopup WebUIReloadButton WebUISplitTabsButton WebUITabStrip WebUIToolbar"
).split()
# What Playwright switches off: of several such flags Chromium heeds the last one only.
OF_PLAYWRIGHT = (
    "AimEnabled AvoidCorsURLLoaderRestartOnRedirect AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose"
    " HttpsFirstBalancedModeAutoEnable HttpsUpgrades LensOverlay MediaRouter NetworkTimeServiceQuerying"
    " OptimizationHints PaintHolding PreconnectToSearch ThirdPartyStoragePartitioning"
).split()
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    f"--disable-features={','.join([*OF_PLAYWRIGHT, *OF_THE_WINDOW])}",
    "--js-flags=--no-opt",  # every page starts anew: its scripts are over before optimizing them has paid
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, live_server) -> Iterator[BrowserContext]:
    """A window of 1440 x 900 in English. What the console says but silence fails the test."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="en-US")
    context.set_default_timeout(20_000)
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 422" not in message.text:  # a form came back
            said.append(f"{message.location.get('url')}: {message.text}")

    context.on("console", listen)
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield context
    context.close()
    assert said == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def roles(transactional_db: None) -> None:
    """The roles, committed, so that the server sees them."""


@pytest.fixture
def signed_in(context: BrowserContext, live_server) -> Callable[[User], None]:
    """Sign `user` in without walking through the form."""

    def sign_in(user: User) -> None:
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return sign_in


@pytest.fixture
def window_of(chromium: Browser, live_server, roles: None) -> Iterator[WindowOf]:
    """A window of its own for each person; what the console says fails the test, but for the answers 409 and 422."""
    contexts = []
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.endswith(("(Conflict)", "(Unprocessable Entity)")):
            said.append(message.text)

    def open_window(user: User, **more) -> Page:
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="en-US", **more
        )
        context.set_default_timeout(20_000)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        context.on("console", listen)
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
    assert said == []
