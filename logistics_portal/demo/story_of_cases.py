"""The story goes on: somebody else receives, goods come back, something was wrong, and support is asked."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from logistics_portal.demo.stage import (
    Story,
    await_status,
    draft,
    numbered,
    path_of,
    ship,
    tell,
    verify,
)
from logistics_portal.demo.supervisor import ROOT
from logistics_portal.demo.visitor import Visitor, await_that
from logistics_portal.demo_data.places import CITIES

# Numbers that nobody has, of those that Germany keeps for films.
HUGO, GRANDMA, IRIS, JANA, KURT, LENA = (f"+49176040690{last}" for last in (51, 58, 62, 73, 84, 95))
_HAMBURG, _BERLIN = CITIES["Hamburg"], CITIES["Berlin"]
_LINE = re.compile(r'name="(line-[0-9a-f-]{36})"')


def _place(story: Story, who: str, phone: str, sku: str, name: str, price: str, quantity: int = 1) -> dict[str, Any]:
    lines = [{"sku": sku, "name": name, "quantity": quantity, "unit_price": price}]
    order: dict[str, Any] = story.merchant.post("/orders/", draft(story, who, phone) | {"lines": lines})
    story.made[f"{who}'s order"] = order
    return order


def _deliver(story: Story, order: dict[str, Any], kind: str) -> dict[str, Any]:
    """Send an order and have it arrive."""
    number = numbered(story, "ups", kind)
    shipment = ship(story, order, "ups", number)
    tell(story, "ups", number, "picked_up", "out", "delivered", home=_HAMBURG, to=_BERLIN)
    return await_status(story, shipment, "delivered")


def _first_line(page: str) -> str:
    found = _LINE.search(page)
    assert found, "the page does not offer the lines"
    return found[1]


# --- somebody else, and who wants no news


def somebody_else_receives(story: Story) -> None:
    order = _place(story, "hugo", HUGO, "NL-TNT-2", "Zelt für zwei Personen", "329.00")
    verify(story, "hugo", order, HUGO)
    given = {"name": "Grandma Story", "phone": GRANDMA, "gets_code": "on"}
    shown = story.visitor("hugo").send(f"{path_of(order)}access/", given)
    assert "Grandma Story" in shown, "the receiver is not in the list"
    link = story.phone(GRANDMA).await_text(r"a parcel is coming to you.*(/r/[\w-]+/)")[1]
    page = Visitor(story.base_url).see(link)
    told = [text for text in ("329.00", "Zelt", HUGO, order["address"]["line1"], "Hugo") if text in page]
    assert not told, f"the receiver's page shows {told}"
    listed = story.visitor("hugo").see(f"{path_of(order)}access/")
    assert "Grandma Story" in listed.split('id="openings"')[1], "the opening is not shown to who ordered"
    story.made["receiver's link"] = link


def stop_ends_and_start_begins(story: Story) -> None:
    phone, link = story.phone(GRANDMA), story.known("receiver's link")
    page = f"/demo/phone/?number={quote(GRANDMA)}"
    phone.visitor.send("/demo/phone/answer/", {"number": GRANDMA, "text": "STOP"}, on=page)
    phone.await_text("You get no more SMS from us")
    order = story.known("hugo's order")
    number = numbered(story, "dhl", "5")
    shipment = ship(story, order, "dhl", number)
    tell(story, "dhl", number, "picked_up", "out", home=_HAMBURG, to=_BERLIN)
    await_status(story, shipment, "out_for_delivery")
    story.phone(HUGO).await_text(number)
    assert not any("is out" in text for text in phone.texts()), "news went to who had said STOP"
    phone.visitor.send("/demo/phone/answer/", {"number": GRANDMA, "text": "START"}, on=page)
    phone.await_text("You get our SMS again")
    assert phone.visitor.see(link), "the receiver's page is gone"


def own_words_are_used(story: Story) -> None:
    staff = story.visitor("admin")
    staff.log_in(story.info["staff"])
    page = "/admin/words/nordlicht/order_confirmed/sms/en/"
    wrong = staff.send(page, {"do": "save", "text": "Hello {{ password }}"}, status=422)
    assert "There is no {{ password }} here" in wrong, "a strange variable is not refused"
    staff.send(page, {"do": "save", "text": "Ahoy! We have {{ order }}, see {{ link }}"})
    order = _place(story, "iris", IRIS, "NL-JKT-M", "Regenjacke „Sylt“, Größe M", "149.00")
    story.phone(IRIS).await_text(rf"Ahoy! We have {order['number']}, see")
    staff.send(page, {"do": "remove"})


# --- what comes back


def exchange_is_sent(story: Story) -> None:
    order, iris = story.known("iris's order"), story.visitor("iris")
    _deliver(story, order, "4")
    verify(story, "iris", order, IRIS)
    page = f"{path_of(order)}return/"
    line = _first_line(iris.see(page))
    given = {line: "1", "reason": "too_small", "resolution": "exchange", "comment": ""}
    asked = iris.send(page, given)
    items = re.search(rf'name="item-{line.removeprefix("line-")}".*?</select>', asked, re.DOTALL)
    assert items, "the page does not ask for what instead"
    wanted = re.search(r'<option value="([0-9a-f-]{36})"', items[0])
    assert wanted, "nothing is offered instead"
    shown = iris.send(page, {**given, f"item-{line.removeprefix('line-')}": wanted[1]})
    assert "You get instead" in shown, "the case does not show what the customer gets"
    case = story.merchant.rows(f"/returns/?order_number={order['number']}")[0]
    back = numbered(story, "ups", "3")
    iris.send(f"{path_of(order)}returns/{case['id']}/send/", {"carrier": "UPS", "tracking_number": back})
    tell(story, "ups", back, "picked_up", "delivered", home=_BERLIN, to=_HAMBURG)
    replacement = f"X-{case['number']}"
    await_that(lambda: story.merchant.rows(f"/orders/?number={replacement}"), "the replacement becoming an order")
    assert replacement in iris.see(f"{path_of(order)}returns/{case['id']}/"), "the case does not name the replacement"


def contract_is_withdrawn_from(story: Story) -> None:
    order, jana = _place(story, "jana", JANA, "NL-SOK-2", "Merinosocken, 2 Paar", "24.90"), story.visitor("jana")
    _deliver(story, order, "2")
    verify(story, "jana", order, JANA)
    page = f"{path_of(order)}withdraw/"
    line = _first_line(jana.see(page))
    declared = jana.send(page, {line: "1"})
    assert "Confirm withdrawal" in declared, "the second step does not ask to confirm"
    assert not story.merchant.rows(f"/returns/?order_number={order['number']}"), "the first step declared already"
    received = jana.send(page, {line: "1", "step": "confirm"})
    assert "We received your withdrawal" in received, "the withdrawal is not acknowledged"
    case = story.merchant.rows(f"/returns/?order_number={order['number']}")[0]
    due = date.fromisoformat(case["refund_due_at"][:10])
    assert due >= datetime.now(UTC).date() + timedelta(days=13), f"the money is due on {due}"


# --- what was wrong


def missing_item_is_settled_by_an_offer(story: Story) -> None:
    order, kurt = _place(story, "kurt", KURT, "NL-BTL-1", "Thermosflasche 1 l", "34.50", 2), story.visitor("kurt")
    shipment = _deliver(story, order, "1")
    verify(story, "kurt", order, KURT)
    page = f"{path_of(order)}dispute/{shipment['id']}/"
    line = _first_line(kurt.see(page))
    kurt.send(page, {"kind": "missing_item", line: "1", "statement": "Only one bottle was in the box.", "wish": ""})
    dispute = story.merchant.rows(f"/disputes/?order_number={order['number']}")[0]
    staff, desk = story.visitor("support"), f"/admin/aftersales/dispute/{dispute['id']}/"
    given = {"resolution": "partial_refund", "amount": "20.00", "note": "Would this settle it?"}
    staff.send(f"{desk}do/offer/", given, on=f"{desk}do/offer/")
    story.phone(KURT).await_text(r"An offer for order")
    case = f"{path_of(order)}disputes/{dispute['id']}/"
    assert "Would this settle it?" in kurt.see(case), "the customer does not see the offer"
    kurt.send(f"{case}offer/", {"answer": "accept"}, on=case)
    decided = story.merchant.get(f"/disputes/{dispute['id']}/")
    assert decided["status"] == "accepted", f"the API says {decided['status']}"
    refund = story.merchant.rows(f"/refunds/?order_number={order['number']}")[0]
    assert refund["amount"] == "20.00", f"{refund['amount']} are refunded for an offer of 20.00"
    story.made["kurt's case"] = desk


def evidence_is_checked_by_a_stranger(story: Story) -> None:
    """The script knows nothing of the portal; a changed file is noticed."""
    staff, desk = story.visitor("support"), story.known("kurt's case")
    answer = staff.http.get(f"{desk}case.zip", timeout=90)
    assert answer.status_code == 200, f"the export answered {answer.status_code}"
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "case.zip"
        archive.write_bytes(answer.content)
        assert _verify(archive) == 0, "the exported archive is said to be wrong"
        spoiled = bytearray(answer.content)
        spoiled[len(spoiled) // 3] ^= 1
        archive.write_bytes(spoiled)
        assert _verify(archive) == 1, "a changed archive is said to be right"


def _verify(archive: Path) -> int:
    command = [sys.executable, str(ROOT / "bin" / "verify-evidence"), str(archive)]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode  # noqa: S603 - our own


# --- words, and once more


def support_answers(story: Story) -> None:
    order, jana, staff = story.known("jana's order"), story.visitor("jana"), story.visitor("support")
    page = path_of(order)
    jana.send(f"{page}talk/", {"text": "Which box do I use for the socks?", "form_id": f"talk-{story.run}"}, on=page)
    talk = story.merchant.rows(f"/conversations/?order_number={order['number']}")[0]
    desk = f"/admin/aftersales/conversation/{talk['id']}/"
    assert "Which box do I use for the socks?" in staff.see(f"{desk}change/"), "support does not see the question"
    given = {"text": "Any box will do.", "then": "solved", "seen": talk["notes"][-1]["id"]}
    staff.send(f"{desk}do/reply/", given, on=f"{desk}do/reply/")
    story.phone(JANA).await_text("You have an answer about your order")
    assert "Any box will do." in jana.see(page), "the answer is not on the order's page"
    thanked = jana.send(f"{page}talk/rating/", {"rating": "good"}, on=page)
    assert "the help was good" in thanked, "the rating is not kept"


def reorder_happens_once(story: Story) -> None:
    order, jana = story.known("jana's order"), story.visitor("jana")
    page = f"{path_of(order)}again/"
    seen = jana.see(page)
    form = {name: _hidden(seen, name) for name in ("form_id", "seen")}
    for _ in range(2):
        jana.http.post(page, data={**form, "csrfmiddlewaretoken": _hidden(seen, "csrfmiddlewaretoken")})
    wishes = [one for one in story.merchant.rows("/reorders/") if one["order"] == order["id"]]
    assert len(wishes) == 1, f"a second click made {len(wishes)} wishes"
    placed = story.merchant.post(f"/reorders/{wishes[0]['id']}/place/", {"number": f"AGAIN-{story.run}"}, status=200)
    assert placed["status"] == "placed", f"the wish is {placed['status']}"
    assert f"AGAIN-{story.run}" in jana.see(page), "the page does not name the new order"


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"the form has no {name}"
    return found[1]


def house_number_is_asked_for(story: Story) -> None:
    given = draft(story, "lena", LENA)
    order = story.merchant.post("/orders/", given | {"address": given["address"] | {"line1": "Ackerstraße"}})
    verify(story, "lena", order, LENA)
    lena, page = story.visitor("lena"), path_of(order)
    question = re.compile(r"/t/[\w-]+/checks/[0-9a-f-]{36}/")
    found = await_that(lambda: question.search(lena.see(page)), "the question about the house number")
    assert found and "no house number" in lena.see(page), "the page does not say what is wrong"
    address = {"line1": "Ackerstraße 76", "line2": "", "city": "Berlin", "region": "", "postal_code": "13355"}
    lena.send(found[0], {"action": "correct", **address}, on=found[0])
    assert not question.search(lena.see(page)), "the question stands after the answer"


def search_box_finds(story: Story) -> None:
    order, staff = story.known("kurt's order"), story.visitor("support")
    keys = (order["number"], KURT, KURT[-4:], order["email"], order["address"]["name"])
    for key in keys:
        found = staff.see(f"/admin/search/?s={quote(key)}")
        assert order["number"] in found, f"“{key}” does not find the order"
    assert order["number"] not in staff.see("/admin/search/?s=nobody-has-this"), "the box finds what nobody asked for"


CASE_STEPS: list[tuple[str, Callable[[Story], None]]] = [
    ("Somebody else receives a gift: a link without prices, and who opened it", somebody_else_receives),
    ("STOP ends the news to a phone, START begins them again", stop_ends_and_start_begins),
    ("A merchant's own words are used, and strange ones refused", own_words_are_used),
    ("An exchange: the return's arrival releases the replacement", exchange_is_sent),
    ("A withdrawal in two steps, with its acknowledgement and deadline", contract_is_withdrawn_from),
    ("A missing item is settled by an offer", missing_item_is_settled_by_an_offer),
    ("The evidence is exported, and a stranger's script finds a changed byte", evidence_is_checked_by_a_stranger),
    ("A question to support is answered and praised", support_answers),
    ("An order once more, once despite a second click", reorder_happens_once),
    ("A missing house number is asked for before anything leaves", house_number_is_asked_for),
    ("The staff's search box finds an order by every key", search_box_finds),
]
