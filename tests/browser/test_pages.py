"""What every page owes everybody: readable, usable on a small phone, in light and in dark, with and without script."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

import tracking.services
from aftersales.models import Return
from tests.browser.scene import Scene
from tests.visitors import last_code
from tracking.models import ProofOfDelivery

PHONE = {"width": 360, "height": 740}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def visit(browser: Browser, base_url: str, session: str = "", **options: object) -> BrowserContext:
    context = browser.new_context(**{"base_url": base_url, "viewport": PHONE, "locale": "en-US", **options})
    if session:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base_url}])
    return context


def every_page(browser: Browser, base_url: str, scene: Scene, **options: object) -> Iterator[tuple[str, Page]]:
    """Each page in turn, as each visitor sees it."""
    for who, paths in (("stranger", scene.stranger), ("holder", scene.holder), ("worker", scene.worker)):
        context = visit(browser, base_url, scene.sessions.get(who, ""), **options)
        page = context.new_page()
        for name, path in paths.items():
            page.goto(path)
            yield f"{name} as {who}", page
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_breaks_a_rule_of_accessibility(
    browser: Browser, live_server: object, scene: Scene, theme: str
) -> None:
    broken = []
    for name, page in every_page(browser, live_server.url, scene, color_scheme=theme):
        for summary in page.locator("summary").all():
            summary.click()
        for violation in Axe().run(page, options={**RULES, "resultTypes": ["violations"]}).response["violations"]:
            spots = [f"{node['html'][:200]} {node['failureSummary'][:300]}" for node in violation["nodes"]]
            broken.append((name, violation["id"], spots))
    assert not broken


@pytest.mark.parametrize("language", ["en", "zh-hans", "de"])
def test_no_page_scrolls_sideways_on_a_small_phone(
    browser: Browser, live_server: object, scene: Scene, language: str
) -> None:
    wide = []
    for name, page in every_page(browser, live_server.url, scene, locale=language):
        excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wide += [(name, excess)] if excess > 0 else []
    assert not wide


def test_everything_to_press_is_large_enough(browser: Browser, live_server: object, scene: Scene) -> None:
    measure = """() => [...document.querySelectorAll('.button, summary, input:not([type=hidden]), select, .bar a')]
        .filter((one) => one.checkVisibility() && !(one.type === 'checkbox' || one.type === 'radio'))
        .filter((one) => one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML.slice(0, 120))"""
    small = [(name, page.evaluate(measure)) for name, page in every_page(browser, live_server.url, scene)]
    assert not [found for found in small if found[1]]


def test_no_page_asks_anybody_else_or_trips_over_the_policy(
    browser: Browser, live_server: object, scene: Scene
) -> None:
    asked, said = set(), []
    context = visit(browser, live_server.url, scene.sessions["holder"])
    context.on("request", lambda request: asked.add(request.url))
    context.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: said.append(str(error.error)))
    page = context.new_page()
    for path in scene.holder.values():
        page.goto(path)
    context.close()
    assert asked
    assert all(url.startswith((live_server.url, "data:")) for url in asked)
    assert not said


def test_the_tracking_page_stays_light(browser: Browser, live_server: object, scene: Scene) -> None:
    context = visit(browser, live_server.url, scene.sessions["holder"])
    page, bodies = context.new_page(), []
    page.on("response", lambda response: bodies.append(response))
    page.goto(scene.holder["trouble"])
    page.wait_for_load_state("networkidle")
    assert sum(len(response.body()) for response in bodies) <= 60_000
    context.close()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_from_the_lookup_to_a_return(browser: Browser, live_server: object, scene: Scene, has_script: bool) -> None:
    context = visit(browser, live_server.url, java_script_enabled=has_script)
    page = context.new_page()
    page.goto("/track/")
    page.get_by_label("Tracking number or order number").fill(scene.delivered.number)
    page.get_by_label("Last four digits of your phone number").fill("5678")
    page.get_by_role("button", name="Track").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your parcel was delivered.")
    expect(page.get_by_text("Lindenstraße")).to_have_count(0)
    page.get_by_role("link", name="Verify your phone").first.click()
    page.get_by_role("button", name="Send me a code by SMS").click()
    page.get_by_label("Code with 6 digits").fill(last_code())
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Lindenstraße 12")).to_be_visible()
    page.get_by_role("link", name="Send something back").click()
    page.get_by_label("Thing 2").select_option("2")
    page.get_by_label("Why do you send it back?").select_option("damaged")
    page.get_by_role("button", name="Ask for the return").click()
    expect(page.get_by_text("Your return is approved.")).to_be_visible()
    assert Return.objects.filter(reason="damaged").count() == 1
    context.close()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_from_the_list_to_the_handover(browser: Browser, live_server: object, scene: Scene, has_script: bool) -> None:
    context = visit(browser, live_server.url, scene.sessions["worker"], java_script_enabled=has_script)
    page = context.new_page()
    page.goto("/courier/")
    page.get_by_label("Last four digits").fill("5678")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Lindenstraße 12").click()
    page.get_by_label("Four digits").fill(tracking.services.handover_code(scene.out))
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_text(f"Handed over: {scene.out.order.number}")).to_be_visible()
    assert ProofOfDelivery.objects.get().kind == ProofOfDelivery.Kind.CODE
    context.close()


def test_a_signature_is_drawn_and_kept_as_strokes(browser: Browser, live_server: object, scene: Scene) -> None:
    context = visit(browser, live_server.url, scene.sessions["worker"])
    page = context.new_page()
    page.goto(scene.worker["handover"])
    page.get_by_text("No code? Name and signature").click()
    page.get_by_label("Name of who takes it").fill("Neighbor Schmidt")
    page.locator("canvas").scroll_into_view_if_needed()
    pad = page.locator("canvas").bounding_box()
    page.mouse.move(pad["x"] + 20, pad["y"] + 20)
    page.mouse.down()
    page.mouse.move(pad["x"] + 120, pad["y"] + 60, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Hand over with a name").click()
    expect(page.get_by_text("Handed over:")).to_be_visible()
    proof = ProofOfDelivery.objects.get()
    assert proof.kind == ProofOfDelivery.Kind.SIGNATURE
    assert proof.signature_svg.startswith("M")
    assert proof.signature_svg.count("L") >= 5
    context.close()


def test_a_number_is_copied_and_a_label_offers_to_print(browser: Browser, live_server: object, scene: Scene) -> None:
    context = visit(
        browser, live_server.url, scene.sessions["holder"], permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.goto(scene.holder["out"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == scene.out.parcels.get().tracking_number
    context.close()
    at_work = visit(browser, live_server.url, scene.sessions["worker"]).new_page()
    at_work.goto(scene.worker["label"])
    expect(at_work.get_by_role("button", name="Print")).to_be_visible()
    at_work.emulate_media(media="print")
    expect(at_work.get_by_role("button", name="Print")).to_be_hidden()
    expect(at_work.get_by_role("img", name="Barcode of")).to_be_visible()
    at_work.context.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, live_server: object, scene: Scene) -> None:
    context = visit(browser, live_server.url)
    page = context.new_page()
    page.goto(scene.stranger["out"])
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    context.close()
