"""Prestige's recording says what the shipit project asserts of it; the recording is not part of this repository."""

import os
from pathlib import Path

import pytest

from tracking.carriers.base import Status
from tracking.carriers.prestige import Carrier

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(os.environ.get("PORTAL_CORPUS", ROOT.parent / "shared" / "data")) / "carrier_payloads"
RECORDING = CORPUS / "shipit" / "prestige" / "prestige_delivered.json"

ASSERTED = [
    ("2015-10-19T14:39", "Taylor, MI", "Delivered", Status.DELIVERED),
    ("2015-10-19T12:53", "Taylor, MI", "Out for delivery", Status.OUT_FOR_DELIVERY),
    ("2015-10-19T06:31", "Taylor, MI", "Shipment received by carrier", Status.IN_TRANSIT),
    ("2015-10-18T15:55", "Jeffersonville, IN", "Prestige has not yet received this shipment", Status.INFO_RECEIVED),
]


@pytest.mark.corpus
@pytest.mark.skipif(not RECORDING.is_file(), reason=f"no recordings: {RECORDING} is missing")
def test_prestige_as_shipit_asserts() -> None:
    (observation,) = Carrier().parse(RECORDING.read_bytes())
    assert observation.destination == "Bloomfield Hills, MI"
    assert str(observation.carrier_eta) == "2015-10-20"
    told = [(f"{one.occurred_at:%Y-%m-%dT%H:%M}", one.place, one.description, one.status) for one in observation.events]
    assert told == ASSERTED
