"""Probes that found losses in other portals, each with the bar that this one holds.

What merchants' own endpoints are told has probes beside that code; that asking carriers holds up no webhook is in
`tests/races/test_polling_beside_webhooks.py`.
"""

from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.races import aftership
from tests.races.aftership import checkpoint
from tests.races.at_once import at_once
from tracking.models import CarrierPayload, Parcel, Shipment, TrackingEvent

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
SHIPMENTS = "/api/v1/shipments/"
NUMBER = "JD014600001001"


class Stage:
    """A parcel of acme's on its way, with a carrier that pushes, and what a probe does to it."""

    def __init__(self) -> None:
        build.carrier_account("aftership")
        self.merchant: Merchant = build.merchant(slug="acme")
        self.order: Order = build.order(merchant=self.merchant)
        self.shipment: Shipment = build.shipment(self.order, number=NUMBER)

    def tell(self, *checkpoints: dict, number: str = NUMBER) -> int:
        """Post one payload, as carriers do; the answer's status."""
        return aftership.post(aftership.body(number, checkpoints))

    def status(self) -> str:
        work.drain()
        self.shipment.refresh_from_db()
        return self.shipment.status

    def shown(self) -> list[str]:
        """The descriptions of its scans, as the API lists them."""
        work.drain()
        answer = build.api_client(self.merchant).get(f"{SHIPMENTS}{self.shipment.pk}/").json()
        return [event["description"] for event in answer["parcels"][0]["events"]]


# --- each event once, in its place


def same_event_five_times(stage: Stage) -> object:
    for _ in range(5):
        stage.tell(checkpoint(1))
    return len(stage.shown())


def same_scan_with_other_words_for_its_place(stage: Stage) -> object:
    for city in ("Leipzig", "LEIPZIG, SN", "Leipzig Hub 2"):
        stage.tell(checkpoint(1, city=city))
    return len(stage.shown())


def three_copies_in_one_call(stage: Stage) -> object:
    stage.tell(checkpoint(1), checkpoint(1), checkpoint(1))
    return len(stage.shown())


def late_older_scan_after_delivered(stage: Stage) -> object:
    stage.tell(checkpoint(5, tag="Delivered"))
    work.drain()
    stage.tell(checkpoint(3))
    return stage.shown()[0], stage.status()


def event_without_a_date(stage: Stage) -> object:
    stage.tell(checkpoint(9, checkpoint_time=None, tag="Delivered"), checkpoint(1), checkpoint(2))
    return stage.shown(), stage.status()


def sixty_events_at_once(stage: Stage) -> object:
    answers = at_once([lambda scan=scan: stage.tell(checkpoint(scan)) for scan in range(60)])
    return Counter(answers), len(set(stage.shown()))


def webhook_for_one_number_of_many(stage: Stage) -> object:
    """The newest shipment of the same merchant and account is another one."""
    build.shipment(build.order(merchant=stage.merchant))
    stage.tell(checkpoint(1))
    work.drain()
    return list(TrackingEvent.objects.values_list("parcel__tracking_number", flat=True))


def webhook_for_a_number_of_nobody(stage: Stage) -> object:
    status = stage.tell(checkpoint(1), number="JD999999999999")
    work.drain()
    return status, TrackingEvent.objects.count(), CarrierPayload.objects.get().outcome


# --- one of a kind, and nobody else's


def ten_creations_of_one_number_at_once(stage: Stage) -> object:
    key = build.api_key(stage.merchant)
    orders = [build.order(merchant=stage.merchant) for _ in range(10)]

    def create(order: Order) -> int:
        body = {"order": str(order.pk), "carrier": "dhl", "tracking_number": "JD 0001 0001"}
        return APIClient(headers={"authorization": f"Bearer {key}"}).post(SHIPMENTS, body).status_code

    answers = at_once([lambda order=order: create(order) for order in orders])
    return Counter(answers), Parcel.objects.filter(tracking_number="JD00010001").count()


