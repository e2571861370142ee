"""The map and the carriers on the page of an order: what everybody may see of a parcel's way, and no more."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

import aftersales.services
import tracking.services
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.orders.test_pages import PAGE_BUDGET
from tests.visitors import holder, text_of
from tracking.models import Parcel, Retraction, TrackingEvent

pytestmark = pytest.mark.django_db

FIGURE = re.compile(r'<figure class="map".*?</figure>', re.DOTALL)
MAP_BUDGET = 8_000  # bytes of HTML
DOOR = {"latitude": 52.50713, "longitude": 13.39085}


def html_of(order: Order, client: Client | None = None, **query: str) -> str:
    return (client or Client()).get(f"/t/{order.token}/", query).content.decode()


def maps(order: Order, client: Client | None = None, **query: str) -> list[str]:
    return FIGURE.findall(html_of(order, client, **query))


def trip(parcel: Parcel, *stops: tuple[str, str], status: str = "in_transit") -> None:
    """Scans in the cities, a day apart, of which the last one is of today."""
    for days, (place, country) in enumerate(reversed(stops)):
        at = timezone.now() - timedelta(days=days)
        build.scan(parcel, "in_transit" if days else status, at=at, place=place, country=country)


@pytest.fixture
def parcel(order: Order) -> Parcel:
    return build.shipment(order).parcels.get()


def test_the_map_says_in_words_what_it_shows(order: Order, parcel: Parcel) -> None:
    trip(parcel, ("Shenzhen", "CN"), ("Leipzig", "DE"))
    (shown,) = maps(order)
    assert 'role="img" aria-labelledby="map-1-title map-1-words"' in shown
    assert '<desc id="map-1-words">Seen in Shenzhen and Leipzig. It goes to Berlin.</desc>' in shown
    assert 'href="#scans-1"' in shown
    assert 'id="scans-1"' in html_of(order)
    assert [name for name in ("Shenzhen", "Leipzig", "Berlin") if f"<title>{name}</title>" not in shown] == []


def test_no_number_on_the_map_is_written_by_the_language(order: Order, parcel: Parcel) -> None:
    trip(parcel, ("Hamburg", "DE"), ("Hannover", "DE"))
    english, german = maps(order, lang="en")[0], maps(order, lang="de")[0]
    numbers = re.compile(r'[" ](?:c?[xy]|d[xy]?|r)="([^"]*)"')
    assert numbers.findall(english) == numbers.findall(german)
    assert not any("," in number for number in numbers.findall(german))


def test_names_in_chinese_characters_are_for_who_reads_them(order: Order, parcel: Parcel) -> None:
    trip(parcel, ("深圳市", "CN"), ("Leipzig", "DE"))
    assert "<title>Shenzhen</title>" in maps(order, lang="en")[0]
    assert "<title>深圳市</title>" in maps(order, lang="zh-hans")[0]


def test_a_delivered_parcel_has_arrived(order: Order, parcel: Parcel) -> None:
    trip(parcel, ("Hamburg", "DE"), ("Berlin", "DE"), status="delivered")
    (shown,) = maps(order)
    assert '<g class="here goal"><title>Berlin</title>' in shown
    assert "map-gone" in shown and "map-ahead" not in shown
    assert "It goes to" not in shown


def test_a_parcel_that_goes_back_has_no_goal(order: Order, parcel: Parcel) -> None:
    trip(parcel, ("Hamburg", "DE"), ("Leipzig", "DE"), status="returning")
    assert "goal" not in maps(order)[0]


def test_a_citys_name_is_no_markup(order: Order, parcel: Parcel) -> None:
    trip(parcel, ("<Hamburg>", "DE"), ("Coeur d'Alene", "US"))
    (shown,) = maps(order)
    assert "<title>&lt;Hamburg&gt;</title>" in shown
    assert "<title>Coeur d&#x27;Alene</title>" in shown


def test_without_a_known_place_there_is_no_map(order: Order, parcel: Parcel) -> None:
    assert maps(order) == []
    build.scan(parcel, "in_transit", place="Depot 7")
    build.scan(parcel, "info_received", place="Hamburg")
    assert maps(order) == []


def test_a_scan_that_was_taken_back_is_not_on_the_map(order: Order, parcel: Parcel) -> None:
    trip(parcel, ("Hamburg", "DE"), ("München", "DE"), ("Leipzig", "DE"))
    assert "München" in maps(order)[0]
    Retraction.objects.create(event=TrackingEvent.objects.get(place="München"), is_struck=True)
    parcel.shipment.save()  # as the fold writes it anew
    assert "München" not in maps(order)[0]


def test_a_return_has_a_map_of_its_own(order: Order) -> None:
    build.delivered(order)
    line = order.lines.first()
    case = aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    case.refresh_from_db()
    back = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number="JD014600009999999999")
    trip(back.parcels.get(), ("Berlin", "DE"), ("Hannover", "DE"))
    there, back_again = maps(order)
    assert "<title>Hannover</title>" not in there
    assert "<title>Hannover</title>" in back_again
    assert "goal" not in back_again
    ids = re.findall(r' id="([^"]+)"', html_of(order))
    assert len(ids) == len(set(ids))


def test_parcels_of_one_shipment_share_a_map(order: Order) -> None:
    drafts = [tracking.services.ParcelDraft(f"1Z999AA1012345678{digit}") for digit in (4, 5)]
    shipment = tracking.services.create_shipment(order=order, carrier="ups", parcels=drafts)
    first, second = shipment.parcels.order_by("pk")
    trip(first, ("Hamburg", "DE"), ("Hannover", "DE"))
    trip(second, ("Hamburg", "DE"), ("Magdeburg", "DE"))
    (shown,) = maps(order)
    assert shown.count('class="here"') == 2


# Nobody sees more than a city.


@pytest.mark.parametrize("status", ["out_for_delivery", "delivered", "attempt_failed", "available_for_pickup"])
@pytest.mark.parametrize("visitor", [Client, holder])
def test_where_the_door_is_stays_untold(order: Order, parcel: Parcel, status: str, visitor: object) -> None:
    trip(parcel, ("Hamburg", "DE"), ("Hannover", "DE"))
    build.scan(parcel, status, place="Berlin")
    city = FIGURE.findall(html_of(order, visitor()))[0]
    other = build.order(merchant=order.merchant)
    near = build.shipment(other).parcels.get()
    trip(near, ("Hamburg", "DE"), ("Hannover", "DE"))
    build.scan(near, status, place="Lindenstraße 12, 10969 Berlin", **DOOR)
    exact = html_of(other, visitor())
    assert FIGURE.findall(exact)[0] == city
    assert "52.5" not in exact and "13.39" not in exact


def test_strangers_and_holders_see_the_same_map(order: Order, parcel: Parcel) -> None:
    trip(parcel, ("Hamburg", "DE"), ("Lindenstraße 12", "DE"), ("Hannover", "DE"))
    assert maps(order) == maps(order, holder())
    assert "Lindenstraße" not in maps(order, holder())[0]


# It stays light.


@pytest.mark.parametrize(
    "stops",
    [
        [("Hamburg", "DE"), ("Hannover", "DE"), ("Frankfurt am Main", "DE")],
        [("Shenzhen", "CN"), ("Hong Kong", "HK"), ("Leipzig", "DE")],
        [("Seattle", "US"), ("Denver", "US"), ("Memphis", "US"), ("New York", "US"), ("London", "GB")],
        [("Sydney", "AU"), ("Singapore", "SG"), ("Dubai", "AE"), ("Athens", "GR"), ("Wien", "AT"), ("Leipzig", "DE")],
    ],
    ids=["domestic", "from China", "over the Atlantic", "from Australia"],
)
def test_a_map_adds_little_to_the_page(order: Order, parcel: Parcel, stops: list[tuple[str, str]]) -> None:
    trip(parcel, *stops)
    html = html_of(order)
    (shown,) = FIGURE.findall(html)
    assert len(shown.encode()) <= MAP_BUDGET
    assert len(html.encode()) + MAP_BUDGET <= PAGE_BUDGET


# Handover between carriers.


def test_the_page_says_who_took_over_and_when(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    parcel = build.shipment(order, carrier="ems_cn", number="EA123456785CN").parcels.get()
    trip(parcel, ("Shenzhen", "CN"), ("Hong Kong", "HK"), ("Leipzig", "DE"))
    Parcel.objects.filter(pk=parcel.pk).update(carrier="dhl", stated_carrier="ems_cn")
    parcel.shipment.save()
    response = Client().get(f"/t/{order.token}/")
    said = text_of(response)
    assert "At first with China Post EMS" in said
    assert "Handed over to DHL on" in said
    html = response.content.decode()
    assert tracking.services.carrier_page("ems_cn", "EA123456785CN").replace("&", "&amp;") in html
    assert tracking.services.carrier_page("dhl", "EA123456785CN").replace("&", "&amp;") in html


def test_a_carrier_that_was_named_by_mistake_is_not_mentioned(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    parcel = build.shipment(order, carrier="ups").parcels.get()
    build.scan(parcel, "in_transit")
    Parcel.objects.filter(pk=parcel.pk).update(carrier="dhl", stated_carrier="ups")
    parcel.shipment.save()
    said = text_of(Client().get(f"/t/{order.token}/"))
    assert "Handed over" not in said
    assert "UPS" not in said
