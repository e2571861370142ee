"""The order's page in every state, the proof of its phone, and somebody's orders."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import aftersales.services
import orders.services
import tracking.services
from customers.models import PhoneVerification
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder, last_code, text_of
from tracking.carriers.base import OffsetSource
from tracking.models import Retraction, Shipment, TrackingStatus, Watch
from tracking.sentences import STATUS_WORDS

pytestmark = pytest.mark.django_db

SECRETS = ("Ann Archer", "Archer", "Lindenstraße", "10969", "ann@example.com", "15112345678", "1511 2345678")
PAGE_BUDGET = 60_000  # bytes of HTML, CSS and JavaScript together
# One asks whether this device is still signed in, one notes who opened the page, one reads what was said of the
# delivery and one the conversation with support.
QUERY_BUDGET = 18


def page_of(order: Order, client: Client | None = None, **query: str) -> str:
    response = (client or Client()).get(f"/t/{order.token}/", query)
    assert response.status_code == 200
    return text_of(response)


def out_for_delivery(order: Order) -> Shipment:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "in_transit", at=timezone.now() - timedelta(days=1))
    build.scan(shipment.parcels.get(), "out_for_delivery")
    return shipment


@pytest.mark.parametrize("status", TrackingStatus.values)
def test_every_status_has_a_sentence(order: Order, status: str) -> None:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), status)
    said = page_of(order)
    shipment.refresh_from_db()
    assert shipment.status == status
    assert str(STATUS_WORDS[status].headline) in said


def test_a_status_that_nobody_can_read_is_not_called_waiting(order: Order) -> None:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "unknown", description="ZX 7 Sonderlauf")
    said = page_of(order, holder())
    assert "we can't read yet" in said
    assert "ZX 7 Sonderlauf" in said
    assert str(STATUS_WORDS[TrackingStatus.PENDING].headline) not in said


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda order: None, "Your order is confirmed."),
        (lambda order: orders.services.start_picking(order=order), "Your order is being packed."),
        (lambda order: orders.services.pack_order(order=order), "Your order is packed."),
        (lambda order: orders.services.cancel_order(order=order), "Your order was canceled."),
    ],
)
def test_an_order_without_a_parcel_says_where_it_is(order: Order, act: object, sentence: str) -> None:
    act(order)
    assert sentence in page_of(order)


def test_a_parcel_without_events_says_so(order: Order) -> None:
    build.shipment(order)
    said = page_of(order)
    assert "Your parcel waits for its first scan by the carrier." in said
    assert "The carrier has not scanned this parcel yet." in said


def test_strangers_see_no_personal_data_even_in_the_carriers_words(order: Order) -> None:
    shipment = build.shipment(order)
    parcel = shipment.parcels.get()
    build.scan(
        parcel, "in_transit", description="For Ann Archer, Lindenstraße 12, call +49 151 12345678", place="10969"
    )
    build.scan(parcel, "delivered", description="Left with neighbor Schmidt", signed_by="A. Archer")
    response = Client().get(f"/t/{order.token}/")
    html = response.content.decode()
    for secret in (*SECRETS, "Schmidt", "12345678"):
        assert secret not in html
    assert "••••• 5678" in html
    assert "Berlin · Germany" in html
    assert "Verify your phone" in html
    assert "19.90" not in html
    assert "Send something back" not in html


def test_the_holder_of_the_phone_sees_address_prices_and_actions(order: Order) -> None:
    build.delivered(order)
    said = page_of(order, holder())
    for shown in (
        "Ann Archer",
        "Lindenstraße 12",
        "10969 Berlin",
        "€39.80",
        "Send something back",
        "Taken by A. Archer",
    ):
        assert shown in said
    assert "Something is wrong" in said
    assert "Is this your order?" not in said


def test_a_proof_of_another_number_opens_nothing(order: Order) -> None:
    assert "Lindenstraße" not in page_of(order, holder("+4915198765432"))


def test_the_handover_code_is_for_the_holder_alone(order: Order) -> None:
    shipment = out_for_delivery(order)
    shipment.refresh_from_db()
    code = tracking.services.handover_code(shipment)
    assert code
    assert code in page_of(order, holder())
    stranger = page_of(order)
    assert f" {code} " not in stranger
    assert "There is a code for the courier." in stranger


def test_the_parcel_with_a_problem_comes_first(order: Order) -> None:
    build.scan(build.shipment(order).parcels.get(), "delivered")
    build.scan(build.shipment(order).parcels.get(), "in_transit")
    build.scan(build.shipment(order).parcels.get(), "exception", reason="carrier_damaged_parcel")
    said = page_of(order)
    places = [said.index(text) for text in ("damaged on the way", "is on its way", "was delivered")]
    assert places == sorted(places)
    assert "1 of 3 parcels delivered" in said


def test_a_shipment_of_several_parcels_shows_each(order: Order) -> None:
    drafts = [tracking.services.ParcelDraft("1Z999AA10123456784"), tracking.services.ParcelDraft("1Z999AA10123456785")]
    tracking.services.create_shipment(order=order, carrier="ups", parcels=drafts)
    response = Client().get(f"/t/{order.token}/")
    said = text_of(response)
    assert "1Z999AA10123456784" in said
    assert "1Z999AA10123456785" in said
    assert 'href="https://www.ups.com/track?tracknum=1Z999AA10123456785"' in response.content.decode()


def test_times_are_those_of_the_place_and_say_when_that_is_a_guess(order: Order) -> None:
    parcel = build.shipment(order).parcels.get()
    offset = timezone.get_fixed_timezone(480)
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC).astimezone(offset)
    build.scan(parcel, "in_transit", at=at, offset_source=OffsetSource.INFERRED)
    html = Client().get(f"/t/{order.token}/").content.decode()
    assert '<time datetime="2026-03-02T07:30">' in html
    assert "local time" in html


def test_events_without_a_time_come_last_under_their_own_heading(order: Order) -> None:
    parcel = build.shipment(order).parcels.get()
    build.scan(parcel, "in_transit", description="Scan with a time")
    build.scan(parcel, "in_transit", occurred_at=None, description="Scan without a time", code="LATER")
    said = page_of(order)
    assert said.index("Scan with a time") < said.index("The carrier gave no time") < said.index("Scan without a time")


def test_long_histories_show_three_events_and_fold_the_rest(order: Order) -> None:
    parcel = build.shipment(order).parcels.get()
    for hours in range(8):
        build.scan(parcel, "in_transit", at=timezone.now() - timedelta(hours=hours), description=f"Stop {hours}")
    html = Client().get(f"/t/{order.token}/").content.decode()
    assert "Show all 8 events" in html
    assert html.index("Stop 2") < html.index("<details>") < html.index("Stop 3")


def test_the_promise_is_shown_and_hidden_once_it_is_kept(acme: Merchant) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    order = build.order(merchant=acme, promised_on=tomorrow)
    assert f"Expected {tomorrow:%a, %b} {tomorrow.day}" in page_of(order)
    build.delivered(order)
    assert "Expected" not in page_of(order)


def test_a_missed_promise_is_called_late(acme: Merchant) -> None:
    order = build.order(merchant=acme, promised_on=date(2026, 1, 5))
    build.scan(build.shipment(order).parcels.get(), "in_transit")
    assert "is late" in page_of(order)


def test_the_return_and_its_parcel_are_on_the_same_page(order: Order) -> None:
    build.delivered(order)
    line = order.lines.first()
    case = aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    assert "It is your turn: pack the goods" in page_of(order, holder())
    back = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number="RET123456789")
    build.scan(back.parcels.get(), "in_transit")
    said = page_of(order, holder())
    assert "Your return is on its way back." in said
    assert "RET123456789" in said
    case.refresh_from_db()
    aftersales.services.receive_return(return_case=case)
    assert "You get €19.90 back. It is the sender's turn to pay." in page_of(order, holder())


def test_a_dispute_names_whose_turn_it_is(order: Order) -> None:
    shipment = build.delivered(order)
    dispute = aftersales.services.open_dispute(shipment=shipment, statement="Not here")
    assert "It is the sender's turn" in page_of(order, holder())
    aftersales.services.withdraw_dispute(dispute=dispute)
    assert "You took it back" in page_of(order, holder())


def test_the_page_speaks_the_orders_language_until_the_visitor_chooses(acme: Merchant) -> None:
    order = build.order(merchant=acme, language="de")
    client = Client()
    assert client.get(f"/t/{order.token}/")["Content-Language"] == "de"
    assert client.get(f"/t/{order.token}/", {"lang": "zh-hans"})["Content-Language"] == "zh-hans"
    assert client.get(f"/t/{order.token}/")["Content-Language"] == "zh-hans"


def test_the_page_is_private_to_its_link(order: Order) -> None:
    response = Client().get(f"/t/{order.token}/")
    assert response["Cache-Control"] == "private, no-cache"  # a browser may keep it, and asks each time
    assert "no-store" in holder().get(f"/t/{order.token}/")["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    html = response.content.decode()
    for engine in ("googlebot", "bingbot", "duckduckbot", "baiduspider", "yandex", "applebot"):
        assert f'<meta name="{engine}" content="noindex, nofollow">' in html
    assert 'src="http' not in html
    assert 'rel="stylesheet" href="/static/' in html


def test_the_merchants_color_comes_as_a_sheet(order: Order) -> None:
    """A style inside the page would need a nonce, and a page that is kept can have none."""
    order.merchant.brand.color = "#0b6e4f"
    order.merchant.brand.save()
    html = Client().get(f"/t/{order.token}/").content.decode()
    assert '<link rel="stylesheet" href="/brand/0b6e4f.css">' in html
    assert "--accent:#0b6e4f" in Client().get("/brand/0b6e4f.css").content.decode()
    assert "<style" not in html
    assert " style=" not in html
    assert " onclick=" not in html


def full_of_everything(acme: Merchant, shipments: int) -> Order:
    order = build.order(merchant=acme, lines=3)
    sent = [build.delivered(order) for _ in range(shipments)]
    build.scan(build.shipment(order).parcels.get(), "out_for_delivery")
    line = order.lines.first()
    case = aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    back = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number=f"RET{order.number[2:]}99")
    build.scan(back.parcels.get(), "in_transit")
    for shipment in sent:
        aftersales.services.open_dispute(shipment=shipment, statement="")
    return order


def test_the_number_of_queries_does_not_grow(acme: Merchant) -> None:
    counts = []
    page_of(full_of_everything(acme, 1), holder())  # the connection learns its statements
    for shipments in (2, 5):
        order, client = full_of_everything(acme, shipments), holder()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page_of(order, client)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= QUERY_BUDGET


def test_the_page_keeps_its_weight(acme: Merchant, settings: object) -> None:
    order = full_of_everything(acme, 4)
    html = holder().get(f"/t/{order.token}/").content
    assets = sum((settings.BASE_DIR / "static" / name).stat().st_size for name in ("portal.css", "portal.js"))
    assert len(html) + assets <= PAGE_BUDGET


@pytest.mark.parametrize("token", ["x", "A" * 38, "%00" * 20, "ä" * 38, "a" * 5000, "..%2f..", "=" * 38])
def test_links_that_are_none_are_not_found(db: None, token: str) -> None:
    for path in (f"/t/{token}/", f"/t/{token}/verify/", f"/t/{token}/return/"):
        assert Client().get(path).status_code == 404


def test_what_a_carrier_took_back_is_struck_through_and_counts_no_more(order: Order) -> None:
    shipment = build.shipment(order)
    parcel = shipment.parcels.get()
    build.scan(parcel, "in_transit", at=timezone.now() - timedelta(hours=5), description="On the road")
    build.scan(parcel, "delivered", at=timezone.now() - timedelta(hours=4), description="Wrong parcel")
    Retraction.objects.create(event=parcel.events.get(status="delivered"), is_struck=True)
    html = holder().get(f"/t/{order.token}/").content.decode()
    assert "<s>Wrong parcel</s>" in html
    assert "The carrier took this back." in html
    assert "<s>On the road</s>" not in html


def test_the_next_word_is_promised_until_it_is_due(order: Order) -> None:
    shipment = build.shipment(order)
    build.scan(shipment.parcels.get(), "in_transit")
    Watch.objects.update_or_create(shipment=shipment, defaults={"word_by": timezone.now() + timedelta(days=2)})
    assert "If nothing changes, you hear from us by" in page_of(order)
    Watch.objects.filter(shipment=shipment).update(word_by=timezone.now() - timedelta(hours=1))
    assert "you hear from us by" not in page_of(order)


def test_a_parcel_whose_carrier_was_corrected_shows_the_true_one(order: Order) -> None:
    shipment = build.shipment(order, carrier="dhl", number="1Z999AA10123456784")
    shipment.parcels.update(carrier="ups", stated_carrier="dhl")
    html = Client().get(f"/t/{order.token}/").content.decode()
    assert "https://www.ups.com/track?tracknum=1Z999AA10123456784" in html
    assert "DHL" not in html


# --- proving the phone


def test_a_code_by_sms_opens_the_order(order: Order) -> None:
    client, url = Client(), f"/t/{order.token}/verify/"
    page = text_of(client.get(url))
    assert "••••• 5678" in page
    assert "2345678" not in page
    sent = client.post(url, {"action": "send"})
    assert sent.status_code == 302
    assert "Enter the code" in text_of(client.get(sent["Location"]))
    assert PhoneVerification.objects.get().purpose == PhoneVerification.Purpose.OPEN_ORDER
    code = last_code()
    answer = client.post(url, {"code": f" {code[:3]} {code[3:]}"})
    assert answer["Location"] == f"/t/{order.token}/"
    assert "Lindenstraße" in page_of(order, client)


def test_a_wrong_code_is_told_in_place_with_the_tries_left(order: Order) -> None:
    client, url = Client(), f"/t/{order.token}/verify/"
    client.post(url, {"action": "send"})
    wrong = f"{(int(last_code()) + 1) % 1_000_000:06d}"
    response = client.post(url, {"code": wrong})
    assert response.status_code == 422
    assert "This is not the code. Tries left: 4." in text_of(response)
    assert 'aria-invalid="true"' in response.content.decode()
    assert "Lindenstraße" not in page_of(order, client)


@pytest.mark.parametrize("code", ["", "\x00", "äöü", "١٢٣٤٥٦", "1" * 5000, "😀"])
def test_any_input_for_a_code_is_answered(order: Order, code: str) -> None:
    client, url = Client(), f"/t/{order.token}/verify/"
    client.post(url, {"action": "send"})
    assert client.post(url, {"code": code}).status_code == 422


def test_a_second_code_within_a_minute_tells_how_long_to_wait(order: Order) -> None:
    client, url = Client(), f"/t/{order.token}/verify/"
    client.post(url, {"action": "send"})
    response = client.post(url, {"action": "send"})
    assert response.status_code == 429
    assert "Wait " in text_of(response)
    assert "data-wait=" in response.content.decode()


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example", "/admin/", "/t/other/return/"])
def test_only_pages_of_the_order_are_goals(order: Order, goal: str) -> None:
    client, url = Client(), f"/t/{order.token}/verify/"
    client.post(url, {"action": "send", "next": goal})
    assert client.post(url, {"code": last_code(), "next": goal})["Location"] == f"/t/{order.token}/"


def test_who_wanted_to_return_something_gets_there_after_the_code(order: Order) -> None:
    client = Client()
    asked = client.get(f"/t/{order.token}/return/")
    assert asked.status_code == 302
    sent = client.post(asked["Location"], {"action": "send", "next": f"/t/{order.token}/return/"})
    assert sent.status_code == 302
    answer = client.post(f"/t/{order.token}/verify/", {"code": last_code(), "next": f"/t/{order.token}/return/"})
    assert answer["Location"] == f"/t/{order.token}/return/"


# --- my orders


def test_my_orders_are_those_of_my_number_at_all_merchants(acme: Merchant, rival: Merchant) -> None:
    mine = [build.order(merchant=acme), build.order(merchant=rival)]
    others = build.order(merchant=acme, phone="+4915198765432")
    said = text_of(holder().get("/orders/"))
    for order in mine:
        assert order.number in said
    assert others.number not in said
    assert "Your order is confirmed." in said


def test_my_orders_page_by_page_in_a_constant_number_of_queries(acme: Merchant) -> None:
    counts = []
    client = holder()
    for _ in range(2):
        for _ in range(12):
            build.scan(build.shipment(build.order(merchant=acme)).parcels.get(), "in_transit")
        with CaptureQueriesContext(connection) as queries:
            response = client.get("/orders/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert 'rel="next" href="?page=2"' in response.content.decode()
    for page in ("2", "999", "x", "\x00", "-1"):
        assert client.get("/orders/", {"page": page}).status_code == 200


def test_who_has_not_signed_in_is_asked_to(db: None) -> None:
    assert Client().get("/orders/")["Location"] == "/orders/sign-in/"


def test_a_number_without_orders_gets_a_kind_page(db: None) -> None:
    assert "No orders yet" in text_of(holder("+8613812345678").get("/orders/"))
