"""The incident rules as tables: what each finds, what it leaves alone, and when the trouble is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tracking.carriers.base import OffsetSource, Status
from tracking.gazetteer import locate
from tracking.incidents.base import Facts
from tracking.models import Incident
from tracking.projection import project
from tracking.services import RULES

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOX, OTHER_BOX = uuid4(), uuid4()


@dataclass
class Seen:
    """A scan as rules see it, ``ago`` hours before now."""

    status: str
    ago: float
    reason: str = ""
    place: str = ""
    country: str = "DE"
    parcel_id: UUID = BOX
    source: str = "carrier"
    signed_by: str = ""
    offset_source: str = OffsetSource.STATED
    heard_ago: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    code: str = ""
    description: str = ""
    occurred_at: datetime = field(init=False)
    recorded_at: datetime = field(init=False)
    identity: str = field(init=False)

    def __post_init__(self) -> None:
        self.occurred_at = NOW - timedelta(hours=self.ago)
        self.recorded_at = NOW - timedelta(hours=self.ago if self.heard_ago is None else self.heard_ago)
        self.identity = f"{self.status}-{self.ago}-{self.parcel_id}"
        if self.place and (spot := locate(self.place, self.country)):
            self.latitude, self.longitude = spot.latitude, spot.longitude


def facts(scans: Sequence[Seen] = (), **changes: object) -> Facts:
    """The facts of an outbound shipment to Ann Archer in Berlin; status and reason follow from its scans."""
    ordered = sorted(scans, key=lambda scan: scan.occurred_at)
    seen = project(ordered)
    berlin = locate("Berlin", "DE")
    assert berlin is not None
    given = {
        "now": NOW,
        "created_at": NOW - timedelta(days=8),
        "direction": "outbound",
        "status": seen.status.value,
        "reason": seen.reason,
        "scans": ordered,
        "silence": timedelta(hours=48),
        "consignee": "Ann Archer",
        "destination": (berlin.latitude, berlin.longitude),
        "destination_name": "Berlin",
        "destination_country": "DE",
    }
    return Facts(**{**given, **changes})


def moving(ago: float = 30, **changes: object) -> Seen:
    return Seen(Status.IN_TRANSIT, ago, **changes)


LABEL = Seen(Status.INFO_RECEIVED, 80)
OUT = Seen(Status.OUT_FOR_DELIVERY, 6)
SIGNED = Seen(Status.DELIVERED, 2)
FAILED = Seen(Status.ATTEMPT_FAILED, 10, "consignee_not_home")
TWO_DAYS_AGO = Seen(Status.ATTEMPT_FAILED, 49)
PICKUP = Seen(Status.AVAILABLE_FOR_PICKUP, 130)
BACK = Seen(Status.RETURNING, 5)
DAMAGED = Seen(Status.EXCEPTION, 20, "carrier_damaged_parcel")
LOST = Seen(Status.EXCEPTION, 20, "carrier_parcel_lost")
ADDRESS = Seen(Status.EXCEPTION, 20, "consignee_incorrect_address")
CUSTOMS = Seen(Status.EXCEPTION, 30, "customs_inspection")
UNTOLD = {"tells_rounds": True}


def at(place: str, ago: float, status: str = Status.IN_TRANSIT, country: str = "DE", **changes: object) -> Seen:
    return Seen(status, ago, place=place, country=country, **changes)


EXPIRES = {"phone_expires_at": NOW + timedelta(hours=5)}
SOON, LATER = NOW + timedelta(hours=4), NOW + timedelta(hours=30)

FIRES: list[tuple[str, str, Facts, str]] = [  # rule, case, facts, who is to blame
    ("never_handed_over", "no scan at all", facts(), "merchant"),
    ("never_handed_over", "announced only", facts([LABEL]), "merchant"),
    ("no_movement", "silent in transit", facts([moving(50)]), "carrier"),
    ("no_movement", "silent at customs", facts([Seen(Status.IN_TRANSIT, 50, "customs_delay")]), "customs"),
    ("no_movement", "exactly at the promised word", facts([moving(48)]), "carrier"),
    ("no_movement", "unreadable and silent", facts([Seen(Status.UNKNOWN, 60)]), "carrier"),
    ("no_movement", "a scan that claims to be of tomorrow", facts([moving(-24, heard_ago=50)]), "carrier"),
    ("failed_attempts", "twice", facts([Seen(Status.ATTEMPT_FAILED, 30), FAILED]), "consignee"),
    ("failed_attempts", "twice, and out again", facts([Seen(Status.ATTEMPT_FAILED, 30), FAILED, OUT]), "consignee"),
    ("failed_attempts", "once, no plan in 48 hours", facts([Seen(Status.ATTEMPT_FAILED, 49)]), "carrier"),
    ("impossible_travel", "a second later", facts([at("Berlin", 10), at("Munich", 10 - 1 / 3600)]), "carrier"),
    ("impossible_travel", "an ocean in 3 hours", facts([at("Berlin", 10), at("Chicago", 7, country="US")]), "carrier"),
    ("delivered_without_attempt", "no round told", facts([moving(), Seen(Status.DELIVERED, 7)], **UNTOLD), "carrier"),
    ("phone_expires", "before it arrives", facts([moving()], arrives_by=LATER, **EXPIRES), "merchant"),
    ("phone_expires", "it did, and nobody knows the day", facts([moving()], phone_expires_at=NOW), "merchant"),
    ("phone_changed", "on the way", facts([moving()], phone_changed_at=NOW), "consignee"),
    ("delivered_elsewhere", "in another town", facts([at("Munich", 2, Status.DELIVERED)]), "carrier"),
    ("exception_then_signed", "no name", facts([FAILED, SIGNED]), "carrier"),
    ("exception_then_signed", "another name", facts([FAILED, Seen(Status.DELIVERED, 2, signed_by="Bob")]), "carrier"),
    ("returned_unasked", "going back", facts([moving(), BACK]), "carrier"),
    ("returned_unasked", "back", facts([BACK, Seen(Status.RETURNED, 1)]), "carrier"),
    ("returned_unasked", "refused", facts([Seen(Status.EXCEPTION, 9, "consignee_refused"), BACK]), "consignee"),
    ("customs_hold", "a day", facts([moving(40), CUSTOMS]), "customs"),
    ("customs_hold", "told again since", facts([CUSTOMS, Seen(Status.IN_TRANSIT, 2, "customs_delay")]), "customs"),
    ("damaged", "now", facts([DAMAGED]), "carrier"),
    ("damaged", "delivered since", facts([DAMAGED, SIGNED]), "carrier"),
    ("lost", "now", facts([moving(), LOST]), "carrier"),
    ("address_problem", "wrong", facts([ADDRESS]), "consignee"),
    ("address_problem", "not found", facts([Seen(Status.EXCEPTION, 9, "carrier_address_not_found")]), "carrier"),
    ("waiting_for_pickup", "over five days", facts([PICKUP]), "consignee"),
    ("waiting_for_pickup", "reminded", facts([PICKUP, Seen(Status.AVAILABLE_FOR_PICKUP, 4)]), "consignee"),
]

SILENT: list[tuple[str, str, Facts]] = [
    ("never_handed_over", "young label", facts([Seen(Status.INFO_RECEIVED, 5)], created_at=NOW - timedelta(hours=71))),
    ("never_handed_over", "a customer's return", facts([LABEL], direction="return")),
    ("no_movement", "heard in time", facts([moving(47)])),
    ("no_movement", "a slow lane", facts([moving(50)], silence=timedelta(hours=60))),
    ("no_movement", "delivered long ago", facts([Seen(Status.DELIVERED, 500)])),
    ("no_movement", "waits in a shop", facts([PICKUP])),
    ("failed_attempts", "once, a moment ago", facts([FAILED])),
    ("failed_attempts", "two sources tell of one", facts([FAILED, Seen(Status.ATTEMPT_FAILED, 9.5)])),
    (
        "failed_attempts",
        "one at each of two boxes",
        facts([FAILED, Seen(Status.ATTEMPT_FAILED, 30, parcel_id=OTHER_BOX)]),
    ),
    ("failed_attempts", "once, and a plan", facts([Seen(Status.ATTEMPT_FAILED, 49), moving(20)])),
    ("impossible_travel", "by night train", facts([at("Berlin", 20), at("Munich", 12)])),
    ("impossible_travel", "next town, same minute", facts([at("Berlin", 10), at("Potsdam", 10)])),
    ("impossible_travel", "by plane", facts([at("Leipzig", 30), at("Hong Kong", 16, country="HK")])),
    ("impossible_travel", "two boxes", facts([at("Berlin", 10), at("Munich", 9.9, parcel_id=OTHER_BOX)])),
    ("impossible_travel", "a label made elsewhere", facts([at("Munich", 10, Status.INFO_RECEIVED), at("Berlin", 9.9)])),
    (
        "impossible_travel",
        "cleared in the air",
        facts([at("Berlin", 10), at("Chicago", 9, country="US", reason="customs_delay")]),
    ),
    (
        "impossible_travel",
        "a clock without zone",
        facts([at("Berlin", 10), at("Munich", 9.9, offset_source=OffsetSource.ASSUMED)]),
    ),
    ("impossible_travel", "nowhere", facts([at("Berlin", 10), moving(9.9, latitude=0.0, longitude=0.0)])),
    ("delivered_without_attempt", "the round may be told yet", facts([moving(), SIGNED], **UNTOLD)),
    ("delivered_without_attempt", "rounds are never told", facts([moving(), Seen(Status.DELIVERED, 7)])),
    ("delivered_without_attempt", "nothing is told", facts([LABEL, Seen(Status.DELIVERED, 7)], **UNTOLD)),
    ("delivered_without_attempt", "was out", facts([moving(), OUT, Seen(Status.DELIVERED, 5.5)], **UNTOLD)),
    (
        "delivered_without_attempt",
        "proved at the door",
        facts([moving(), Seen(Status.DELIVERED, 7, source="courier")], **UNTOLD),
    ),
    ("delivered_elsewhere", "the next town's depot", facts([at("Potsdam", 2, Status.DELIVERED)])),
    ("delivered_elsewhere", "place unknown", facts([SIGNED])),
    ("delivered_elsewhere", "address unknown", facts([at("Munich", 2, Status.DELIVERED)], destination=None)),
    ("delivered_elsewhere", "a return at the sender's", facts([at("Munich", 2, Status.DELIVERED)], direction="return")),
    ("exception_then_signed", "a new round", facts([FAILED, OUT, SIGNED])),
    ("exception_then_signed", "her own name", facts([FAILED, Seen(Status.DELIVERED, 2, signed_by="A. ARCHER")])),
    ("exception_then_signed", "two days later", facts([Seen(Status.ATTEMPT_FAILED, 60), SIGNED])),
    ("returned_unasked", "a return was asked for", facts([moving(), BACK], is_return_asked=True)),
    ("returned_unasked", "a return's own parcel", facts([moving(), BACK], direction="return")),
    ("customs_hold", "since this morning", facts([Seen(Status.EXCEPTION, 6, "customs_inspection")])),
    ("damaged", "delayed only", facts([Seen(Status.EXCEPTION, 9, "carrier_delay")])),
    ("lost", "delayed only", facts([Seen(Status.EXCEPTION, 9, "carrier_delay")])),
    ("address_problem", "nobody home", facts([FAILED])),
    ("phone_expires", "after it arrives", facts([moving()], arrives_by=SOON, **EXPIRES)),
    ("phone_expires", "nobody knows the day yet", facts([moving()], **EXPIRES)),
    ("phone_expires", "no virtual number", facts([moving()], arrives_by=LATER)),
    ("phone_expires", "what comes back", facts([moving()], arrives_by=LATER, direction="return", **EXPIRES)),
    ("phone_changed", "before it left", facts([moving()], phone_changed_at=NOW - timedelta(days=9))),
    ("phone_changed", "what comes back", facts([moving()], phone_changed_at=NOW, direction="return")),
    ("waiting_for_pickup", "since yesterday", facts([Seen(Status.AVAILABLE_FOR_PICKUP, 24)])),
]

HEALS: list[tuple[str, Facts, Facts]] = [  # rule, while it stood, when it was over
    ("phone_changed", facts([moving()], phone_changed_at=NOW), facts([OUT, SIGNED], phone_changed_at=NOW)),
    (
        "phone_expires",
        facts([moving()], arrives_by=LATER, **EXPIRES),
        facts([moving()], arrives_by=SOON, **EXPIRES),
    ),
    (
        "phone_expires",
        facts([moving()], arrives_by=LATER, **EXPIRES),
        facts([moving(), OUT, SIGNED], arrives_by=LATER, **EXPIRES),
    ),
    ("never_handed_over", facts([LABEL]), facts([LABEL, moving(1)])),
    ("no_movement", facts([moving(50)]), facts([moving(50), moving(1)])),
    ("failed_attempts", facts([Seen(Status.ATTEMPT_FAILED, 30), FAILED]), facts([FAILED, OUT, SIGNED])),
    ("failed_attempts", facts([Seen(Status.ATTEMPT_FAILED, 49)]), facts([Seen(Status.ATTEMPT_FAILED, 49), OUT])),
    ("returned_unasked", facts([BACK]), facts([BACK, SIGNED])),
    ("customs_hold", facts([CUSTOMS]), facts([CUSTOMS, moving(1)])),
    ("lost", facts([LOST]), facts([LOST, moving(1)])),
    ("address_problem", facts([ADDRESS]), facts([ADDRESS, OUT])),
    ("waiting_for_pickup", facts([PICKUP]), facts([PICKUP, SIGNED])),
    (
        "delivered_without_attempt",
        facts([moving(), Seen(Status.DELIVERED, 7)], **UNTOLD),
        facts([moving(), Seen(Status.OUT_FOR_DELIVERY, 9), Seen(Status.DELIVERED, 7)], **UNTOLD),
    ),
    (
        "delivered_elsewhere",
        facts([at("Munich", 9, Status.DELIVERED)]),
        facts([at("Munich", 9, Status.DELIVERED), at("Berlin", 2, Status.DELIVERED)]),
    ),
]

# What happened, happened: only staff, or the carrier by taking a scan back, close these.
HISTORIC = {"damaged", "impossible_travel", "exception_then_signed"}


def ids(table: Sequence[tuple]) -> list[str]:
    return [f"{row[0]}-{row[1]}" if isinstance(row[1], str) else row[0] for row in table]


@pytest.mark.parametrize(("rule", "case", "given", "blame"), FIRES, ids=ids(FIRES))
def test_finds(rule: str, case: str, given: Facts, blame: str) -> None:
    found = RULES[rule].judge(given)
    assert found is not None
    assert found.blame == blame
    assert found.blame in Incident.Blame.values
    assert 0 < len(found.occasion) <= 80
    assert found.evidence
    assert timedelta(0) < found.due_within <= timedelta(hours=72)


@pytest.mark.parametrize(("rule", "case", "given"), SILENT, ids=ids(SILENT))
def test_leaves_alone(rule: str, case: str, given: Facts) -> None:
    assert RULES[rule].judge(given) is None


@pytest.mark.parametrize(("rule", "stood", "over"), HEALS, ids=ids(HEALS))
def test_is_over(rule: str, stood: Facts, over: Facts) -> None:
    assert RULES[rule].judge(stood) is not None
    assert RULES[rule].judge(over) is None


def test_every_rule_is_in_every_table() -> None:
    assert {row[0] for row in FIRES} == {row[0] for row in SILENT} == set(RULES)
    assert {row[0] for row in HEALS} == set(RULES) - HISTORIC


@pytest.mark.parametrize(
    ("rule", "given", "hours"),
    [
        ("never_handed_over", facts(created_at=NOW), 72),
        ("no_movement", facts([moving(1)]), 47),
        ("failed_attempts", facts([FAILED]), 38),
        ("delivered_without_attempt", facts([moving(), SIGNED], **UNTOLD), 4),
        ("customs_hold", facts([Seen(Status.EXCEPTION, 6, "customs_inspection")]), 18),
        ("waiting_for_pickup", facts([Seen(Status.AVAILABLE_FOR_PICKUP, 24)]), 96),
    ],
)
def test_time_alone_tells_and_the_rule_says_when(rule: str, given: Facts, hours: float) -> None:
    """Just before it wakes it finds nothing, and at that moment it finds what it waited for."""
    wakes_at = RULES[rule].wakes_at(given)
    assert wakes_at is not None
    assert wakes_at - NOW == timedelta(hours=hours)
    same = {name: getattr(given, name) for name in Facts.__slots__}
    assert RULES[rule].judge(Facts(**{**same, "now": wakes_at - timedelta(seconds=1)})) is None
    assert RULES[rule].judge(Facts(**{**same, "now": wakes_at})) is not None


def test_one_trouble_is_one_occasion_however_it_goes_on() -> None:
    """What is told again, or judged again later, must not open a second incident."""
    told_again = Seen(Status.EXCEPTION, 1, "consignee_incorrect_address")
    for rule, first, later in (
        ("address_problem", facts([ADDRESS]), facts([ADDRESS, told_again])),
        ("damaged", facts([DAMAGED]), facts([DAMAGED, moving(1), SIGNED])),
        ("returned_unasked", facts([BACK]), facts([BACK, Seen(Status.RETURNED, 1)])),
        (
            "failed_attempts",
            facts([TWO_DAYS_AGO, FAILED]),
            facts([TWO_DAYS_AGO, FAILED, Seen(Status.ATTEMPT_FAILED, 1)]),
        ),
        ("waiting_for_pickup", facts([PICKUP]), facts([PICKUP, Seen(Status.AVAILABLE_FOR_PICKUP, 1)])),
    ):
        occasions = {found.occasion for given in (first, later) if (found := RULES[rule].judge(given))}
        assert len(occasions) == 1, rule


def test_evidence_of_travel_can_be_checked() -> None:
    found = RULES["impossible_travel"].judge(facts([at("Berlin", 10), at("Munich", 9.5)]))
    assert found is not None
    assert (found.evidence["km"], found.evidence["hours"]) == (505, 0.5)
    assert [scan["place"] for scan in found.evidence["scans"]] == ["Berlin", "Munich"]


def test_every_rule_has_words_for_staff_and_all_or_none_for_customers() -> None:
    for code, rule in RULES.items():
        assert rule.label, code
        assert bool(rule.words) == bool(rule.next_words), code
        assert len(rule.words) <= 60, code
    silent = {code for code, rule in RULES.items() if not rule.words}
    untold = {"impossible_travel", "delivered_without_attempt", "exception_then_signed"}
    assert silent == untold | {"phone_expires", "phone_changed"}


def test_texts_are_marked_for_translation() -> None:
    """Makemessages finds calls by name, so each text must stand in one."""
    folder = Path(__file__).parents[2] / "tracking" / "incidents"
    for code, rule in RULES.items():
        source = (folder / f"{code}.py").read_text()
        for text in filter(None, (rule.label, rule.words, rule.next_words)):
            assert f'gettext_noop("{text}")' in source, code
