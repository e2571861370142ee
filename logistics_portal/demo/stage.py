"""What the steps of the story share: the people in it, and what they do again and again."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from logistics_portal.demo.visitor import Merchant, Phone, Visitor, await_that, push
from logistics_portal.demo_data.payloads import Happening, Trip, write
from logistics_portal.demo_data.places import Place

# Numbers that nobody has: Germany keeps 0176 040690xx for films.
ANN, BEN, CLEO, DORA = (f"+49176040690{last}" for last in (17, 28, 39, 40))
TELLERS = {  # whose payloads, and of which carrier's parcels
    "dhl": "dhl",
    "ups": "ups",
    "fedex": "fedex",
    "usps": "usps",
    "kuaidi100": "sf_express",
    "aftership": "dhl",
    "easypost": "usps",
    "seventeentrack": "ups",
}


@dataclass
class Story:
    """What the steps share: where the portal is, the logins that its sample data came with, and what came to be."""

    base_url: str
    info: dict[str, Any] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    run: str = field(default_factory=lambda: secrets.token_hex(3).upper())

    @property
    def merchant(self) -> Merchant:
        return Merchant(self.base_url, self.info["api_key"])

    def known(self, name: str) -> Any:
        """What an earlier step made."""
        assert name in self.made, f"an earlier step did not get as far as the {name}"
        return self.made[name]

    def visitor(self, name: str) -> Visitor:
        """The same browser for the same person."""
        found: Visitor = self.made.setdefault(f"{name}'s browser", Visitor(self.base_url))
        return found

    def phone(self, number: str) -> Phone:
        return Phone(self.base_url, number)


def draft(story: Story, who: str, phone: str) -> dict[str, Any]:
    """An order as a merchant's program sends it."""
    address = {"name": f"{who.title()} Story", "line1": "Ackerstraße 76", "city": "Berlin", "postal_code": "13355"}
    lines = [{"sku": "CHECK-1", "name": "Merinosocken", "quantity": 2, "unit_price": "24.90"}]
    return {
        "number": f"{who.upper()}-{story.run}",
        "phone": phone,
        "email": f"{who}.{story.run.lower()}@story.example",
        "language": "en",
        "address": {**address, "country": "DE"},
        "currency": "EUR",
        "lines": lines,
        "shipping_total": "4.90",
    }


def place(story: Story, who: str, phone: str) -> dict[str, Any]:
    order: dict[str, Any] = story.merchant.post("/orders/", draft(story, who, phone))
    story.made[f"{who}'s order"] = order
    return order


def path_of(order: dict[str, Any]) -> str:
    """The path of an order's own page."""
    return "/t/" + order["tracking_url"].split("/t/")[1]


def ship(story: Story, order: dict[str, Any], carrier: str, number: str) -> dict[str, Any]:
    given = {"order": order["id"], "carrier": carrier, "tracking_number": number}
    shipment: dict[str, Any] = story.merchant.post("/shipments/", given)
    return shipment


def numbered(story: Story, teller: str, kind: str = "1") -> str:
    """A tracking number of this run."""
    return f"{teller[:2].upper()}{story.run}{kind}{len(story.made):03d}"


def tell(story: Story, teller: str, number: str, *kinds: str, home: Place, to: Place) -> int:
    """Push what happened to a parcel, an hour apart and the last just now, and return the answer's status."""
    now = datetime.now(UTC).replace(microsecond=0)
    scans: list[Happening] = []
    status = 0
    for position, kind in enumerate(kinds):
        at = now - timedelta(hours=len(kinds) - 1 - position)
        where = home if kind == "picked_up" else to
        scans.append(Happening(kind, at, where, "A. Story" if kind == "delivered" else ""))
        trip = Trip(number, TELLERS[teller], "Parcel", home, to, tuple(scans), arrival_day())
        status = push(story.base_url, teller, write(teller, trip), story.info["webhook_secrets"][teller])
        assert status == 202, f"{teller}'s payload was answered with {status}"
    return status


def arrival_day() -> date:
    return datetime.now(UTC).date() + timedelta(days=1)


def await_status(story: Story, shipment: dict[str, Any], status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        now: dict[str, Any] = story.merchant.get(f"/shipments/{shipment['id']}/")
        return now if now["status"] == status else None

    found = await_that(look, f"the shipment with {shipment['carrier']} becoming {status}")
    assert found
    return found


def verify(story: Story, name: str, order: dict[str, Any], phone: str) -> None:
    """Prove the phone of an order on its page, once with a wrong code."""
    page, visitor = path_of(order), story.visitor(name)
    visitor.send(f"{page}verify/", {"action": "send", "next": page})
    code = story.phone(phone).await_text(r"\b(\d{6}) is your code")[1]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    refused = visitor.send(f"{page}verify/", {"code": wrong, "next": page}, on=f"{page}verify/?sent", status=422)
    assert "This is not the code" in refused, "a wrong code is not said to be wrong"
    opened = visitor.send(f"{page}verify/", {"code": code, "next": page}, on=f"{page}verify/?sent")
    assert order["address"]["line1"] in opened, "the right code does not show the street"
