"""Recorded answers and pushes of real carriers, read without a crash and compared with what others made of them.

The recordings are not part of this repository (their licenses differ). `PORTAL_CORPUS` names their folder; its
``carrier_payloads/index.jsonl`` lists them, with the ``.expected.json`` of karrio and the assertions of active_shipping
and shipit where those projects tested the same recording.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from logistics_portal.kernel.discover import discover
from tracking.carriers.base import CarrierAdapter, NoTracking, Observation, ScanEvent, Unreadable
from tracking.projection import project

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(os.environ.get("PORTAL_CORPUS", ROOT.parent / "shared" / "data")) / "carrier_payloads"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not (CORPUS / "index.jsonl").is_file(), reason=f"no recordings: {CORPUS} has no index.jsonl"),
]

CARRIERS: dict[str, CarrierAdapter] = {
    code: carrier
    for code, carrier in discover("tracking.carriers", "Carrier").items()
    if isinstance(carrier, CarrierAdapter)
}
AGGREGATORS = {"kuaidi100": "kuaidi100", "aftership": "aftership", "easypost": "easypost", "17track": "seventeentrack"}
FAMILIES = {"dhl": "dhl", "ups": "ups", "fedex": "fedex", "usps": "usps"}

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
}

# Recordings of other kinds (samples, documentation, events) that do hold tracking.
HOLDS_TRACKING = (
    *("karrio_schemas/dhl_freight/", "karrio_schemas/mydhl/", "karrio_schemas/dhl_express/", "karrio_schemas/ups/"),
    *("karrio_schemas/fedex/", "karrio_schemas/usps/", "karrio_schemas/easypost/", "karrio_schemas/dhl_ecom_am/"),
    *("easypost_examples/fixtures/event-body.json", "easypost_examples/json/tracking-webhook.json"),
    *("easypost_examples/built_for_developers/", "easypost_examples/trackers/trackers-create.json"),
    *("easypost_examples/trackers/trackers-list.json", "easypost_examples/trackers/trackers-retrieve.json"),
)
TRACKING_KINDS = ("tracking_response", "webhook_push", "aggregator_tracker")

# karrio's words for a status, in ours. Where karrio has one word for what we tell apart, each of ours agrees.
KARRIO_STATUSES = {
    "pending": {"info_received", "pending"},
    "picked_up": {"in_transit"},
    "in_transit": {"in_transit"},
    "out_for_delivery": {"out_for_delivery"},
    "ready_for_pickup": {"available_for_pickup"},
    "delivered": {"delivered"},
    "delivery_failed": {"attempt_failed"},
    "delivery_delayed": {"exception"},
    "on_hold": {"exception"},
    "return_to_sender": {"returning", "returned"},
    "cancelled": {"exception"},
    "unknown": {"unknown"},
}

# Where we differ from karrio on purpose: (carrier, code or "" for the whole, karrio's word) -> why.
ARGUED = {
    ("dhl", "PU", "pending"): "Express PU is the pick-up itself; karrio's MyDHL table calls it pending",
    (
        "fedex",
        "DE",
        "delivery_failed",
    ): "exceptions A13/A47 redirect the parcel at the consignee's wish: no door was tried",
    ("usps", "", "in_transit"): "karrio reads an unknown code as in_transit; an unknown code stays unknown",
    ("usps", "string", "in_transit"): "the same, for the placeholder of a schema sample",
}


@dataclass(frozen=True)
class Recording:
    """A payload of the corpus that one of our adapters is for."""

    code: str
    file: str
    kind: str
    format: str
    source: str
    expected: str

    @property
    def body(self) -> bytes:
        return (CORPUS / self.file).read_bytes()

    @property
    def is_out_of_scope(self) -> str:
        """Why no adapter is meant to read it; "" when one is."""
        if self.source == "carrier_emails":
            return "a mail"
        if self.format == "html" or self.kind == "tracking_page_html":
            return "a web page or the data behind one"
        return ""

    @property
    def holds_tracking(self) -> bool:
        if self.file in HOLDS_NO_TRACKING:
            return False
        return self.kind in TRACKING_KINDS or self.file.startswith(HOLDS_TRACKING)


@cache
def recordings() -> tuple[Recording, ...]:
    """Every recording of the eight carriers and aggregators."""
    index = CORPUS / "index.jsonl"
    if not index.is_file():
        return ()
    rows = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines()]
    return tuple(
        Recording(code, row["file"], row["kind"], row["format"], row["source"], row["expected"] or "")
        for row in rows
        if (code := adapter_for(row))
    )


def adapter_for(row: dict[str, str]) -> str:
    """Our code of the adapter that a row of the index is for, or ""."""
    via = AGGREGATORS.get(row["via"]) or AGGREGATORS.get(row["family"])
    if via or row["via"]:
        return via or ""
    return FAMILIES.get(row["family"], "")


def read(recording: Recording) -> list[Observation]:
    """The recording's observations; none when the adapter said that it holds no tracking or can't be read."""
    try:
        return CARRIERS[recording.code].parse(recording.body)
    except (NoTracking, Unreadable) as refusal:
        assert str(refusal)
        return []


@pytest.mark.parametrize("recording", recordings(), ids=lambda recording: recording.file)
def test_reads_what_holds_tracking_and_nothing_else(recording: Recording) -> None:
    observations = read(recording)
    if recording.is_out_of_scope:
        assert observations == []
    elif recording.holds_tracking:
        assert observations
        assert all(observation.events or observation.summary for observation in observations)
    else:
        assert observations == [], recording.kind


def expected_trackings(recording: Recording) -> list[dict[str, object]]:
    """karrio's unified trackings of a recording."""
    if not recording.expected or not recording.holds_tracking or recording.is_out_of_scope:
        return []
    document = json.loads((CORPUS / recording.expected).read_text(encoding="utf-8"))
    return document[0] if document else []


