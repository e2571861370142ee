"""Each incident from the carrier's payload to its end: opened once, blamed, told, worked on, closed by the facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.admin.conftest import clerk, client_of
from tests.admin.test_deeds import do
from tests.races import aftership
from tests.tracking.test_watching import look, pass_time
from tests.visitors import text_of
from tracking.models import Incident, LaneGap, Shipment
from tracking.services import RULES

pytestmark = pytest.mark.django_db
NUMBER = "JD014600001001"
Scan = tuple[float, str, str]  # hours ago, the carrier's code, city


@dataclass(frozen=True, slots=True)
class Walk:
    """What the carrier tells that opens an incident, whom it blames, and what it tells that ends it (if any does)."""

    rule: str
    told: Sequence[Scan]
    blame: str
    ends: Sequence[Scan] = ()


PICKED_UP = (60.0, "InTransit_002", "Leipzig")
WALKS = [
    Walk("never_handed_over", [(90, "InfoReceived_001", "Leipzig")], "merchant", [(1, "InTransit_002", "Leipzig")]),
    Walk("no_movement", [PICKED_UP], "carrier", [(1, "InTransit_003", "Berlin")]),
    Walk(
        "failed_attempts",
        [PICKED_UP, (30, "AttemptFail_002", "Berlin"), (6, "AttemptFail_002", "Berlin")],
        "consignee",
        [(3, "OutForDelivery_001", "Berlin"), (1, "Delivered_001", "Berlin")],
    ),
    Walk("impossible_travel", [(3, "InTransit_002", "Leipzig"), (2.9, "InTransit_003", "Lisbon/PRT")], "carrier"),
    Walk(
        "delivered_without_attempt",
        [(30, "InTransit_003", "Berlin"), (8, "Delivered_001", "Berlin")],
        "carrier",
        [(11, "OutForDelivery_001", "Berlin")],
    ),
    Walk(
        "delivered_elsewhere",
        [(30, "InTransit_003", "Leipzig"), (20, "OutForDelivery_001", "Munich"), (18, "Delivered_001", "Munich")],
        "carrier",
        [(2, "Delivered_001", "Berlin")],
    ),
    Walk(
        "exception_then_signed",
        [(30, "InTransit_003", "Berlin"), (10, "AttemptFail_002", "Berlin"), (6, "Delivered_001", "Berlin")],
        "carrier",
    ),
    Walk(
        "returned_unasked",
        [(30, "InTransit_003", "Berlin"), (9, "Exception_003", "Berlin"), (5, "Exception_010", "Berlin")],
        "consignee",
        [(1, "Delivered_001", "Berlin")],
    ),
    Walk("customs_hold", [(30, "Exception_004", "Berlin")], "customs", [(1, "InTransit_005", "Berlin")]),
    Walk("damaged", [(30, "InTransit_003", "Berlin"), (9, "Exception_012", "Berlin")], "carrier"),
    Walk(
        "lost",
        [(30, "InTransit_003", "Berlin"), (9, "Exception_013", "Berlin")],
        "carrier",
        [(1, "InTransit_003", "Berlin")],
    ),
    Walk(
        "address_problem",
        [(30, "InTransit_003", "Berlin"), (9, "Exception_007", "Berlin")],
        "consignee",
        [(1, "OutForDelivery_001", "Berlin")],
    ),
    Walk(
        "waiting_for_pickup",
        [(150, "InTransit_003", "Berlin"), (130, "AvailableForPickup_001", "Berlin")],
        "consignee",
        [(1, "Delivered_001", "Berlin")],
    ),
]
# Opened by what becomes of a number: tests/customers/test_number_change.py and tests/orders/test_virtual_numbers.py.
OF_PHONES = {"phone_changed", "phone_expires"}
INCIDENTS = [pytest.param(walk, id=walk.rule) for walk in WALKS]


@pytest.fixture
def shipment(order: Order, settings: object) -> Shipment:
    """Of eight days ago, with a carrier whose lanes tell of rounds and stay silent for two days at most."""
    settings.DEMO_INBOX = True
    build.carrier_account("aftership")
    for status, samples in (("in_transit", 400), ("out_for_delivery", 100)):
        gap = {"carrier": "dhl", "origin": "DE", "destination": "DE", "median_h": 5, "p95_h": 12}
        LaneGap.objects.create(status=status, samples=samples, **gap)
    return build.shipment(order, number=NUMBER, at=timezone.now() - timedelta(days=8))


@pytest.fixture
def support(acme: Merchant) -> Client:
    return client_of(clerk(acme))


def tell(*scans: Scan) -> None:
    """One signed payload for each scan, read as the workers do; and once more, as carriers do."""
    now = timezone.now()
    for _ in range(2):
        for place, (ago, code, city) in enumerate(scans):
            name, _, country = city.partition("/")
            at = now - timedelta(hours=ago)
            words = {"raw_tag": f"{code}{ago}", "message": f"Scan {code} {ago}", "country_iso3": country or "DEU"}
            told = aftership.checkpoint(
                place, tag=code.partition("_")[0], subtag=code, city=name, at=at.replace(microsecond=0), **words
            )
            assert aftership.post(aftership.body(NUMBER, [told])) == 202
        work.drain()
        look()
        work.drain()


def page(order: Order) -> str:
    return text_of(Client().get(f"/t/{order.token}/"))


def listed(support: Client, **query: str) -> list[str]:
    found = support.get(reverse("admin:tracking_incident_changelist"), query)
    return sorted(row.rule for row in found.context["cl"].result_list)


def the_incident(rule: str) -> Incident:
    """The one of this rule: never two for one occasion."""
    return Incident.objects.get(rule=rule)


@pytest.mark.parametrize("walk", INCIDENTS)
def test_an_incident_from_its_opening_to_its_end(walk: Walk, shipment: Shipment, order: Order, support: Client) -> None:
    tell(*walk.told)
    incident = the_incident(walk.rule)
    assert (incident.blame, incident.closed_at, incident.owner) == (walk.blame, None, None)
    assert incident.due_at > timezone.now()
    assert incident.evidence
    _customers_hear_of_it_once(walk.rule, order)
    _staff_work_on_it(incident, support)
    if walk.ends:
        tell(*walk.ends)
        assert the_incident(walk.rule).ending == Incident.Ending.HEALED
    else:
        do(support, incident, "close", note="The carrier pays.")
        tell(*walk.told)
        assert the_incident(walk.rule).ending == Incident.Ending.STAFF, "what staff closed stays closed"
    assert walk.rule not in listed(support)
    assert RULES[walk.rule].words not in page(order) or not RULES[walk.rule].words


def _customers_hear_of_it_once(rule: str, order: Order) -> None:
    judge, said = RULES[rule], page(order)
    told = Message.objects.filter(kind="incident", channel="sms", order=order)
    about = [message for message in told if judge.words and judge.words in message.body]
    if judge.words and not judge.is_told_by_status:
        assert judge.words in said
        assert judge.next_words in said
        assert len(about) == 1
    else:
        assert not about
    if judge.is_told_by_status:
        status = Message.objects.filter(channel="sms", order=order, kind__in=("exception", "returning"))
        assert "What happens next" in said
        assert status.exists()


def _staff_work_on_it(incident: Incident, support: Client) -> None:
    assert incident.rule in listed(support)
    do(support, incident, "take")
    do(support, incident, "add-contact", channel="phone", reference="C-77", note="They look for it.")
    assert incident.rule in listed(support, owner="me")
    seen = text_of(support.get(reverse("admin:tracking_incident_change", args=[incident.pk])))
    for text in (RULES[incident.rule].label, "C-77", "They look for it."):
        assert text in seen


def test_every_rule_is_walked() -> None:
    assert {walk.rule for walk in WALKS} | OF_PHONES == set(RULES)


def test_what_nobody_looks_after_is_escalated_once(shipment: Shipment, support: Client) -> None:
    tell((30, "InTransit_003", "Berlin"), (9, "Exception_012", "Berlin"))
    incident = the_incident("damaged")
    pass_time(shipment, (incident.due_at - timezone.now()) / timedelta(hours=1) - 0.1)
    assert listed(support, state="overdue") == []
    pass_time(shipment, 0.2)
    look()
    assert "damaged" in listed(support, state="overdue")
    overdue = Event.objects.filter(name="tracking.incident_overdue", subject_id=incident.pk)
    assert overdue.count() == 1


def test_the_promised_next_word_comes(shipment: Shipment, order: Order) -> None:
    """The page says by when; when nothing happens until then, an incident is opened and the customer hears of it."""
    tell((1, "InTransit_003", "Berlin"))
    promise = "If nothing changes, you hear from us by"
    assert promise in page(order)
    assert not Incident.objects.exists()
    word_by: datetime = shipment.watch.word_by
    pass_time(shipment, (word_by - timezone.now()) / timedelta(hours=1) + 0.1)
    work.drain()
    assert [one.rule for one in Incident.objects.open()] == ["no_movement"]
    said = page(order)
    assert promise not in said
    assert RULES["no_movement"].words in said
    assert RULES["no_movement"].words in Message.objects.get(kind="incident", channel="sms").body


def test_staff_of_another_merchant_see_none_of_it(shipment: Shipment, rival: Merchant) -> None:
    tell((30, "InTransit_003", "Berlin"), (9, "Exception_012", "Berlin"))
    stranger: User = clerk(rival, name="stranger")
    assert listed(client_of(stranger)) == []
