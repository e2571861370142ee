"""The lookup page tells of a number what it tells by itself, as soon as it is typed."""

from playwright.sync_api import Browser, expect

from tests.browser.test_pages import visit


def test_a_typed_number_is_judged_before_it_is_sent(browser: Browser, live_server: object) -> None:
    context = visit(browser, live_server.url)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/track/")
    number, hint = page.locator("[name=number]"), page.locator("[data-hints]")
    number.fill("1Z879E930346834441")
    number.press("Tab")
    expect(hint).to_contain_text("One digit looks wrong.")
    number.fill("1Z879E930346834440")
    number.press("Tab")
    expect(hint).to_contain_text("This looks like a number of UPS.")
    number.fill("A-1001")
    number.press("Tab")
    expect(hint).to_be_empty()
    assert page.url.endswith("/track/")
    assert errors == []
    context.close()
