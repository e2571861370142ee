"""What mails tell mail programs of a parcel: schema.org's ParcelDelivery, with all that Gmail asks for."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications.models import DemoDelivery
from tests import build
from tests.notifications.conftest import PUBLIC

pytestmark = pytest.mark.usefixtures("demo")


class Microdata(HTMLParser):
    """The properties of a page's items, each with the types that it stands in: ``ParcelDelivery.carrier.name``."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = given.get("itemprop") or (given.get("itemtype") or "").rpartition("/")[2]
        path = ".".join(filter(None, (*self.open, name)))
        if tag in ("meta", "link") and "itemprop" in given:
            self.told.append((path, given.get("content") or given.get("href") or ""))
        if tag == "div":
            self.open.append(name or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self.open:
            self.open.pop()


def mailed(merchant: Merchant, **changes: object) -> tuple[dict[str, str], str]:
    order = build.order(merchant=merchant, promised_on=timezone.localdate() + timedelta(days=2), **changes)
    build.shipment(order, number="JD014600000012345678")
    work.drain()
    html = DemoDelivery.objects.over("email").filter(subject__contains=order.number).first().html
    return dict(Microdata(html).told), html


def test_a_mail_tells_all_that_mail_programs_ask_for(acme: Merchant) -> None:
    told, _ = mailed(acme, number="A-77")
    on = (timezone.localdate() + timedelta(days=2)).isoformat()
    link = told.pop("ParcelDelivery.trackingUrl")
    assert link.startswith(f"{PUBLIC}/t/")
    assert told == {
        "ParcelDelivery.trackingNumber": "JD014600000012345678",
        "ParcelDelivery.carrier.name": "DHL",
        "ParcelDelivery.deliveryStatus.name": "Your parcel waits for its first scan by the carrier.",
        "ParcelDelivery.expectedArrivalFrom": on,
        "ParcelDelivery.expectedArrivalUntil": on,
        "ParcelDelivery.deliveryAddress.addressLocality": "Berlin",
        "ParcelDelivery.deliveryAddress.addressCountry": "DE",
        "ParcelDelivery.itemShipped.name": "Acme A-77",
        "ParcelDelivery.partOfOrder.orderNumber": "A-77",
        "ParcelDelivery.partOfOrder.merchant.name": "Acme",
    }


def test_the_markup_tells_no_street_name_or_good(acme: Merchant) -> None:
    _, html = mailed(acme)
    hidden = "".join(re.findall(r"<(?:meta|link) item[^>]*>", html))
    assert hidden
    for private in ("Lindenstraße", "Ann Archer", "10969", "Thing", build.ANNS_PHONE):
        assert private not in hidden
