"""Recorded answers and pushes of real carriers: which adapter each is for, what it made of it, what others made of it.

A corpus is a folder whose ``carrier_payloads/index.jsonl`` lists the recordings; beside some of them lies what karrio
asserts of the same recording (``.expected.json``: trackings, messages). The recordings are not part of this repository:
their licenses differ. Both the corpus's test and ``bench.carriers`` judge by what stands here.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from bench import corpus_exceptions as more
from logistics_portal.kernel.discover import discover
from tracking.carriers._times import read_clock
from tracking.carriers.base import CarrierAdapter, NoTracking, Observation, ScanEvent, Status, Unreadable
from tracking.projection import project

CARRIERS: dict[str, CarrierAdapter] = {
    code: carrier
    for code, carrier in discover("tracking.carriers", "Carrier").items()
    if isinstance(carrier, CarrierAdapter)
}

# The index's names of aggregators and families where they aren't our codes.
VIAS = {"17track": "seventeentrack", "kdniao-like": "kdniao", "sf": "sf_express"}
FAMILIES = {"17track": "seventeentrack", "amazon_mws": "amazon_shipping", "cdek_ru": "cdek"}

TRACKING_KINDS = ("tracking_response", "webhook_push", "aggregator_tracker")

# Recordings whose kind says tracking but which hold none, and what they hold instead.
HOLDS_NO_TRACKING = {
    "karrio/mydhl/ProofOfDeliveryResponse__2026-06-23.json": "a scanned document",
    "karrio/fedex/ProofOfDeliveryResponse__2026-06-23.json": "a scanned document",
    "text_index/yunda/kd100_push_abort_3days_yunda.json": "an end of monitoring without any scan",
    "text_index/aftership/aftership_webhook_return_approved.json": "a return's approval",
    "aftership_go/trackings/TestDeleteTracking_1.json": "the receipt of a deletion",
    "aftership_go/trackings/TestDeleteTrackingByID_2.json": "the receipt of a deletion",
    "aftership_go/trackings/TestRetrackTracking_6.json": "the receipt of a restart",
    "active_shipping/fedex/tracking_response_empty_status_detail.xml": "a number with neither status nor scans",
    "active_shipping/fedex/tracking_response_missing_status_code.xml": "a number with neither status nor scans",
    "active_shipping/fedex/tracking_response_multiple_results.xml": "several shipments of one reused number, no scans",
    "active_shipping/fedex/tracking_response_failure_code_9045.xml": "an error",
    "active_shipping/fedex/tracking_response_failure_code_9080.xml": "an error",
    "active_shipping/usps/tracking_response_not_available.xml": "an error",
    "active_shipping/canadapost/example_response_with_strange_delivery_date.xml": "rates, with a document type",
    "shipit/a1_international/a1_error.xml": "an error",
    "olist_correios/correios_br/test_get_tracking_code_events_without_city_field_0.xml": "an error",
    "olist_correios/correios_br/test_get_tracking_code_object_not_found_by_correios_0.xml": "an error",
    "cdek_sdk/cdek_ru/StatusReportFailed.xml": "an error",
    "shippo_py/track/test_invalid_create_0.json": "an error",
    "shippo_py/track/test_invalid_create_1.json": "a number without any status",
    "ha_cainiao/cainiao/UNKNOWN_MODULE_ENTRY.json": "a number without any scan",
    "karrio_schemas/chronopost/TrackingServiceWS__2022-09-13.xml": "the schema itself",
    "karrio_schemas/dhl_parcel_de/pp-parcel-tracking_onboarding_collection__2025-11-09.json": "requests and answers",
    "karrio_schemas/dhl_ecommerce/tracking__2021-02-04.json": "the schema itself",
    **more.HOLDS_NO_TRACKING,
}

# Recordings of other kinds (documentation, events, failed deliveries, data behind a page) that do hold tracking.
HOLDS_TRACKING = (
    *("easypost_examples/fixtures/event-body.json", "easypost_examples/json/tracking-webhook.json"),
    *("easypost_examples/built_for_developers/", "easypost_examples/trackers/trackers-create.json"),
    *("easypost_examples/trackers/trackers-list.json", "easypost_examples/trackers/trackers-retrieve.json"),
    "text_index/yunda/kdniao_map_docs_yd.json",
    *more.HOLDS_TRACKING,
    *more.ANSWERS_BEHIND_PAGES,
)

# karrio's words for a status, in ours. Where karrio has one word for what we tell apart, each of ours agrees.
KARRIO_STATUSES: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"info_received", "pending"}),
    "picked_up": frozenset({"in_transit"}),
    "in_transit": frozenset({"in_transit"}),
    "out_for_delivery": frozenset({"out_for_delivery"}),
    "ready_for_pickup": frozenset({"available_for_pickup"}),
    "delivered": frozenset({"delivered"}),
    "delivery_failed": frozenset({"attempt_failed"}),
    "delivery_delayed": frozenset({"exception"}),
    "on_hold": frozenset({"exception"}),
    "return_to_sender": frozenset({"returning", "returned"}),
    "return_initiated": frozenset({"returning", "returned"}),
    "cancelled": frozenset({"exception"}),
    "unknown": frozenset({"unknown"}),
}

_GUESS = "karrio reads an unknown code as in_transit; an unknown code stays unknown"
_SCOPE = "karrio's word for the whole is its word for the first code of the list, not for the parcel"

# Where we differ from karrio on purpose: (adapter, code or "" for the whole, karrio's word) -> why.
ARGUED = {
    ("dhl", "PU", "pending"): "Express PU is the pick-up itself; karrio's MyDHL table calls it pending",
    ("fedex", "DE", "delivery_failed"): "exceptions A13/A47 redirect at the consignee's wish: no door was tried",
    ("usps", "", "in_transit"): _GUESS,
    ("laposte", "ET1", "out_for_delivery"): "La Poste documents ET1 as being processed; its sentence says under way",
    ("bpost", "L00", "on_hold"): "the state's own words are 'BoundToRound - out_for_distribution'",
    ("bpost", "", "in_transit"): _SCOPE,
    ("canadapost", "", "in_transit"): _SCOPE,
    ("australiapost", None, "delivered"): "karrio gives each event the status of the whole parcel",
    **more.ARGUED,
}


@dataclass(frozen=True, slots=True)
class Recording:
    """A payload of a corpus; ``code`` is the adapter it is for, "" when there is none."""

    root: Path
    code: str
    family: str
    file: str
    kind: str
    format: str
    source: str
    expected: str

    @property
    def body(self) -> bytes:
        return (self.root / self.file).read_bytes()

    @property
    def is_out_of_scope(self) -> str:
        """Why no adapter is meant to read it; "" when one is."""
        if self.file.startswith(HOLDS_TRACKING):
            return ""
        if self.source == "carrier_emails" or self.kind == "notification_email":
            return "a mail"
        if self.file.startswith(more.ANSWERS_BEHIND_PAGES):
            return ""
        if self.format == "html" or self.kind == "tracking_page_html":
            return "a web page or the data behind one"
        return ""

    @property
    def holds_tracking(self) -> bool:
        if self.is_out_of_scope or self.file in HOLDS_NO_TRACKING:
            return False
        if self.kind == "schema_sample":
            name = Path(self.file).name.lower()
            return "track" in name and "request" not in name and "error" not in name
        return self.kind in TRACKING_KINDS or self.file.startswith(HOLDS_TRACKING)

    def karrio(self) -> list[dict[str, object]]:
        """karrio's unified trackings of the recording."""
        if not self.expected or not self.holds_tracking:
            return []
        document = json.loads((self.root / self.expected).read_text(encoding="utf-8"))
        return list(document[0] or []) if document else []


