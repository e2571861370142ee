"""Whatever arrives, an adapter answers with observations, `NoTracking` or `Unreadable`, and with nothing else."""

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics_portal.kernel.discover import discover
from tracking.carriers.base import CarrierAdapter, NoTracking, Observation, OffsetSource, Status, Unreadable

PAYLOADS = Path(__file__).parent.parent / "carriers" / "payloads"
CARRIERS: dict[str, CarrierAdapter] = {
    code: carrier
    for code, carrier in discover("tracking.carriers", "Carrier").items()
    if isinstance(carrier, CarrierAdapter)
}
FILES = sorted(
    path
    for path in PAYLOADS.glob("*/*")
    if path.suffix in (".json", ".xml", ".txt") and not path.name.endswith(".expected.json")
)
ODD_VALUES: list[object] = [
    *(None, [], {}, "", "x", 0, -1, 3.5, True, 10**400, [None], [[]], [1, "a"], {"": None}, [{}], "\ud800", "\x00"),
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2025-02-30", "+99:99", "٣٠٢٥-٠١-٠١"),
]


def read(code: str, body: bytes) -> list[Observation]:
    """Parse, letting only the two exceptions of the contract pass; check what the database will be given."""
    try:
        observations = CARRIERS[code].parse(body)
    except (Unreadable, NoTracking) as refusal:
        assert str(refusal)
        return []
    assert observations
    for observation in observations:
        _check(observation)
    return observations


def _check(observation: Observation) -> None:
    assert isinstance(observation.tracking_number, str)
    texts = [observation.tracking_number, observation.carrier, observation.service, observation.signed_by]
    for event in observation.events:
        assert isinstance(event.status, Status)
        assert isinstance(event.offset_source, OffsetSource)
        assert event.country == "" or (len(event.country) == 2 and event.country.isupper())
        if event.occurred_at is not None:
            assert event.occurred_at.astimezone(UTC) > datetime(1980, 1, 1, tzinfo=UTC)
        texts += [event.code, event.description, event.place, event.reason, event.signed_by, event.identity]
    texts += [*observation.unknown_codes, observation.origin, observation.destination]
    for text in texts:
        assert "\x00" not in text
        text.encode()


def mutate(value: object, draw: Random, rate: float) -> object:
    """Drop keys and replace values at any depth."""
    if draw.random() < rate:
        return draw.choice(ODD_VALUES)
    if isinstance(value, dict):
        return {key: mutate(inner, draw, rate) for key, inner in value.items() if draw.random() > rate}
    if isinstance(value, list):
        return [mutate(inner, draw, rate) for inner in value]
    return value


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), rate=st.sampled_from([0.01, 0.05, 0.2]))
def test_damaged_payloads(path: Path, seed: int, rate: float) -> None:
    draw, body = Random(seed), path.read_bytes()
    if path.suffix == ".json":
        read(path.parent.name, json.dumps(mutate(json.loads(body), draw, rate)).encode())
    read(path.parent.name, body[: draw.randrange(len(body))])
    flipped = bytearray(body)
    for _ in range(draw.randrange(1, 6)):
        flipped[draw.randrange(len(flipped))] = draw.randrange(256)
    read(path.parent.name, bytes(flipped))


KEYS = (
    *("msg", "data", "trackings", "tracking", "checkpoints", "checkpoint", "tracking_number", "tag", "subtag"),
    *("lastResult", "nu", "state", "result", "object", "trackers", "tracking_code", "tracking_details", "status"),
    *("accepted", "number", "track_info", "latest_status", "providers", "events", "shipments", "id", "packages"),
    *("trackResponse", "shipment", "package", "activity", "activityStatus", "trackingNumber", "output"),
    *("completeTrackResults", "trackResults", "scanEvents", "latestStatusDetail", "trackingEvents", "code"),
)


@settings(max_examples=60, deadline=None)
@given(document=st.recursive(st.sampled_from(ODD_VALUES), lambda inner: st.dictionaries(st.sampled_from(KEYS), inner)))
def test_documents_of_the_right_words_and_wrong_shapes(document: object) -> None:
    body = json.dumps(document).encode()
    for code in CARRIERS:
        read(code, body)


GARBAGE = [
    *(b"", b" ", b"null", b"[]", b"{}", b"1", b'"text"', b"[null]", b"[[]]", b"true", b"NaN", b'{"a": Infinity}'),
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xfe\xff\x00<",
        b"\xef\xbb\xbf",
        b"%PDF-1.4",
        b"<",
        b"<a",
        b"<a/>",
        b"<a>",
        b"<html><p>x</html>",
    ),
    *(b"param=", b"sign=&param=%", b"param=%ff%fe", b"param={", b"sign=A&param=[]", b"a=1;b=2"),
    '{"nu": "ü"}'.encode("latin-1"),
    '{"nu": "单号"}'.encode("gb18030"),
    '{"shipments": []}'.encode("utf-16"),
    b"[" * 200_000,
    b'{"data":' * 200_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"<a>" * 100_000,
    b'{"nu": ' + b"9" * 10_000 + b', "data": [{}]}',
    b'<?xml version="1.0" encoding="nonsense"?><a/>',
]


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_garbage(code: str) -> None:
    for body in GARBAGE:
        assert read(code, body) == []


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE TrackResponse [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
<TrackResponse><TrackInfo ID="1"><TrackSummary><Event>&b;&f;</Event></TrackSummary></TrackInfo></TrackResponse>"""


@pytest.mark.parametrize("code", ["dhl", "ups", "fedex", "usps"])
def test_document_types_and_entities_are_refused(code: str) -> None:
    with pytest.raises(Unreadable, match="document type"):
        CARRIERS[code].parse(BOMB)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_one_bad_time_does_not_lose_the_payload(path: Path) -> None:
    """Every year becomes unreadable: the scans stay, without a time."""
    body = path.read_bytes()
    whole = read(path.parent.name, body)
    damaged = read(path.parent.name, body.replace(b"2025", b"20x5"))
    assert [len(observation.events) for observation in damaged] == [len(observation.events) for observation in whole]
    assert all(event.occurred_at is None for observation in damaged for event in observation.events)
