"""What an order's page tells programs, in schema.org's words."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import orders.services
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder

pytestmark = pytest.mark.django_db

# https://schema.org: the properties of each type that may stand on the page, the inherited ones that we use included.
PROPERTIES = {
    "ParcelDelivery": {
        *("carrier", "deliveryAddress", "deliveryStatus", "expectedArrivalFrom", "expectedArrivalUntil"),
        *("hasDeliveryMethod", "itemShipped", "originAddress", "partOfOrder", "provider", "trackingNumber"),
        "trackingUrl",
    },
    "DeliveryEvent": {
        *("accessCode", "availableFrom", "availableThrough", "hasDeliveryMethod"),
        *("description", "endDate", "eventStatus", "location", "name", "startDate"),
    },
    "Order": {"acceptedOffer", "customer", "merchant", "orderDate", "orderNumber", "orderStatus", "seller", "url"},
    "Organization": {"logo", "name", "url"},
    "Place": {"address", "geo", "name"},
    "PostalAddress": {
        *("addressCountry", "addressLocality", "addressRegion", "extendedAddress", "name", "postalCode"),
        *("postOfficeBoxNumber", "streetAddress"),
    },
}
ORDER_STATUSES = {"OrderCancelled", "OrderDelivered", "OrderInTransit", "OrderProcessing", "OrderProblem"}
SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def told(order: Order, client: Client | None = None) -> list[dict[str, Any]]:
    html = (client or Client()).get(f"/t/{order.token}/").content.decode()
    (script,) = SCRIPT.findall(html)
    document = json.loads(script)
    assert document["@context"] == "https://schema.org"
    return document["@graph"]


def strange(thing: object) -> set[str]:
    """The properties that schema.org does not have."""
    if not isinstance(thing, dict):
        return set()
    known = PROPERTIES[thing["@type"]] | {"@type"}
    return (thing.keys() - known).union(*(strange(value) for value in thing.values()))


def test_a_parcel_under_way(order: Order) -> None:
    shipment = build.shipment(order, number="JD014600001234567890")
    build.scan(shipment.parcels.get(), "in_transit", place="Leipzig")
    tomorrow = timezone.now() + timedelta(days=1)
    type(shipment).objects.update(eta_from=tomorrow, eta_to=tomorrow + timedelta(hours=2))
    (parcel,) = told(order)
    assert strange(parcel) == set()
    assert parcel["@type"] == "ParcelDelivery"
    assert parcel["trackingNumber"] == "JD014600001234567890"
    assert parcel["carrier"] == {"@type": "Organization", "name": "DHL"}
    assert parcel["deliveryStatus"]["@type"] == "DeliveryEvent"
    assert parcel["deliveryStatus"]["name"] == "Your parcel is on its way."
    assert parcel["deliveryStatus"]["location"] == {"@type": "Place", "name": "Leipzig"}
    assert parcel["partOfOrder"]["orderNumber"] == order.number
    assert parcel["partOfOrder"]["merchant"]["name"] == "Acme"
    assert parcel["partOfOrder"]["orderStatus"].removeprefix("https://schema.org/") in ORDER_STATUSES
    assert parcel["expectedArrivalFrom"] < parcel["expectedArrivalUntil"]


def test_strangers_are_told_the_city_and_the_holder_the_street(order: Order) -> None:
    build.shipment(order)
    city = {"@type": "PostalAddress", "addressLocality": "Berlin", "addressCountry": "DE"}
    assert told(order)[0]["deliveryAddress"] == city
    assert told(order, holder())[0]["deliveryAddress"] == {
        **city,
        "streetAddress": "Lindenstraße 12",
        "postalCode": "10969",
    }


@pytest.mark.parametrize("evil", ["</script><script>alert(1)</script>", "<!--<script>", "a]]>&\u2028\u2029z"])
@pytest.mark.parametrize("client", [Client, holder])
def test_no_text_breaks_out_of_the_script(order: Order, evil: str, client: Any) -> None:
    parcel = build.shipment(order, carrier="ups").parcels.get()
    Merchant.objects.filter(pk=order.merchant_id).update(name=evil)
    Order.objects.filter(pk=order.pk).update(city=evil)
    build.scan(parcel, "in_transit", place=evil)
    (delivery,) = told(order, client())
    assert delivery["deliveryStatus"]["location"]["name"] == evil
    assert delivery["deliveryAddress"]["addressLocality"] == evil
    assert delivery["partOfOrder"]["merchant"]["name"] == evil
    html = client().get(f"/t/{order.token}/").content.decode()
    assert evil not in html


def test_without_a_parcel_nothing_is_told(order: Order) -> None:
    assert b"ld+json" not in Client().get(f"/t/{order.token}/").content


def test_every_parcel_is_told_and_what_is_late_promises_nothing(acme: Merchant) -> None:
    order = build.order(merchant=acme, promised_on=timezone.localdate() - timedelta(days=3))
    build.shipment(order)
    build.shipment(order)
    parcels = told(order)
    assert len(parcels) == 2
    assert all("expectedArrivalFrom" not in parcel for parcel in parcels)


def test_an_order_of_every_status_is_told(order: Order) -> None:
    build.shipment(order)
    for status in Order.Status.values:
        Order.objects.filter(pk=order.pk).update(status=status)
        assert told(order)[0]["partOfOrder"]["orderStatus"].removeprefix("https://schema.org/") in ORDER_STATUSES
    assert orders.services.open_link(order.token) == order