@cache
def recordings(corpus: Path) -> tuple[Recording, ...]:
    """Every recording of a corpus, with the adapter it is for."""
    root = corpus / "carrier_payloads"
    index = root / "index.jsonl"
    if not index.is_file():
        return ()
    rows = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines() if line.strip()]
    return tuple(
        Recording(
            root=root,
            code=adapter_for(row),
            family=row.get("family") or row.get("carrier") or "",
            file=row["file"],
            kind=row.get("kind") or "",
            format=row.get("format") or "",
            source=row.get("source") or "",
            expected=row.get("expected") or "",
        )
        for row in rows
    )


def adapter_for(row: Mapping[str, str | None]) -> str:
    """Our code of the adapter that a row of the index is for, by its aggregator, family or carrier; "" for none."""
    via, family, carrier = (row.get(name) or "" for name in ("via", "family", "carrier"))
    if via:
        return _known(VIAS.get(via, via))
    return _known(FAMILIES.get(family, family)) or _known(FAMILIES.get(carrier, carrier))


def _known(code: str) -> str:
    return code if code in CARRIERS else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an adapter made of a recording: observations, or why there are none."""

    recording: Recording
    observations: Sequence[Observation] = ()
    refusal: str = ""
    is_no_tracking: bool = False
    crash: str = ""


def read(recording: Recording) -> Outcome:
    """Let the recording's adapter read it; one without an adapter is refused with the reason "no adapter"."""
    if not recording.code:
        return Outcome(recording, refusal="no adapter")
    try:
        return Outcome(recording, CARRIERS[recording.code].parse(recording.body))
    except NoTracking as refusal:
        return Outcome(recording, refusal=str(refusal), is_no_tracking=True)
    except Unreadable as refusal:
        return Outcome(recording, refusal=str(refusal))
    except Exception as error:  # noqa: BLE001 (a crash is what is counted here)
        return Outcome(recording, crash=repr(error))