def pairs(recording: Recording) -> Iterator[tuple[dict[str, str], ScanEvent | None]]:
    """karrio's events, each with ours of the same clock digits and code, if there is one."""
    observations = read(recording)
    for tracking in expected_trackings(recording):
        assert tracking["tracking_number"] in {observation.tracking_number for observation in observations} | {""}
        for event in tracking["events"]:  # type: ignore[attr-defined]
            found = (
                ours
                for observation in observations
                for ours in observation.events
                if _clock(ours) == (event["date"], event["time"][:5]) and _code(ours) == event["code"]
            )
            yield event, next(found, None)


def _clock(event: ScanEvent) -> tuple[str, str]:
    at = event.occurred_at
    return (f"{at:%Y-%m-%d}", f"{at:%H:%M}") if at else ("", "")


def _code(event: ScanEvent) -> str:
    return event.code.partition("/")[0]


WITH_EXPECTATIONS = [recording for recording in recordings() if expected_trackings(recording)]


@pytest.mark.parametrize("recording", WITH_EXPECTATIONS, ids=lambda recording: recording.file)
def test_agrees_with_karrio_event_by_event(recording: Recording) -> None:
    for event, ours in pairs(recording):
        assert ours is not None, f"no scan with code {event['code']} at {event['date']} {event['time']}"
        word = event.get("status")
        if word and (recording.code, event["code"], word) not in ARGUED:
            assert ours.status in KARRIO_STATUSES[word], event


@pytest.mark.parametrize("recording", WITH_EXPECTATIONS, ids=lambda recording: recording.file)
def test_agrees_with_karrio_on_the_whole(recording: Recording) -> None:
    observations = read(recording)
    for tracking in expected_trackings(recording):
        word = str(tracking.get("status") or ("delivered" if tracking.get("delivered") else ""))
        if not word or (recording.code, "", word) in ARGUED:
            continue
        statuses = {status_of(observation) for observation in observations} | {
            str(observation.summary) for observation in observations
        }
        if recording.file.startswith("karrio/dhl_poland/"):
            continue  # karrio calls every parcel with a recipient's name delivered; the code says nothing we know
        assert statuses & KARRIO_STATUSES[word], (statuses, word)


@dataclass(frozen=True)
class Recorded:
    """A scan with the time at which it was recorded, which projecting needs."""

    scan: ScanEvent
    recorded_at: datetime = datetime(2100, 1, 1, tzinfo=UTC)

    def __getattr__(self, name: str) -> object:
        return getattr(self.scan, name)


def status_of(observation: Observation) -> str:
    """The status that an observation's scans add up to."""
    return str(project(Recorded(event) for event in observation.events).status)  # type: ignore[misc]


