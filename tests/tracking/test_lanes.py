"""How long lanes stay silent: learned from scans, and guessed where too few are known."""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from merchants.models import Merchant
from tests import build
from tests.races.at_once import at_once, failures
from tracking.carriers.base import OffsetSource, ScanEvent, Status
from tracking.models import LaneGap, Parcel, Shipment
from tracking.services import lanes, learn_lanes, record_scans
from tracking.services.lanes import HISTORY, SAMPLES_NEEDED, known_lanes

pytestmark = pytest.mark.django_db


def scans(gaps_h: list[float], last: Status = Status.DELIVERED) -> Iterator[ScanEvent]:
    """A trail in transit with these gaps, ending a day ago."""
    at = timezone.now() - timedelta(days=1, hours=sum(gaps_h))
    for number, gap in enumerate([*gaps_h, 0]):
        status = Status.IN_TRANSIT if number < len(gaps_h) else last
        yield ScanEvent(at, OffsetSource.STATED, status, "", f"S{number}", f"Scan {number}")
        at += timedelta(hours=gap)


def parcel_with(merchant: Merchant, gaps_h: list[float], *, country: str = "DE", **changes: object) -> None:
    shipment = build.shipment(build.order(merchant=merchant, country=country), **changes)
    record_scans(parcel=shipment.parcels.get(), scans=list(scans(gaps_h)), source="carrier")


def test_a_lane_is_learned_from_its_gaps(acme: Merchant) -> None:
    for _ in range(6):
        parcel_with(acme, [10.0, 10.0, 10.0, 10.0, 20.0])
    assert learn_lanes() == 1
    gap = LaneGap.objects.get()
    assert (gap.carrier, gap.origin, gap.destination, gap.status) == ("dhl", "DE", "DE", "in_transit")
    assert (gap.samples, gap.median_h) == (30, pytest.approx(10.0))
    assert gap.p95_h == pytest.approx(20.0)


def test_too_few_gaps_teach_nothing(acme: Merchant) -> None:
    parcel_with(acme, [10.0] * (SAMPLES_NEEDED - 1))
    assert learn_lanes() == 0


def test_what_is_no_longer_known_is_forgotten_and_the_rest_renewed(acme: Merchant) -> None:
    lane = {"origin": "DE", "destination": "DE", "status": "in_transit", "samples": 40, "median_h": 1, "p95_h": 2}
    lane["computed_at"] = timezone.now() - timedelta(days=1)
    LaneGap.objects.create(carrier="dhl", **lane)
    LaneGap.objects.create(carrier="dhl", **lane | {"destination": "FR"})
    LaneGap.objects.create(carrier="gone", **lane | {"computed_at": timezone.now() - HISTORY - timedelta(days=1)})
    parcel_with(acme, [10.0] * SAMPLES_NEEDED)
    assert learn_lanes() == 1
    assert list(LaneGap.objects.values_list("carrier", "median_h")) == [("dhl", pytest.approx(10.0))]


def test_the_way_back_is_another_lane(acme: Merchant) -> None:
    parcel_with(acme, [5.0] * SAMPLES_NEEDED, country="FR")
    parcel_with(acme, [9.0] * SAMPLES_NEEDED, country="FR", direction=Shipment.Direction.RETURN)
    learn_lanes()
    assert sorted(LaneGap.objects.values_list("origin", "destination")) == [("DE", "FR"), ("FR", "DE")]


def age(carrier: str, hours: int) -> None:
    LaneGap.objects.filter(carrier=carrier).update(computed_at=timezone.now() - timedelta(hours=hours))


def test_a_run_that_was_cut_off_is_gone_on_with(acme: Merchant) -> None:
    for carrier in ("dhl", "ups", "gls"):
        parcel_with(acme, [10.0] * SAMPLES_NEEDED, carrier=carrier)
    assert learn_lanes(run_seconds=0) == 1, "each run brings one carrier on at least"
    assert learn_lanes(run_seconds=0) == 1
    assert LaneGap.objects.count() == 2
    assert learn_lanes() == 1
    assert {gap.carrier for gap in LaneGap.objects.all()} == {"dhl", "ups", "gls"}
    assert learn_lanes() == 0, "each carrier once a day"


def test_who_waits_longest_comes_first(acme: Merchant) -> None:
    for carrier in ("dhl", "ups", "gls"):
        parcel_with(acme, [10.0] * SAMPLES_NEEDED, carrier=carrier)
    learn_lanes()
    for carrier, hours in (("dhl", 25), ("ups", 30), ("gls", 5)):
        age(carrier, hours)
    learn_lanes(run_seconds=0)
    renewed = LaneGap.objects.filter(computed_at__gt=timezone.now() - timedelta(hours=1))
    assert [gap.carrier for gap in renewed] == ["ups"]


