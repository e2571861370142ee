"""The portal's story, told step by step against a running portal. `bin/demo --check` walks through it.

Every step goes through the doors that people and machines use: pages and forms with their cookies, the API, carriers'
signed payloads, and for what was sent the demo's own phone and mailbox.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from logistics_portal.demo.stage import (
    ANN,
    BEN,
    CLEO,
    DORA,
    TELLERS,
    Story,
    arrival_day,
    await_status,
    draft,
    numbered,
    path_of,
    place,
    ship,
    tell,
    verify,
)
from logistics_portal.demo.story_of_cases import CASE_STEPS
from logistics_portal.demo.story_of_tracking import TRACKING_STEPS
from logistics_portal.demo.visitor import Merchant, Visitor, await_that, push
from logistics_portal.demo_data.payloads import Happening, Trip, write
from logistics_portal.demo_data.places import CITIES

__all__ = ["STEPS", "Story"]

# --- the order


def wrong_phone_is_named(story: Story) -> None:
    refused = story.merchant.post("/orders/", draft(story, "ann", "0151 12"), status=400)
    assert "phone" in str(refused), f"the answer does not name the phone: {refused}"


def repeated_order_is_one(story: Story) -> None:
    given, key = draft(story, "ann", ANN), f"key-{story.run}"
    first = story.merchant.post("/orders/", given, key=key)
    second = story.merchant.post("/orders/", given, key=key)
    assert first["id"] == second["id"], "the same Idempotency-Key made two orders"
    story.made["ann's order"] = first


def order_is_confirmed(story: Story) -> None:
    order = story.known("ann's order")
    text = story.phone(ANN).await_text(rf"{order['number']} is confirmed.*(/t/[\w-]+/)")
    assert order["number"] in Visitor(story.base_url).see(text[1]), "the link in the SMS does not open the order"
    assert text[1] != path_of(order), "the customer's link is the merchant's: it can't be closed alone"
    mailbox = f"/demo/mail/?address={quote(order['email'])}"
    await_that(lambda: order["number"] in story.visitor("postman").see(mailbox), "a mail that confirms the order")


def page_hides_the_person(story: Story) -> None:
    order = story.known("ann's order")
    page = Visitor(story.base_url).see(path_of(order))
    assert order["number"] in page, "the page does not name the order"
    told = [text for text in (order["address"]["name"], order["address"]["line1"], ANN, "24.90") if text in page]
    assert not told, f"the page shows {told} to everybody who has the link"


def code_opens_the_address(story: Story) -> None:
    verify(story, "ann", story.known("ann's order"), ANN)


# --- the warehouse, the carriers, the door


def warehouse_packs(story: Story) -> None:
    order, worker = story.known("ann's order"), story.visitor("warehouse")
    worker.log_in(story.info["warehouse"])
    assert order["number"] in worker.see(f"/warehouse/?q={ANN[-4:]}"), "four digits don't find the order"
    page = f"/warehouse/{order['id']}/"
    ticks = {f"line-{line['id']}": "on" for line in order["lines"]}
    worker.send(page, {"action": "pack"}, status=422)
    assert "Packed" in worker.send(page, {**ticks, "action": "pack"}), "the order is not packed"
    assert story.merchant.get(f"/orders/{order['id']}/")["status"] == "packed", "the API does not say packed"
    label = worker.see(f"{page}label/")
    assert '<svg class="barcode"' in label and order["number"] in label, "the label has no barcode of the order"


def shipment_is_told(story: Story) -> None:
    order, number = story.known("ann's order"), numbered(story, "dhl")
    story.made["ann's shipment"] = ship(story, order, "dhl", number) | {"number": number}
    story.phone(ANN).await_text(rf"on its way.*{number}")
    label = story.visitor("warehouse").see(f"/warehouse/{order['id']}/label/")
    assert number in label, "the label does not bear the parcel's number"


def carriers_are_believed_by_signature(story: Story) -> None:
    order = place(story, "dora", DORA)
    sent = {}
    for teller, carrier in TELLERS.items():
        number = numbered(story, teller, "8")
        home, to = (CITIES["深圳"], CITIES["北京"]) if teller == "kuaidi100" else (CITIES["Hamburg"], CITIES["Berlin"])
        sent[teller] = ship(story, order, carrier, number)
        trip = Trip(
            number, carrier, "Parcel", home, to, [Happening("picked_up", datetime.now(UTC), home)], arrival_day()
        )
        body = write(teller, trip)
        refused = push(story.base_url, teller, body, "not the secret")
        assert refused == 401, f"a badly signed payload of {teller} was answered with {refused}"
        tell(story, teller, number, "picked_up", home=home, to=to)
    for shipment in sent.values():
        await_status(story, shipment, "in_transit")


def page_and_api_follow(story: Story) -> None:
    shipment = story.known("ann's shipment")
    tell(story, "dhl", shipment["number"], "picked_up", "hub", home=CITIES["Hamburg"], to=CITIES["Berlin"])
    wanted = ["Arrived at DHL sort facility", "Shipment picked up"]

    def follows() -> dict[str, Any] | None:
        now: dict[str, Any] = story.merchant.get(f"/shipments/{shipment['id']}/")
        return now if [event["description"] for event in now["parcels"][0]["events"]] == wanted else None

    now = await_that(follows, f"the API's history being {wanted}")
    assert now and now["status"] == "in_transit", "the API does not say that the parcel is on its way"
    assert now["carrier_eta"] == arrival_day().isoformat(), f"the API expects it on {now['carrier_eta']}"
    ann, path = story.visitor("ann"), path_of(story.known("ann's order"))
    texts = ("Your parcel is on its way", "Arrived at DHL sort facility", "Hamburg", "Expected")
    await_that(lambda: all(text in ann.see(path) for text in texts), f"the page showing {texts}")


def courier_code_comes(story: Story) -> None:
    shipment = story.known("ann's shipment")
    with story.visitor("ann").watching(path_of(story.known("ann's order"))) as hear:
        tell(story, "dhl", shipment["number"], "picked_up", "out", home=CITIES["Hamburg"], to=CITIES["Berlin"])
        hear()
    await_status(story, shipment, "out_for_delivery")
    code = story.phone(ANN).await_text(r"this code: (\d{4})")[1]
    page = story.visitor("ann").see(path_of(story.known("ann's order")))
    assert code in page, "the page does not show the code to its owner"
    story.made["courier code"] = code


def courier_proves_the_handover(story: Story) -> None:
    shipment, code, courier = story.known("ann's shipment"), story.known("courier code"), story.visitor("courier")
    courier.log_in(story.info["courier"])
    assert shipment["id"] in courier.see(f"/courier/?q={ANN[-4:]}"), "the courier does not find the parcel"
    page, wrong = f"/courier/{shipment['id']}/", f"{(int(code) + 1) % 10_000:04d}"
    refused = courier.send(page, {"action": "code", "code": wrong}, status=422)
    assert "not the customer" in refused, "a wrong code is not said to be wrong"
    courier.send(page, {"action": "code", "code": code})
    await_status(story, shipment, "delivered")
    story.phone(ANN).await_text("has been delivered")
    assert story.merchant.get(f"/orders/{shipment['order']}/")["status"] == "completed", "the order is not complete"


# --- the way back


def return_is_approved(story: Story) -> None:
    order, ann = story.known("ann's order"), story.visitor("ann")
    page = f"{path_of(order)}return/"
    line = re.search(r'name="(line-[0-9a-f-]{36})"', ann.see(page))
    assert line, "the page does not offer the lines"
    shown = ann.send(page, {line[1]: "1", "reason": "too_small", "comment": ""})
    assert "Your return is approved" in shown, "the return is not approved at once"
    story.phone(ANN).await_text(r"Return \S+ is approved")
    case = story.merchant.rows(f"/returns/?order_number={order['number']}")[0]
    assert case["status"] == "approved", f"the API says that the return is {case['status']}"
    story.made["return"] = case


def return_has_its_timeline(story: Story) -> None:
    order, case, number = story.known("ann's order"), story.known("return"), numbered(story, "ups", "9")
    ann = story.visitor("ann")
    ann.send(f"{path_of(order)}returns/{case['id']}/send/", {"carrier": "UPS", "tracking_number": number})
    tell(story, "ups", number, "picked_up", "hub", home=CITIES["Berlin"], to=CITIES["Hamburg"])
    story.made["return number"] = number

    def shows() -> bool:
        page = ann.see(path_of(order))
        return number in page and "Arrived at facility" in page

    await_that(shows, "the return's own history on the order's page")


def return_is_refunded(story: Story) -> None:
    order, case, number = story.known("ann's order"), story.known("return"), story.known("return number")
    tell(story, "ups", number, "delivered", home=CITIES["Berlin"], to=CITIES["Hamburg"])
    refunds = f"/refunds/?order_number={order['number']}"
    refund = await_that(lambda: story.merchant.rows(refunds), "the refund after the return's arrival")[0]
    assert refund["amount"] == "24.90", f"{refund['amount']} are refunded for one pair of socks of 24.90"
    story.phone(ANN).await_text(r"has arrived.*refunding")
    paid = story.merchant.post(f"/refunds/{refund['id']}/pay/", {"reference": f"re_{story.run}"}, status=200)
    assert paid["status"] == "paid", f"the refund is {paid['status']}"
    story.phone(ANN).await_text(r"We refunded")
    assert story.merchant.get(f"/returns/{case['id']}/")["status"] == "closed", "the return is not closed"
    assert "was paid back" in story.visitor("ann").see(path_of(order)), "the page does not show the refund"


# --- what did not arrive


def missing_parcel_is_claimed(story: Story) -> None:
    order, number = place(story, "ben", BEN), numbered(story, "ups", "7")
    shipment = ship(story, order, "ups", number)
    tell(story, "ups", number, "picked_up", "out", "delivered", home=CITIES["Hamburg"], to=CITIES["Berlin"])
    await_status(story, shipment, "delivered")
    verify(story, "ben", order, BEN)
    page = f"{path_of(order)}dispute/{shipment['id']}/"
    shown = story.visitor("ben").send(page, {"kind": "not_received", "statement": "Nothing lies at my door."})
    assert "We are looking into it" in shown, "the claim is not taken"
    story.phone(BEN).await_text(rf"looking into your case about order {order['number']}")
    story.made["dispute"] = story.merchant.rows(f"/disputes/?order_number={order['number']}")[0]


def staff_decides_on_evidence(story: Story) -> None:
    dispute, staff = story.known("dispute"), story.visitor("support")
    staff.log_in(story.info["support"])
    page = f"/admin/aftersales/dispute/{dispute['id']}/change/"
    seen = staff.see(page)
    for text in ("Nothing lies at my door.", "Happened", "Recorded", "Out for delivery", "Signed by", BEN, "delivered"):
        assert text in seen, f"the evidence does not show “{text}”"
    note = "The carrier has no proof for your address."
    staff.send(page.replace("change/", "do/accept/"), {"note": note}, on=page)
    decided = story.merchant.get(f"/disputes/{dispute['id']}/")
    assert (decided["status"], decided["decision_note"]) == ("accepted", note), f"the API says {decided['status']}"
    story.phone(BEN).await_text("decided in your favor")


# --- other doors


def lookup_is_neutral(story: Story) -> None:
    order, number = story.known("ann's order"), story.known("ann's shipment")["number"]
    visitor = Visitor(story.base_url)
    found = visitor.send("/track/", {"number": number, "last_four": ANN[-4:]})
    assert order["number"] in found, "the right digits don't lead to the order"
    wrong = visitor.send("/track/", {"number": number, "last_four": "0000"}, status=404)
    unknown = visitor.send("/track/", {"number": f"X{number}", "last_four": "0000"}, status=404)
    words = "We found nothing with this number and these digits"
    assert words in wrong and words in unknown, "the answer tells whether the number or the digits were wrong"


def phone_is_the_account(story: Story) -> None:
    order, cleo = place(story, "cleo", CLEO), story.visitor("cleo")
    cleo.send("/orders/sign-in/", {"phone": CLEO})
    code = story.phone(CLEO).await_text(r"\b(\d{6}) is your code")[1]
    mine = cleo.send("/orders/sign-in/code/", {"code": code})
    assert order["number"] in mine, "the list does not show the order"
    assert story.known("ann's order")["number"] not in mine, "the list shows somebody else's order"


def rival_sees_nothing(story: Story) -> None:
    order, shipment = story.known("ann's order"), story.known("ann's shipment")
    rival = Merchant(story.base_url, story.info["rival_api_key"])
    rival.get(f"/orders/{order['id']}/", status=404)
    rival.get(f"/shipments/{shipment['id']}/", status=404)
    for path in (f"/orders/?number={order['number']}", f"/returns/?order_number={order['number']}"):
        assert rival.rows(path) == [], f"another merchant's key sees {path}"
    Merchant(story.base_url, "lp_nobody").get("/orders/", status=401)


def everything_answers(story: Story) -> None:
    with httpx.Client(base_url=story.base_url, timeout=20, trust_env=False) as client:
        for path in (
            "/",
            "/healthz",
            "/readyz",
            "/track/",
            "/api/schema/",
            "/api/docs/",
            "/demo/phone/",
            "/demo/mail/",
            "/demo/push/",
        ):
            status = client.get(path).status_code
            assert status == 200, f"{path} answered {status}"
        ready = client.get("/readyz").json()
        assert ready == {"database": "ok", "workers": "ok"}, f"/readyz says {ready}"
    links = story.info["sample_links"]
    assert links, "the sample data name no links"
    for link in links:
        Visitor(story.base_url).see(link["path"])


STEPS: list[tuple[str, Callable[[Story], None]]] = [
    ("The API refuses a wrong phone number and names it", wrong_phone_is_named),
    ("An order sent twice with one Idempotency-Key is one order", repeated_order_is_one),
    ("The order is confirmed by SMS and mail, with a link", order_is_confirmed),
    ("The order's page hides name, street, phone and prices", page_hides_the_person),
    ("A wrong code is refused, the right one shows the address", code_opens_the_address),
    ("The warehouse finds the order by four digits, packs it, prints a label", warehouse_packs),
    ("A shipment by API is told by SMS with its tracking number", shipment_is_told),
    ("Eight carriers' payloads are taken when signed, refused when not", carriers_are_believed_by_signature),
    ("Page and API follow the scans: status, history, expected day", page_and_api_follow),
    ("Out for delivery reaches the open page and brings a code by SMS", courier_code_comes),
    ("The courier hands over with the right code only", courier_proves_the_handover),
    ("A return is asked for on the page and approved", return_is_approved),
    ("The return's parcel has its own history on the page", return_has_its_timeline),
    ("The return's arrival starts the refund, the merchant pays, all is told", return_is_refunded),
    ("“I did not receive it” is taken", missing_parcel_is_claimed),
    ("Staff decide it on a page of evidence, the customer is told", staff_decides_on_evidence),
    ("A parcel is found by number and four digits, wrong ones tell nothing", lookup_is_neutral),
    ("A phone and a code open the list of orders", phone_is_the_account),
    *TRACKING_STEPS,
    *CASE_STEPS,
    ("Another merchant's key sees nothing", rival_sees_nothing),
    ("Health, readiness, API documentation and every sample page answer", everything_answers),
]
