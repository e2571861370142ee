"""Which carriers had a parcel: told where it is proved, and never guessed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import tracking.services
from tracking.carriers import aftership, easypost, eshipper, kdniao, kuaidi100, seventeentrack, shippo
from tracking.relay import Leg, relay
from tracking.services import CARRIERS, carrier_label, carrier_page

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POST = "EA123456785CN"  # China Post issued it
AGGREGATORS = frozenset({"seventeentrack", "aftership"})


@dataclass
class Scan:
    hours: int
    told_by: str = "seventeentrack"
    country: str = "CN"
    status: str = "in_transit"

    @property
    def occurred_at(self) -> datetime | None:
        return NOON + timedelta(hours=self.hours)

    local_time = occurred_at


def legs(*scans: Scan, number: str = POST, carrier: str = "dhl", stated: str = "", country: str = "DE") -> list[Leg]:
    return relay(number=number, carrier=carrier, stated=stated, scans=scans, aggregators=AGGREGATORS, country=country)


def test_one_carrier_is_one_leg() -> None:
    assert legs(Scan(0, "dhl"), Scan(5, "dhl")) == [Leg("dhl")]
    assert legs() == [Leg("dhl")]


def test_two_carriers_that_told_of_it_themselves_both_had_it() -> None:
    told = legs(Scan(50, "usps"), Scan(0, "ups"), Scan(60, "ups"), Scan(70, "usps"), number="92748999", carrier="usps")
    assert told == [Leg("ups"), Leg("usps", NOON + timedelta(hours=50))]


def test_who_was_only_told_of_it_did_not_have_it() -> None:
    announced = Scan(5, "usps", status="info_received")
    assert legs(Scan(0, "ups"), announced, number="92748999", carrier="ups") == [Leg("ups")]


def test_an_aggregator_is_no_carrier() -> None:
    assert legs(Scan(0, "seventeentrack"), Scan(5, "aftership"), stated="seventeentrack") == [Leg("dhl")]


def test_the_post_of_one_country_hands_over_to_that_of_the_other_where_the_parcel_arrives() -> None:
    scans = [Scan(0), Scan(20, country="HK"), Scan(50, country="DE"), Scan(60, country="DE")]
    assert legs(*scans, stated="ems_cn") == [Leg("ems_cn"), Leg("dhl", NOON + timedelta(hours=50))]


@pytest.mark.parametrize("scans", [[], [Scan(0)], [Scan(0, country="DE"), Scan(5, country="DE")]])
def test_the_day_is_left_open_where_no_scan_tells_it(scans: list[Scan]) -> None:
    assert legs(*scans, stated="ems_cn") == [Leg("ems_cn"), Leg("dhl")]


@pytest.mark.parametrize(
    ("number", "carrier", "stated"),
    [
        ("JD014600001234567890", "dhl", "ups"),  # the merchant was wrong: the number is DHL's own
        ("EA123456780CN", "dhl", "ems_cn"),  # the check digit fails, so nobody issued it
        ("1234567890", "dhl", "ems_cn"),
    ],
)
def test_a_carrier_that_was_named_by_mistake_never_had_it(number: str, carrier: str, stated: str) -> None:
    assert legs(Scan(0), Scan(50, country="DE"), number=number, carrier=carrier, stated=stated) == [Leg(carrier)]


# Names and pages.

NAMED = (aftership, easypost, eshipper, kdniao, kuaidi100, seventeentrack, shippo)


@pytest.mark.parametrize("code", sorted({code for module in NAMED for code in module._CARRIERS.values()}))
def test_every_carrier_that_an_aggregator_names_has_a_proper_name(code: str) -> None:
    assert code in CARRIERS or tracking.numbers.carrier_name(code)


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("yto", "YTO Express"),
        ("zto", "ZTO Express"),
        ("ems_cn", "China Post EMS"),
        ("dhl", "DHL"),
        ("dhl_express", "DHL Express"),
        ("post_ie", "AN Post"),
        ("some_van_line", "Some Van Line"),
    ],
)
def test_carriers_are_called_by_their_names(code: str, label: str) -> None:
    assert carrier_label(code) == label


def test_a_carrier_without_an_adapter_has_a_page_where_one_is_known() -> None:
    assert carrier_page("ups", "1Z1") == CARRIERS["ups"].tracking_url("1Z1")
    assert carrier_page("ems_cn", POST).endswith(POST)
    assert carrier_page("some_van_line", POST) == ""
