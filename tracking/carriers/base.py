"""What a carrier adapter is: a pure reader of one carrier's or aggregator's payloads.

An adapter knows no database, clock, settings or network. It turns bytes into `Observation`s and says whether a request
was signed by the carrier. What can't be read is told by `Unreadable`, never guessed. Where the carrier can be asked,
the adapter words the question and says what kind of answer came; who sends it, and when, is not its business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


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


class ScanEvent(NamedTuple):
    """One scan as the carrier tells it: a tuple, since they are made by the hundred thousand.

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


@dataclass(frozen=True, slots=True)
class Asked:
    """A parcel that its carrier is asked about, with all that carriers want to know before they tell.

    ``postal_code`` and ``country`` are the consignee's, ``phone`` is in E.164; ``carrier`` is our code of the parcel's
    own carrier, for aggregators; ``asked_at`` is the moment of the question, aware.
    """

    tracking_number: str
    asked_at: datetime
    postal_code: str = ""
    country: str = ""
    city: str = ""
    region: str = ""
    origin_country: str = ""
    phone: str = ""
    carrier: str = ""
    shipped_on: date | None = None

    @property
    def phone_last_four(self) -> str:
        return self.phone[-4:]


@dataclass(frozen=True, slots=True)
class Question:
    """A request to a carrier, complete but for being sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Token:
    """What a carrier lends for its credentials, and for how many seconds."""

    value: str
    lasts_s: int


class Verdict(StrEnum):
    """What kind of answer a carrier gave."""

    TOLD = "told"  # something to read
    NOTHING = "nothing"  # it doesn't know the number (yet), or refuses this question
    REFUSED = "refused"  # it doesn't accept the credentials
    TOO_OFTEN = "too_often"  # it wants to be left alone for a while
    FAILED = "failed"  # it is not well


class CarrierAdapter:
    """Base of every ``tracking/carriers/<code>.py``: ``class Carrier(CarrierAdapter)``."""

    code: str  # set by discovery: the file's name
    label: str = ""  # its name, in Latin letters
    labels: Mapping[str, str] = {}  # the names it gives itself in other languages, by language: {"zh-hans": "…"}
    is_aggregator = False  # tells of other carriers' parcels
    tells_all = False  # each payload repeats the parcel's whole trail, so that what is missing was taken back
    signature: str = "none"  # how `verify` knows the sender, in one phrase for the docs and the admin
    statuses: Mapping[str, Reading] = {}

    # Of carriers that can be asked: where, with which credentials, knowing what of the parcel (names of `Asked`), and
    # how often. The credential "base_url" replaces the address, for a carrier's test system.
    base_url: str = ""
    credentials_needed: tuple[str, ...] = ()
    asked_needs: tuple[str, ...] = ()
    numbers_per_question: int = 1
    ask_at_most_every: timedelta = timedelta(minutes=30)  # for one number

    @property
    def can_ask(self) -> bool:
        return type(self).ask is not CarrierAdapter.ask

    def lacks(self, asked: Asked) -> list[str]:
        """What the carrier wants to know of a parcel and is not known: names of `Asked`."""
        return [name for name in self.asked_needs if not getattr(asked, name)]

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        """The question about up to `numbers_per_question` parcels.

        ``credentials`` has what `credentials_needed` names, perhaps "base_url", and "token" where `token_question`
        gives one.
        """
        raise NotImplementedError(f"{type(self).__module__} can't be asked")

    def token_question(self, credentials: Mapping[str, str]) -> Question | None:
        """How to get the token that `ask` needs; None for a carrier that wants none."""
        return None

    def read_token(self, body: bytes) -> Token:
        """Read the answer to `token_question`.

        Raises:
            Unreadable: there is no token in it.
        """
        raise NotImplementedError(f"{type(self).__module__} has no tokens")

    def judge_answer(self, status: int, body: bytes) -> Verdict:
        """What kind of answer an HTTP status and body are; carriers that say so in the body alone overrule it."""
        if 200 <= status < 300 and body:
            return Verdict.TOLD
        if status in (401, 403):
            return Verdict.REFUSED
        if status == 429:
            return Verdict.TOO_OFTEN
        return Verdict.NOTHING if status < 300 or 400 <= status < 500 else Verdict.FAILED

    def address(self, credentials: Mapping[str, str]) -> str:
        """Where the carrier's API lives, without a slash at its end."""
        return (credentials.get("base_url") or self.base_url).rstrip("/")

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