@dataclass
class Agreement:
    """How far a reading agrees with karrio's: counts, and each difference in words."""

    times: int = 0
    times_agreed: int = 0
    statuses: int = 0
    statuses_agreed: int = 0
    argued: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: "Agreement") -> None:
        self.times += other.times
        self.times_agreed += other.times_agreed
        self.statuses += other.statuses
        self.statuses_agreed += other.statuses_agreed
        self.argued.update(other.argued)
        self.differences += other.differences


def compare(outcome: Outcome) -> Agreement:
    """Compare a reading with karrio's of the same recording, event by event and on the whole."""
    found = Agreement()
    trackings = outcome.recording.karrio()
    numbers = {one.tracking_number for one in outcome.observations}
    for tracking in trackings:
        number = str(tracking.get("tracking_number") or "")
        is_told = number in numbers | {""} or numbers == {""}
        if not is_told and (why := more.ARGUED_NUMBERS.get((outcome.recording.code, number))):
            found.argued[why] += 1
        elif not is_told:
            found.differences.append(f"number {number} is not among {sorted(numbers)}")
        for event, ours in pairs(outcome, tracking):
            _compare_event(found, outcome.recording.code, event, ours)
        _compare_whole(found, outcome, tracking, is_only=len(trackings) == 1)
    found.differences = [f"{outcome.recording.file}: {difference}" for difference in found.differences]
    return found


def _compare_event(found: Agreement, code: str, event: Mapping[str, str], ours: ScanEvent | None) -> None:
    scan = f"{event.get('code') or event.get('description')} at {event.get('date')} {event.get('time')}"
    found.times += 1
    found.times_agreed += ours is not None
    if ours is None:
        found.differences.append(f"no scan {scan}")
    word = event.get("status")
    if not word:
        return
    if ours is not None and ours.status in KARRIO_STATUSES.get(word, ()):
        found.statuses += 1
        found.statuses_agreed += 1
    elif ours is not None and (why := _why(code, event.get("code"), word)):
        found.argued[why] += 1
    else:
        found.statuses += 1
        found.differences.append(f"{scan} is {ours and ours.status}, karrio says {word}")


def _why(code: str, event_code: str | None, word: str) -> str:
    return ARGUED.get((code, event_code, word), "")