def anonymous_reading_by_number(stage: Stage) -> object:
    stage.tell(checkpoint(1, message="Gate code 1234, Ann Archer"), checkpoint(2, tag="Delivered"))
    work.drain()
    stranger = Client()
    refused = stranger.get(f"{SHIPMENTS}?tracking_number={NUMBER}")
    page = stranger.get(f"/t/{stage.order.token}/").content.decode()
    lookup = stranger.get(f"/track/?number={NUMBER}").content.decode()
    secrets = ("Archer", "Lindenstra", build.ANNS_PHONE, "ann@example.com", "10969", "1234")
    told = [secret for secret in secrets if secret in page or secret in lookup or secret in refused.content.decode()]
    return refused.status_code, "Delivered" in page and "Leipzig" in page, told


def wrong_token_no_token_missing_field(stage: Stage) -> object:
    body = {"order": str(stage.order.pk), "carrier": "dhl"}
    nobody = APIClient(headers={"authorization": "Bearer lp_nobody"}).get(SHIPMENTS)
    anonymous = APIClient().post(SHIPMENTS, body)
    incomplete = build.api_client(stage.merchant).post(SHIPMENTS, body)
    named = [field for field in incomplete.json()["errors"] if field in ("tracking_number", "parcels")]
    return nobody.status_code, anonymous.status_code, incomplete.status_code, bool(named)


def eighty_anonymous_calls(stage: Stage) -> object:
    """And seventy more, each of which claims to come from somewhere else."""
    stranger = APIClient()
    path = f"{SHIPMENTS}?tracking_number={NUMBER}"
    answers = [stranger.get(path) for _ in range(80)]
    waits = {answer.headers.get("Retry-After", "").isdigit() for answer in answers if answer.status_code == 429}
    moved = [stranger.get(path, headers={"x-forwarded-for": f"203.0.113.{number}"}) for number in range(70)]
    return (
        Counter(answer.status_code for answer in answers),
        waits,
        Counter(answer.status_code for answer in moved),
        build.api_client(stage.merchant).get(SHIPMENTS).status_code,
    )


def another_merchants_shipment(stage: Stage) -> object:
    """Reading, changing and removing it answer what they answer for a shipment that never was."""
    rival = build.api_client(build.merchant(slug="rival"))
    before = Shipment.objects.values().get()
    answers = {}
    for name, identity in (("theirs", stage.shipment.pk), ("nobody's", uuid4())):
        path = f"{SHIPMENTS}{identity}/"
        calls = (rival.get, rival.put, rival.patch, rival.delete)
        answers[name] = [call(path, *([{"carrier": "ups"}] * (call != rival.get))).status_code for call in calls]
    assert Shipment.objects.values().get() == before
    return answers["theirs"][0], answers["theirs"] == answers["nobody's"], rival.get(SHIPMENTS).json()["results"]


PROBES: list[tuple[Callable[[Stage], object], object]] = [
    (same_event_five_times, 1),
    (same_scan_with_other_words_for_its_place, 1),
    (three_copies_in_one_call, 1),
    (late_older_scan_after_delivered, ("Scan 5", "delivered")),
    (event_without_a_date, (["Scan 2", "Scan 1", "Scan 9"], "in_transit")),
    (sixty_events_at_once, ({202: 60}, 60)),
    (webhook_for_one_number_of_many, [NUMBER]),
    (webhook_for_a_number_of_nobody, (202, 0, "unmatched")),
    (ten_creations_of_one_number_at_once, ({201: 1, 409: 9}, 1)),
    (anonymous_reading_by_number, (401, True, [])),
    (wrong_token_no_token_missing_field, (401, 401, 400, True)),
    (eighty_anonymous_calls, ({401: 60, 429: 20}, {True}, {429: 70}, 200)),
    (another_merchants_shipment, (404, True, [])),
]


@pytest.mark.parametrize(("probe", "bar"), PROBES, ids=[probe.__name__ for probe, _ in PROBES])
def test_the_bar_holds(probe: Callable[[Stage], object], bar: object) -> None:
    assert probe(Stage()) == bar


def test_nothing_was_published_twice() -> None:
    """The same telling five times is one change, told on once."""
    stage = Stage()
    same_event_five_times(stage)
    assert Event.objects.filter(name="tracking.status_changed").count() == 1
