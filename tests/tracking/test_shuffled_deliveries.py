"""However a feed is delivered (shuffled, doubled, cut off and sent again), the timeline is the one its carrier told.

Every feed is delivered several times over, each time to a merchant of its own. The first gets it as the carrier sent
it, each payload once and read by itself; the others get it in any order, in batches of any size. In the end all of
them must know the same.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest
from random import Random

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from customers.models import Customer
from logistics_portal.kernel import work
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.tracking.feeds import Feed, generated_feeds, recorded_feeds
from tracking.models import CarrierAccount, CarrierPayload, Incident, Parcel, Shipment, TrackingEvent, Watch
from tracking.projection import project
from tracking.services import keep_payload
from tracking.services.scans import COLUMNS, Scan
from tracking.services.trails import struck_events

pytestmark = pytest.mark.django_db

SHUFFLED = 4  # deliveries of a feed beside the one in order
FEEDS = 12  # generated feeds at once
EXAMPLES = int(os.environ.get("SHUFFLED_EXAMPLES", "20"))
DELIVERIES = 10_000
NEWEST = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
MAY_FIND = settings(
    deadline=None,
    derandomize=True,  # SHUFFLED_EXAMPLES looks further
    phases=(Phase.generate,),  # a smaller example would take minutes to find; the message shows the feed alone
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class Receiver:
    """A merchant to whom feeds are delivered, with the account that the payloads come by."""

    merchant: Merchant
    account: CarrierAccount
    customer: Customer


@dataclass(slots=True)
class Count:
    """What was delivered in all."""

    delivered: int = 0
    cut_off: int = 0
    feeds: int = 0


@pytest.fixture(scope="module")
def count() -> Iterator[Count]:
    yield Count()


@pytest.fixture
def receivers(db: None) -> list[Receiver]:
    made = []
    for number in range(1 + SHUFFLED):
        merchant = build.merchant(slug=f"receiver-{number}")
        account = build.carrier_account("aftership", merchant=merchant)
        made.append(Receiver(merchant, account, build.order(merchant=merchant).customer))
    return made


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- delivering


def expect(feeds: Sequence[Feed], receivers: Sequence[Receiver]) -> None:
    """Each merchant has an order with one shipment of each feed's parcels, every other under a wrong carrier's name."""
    orders, shipments, parcels = [], [], []
    for receiver in receivers:
        for place, feed in enumerate(feeds):
            order = Order(
                merchant=receiver.merchant,
                customer=receiver.customer,
                number=f"F-{place}",
                status=Order.Status.SHIPPED,
                phone=build.ANNS_PHONE,
                consignee="Ann Archer",
                line1="Lindenstraße 12",
                city="Berlin",
                country="DE",
                currency="EUR",
                total=10,
            )
            about = {"merchant": receiver.merchant, "carrier": feed.stated if place % 2 else "misnamed"}
            shipment = Shipment(order=order, created_at=feed.begins - timedelta(days=1), **about)
            orders.append(order)
            shipments.append(shipment)
            parcels += [Parcel(shipment=shipment, tracking_number=number, **about) for number in feed.numbers]
    Order.objects.bulk_create(orders)
    Shipment.objects.bulk_create(shipments)
    Parcel.objects.bulk_create(parcels)


def keep(feed: Feed, body: bytes, receiver: Receiver) -> None:
    keep_payload(carrier=feed.carrier, body=body, content_type="application/json", account=receiver.account)


def perform(model: type[work.Work], batch: int) -> None:
    """Do what is due of one kind, in batches of this size, as workers do."""
    given = work.KINDS[model._meta.label_lower]
    kind = work.Kind(model, given.perform, batch=batch, alone=False, repeats=given.repeats)
    while rows := work.claim(kind):
        work._perform_batch(kind, rows)


def deliver_in_order(feeds: Sequence[Feed], receiver: Receiver, count: Count) -> None:
    """The first payload of every feed, then the second of every feed, and so on."""
    for bodies in zip_longest(*(feed.bodies for feed in feeds)):
        for feed, body in zip(feeds, bodies, strict=True):
            if body is not None:
                keep(feed, body, receiver)
                count.delivered += 1
        perform(CarrierPayload, 500)


def deliver_anyhow(feeds: Sequence[Feed], receivers: Sequence[Receiver], dice: Random, count: Count) -> None:
    """Everything in any order: some payloads twice, some torn off first, some read by a worker that dies of it."""
    posts = [(feed, body, receiver) for feed in feeds for body in feed.bodies for receiver in receivers]
    posts += [post for post in posts if dice.random() < 0.25]
    torn = [
        (feed, body[: dice.randrange(len(body))], receiver) for feed, body, receiver in posts if dice.random() < 0.1
    ]
    posts += torn
    dice.shuffle(posts)
    count.delivered += len(posts)
    count.cut_off += len(torn)
    while posts:
        size = dice.choice((1, 10, 80, 150))
        for feed, body, receiver in posts[:size]:
            keep(feed, body, receiver)
        del posts[:size]
        batch = dice.choice((15, 60, 200))
        if dice.random() < 0.2:
            with undone():
                perform(CarrierPayload, batch)
        if dice.random() < 0.8:
            perform(CarrierPayload, batch)
        if dice.random() < 0.1:
            perform(Watch, 200)
    perform(CarrierPayload, 200)


# --- what is known in the end


def known(receiver: Receiver) -> dict[str, dict]:
    """All that the merchant's timelines say, by feed, without what must differ: keys and times of learning."""
    Watch.objects.filter(shipment__merchant=receiver.merchant).update(due_at=timezone.now(), done_at=None)
    perform(Watch, 500)
    parcels = list(Parcel.objects.filter(merchant=receiver.merchant).order_by("tracking_number"))
    scans: dict[object, list[Scan]] = {parcel.pk: [] for parcel in parcels}
    struck = struck_events(list(scans))
    for row in TrackingEvent.objects.filter(parcel__in=list(scans)).values_list(*COLUMNS):
        scans[row[1]].append(Scan(*row, is_struck=row[0] in struck))
    incidents = Incident.objects.open().filter(merchant=receiver.merchant)
    opened = list(incidents.values_list("shipment_id", "rule", "occasion", "blame"))
    rows = Shipment.objects.filter(merchant=receiver.merchant, order__number__startswith="F-").select_related("order")
    return {
        row.order.number: {
            "order": row.order.status,
            "shipment": {name: getattr(row, name) for name in _OF_SHIPMENT},
            "parcels": {
                parcel.tracking_number: _of_parcel(parcel, scans[parcel.pk])
                for parcel in parcels
                if parcel.shipment_id == row.pk
            },
            "incidents": sorted(one[1:] for one in opened if one[0] == row.pk),
        }
        for row in rows
    }