def _compare_whole(found: Agreement, outcome: Outcome, tracking: Mapping[str, object], *, is_only: bool) -> None:
    word = str(tracking.get("status") or ("delivered" if tracking.get("delivered") else ""))
    if not word:
        return
    code, number = outcome.recording.code, tracking.get("tracking_number")
    same = [one for one in outcome.observations if is_only or one.tracking_number == number]
    statuses = {status_of(one) for one in same} | {str(one.summary) for one in same if one.summary}
    if statuses & KARRIO_STATUSES.get(word, frozenset()):
        found.statuses += 1
        found.statuses_agreed += 1
    elif statuses and (why := _why(code, "", word)):
        found.argued[why] += 1
    elif outcome.recording.file.startswith("karrio/dhl_poland/"):
        found.argued["karrio calls every parcel with a recipient's name delivered; the code says nothing we know"] += 1
    else:
        found.statuses += 1
        found.differences.append(f"the whole is {sorted(statuses)}, karrio says {word}")


def pairs(outcome: Outcome, tracking: Mapping[str, object]) -> Iterator[tuple[Mapping[str, str], ScanEvent | None]]:
    """karrio's events, each with ours of the same clock digits and code (or sentence), if there is one.

    An event without a readable date is not a scan of that time and is passed over.
    """
    events = tracking.get("events")
    for event in events if isinstance(events, list) else []:
        if not event.get("date") or read_clock(event["date"])[0] is None:
            continue
        if (outcome.recording.code, event.get("description")) in more.NOT_A_SCAN:
            continue
        at = (event["date"], _hours(event.get("time") or ""))
        candidates = [
            ours
            for one in outcome.observations
            for ours in one.events
            if at in _clocks(ours, outcome.recording.code) or (not at[1] and _clock(ours)[0] == at[0])
        ]
        yield event, next((ours for ours in candidates if _is_same(ours, event)), None)


def _hours(written: str) -> str:
    """karrio's time of day as hh:mm: it writes half days both as "03:02 PM" and as "15:02 PM"; "" for no time."""
    clock, _, half = written.partition(" ")
    if clock[2:3] != ":" or not clock[:2].isdecimal():
        return ""
    hour = int(clock[:2]) + (12 if half == "PM" and clock[:2] < "12" else 0)
    return f"{hour:02d}:{clock[3:5]}"


def _is_same(ours: ScanEvent, event: Mapping[str, str]) -> bool:
    code, words = event.get("code"), " ".join((event.get("description") or "").split())
    if code and code in (ours.code, ours.code.partition("/")[0]):
        return True
    # a sentence that ends in the consignee's address is cut short by us
    return ours.description == words or (not code and bool(ours.description) and words.startswith(ours.description))


def _clocks(event: ScanEvent, code: str) -> list[tuple[str, str]]:
    """The digits under which karrio may write the time of a scan: the local ones, with some carriers UTC's."""
    clocks = [_clock(event)]
    if code in more.UTC_DIGITS and event.occurred_at:
        at = event.occurred_at.astimezone(UTC)
        clocks.append((f"{at:%Y-%m-%d}", f"{at:%H:%M}"))
    return clocks


def _clock(event: ScanEvent) -> tuple[str, str]:
    at = event.occurred_at
    return (f"{at:%Y-%m-%d}", f"{at:%H:%M}") if at else ("", "")


@dataclass(frozen=True)
class _Recorded:
    """A scan with the time at which it was recorded, which projecting needs."""

    scan: ScanEvent
    recorded_at: datetime = datetime(2100, 1, 1, tzinfo=UTC)

    def __getattr__(self, name: str) -> object:
        return getattr(self.scan, name)


def status_of(observation: Observation) -> str:
    """The status that an observation's scans add up to."""
    return str(project(_Recorded(event) for event in observation.events).status)  # type: ignore[misc]


def unknown_scans(observation: Observation) -> int:
    """How many scans no table could read."""
    return sum(event.status is Status.UNKNOWN for event in observation.events)
