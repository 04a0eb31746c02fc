"""The entry page in Chromium for tests: a draft, a browser of its own for each person, its cells and states."""

from contextlib import suppress

import pytest
from django.conf import settings
from playwright.sync_api import Error, expect

from dossiers.models import LateReason
from tests.dossiers.returns import sound_return


@pytest.fixture
def draft(cast, period_q, procedures_khcn):
    LateReason.objects.create(code="thieu-nguoi", name="Thiếu người")
    return sound_return(cast, period_q)


@pytest.fixture
def open_grid(live_server, client_of, browser, browser_context_args, request):
    """Opens the entry page for a person in a browser of its own or in `context`; errors of the page fail the test.

    The return is `item` or the test's draft. `options` are those of the browser of its own, such as its viewport.
    """
    contexts, errors = [], []

    def opened(person, context=None, *, item=None, **options):
        item = item or request.getfixturevalue("draft")
        if context is None:
            context = browser.new_context(**browser_context_args | options)
            contexts.append(context)
            key = client_of(person).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"{live_server.url}/returns/{item.pk}/grid/")
        expect(page.locator("[data-cchc-grid][data-ready]")).to_be_attached(timeout=20_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    expected = ("409", "401", "403", "500", "net::ERR")
    if unexpected := [error for error in errors if not any(one in error for one in expected)]:
        pytest.fail(f"errors on the entry page: {unexpected}")


def kill(page):
    """The tab's process crashes at once: no handler of the page runs, what it was sending is cut off.

    Closing a tab is not that: a page that is closed still hears that it is hidden, and sends what it has.
    """
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    page.close()


def cell(page, line, name):
    return page.locator(f'[data-line="{line.pk}"][data-cell="{name}"]')


def state(page):
    return page.locator("[data-cchc-save-state]")
