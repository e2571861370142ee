"""Carriers' payloads: kept first, read later, by the batch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from logistics_portal.kernel.bulk import uncollected, update_rows
from logistics_portal.kernel.work import ring

from ..carriers.base import NoTracking, Observation, Unreadable
from ..models import CarrierAccount, CarrierPayload, Parcel
from .carriers import CARRIERS, normalize_number
from .scans import Told
from .timeline import record

NOTE_MAX = 300
NUMBER_RESTS = timedelta(days=90)  # carriers let a number rest longer than this before they use it again
UNMATCHED = CarrierPayload.Outcome.UNMATCHED
_NOTED = ("outcome", "note", "tracking_numbers", "unknown_codes", "done_at", "last_error")
_OF_CANDIDATE = ("id", "shipment_id", "merchant_id", "carrier", "tracking_number", "shipment__created_at")


@dataclass(slots=True)
class Reading:
    """A payload and what its adapter read from it."""

    payload: CarrierPayload
    observations: list[Observation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A parcel that a payload may speak of."""

    id: UUID
    shipment_id: UUID
    merchant_id: UUID
    carrier: str
    tracking_number: str
    shipped_at: datetime


def keep_payload(*, carrier: str, body: bytes, content_type: str, account: CarrierAccount | None) -> CarrierPayload:
    """Keep a carrier's message as it came and ring for its reading."""
    payload = CarrierPayload.objects.create(
        carrier=carrier, account=account, body=body, content_type=content_type[:100], received_at=timezone.now()
    )
    ring(CarrierPayload)
    return payload


def read_again(*, payloads: QuerySet[CarrierPayload]) -> int:
    """Have payloads read once more, for example after an adapter learned new codes. Nothing is doubled by it."""
    count = payloads.update(due_at=timezone.now(), done_at=None, attempts=0, outcome=CarrierPayload.Outcome.WAITING)
    ring(CarrierPayload)
    return count


def _look_again(numbers: set[str], seen: set[UUID]) -> None:
    """A parcel may have come to be while its payload was read: neither transaction saw the other.

    Parcels that were ``seen`` and did not match would not match the next time either, for ever.
    """
    born = Parcel.objects.filter(tracking_number__in=numbers, retired_at__isnull=True).exclude(pk__in=seen)
    read_waiting_for(born.values_list("tracking_number", flat=True))


def read_waiting_for(numbers: Iterable[str]) -> None:
    """Parcels came to be: have the payloads read that told of their numbers before we knew them."""
    waiting = CarrierPayload.objects.filter(outcome=UNMATCHED, tracking_numbers__overlap=list(numbers))
    if waiting.exists():
        read_again(payloads=waiting)


@uncollected()
@transaction.atomic
def read_payloads(payloads: Sequence[CarrierPayload]) -> None:
    """Read a batch and fold its scans into the timelines; a larger batch takes no more statements.

    The payloads are closed with the same statement that notes what came of them.
    """
    accounts = CarrierAccount.objects.in_bulk({payload.account_id for payload in payloads if payload.account_id})
    readings = [_read(payload) for payload in payloads]
    parcels = _parcels_of(readings)
    told: list[Told] = []
    for reading in readings:
        account = accounts.get(reading.payload.account_id)
        matched = [
            Told(parcel=parcel, observation=observation, payload=reading.payload)
            for observation in reading.observations
            for parcel in _matches(parcels, observation, reading.payload, account)
        ]
        if reading.observations and not matched:
            reading.payload.outcome = UNMATCHED
        told += matched
    record(told)
    now = timezone.now()
    for payload in payloads:
        payload.done_at, payload.last_error = now, ""
    update_rows(CarrierPayload, payloads, _NOTED)
    lonely = {number for payload in payloads if payload.outcome == UNMATCHED for number in payload.tracking_numbers}
    if lonely:
        seen = {parcel.id for found in parcels.values() for parcel in found}
        transaction.on_commit(lambda: _look_again(lonely, seen), robust=True)


def _read(payload: CarrierPayload) -> Reading:
    adapter = CARRIERS.get(payload.carrier)
    if adapter is None:
        _note(payload, CarrierPayload.Outcome.UNREADABLE, f"No adapter for {payload.carrier} is installed.")
        return Reading(payload)
    try:
        observations = [_with_plain_number(seen, payload) for seen in adapter.parse(bytes(payload.body))]
    except Unreadable as error:
        _note(payload, CarrierPayload.Outcome.UNREADABLE, str(error))
        return Reading(payload)
    except NoTracking as error:
        _note(payload, CarrierPayload.Outcome.NO_TRACKING, str(error))
        return Reading(payload)
    unknown = sorted({code for observation in observations for code in observation.unknown_codes})
    payload.unknown_codes = [code[:100] for code in unknown]
    payload.tracking_numbers = sorted({seen.tracking_number[:64] for seen in observations if seen.tracking_number})
    _note(payload, CarrierPayload.Outcome.READ, f"Unknown codes: {', '.join(unknown)}" if unknown else "")
    return Reading(payload, observations)


def _with_plain_number(seen: Observation, payload: CarrierPayload) -> Observation:
    number = normalize_number(seen.tracking_number or payload.asked_number)
    return seen if number == seen.tracking_number else replace(seen, tracking_number=number)


def _note(payload: CarrierPayload, outcome: str, note: str) -> None:
    payload.outcome, payload.note = outcome, note[:NOTE_MAX]


def _parcels_of(readings: Iterable[Reading]) -> dict[str, list[Candidate]]:
    numbers = {number for reading in readings for number in reading.payload.tracking_numbers}
    found: dict[str, list[Candidate]] = defaultdict(list)
    named = Parcel.objects.filter(tracking_number__in=numbers, retired_at__isnull=True)
    for row in named.values_list(*_OF_CANDIDATE):
        one = Candidate(*row)
        found[one.tracking_number].append(one)
    return found


def _matches(
    parcels: dict[str, list[Candidate]],
    observation: Observation,
    payload: CarrierPayload,
    account: CarrierAccount | None,
) -> list[Candidate]:
    """The parcels that an observation speaks of: by number, the account's merchant, and the carrier it names.

    A payload that names another carrier than the merchant did still tells of the one parcel that has this number: it is
    the better witness. Of several it could mean, none is guessed.
    """
    merchant_id = account.merchant_id if account else None
    candidates = [
        parcel
        for parcel in parcels.get(observation.tracking_number, ())
        if (merchant_id is None or parcel.merchant_id == merchant_id) and _is_of_its_time(observation, parcel)
    ]
    if len(candidates) < 2:
        return candidates
    named = observation.carrier or payload.carrier
    # A merchant may have the number under the carrier and under its aggregator: the carrier's parcel is the one meant.
    sure = {parcel.merchant_id for parcel in candidates if parcel.carrier == named}
    return [
        parcel
        for parcel in candidates
        if parcel.carrier == named or (parcel.carrier == payload.carrier and parcel.merchant_id not in sure)
    ]


def _is_of_its_time(observation: Observation, parcel: Candidate) -> bool:
    """Carriers use numbers again: a trail that ended long before the shipment was made is another parcel's."""
    times = [event.occurred_at for event in observation.events if event.occurred_at]
    return not times or max(times) > parcel.shipped_at - NUMBER_RESTS
