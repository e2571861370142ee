"""Recorded answers and pushes of real carriers, read without a crash and compared with what others made of them.

The recordings are not part of this repository (their licenses differ). `PORTAL_CORPUS` names their folder. Which
adapter each is for, what holds no tracking, and where we differ from karrio on purpose stands in `bench.corpus`, which
``bench.carriers`` uses too.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from bench.corpus import (
    CARRIERS,
    Recording,
    adapter_for,
    compare,
    read,
    recordings,
    status_of,
)
from tracking.carriers.base import Observation

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(os.environ.get("PORTAL_CORPUS") or ROOT.parent / "shared" / "data")
ALL = recordings(CORPUS)
OURS = [recording for recording in ALL if recording.code]

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not ALL, reason=f"no recordings: {CORPUS} has no carrier_payloads/index.jsonl"),
]


def observed(recording: Recording) -> list[Observation]:
    """The recording's observations; none when its adapter refused it politely."""
    outcome = read(recording)
    assert not outcome.crash
    assert outcome.observations or outcome.refusal
    return list(outcome.observations)


def test_strangers_are_refused_politely() -> None:
    assert {read(recording).refusal for recording in ALL if not recording.code} <= {"no adapter"}
    row = {"via": "", "family": "never_heard_of", "carrier": "never_heard_of"}
    assert adapter_for(row) == ""
    assert adapter_for({"via": "no_such_aggregator", "family": "dhl", "carrier": "dhl"}) == ""
    stranger = Recording(CORPUS, "", "never_heard_of", "x.json", "tracking_response", "json", "", "")
    assert read(stranger).refusal == "no adapter"
    assert not read(stranger).observations


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_an_adapter_refuses_another_carriers_recordings(code: str) -> None:
    """What a dispatcher sends to the wrong adapter is refused or read, never a crash."""
    for recording in OURS[:: max(1, len(OURS) // 40)]:
        wrong = Recording(**{**_fields(recording), "code": code})
        assert not read(wrong).crash, recording.file


def _fields(recording: Recording) -> dict[str, object]:
    return {name: getattr(recording, name) for name in Recording.__slots__}


@pytest.mark.parametrize("recording", OURS, ids=lambda recording: recording.file)
def test_reads_what_holds_tracking_and_nothing_else(recording: Recording) -> None:
    observations = observed(recording)
    if recording.holds_tracking:
        assert observations, read(recording).refusal
        assert all(observation.events or observation.summary for observation in observations)
    else:
        assert observations == [], recording.kind


@pytest.mark.parametrize(
    "recording", [recording for recording in OURS if recording.karrio()], ids=lambda recording: recording.file
)
def test_agrees_with_karrio(recording: Recording) -> None:
    assert compare(read(recording)).differences == []


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
    "active_shipping/canadapost_pws/tracking_details_en.xml": (
        *("1371134583769923", 10, "delivered", "HETU", "2011-02-11"),
    ),
    "active_shipping/canadapost_pws/tracking_details_fr.xml": (
        *("1371134583769923", 10, "delivered", "HETU", "2011-02-11"),
    ),
    "shipit/ups/ups_transit.xml": ("1Z12345E1392654435", 1, "in_transit", "", None),
    "shipit/ups/ups_rescheduled.xml": ("1ZA428Y20293526026", 4, "in_transit", "", "2014-10-24"),
    "shipit/ups/ups_2nd_trk_number.xml": ("1Z12345E0390515214", 1, "delivered", "D. DELUISE", None),
    "shipit/usps/usps_pre_shipment.xml": ("9274890109527000983902", 1, "info_received", "", None),
    "shipit/usps/usps_out_for_delivery.xml": ("9361289949059120447349", 5, "out_for_delivery", "", "2014-03-02"),
    "shipit/usps/usps_predicted_eta.xml": ("9400110899236540285381", 7, "in_transit", "", "2015-09-25"),
    "shipit/dhl/dhl_delayed.xml": ("5082052334", 24, "exception", "", None),
    "shipit/a1_international/a1_delivered.xml": ("AZI1000521088", 5, "delivered", None, "2013-10-07"),
    "shipit/a1_international/a1_shipping.xml": ("AZI1001449356", 1, "in_transit", "", "2015-07-13"),
    "shipit/canada_post/canada_post_delivered.xml": ("2001698038081172", 7, "delivered", "", "2015-09-23"),
    "shipit/canada_post/canada_post_en_route.xml": ("7316971138510136", 4, "in_transit", "", "2015-10-01"),
    "shipit/canada_post/canada_post_shipping.xml": ("2046989277836191", 1, "info_received", "", None),
    "shipit/lasership/lasership_delivered.json": ("LA40305346", 4, "delivered", "", "2014-03-04"),
    "shipit/lasership/lasership_released.json": ("LE17119906", 5, "delivered", "", "2014-10-15"),
}

# Clock digits asserted of single scans: file, code -> local time.
ASSERTED_TIMES = {
    ("shipit/ups/ups_transit.xml", "OR"): "2010-05-05T01:00:00",
    ("shipit/usps/usps_out_for_delivery.xml", "OF"): "2014-03-02T08:09:00",
    ("shipit/usps/usps_out_for_delivery.xml", "MA"): "2014-03-01T00:00:00",
    ("shipit/usps/usps_pre_shipment.xml", "MA"): "2014-02-28T00:00:00",
    ("active_shipping/fedex/tracking_response_delivered_with_signature.xml", "DL"): "2014-01-02T13:23:29",
    ("active_shipping/fedex/tracking_response_in_transit.xml", "IT"): "2014-11-18T18:13:00",
    ("shipit/a1_international/a1_delivered.xml", "EVENT_301"): "2013-10-08T13:29:00",
    ("shipit/a1_international/a1_shipping.xml", "EVENT_101"): "2015-07-10T10:10:00",
    ("shipit/canada_post/canada_post_delivered.xml", "1496"): "2015-09-23T11:59:59",
    ("shipit/canada_post/canada_post_delivered.xml", "3000"): "2015-09-21T13:49:14",
    ("shipit/canada_post/canada_post_en_route.xml", "0100"): "2015-09-30T18:34:49",
    ("shipit/canada_post/canada_post_shipping.xml", "3000"): "2015-09-30T16:56:50",
    ("shipit/lasership/lasership_delivered.json", "Delivered"): "2014-03-04T10:45:34",
    ("shipit/lasership/lasership_delivered.json", "OrderReceived"): "2014-03-03T22:36:12",
}


@pytest.mark.parametrize("file", ASSERTED)
def test_agrees_with_other_projects_assertions(file: str) -> None:
    recording = next((recording for recording in OURS if recording.file == file), None)
    if recording is None:
        pytest.skip("not in this half of the recordings")
    observation = observed(recording)[0]
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
    """Print (pytest -s) how much of each carrier's recordings was read; ``python -m bench.carriers`` tells more."""
    counts: Counter[str] = Counter()
    for recording in OURS:
        outcome = read(recording)
        held = "read" if outcome.observations else recording.is_out_of_scope or "kept as no tracking or unreadable"
        counts[f"{recording.code}: {held}"] += 1
    for line, count in sorted(counts.items()):
        print(f"\n{line}: {count}", end="")
