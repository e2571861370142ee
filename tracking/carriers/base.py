"""What a carrier adapter is: a pure reader of one carrier's or aggregator's payloads.

An adapter knows no database, clock, settings or network. It turns bytes into `Observation`s and says whether a request
was signed by the carrier. What can't be read is told by `Unreadable`, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Status(StrEnum):
    """The portal's tracking statuses; the glossary lists their AfterShip and UN/ECE Rec 24 neighbors."""

    PENDING = "pending"
    INFO_RECEIVED = "info_received"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    ATTEMPT_FAILED = "attempt_failed"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNING = "returning"
    RETURNED = "returned"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class OffsetSource(StrEnum):
    """Where an event's UTC offset comes from."""

    STATED = "stated"  # the payload gave an offset or said UTC
    INFERRED = "inferred"  # taken from the carrier's home zone or the place of the scan
    ASSUMED = "assumed"  # nothing known: read as UTC, shown as local clock time without a zone


REASONS = frozenset(
    {
        "carrier_address_not_found",
        "carrier_capacity_exceeded",
        "carrier_damaged_parcel",
        "carrier_delay",
        "carrier_mechanical_delay",
        "carrier_not_enough_time",
        "carrier_parcel_lost",
        "carrier_security_issue",
        "carrier_sorting_error",
        "carrier_vehicle_issue",
        "consignee_access_restricted",
        "consignee_business_closed",
        "consignee_cancelled",
        "consignee_incorrect_address",
        "consignee_moved",
        "consignee_not_available",
        "consignee_not_home",
        "consignee_not_picked_up",
        "consignee_payment_due",
        "consignee_refused",
        "consignee_rescheduled",
        "consignee_safe_place_unavailable",
        "consignee_unreachable",
        "consignee_verification_failed",
        "merchant_cancelled",
        "merchant_incorrect_data",
        "merchant_not_ready",
        "merchant_packaging_issue",
        "customs_delay",
        "customs_documentation",
        "customs_duties_unpaid",
        "customs_inspection",
        "customs_prohibited",
        "weather_delay",
        "weather_disaster",
    }
)
"""Every reason an adapter may give: what went wrong, with the party it turns on as prefix."""


class Unreadable(Exception):
    """A payload that this adapter can't read; the message says what was wrong with it."""


class NoTracking(Exception):
    """A payload that was read and holds no tracking (an error answer, a ping); the message says what it is."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A carrier's code in our words: a status and, where something went wrong, a reason from `REASONS`."""

    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScanEvent:
    """One scan as the carrier tells it.

    ``occurred_at`` is an aware datetime carrying the offset of the place of the scan, or None when the payload gave no
    readable time. ``code`` is the carrier's own code, kept as given; ``identity`` replaces (time, code) as the mark by
    which doubles are known, where the carrier gives an id of its own or its codes are too coarse to tell scans apart.
    """

    occurred_at: datetime | None
    offset_source: OffsetSource
    status: Status
    reason: str
    code: str
    description: str
    place: str = ""
    country: str = ""  # ISO 3166-1 alpha-2, upper case
    latitude: float | None = None
    longitude: float | None = None
    signed_by: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one payload says of one tracking number.

    ``tracking_number`` is "" where the answer doesn't repeat the number it was asked for: the caller knows it.
    ``carrier`` is our code of the real carrier when an aggregator's payload names it, else "". ``summary`` is the
    payload's own overall status where it states one apart from its events. ``carrier_eta`` is the carrier's promise,
    ``eta_from``/``eta_to`` its window. ``unknown_codes`` lists the codes that no table had.
    """

    tracking_number: str
    events: tuple[ScanEvent, ...] = ()
    carrier: str = ""
    summary: Status | None = None
    service: str = ""
    carrier_eta: date | None = None
    eta_from: datetime | None = None
    eta_to: datetime | None = None
    signed_by: str = ""
    weight_g: int | None = None
    origin: str = ""
    destination: str = ""
    unknown_codes: tuple[str, ...] = field(default=())


class CarrierAdapter:
    """Base of every ``tracking/carriers/<code>.py``: ``class Carrier(CarrierAdapter)``."""

    code: str  # set by discovery: the file's name
    label: str = ""
    is_aggregator = False  # tells of other carriers' parcels
    tells_all = False  # each payload repeats the parcel's whole trail, so that what is missing was taken back
    signature: str = "none"  # how `verify` knows the sender, in one phrase for the docs and the admin
    statuses: Mapping[str, Reading] = {}

    def read_code(self, code: str) -> Reading:
        """Our reading of a carrier's code; `Status.UNKNOWN` for one that the table doesn't have."""
        return self.statuses.get(code, Reading(Status.UNKNOWN))

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Whether the request was sent by whoever holds ``secret``. Header names arrive in lower case."""
        raise NotImplementedError(f"{type(self).__module__} has no signature check")

    def parse(self, body: bytes) -> list[Observation]:
        """Read a payload, pushed or fetched.

        Raises:
            Unreadable: not this carrier's format, truncated, or wrongly encoded.
            NoTracking: the carrier's error answer or a message that holds no tracking.
        """
        raise NotImplementedError

    def acknowledge(self) -> tuple[str, str]:
        """Body and content type of the answer the carrier expects to a payload that was kept."""
        return '{"status":"accepted"}', "application/json"

    def tracking_url(self, tracking_number: str) -> str:
        """The carrier's own public page of a number, or "" when there is none."""
        return ""