def test_a_carrier_that_takes_too_long_holds_up_no_other(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    for carrier in ("dhl", "ups"):
        parcel_with(acme, [10.0] * SAMPLES_NEEDED, carrier=carrier)
    learn_lanes()
    age("ups", 40)
    age("dhl", 30)
    Parcel.objects.filter(carrier="ups").update(carrier="slow")
    LaneGap.objects.filter(carrier="ups").update(carrier="slow")
    slow = "(SELECT pg_sleep(CASE %(carrier)s WHEN 'slow' THEN 5 ELSE 0 END)) IS NOT NULL AND"
    monkeypatch.setattr(lanes, "_LEARN", lanes._LEARN.replace("WHERE gap_h > 0", f"WHERE {slow} gap_h > 0"))
    monkeypatch.setattr(lanes, "_SLICE_SECONDS", 1)
    assert learn_lanes() == 1
    assert LaneGap.objects.get(carrier="dhl").computed_at > timezone.now() - timedelta(hours=1)
    assert LaneGap.objects.get(carrier="slow").computed_at < timezone.now() - timedelta(hours=39), "kept as it was"


def test_the_newest_parcels_of_a_lane_are_enough(acme: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "PARCELS_A_LANE", 2)
    parcel_with(acme, [50.0] * SAMPLES_NEEDED)
    for _ in range(2):
        parcel_with(acme, [10.0] * SAMPLES_NEEDED)
    learn_lanes()
    assert LaneGap.objects.values_list("samples", "median_h").get() == (2 * SAMPLES_NEEDED, pytest.approx(10.0))


def test_two_nights_at_once(transactional_db: None) -> None:
    parcel_with(build.merchant(), [10.0] * SAMPLES_NEEDED)
    assert failures(at_once([learn_lanes] * 4)) == []
    assert LaneGap.objects.count() == 1


@pytest.mark.parametrize(
    ("destination", "status", "hours"),
    [("DE", "in_transit", 48), ("US", "in_transit", 120), ("DE", "out_for_delivery", 18), ("DE", "unknown", 72)],
)
def test_an_unknown_lane_is_guessed(destination: str, status: str, hours: int) -> None:
    lane = ("dhl", "DE", destination, status)
    assert known_lanes([lane]).silences == {lane: timedelta(hours=hours)}


@pytest.mark.parametrize(
    ("median", "p95", "hours"), [(8.0, 24.0, 45), (0.5, 1.0, 12), (0.0, 20.0, 20), (100, 700, 720)]
)
def test_silence_is_longer_than_the_gaps_that_are_usual(median: float, p95: float, hours: int) -> None:
    lane = ("dhl", "DE", "DE", "in_transit")
    LaneGap.objects.create(
        carrier="dhl", origin="DE", destination="DE", status="in_transit", samples=50, median_h=median, p95_h=p95
    )
    silence = known_lanes([lane]).silences[lane]
    assert round(silence.total_seconds() / 3600) == hours


def test_few_parcels_of_an_ordinary_lane_raise_an_alarm(acme: Merchant) -> None:
    """Of parcels with eight gaps each, the 95th percentile would call every third one silent."""
    dice = random.Random(7)
    gaps = [[dice.lognormvariate(2.0, 0.8) for _ in range(8)] for _ in range(1000)]
    shipment = build.shipment(build.order(merchant=acme))
    for number in range(40):
        shipment = build.shipment(build.order(merchant=acme))
        record_scans(parcel=shipment.parcels.get(), scans=list(scans(gaps[number])), source="carrier")
    learn_lanes()
    lane = ("dhl", "DE", "DE", "in_transit")
    silence_h = known_lanes([lane]).silences[lane].total_seconds() / 3600
    p95_h = LaneGap.objects.get().p95_h
    alarms = sum(max(parcel) > silence_h for parcel in gaps) / len(gaps)
    assert alarms < 0.1
    assert sum(max(parcel) > p95_h for parcel in gaps) / len(gaps) > 0.25


def test_who_tells_of_rounds() -> None:
    lane = {"origin": "DE", "destination": "DE", "median_h": 5, "p95_h": 12}
    for carrier, rounds in (("often", 100), ("seldom", 40), ("hardly", 10)):
        LaneGap.objects.create(carrier=carrier, status="in_transit", samples=500 if carrier != "hardly" else 20, **lane)
        LaneGap.objects.create(carrier=carrier, status="out_for_delivery", samples=rounds, **lane)
    wanted = [(carrier, "DE", "DE", "delivered") for carrier in ("often", "seldom", "hardly")]
    assert known_lanes(wanted).tell_rounds == {"often"}