# What active_shipping and shipit assert of their recordings: number, scans, status, signature, promised day.
ASSERTED = {
    "active_shipping/fedex/tracking_response_delivered_with_signature.xml": (
        *("449044304137821", 11, "delivered", "AVILLALON", None),
    ),
    "active_shipping/fedex/tracking_response_delivered_at_door.xml": ("403934084723025", 10, "delivered", "", None),
    "active_shipping/fedex/tracking_response_in_transit.xml": ("123456789012", 1, "in_transit", "", None),
    "active_shipping/fedex/tracking_response_shipment_exception.xml": ("957794015041323", 8, "exception", "", None),
    "active_shipping/usps/tracking_response.xml": ("9102901000462189604217", 10, "delivered", "", "2015-04-28"),
    "active_shipping/usps/tracking_response_alt.xml": ("9102901000462189604217", 2, "out_for_delivery", "", None),
    "shipit/ups/ups_transit.xml": ("1Z12345E1392654435", 1, "in_transit", "", None),
    "shipit/ups/ups_rescheduled.xml": ("1ZA428Y20293526026", 4, "in_transit", "", "2014-10-24"),
    "shipit/ups/ups_2nd_trk_number.xml": ("1Z12345E0390515214", 1, "delivered", "D. DELUISE", None),
    "shipit/usps/usps_pre_shipment.xml": ("9274890109527000983902", 1, "info_received", "", None),
    "shipit/usps/usps_out_for_delivery.xml": ("9361289949059120447349", 5, "out_for_delivery", "", "2014-03-02"),
    "shipit/usps/usps_predicted_eta.xml": ("9400110899236540285381", 7, "in_transit", "", "2015-09-25"),
    "shipit/dhl/dhl_delayed.xml": ("5082052334", 24, "exception", "", None),
}

# Clock digits asserted of single scans: file, code -> local time.
ASSERTED_TIMES = {
    ("shipit/ups/ups_transit.xml", "OR"): "2010-05-05T01:00:00",
    ("shipit/usps/usps_out_for_delivery.xml", "OF"): "2014-03-02T08:09:00",
    ("shipit/usps/usps_out_for_delivery.xml", "MA"): "2014-03-01T00:00:00",
    ("shipit/usps/usps_pre_shipment.xml", "MA"): "2014-02-28T00:00:00",
    ("active_shipping/fedex/tracking_response_delivered_with_signature.xml", "DL"): "2014-01-02T13:23:29",
    ("active_shipping/fedex/tracking_response_in_transit.xml", "IT"): "2014-11-18T18:13:00",
}


@pytest.mark.parametrize("file", ASSERTED)
def test_agrees_with_other_projects_assertions(file: str) -> None:
    recording = next((recording for recording in recordings() if recording.file == file), None)
    if recording is None:
        pytest.skip("not in this half of the recordings")
    observation = read(recording)[0]
    number, scans, status, signature, promised = ASSERTED[file]
    assert observation.tracking_number == number
    assert len(observation.events) == scans
    assert status_of(observation) == status
    assert signature is None or observation.signed_by == signature
    assert promised is None or str(observation.carrier_eta) == promised
    for (timed_file, code), clock in ASSERTED_TIMES.items():
        if timed_file == file:
            times = [f"{event.occurred_at:%Y-%m-%dT%H:%M:%S}" for event in observation.events if event.code == code]
            assert clock in times


def test_survey() -> None:
    """Print (pytest -s) how much of each carrier's recordings was read and how far others agree."""
    for code in sorted(CARRIERS):
        print(f"\n{code}: {dict(sorted(survey(code).items()))}")


def survey(code: str) -> Counter[str]:
    """Counts over one carrier's recordings."""
    counts: Counter[str] = Counter()
    for recording in recordings():
        if recording.code != code:
            continue
        observations = read(recording)
        outcome = "read" if observations else recording.is_out_of_scope or "kept as no tracking or unreadable"
        counts.update([outcome, "recordings"])
        counts["events"] += sum(len(observation.events) for observation in observations)
        counts["unknown codes"] += sum(len(observation.unknown_codes) for observation in observations)
        for event, ours in pairs(recording):
            counts["karrio events"] += 1
            counts["karrio times agree"] += ours is not None
            if word := event.get("status"):
                counts["karrio statuses"] += 1
                counts["karrio statuses agree"] += ours is not None and ours.status in KARRIO_STATUSES[word]
    return counts