_OF_SHIPMENT = (
    "carrier",
    "status",
    "reason",
    "last_event_at",
    "last_place",
    "out_for_delivery_at",
    "delivered_at",
    "signed_by",
    "carrier_eta",
    "eta_from",
    "eta_to",
)


def _of_parcel(parcel: Parcel, scans: list[Scan]) -> dict:
    seen = project(scan for scan in scans if not scan.is_struck)
    told = Counter(tuple(getattr(scan, name) for name in _OF_SCAN) for scan in scans)
    return {
        "said": (parcel.carrier, parcel.stated_carrier, parcel.status, parcel.reason, parcel.delivered_at),
        "milestones": seen.milestones,
        "attempts": seen.attempts,
        "scans": told,
    }


_OF_DELIVERY = {"id", "parcel_id", "payload_id", "recorded_at"}
_OF_SCAN = (*(name for name in COLUMNS if name not in _OF_DELIVERY), "is_struck")


def differences(found: object, wanted: object, path: str = "") -> list[str]:
    """Where two answers of `known` differ, a line each."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = sorted(found.keys() | wanted.keys(), key=str)
        return [line for key in keys for line in differences(found.get(key), wanted.get(key), f"{path}/{key}")]
    return [] if found == wanted else [f"{path}: {found}\n  in order: {wanted}"]


def all_know_the_same(feeds: Sequence[Feed], receivers: Sequence[Receiver], dice: Random, count: Count) -> None:
    with undone():
        expect(feeds, receivers)
        deliver_in_order(feeds, receivers[0], count)
        deliver_anyhow(feeds, receivers[1:], dice, count)
        count.feeds += len(feeds)
        assert not CarrierPayload.objects.open().exists()
        assert not CarrierPayload.objects.exclude(last_error="").exists()
        wanted = known(receivers[0])
        assert all(any(parcel["scans"] for parcel in one["parcels"].values()) for one in wanted.values())
        for receiver in receivers[1:]:
            told = known(receiver)
            for place, feed in enumerate(feeds):
                differ = differences(told[f"F-{place}"], wanted[f"F-{place}"])
                bodies = "\n".join(body.decode(errors="replace") for body in feed.bodies)
                assert not differ, f"{feed.name}\n{'\n'.join(differ)}\n{bodies}"


# --- the tests


@pytest.mark.parametrize("part", range(4))
def test_recorded_feeds(part: int, receivers: list[Receiver], count: Count) -> None:
    feeds = recorded_feeds()[part::4]
    all_know_the_same(feeds, receivers, Random(part), count)


@settings(MAY_FIND, max_examples=EXAMPLES)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_generated_feeds(data: st.DataObject, seed: int, receivers: list[Receiver], count: Count) -> None:
    feeds = [data.draw(generated_feeds(f"FEED{place:06d}", NEWEST)) for place in range(FEEDS)]
    all_know_the_same(feeds, receivers, Random(seed), count)


def test_enough_was_delivered(count: Count) -> None:
    """Runs last: the tests above delivered as much as they promise, of recorded feeds of dozens of carriers too."""
    assert len({feed.carrier for feed in recorded_feeds()}) > 40
    assert count.delivered >= DELIVERIES
    assert count.cut_off >= DELIVERIES // 20
