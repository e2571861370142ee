"""Recorded payloads go through the portal again: by the carriers' own door, or straight to the services."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import orders.services
import tracking.services
from logistics_portal.kernel import http, work
from logistics_portal.kernel.errors import DomainError
from merchants.models import Merchant
from orders.models import Order
from tracking.carriers.base import NoTracking, Observation, Unreadable
from tracking.models import CarrierAccount, CarrierPayload, Parcel

from .recordings import Recording
from .signing import sign

NO_ADAPTER = "no adapter"
POLL_SECONDS = 0.1
# London's numbers 020 7946 0000 to 0999, which Ofcom keeps for drama: the consignee of a replayed parcel has no phone.
_DRAMA = 442079460000


@dataclass(slots=True)
class Tally:
    """What became of one carrier's recordings: how many had each outcome, and the reasons of those not read."""

    outcomes: Counter[str] = field(default_factory=Counter)
    unknown_codes: Counter[str] = field(default_factory=Counter)
    reasons: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sent:
    """A recording that the portal took, as it was sent."""

    recording: Recording
    body: bytes


Report = dict[str, Tally]
Send = Callable[[Recording, bytes, Mapping[str, str]], str]  # "" when it was taken, else why not


def secrets_of(carriers: Iterable[str]) -> dict[str, str]:
    """The webhook secret of an active account of each carrier that has one."""
    accounts = CarrierAccount.objects.filter(carrier__in=set(carriers), is_active=True).order_by("-pk")
    return {account.carrier: account.webhook_secret for account in accounts}


def send_by_http(base_url: str) -> Send:
    """Send as a carrier does."""

    def send(recording: Recording, body: bytes, headers: Mapping[str, str]) -> str:
        url = f"{base_url.rstrip('/')}/webhooks/carriers/{recording.carrier}"
        answer = http.call("POST", url, headers=headers, content=body)
        return "" if answer.status == 202 else f"answered {answer.status}"

    return send


def send_in_process(recording: Recording, body: bytes, headers: Mapping[str, str]) -> str:
    """Keep a payload as the door does once it is believed; the reading is done by `work.drain`."""
    account = CarrierAccount.objects.filter(carrier=recording.carrier, is_active=True).first()
    tracking.services.keep_payload(
        carrier=recording.carrier, body=body, content_type=headers["content-type"], account=account
    )
    return ""


def replay(recordings: Iterable[Recording], *, send: Send, secrets: Mapping[str, str]) -> tuple[Report, list[Sent]]:
    """Send what an adapter is there for; the report says of the rest why it was not sent."""
    report: Report = {}
    taken: list[Sent] = []
    for recording in recordings:
        tally = report.setdefault(recording.carrier, Tally())
        if refusal := _not_sent(recording, secrets):
            tally.outcomes[refusal] += 1
            continue
        body, headers = sign(recording.carrier, recording.body, secrets[recording.carrier])
        if refusal := send(recording, body, headers):
            tally.outcomes["refused"] += 1
            tally.reasons.append((recording.path.name, refusal))
        else:
            taken.append(Sent(recording, body))
    return report, taken


def _not_sent(recording: Recording, secrets: Mapping[str, str]) -> str:
    if recording.carrier not in tracking.services.CARRIERS:
        return NO_ADAPTER
    if recording.not_sent:
        return recording.not_sent
    return "" if secrets.get(recording.carrier) else "no account"


def read_here() -> None:
    """Do the workers' part in this process."""
    work.drain()


def await_workers(since: datetime, *, patience: float) -> bool:
    """Wait until the workers have read what came in; False when they take more than ``patience`` seconds."""
    ends = time.monotonic() + patience
    waiting = CarrierPayload.objects.filter(received_at__gte=since, done_at__isnull=True, due_at__isnull=False)
    while waiting.exists():
        if time.monotonic() > ends:
            return False
        time.sleep(POLL_SECONDS)
    return True


def count_outcomes(report: Report, taken: Iterable[Sent], *, since: datetime) -> None:
    """Add to the report what the portal made of what it took."""
    kept: dict[tuple[str, bytes], CarrierPayload] = {
        (payload.carrier, bytes(payload.body)): payload
        for payload in CarrierPayload.objects.filter(received_at__gte=since)
    }
    for sent in taken:
        payload = kept[(sent.recording.carrier, sent.body)]
        tally = report[sent.recording.carrier]
        tally.outcomes[payload.outcome] += 1
        tally.unknown_codes.update(payload.unknown_codes)
        if payload.outcome == CarrierPayload.Outcome.UNREADABLE:
            tally.reasons.append((sent.recording.path.name, payload.note))


def create_shipments(merchant: Merchant, recordings: Iterable[Recording]) -> Counter[str]:
    """An order with a parcel for every tracking number in the recordings, so that their timelines appear."""
    told: Counter[str] = Counter()
    for recording in recordings:
        for seen in _observations(recording):
            told[_create_shipment(merchant, recording.carrier, seen)] += 1
    return told


def _observations(recording: Recording) -> list[Observation]:
    adapter = tracking.services.carrier(recording.carrier)
    if adapter is None or recording.not_sent:
        return []
    try:
        return adapter.parse(recording.body)
    except (Unreadable, NoTracking):
        return []


def _create_shipment(merchant: Merchant, code: str, seen: Observation) -> str:
    number, carrier = seen.tracking_number, seen.carrier or code
    if not number:
        return "without a number"
    if Parcel.objects.filter(merchant=merchant, carrier=carrier, tracking_number=number).exists():
        return "there already"
    scanned = [event.occurred_at for event in seen.events if event.occurred_at]
    began = min(scanned, default=timezone.now())  # a shipment of today would not believe scans of last year
    try:
        tracking.services.create_shipment(
            order=_order_for(merchant, carrier, number, began),
            carrier=carrier,
            parcels=[tracking.services.ParcelDraft(number)],
            is_announced=False,
            at=began,
        )
    except DomainError as error:
        return f"not possible: {error.message}"
    return "created"


def _order_for(merchant: Merchant, carrier: str, number: str, placed_at: datetime) -> Order:
    known = Order.objects.for_merchant(merchant).filter(number=f"{carrier}-{number}").first()
    return known or orders.services.place_order(
        merchant=merchant,
        draft=orders.services.OrderDraft(
            number=f"{carrier}-{number}"[:64],
            phone=PhoneNumber.from_string(f"+{_DRAMA + sum(number.encode()) % 1000}"),
            consignee="Replayed parcel",
            line1="Not given",
            city="Not given",
            country=merchant.country,
            currency="EUR",
            lines=[orders.services.LineDraft("replayed", "Content of a replayed parcel", 1, Decimal(0))],
            placed_at=placed_at,
            is_announced=False,
        ),
    )
