"""Rules are pure: tables of cases and verdicts, and properties that hold for every case that can be."""

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.rules import _durations as durations
from aftersales.rules import base
from aftersales.rules._addresses import fits, is_name, lacks_number
from aftersales.rules.base import (
    CASES,
    Case,
    ClaimCase,
    DelayCase,
    OrderCase,
    ReturnCase,
    Sold,
    Twin,
    UnreadableFacts,
    Verdict,
    VersionGone,
)
from aftersales.services.judging import BY_CODE, FOR_CASE, RULES, all_rulings, first_ruling

RETURN = ReturnCase(
    reason="too_small",
    days_since_delivery=3,
    return_days=30,
    value=Decimal("39.80"),
    auto_approve=True,
    auto_approve_up_to=Decimal(500),
    all_returnable=True,
    earlier_returns=0,
)
CLAIM = ClaimCase(
    kind="not_received",
    value=Decimal("84.50"),
    status="delivered",
    reason="",
    is_carriers_word=False,
    days_since_delivery=2,
    proof="",
    km_to_address=None,
    answer="",
    refund_lost=True,
    earlier_by_customer=0,
    earlier_by_phone=0,
    earlier_by_address=0,
)
DELAY = DelayCase(
    promised_on="2026-10-05",
    arrived_on="2026-10-09",
    days_late=4,
    delay_days=3,
    delay_percent=Decimal(50),
    shipping_total=Decimal("4.95"),
    currency="EUR",
    refundable=Decimal("44.75"),
)
WAITING = dataclasses.replace(DELAY, arrived_on="", seen_on="2026-10-11", days_late=6, delay_steps=3)
ORDER = OrderCase(
    line1="Lindenstraße 12",
    line2="",
    city="Berlin",
    postal_code="10969",
    country="DE",
    is_city_known=True,
)
LOST: dict[str, Any] = {"status": "exception", "reason": "carrier_parcel_lost", "is_carriers_word": True}
BAD_ITEM = Sold("SKU-1", "Thing", sold=20, returned=6, main_reason="too_small")
TWIN = Twin("A-1000", 0.2, True)

# The rule that decides, what it decides and which sentence says why; of an order, that rule's verdict among the others.
FIRES: list[tuple[Case, dict[str, Any], str, str, str]] = [
    (RETURN, {}, "in_policy", "approve", "in_time"),
    (RETURN, {"days_since_delivery": 30}, "in_policy", "approve", "in_time"),
    (RETURN, {"days_since_delivery": 31}, "return_to_person", "person", "too_late"),
    (RETURN, {"days_since_delivery": None}, "return_to_person", "person", "not_arrived"),
    (RETURN, {"all_returnable": False}, "return_to_person", "person", "not_returnable"),
    (RETURN, {"value": Decimal("500.01")}, "return_to_person", "person", "too_valuable"),
    (RETURN, {"auto_approve": False}, "return_to_person", "person", "by_hand"),
    (RETURN, {"earlier_returns": 10}, "often_returned", "person", "many"),
    (RETURN, {"earlier_returns": 10, "legal_basis": "eu_withdrawal"}, "legal_withdrawal", "approve", "law"),
    (
        RETURN,
        {"legal_basis": "cn_seven_days", "auto_approve": False, "value": Decimal(9999), "all_returnable": False},
        "legal_withdrawal",
        "approve",
        "law",
    ),
    (RETURN, {"keep_goods_up_to": Decimal("39.80")}, "keep_goods", "refund", "low_value"),
    (RETURN, {"keep_goods_up_to": Decimal("39.79")}, "in_policy", "approve", "in_time"),
    (RETURN, {"keep_goods_up_to": Decimal(50), "earlier_kept": 2}, "in_policy", "approve", "in_time"),
    (RETURN, {"keep_goods_up_to": Decimal(50), "resolution": "exchange"}, "in_policy", "approve", "in_time"),
    (RETURN, {"keep_goods_up_to": Decimal(50), "days_since_delivery": 31}, "return_to_person", "person", "too_late"),
    (CLAIM, {}, "claim_to_person", "person", "no_proof"),
    (CLAIM, LOST, "carrier_lost", "refund", "lost"),
    (CLAIM, {**LOST, "earlier_by_phone": 9}, "carrier_lost", "refund", "lost"),
    (CLAIM, {**LOST, "refund_lost": False}, "claim_to_person", "person", "under_way"),
    (CLAIM, {**LOST, "is_carriers_word": False}, "claim_to_person", "person", "under_way"),
    (CLAIM, {**LOST, "status": "delivered"}, "claim_to_person", "person", "no_proof"),
    (CLAIM, {**LOST, "value": Decimal(0)}, "claim_to_person", "person", "under_way"),
    (
        CLAIM,
        {"kind": "damaged", "status": "exception", "reason": "carrier_damaged_parcel", "is_carriers_word": True},
        "carrier_lost",
        "refund",
        "damaged",
    ),
    (CLAIM, {"kind": "damaged"}, "claim_to_person", "person", "contents"),
    (CLAIM, {"earlier_by_customer": 2}, "claimed_often", "person", "again"),
    (CLAIM, {"earlier_by_address": 2, "proof": "code"}, "claimed_often", "person", "again"),
    (CLAIM, {"earlier_by_phone": 1}, "claim_to_person", "person", "no_proof"),
    (CLAIM, {"proof": "code"}, "handed_over", "person", "code"),
    (CLAIM, {"proof": "signature", "km_to_address": 3.0}, "handed_over", "person", "signature"),
    (CLAIM, {"proof": "signature", "km_to_address": 140.2}, "handed_over", "person", "elsewhere"),
    (CLAIM, {"answer": "has_it"}, "handed_over", "person", "said_has_it"),
    (CLAIM, {"answer": "not_here"}, "claim_to_person", "person", "no_proof"),
    (DELAY, {}, "delayed", "propose", "late"),
    (DELAY, {"days_late": 3}, "delayed", "propose", "late"),
    (DELAY, {"days_late": 6, "delay_steps": 2, "last_step": 1}, "delayed", "propose", "late"),
    (
        DELAY,
        {"days_late": 6, "delay_steps": 2, "last_step": 1, "paid": Decimal("2.48")},
        "delayed",
        "propose",
        "late_more",
    ),
    (WAITING, {}, "delayed", "propose", "waiting"),
    (WAITING, {"last_step": 1}, "delayed", "propose", "waiting"),
    (WAITING, {"last_step": 1, "paid": Decimal("2.48")}, "delayed", "propose", "waiting_more"),
    (ORDER, {"line1": "Lindenstraße"}, "house_number", "ask", "missing"),
    (ORDER, {"postal_code": ""}, "postal_code", "ask", "missing"),
    (ORDER, {"postal_code": "1096"}, "postal_code", "ask", "form"),
    (ORDER, {"city": "12", "is_city_known": False}, "city", "ask", "no_name"),
    (ORDER, {"city": "Paris", "is_city_known": False, "city_elsewhere": "FR"}, "city", "ask", "elsewhere"),
    (ORDER, {"address_failures": 1}, "undeliverable", "ask", "failed"),
    (ORDER, {"twins": (TWIN,)}, "duplicate_order", "ask", "twin"),
    (ORDER, {"phone_doubt": "bounced"}, "number_unproved", "ask", "doubted"),
    (ORDER, {"does_merchant_prove": True, "is_phone_proved": False}, "number_unproved", "ask", "unproved"),
    (ORDER, {"lines": (BAD_ITEM,)}, "often_sent_back", "warn", "rate"),
]
SILENT: list[tuple[Case, dict[str, Any], str]] = [
    (DELAY, {"days_late": 2}, "delayed"),
    (DELAY, {"delay_days": 0}, "delayed"),
    (DELAY, {"delay_percent": Decimal(0)}, "delayed"),
    (DELAY, {"shipping_total": Decimal(0)}, "delayed"),
    (DELAY, {"refundable": Decimal(0)}, "delayed"),
    (DELAY, {"last_step": 1}, "delayed"),
    (DELAY, {"days_late": 60, "last_step": 1}, "delayed"),
    (WAITING, {"last_step": 2}, "delayed"),
    (WAITING, {"days_late": 60, "last_step": 3}, "delayed"),
    (WAITING, {"last_step": 1, "paid": Decimal("4.95")}, "delayed"),
    (ORDER, {"line1": "Lindenstraße", "line2": "Haus 3"}, "house_number"),
    (ORDER, {"line1": "Rose Cottage", "country": "GB"}, "house_number"),
    (ORDER, {"postal_code": "D-10969"}, "postal_code"),
    (ORDER, {"postal_code": "", "country": "CN"}, "postal_code"),
    (ORDER, {"postal_code": "anything", "country": "XK"}, "postal_code"),
    (ORDER, {"city": "Hintertupfingen", "is_city_known": False}, "city"),
    (ORDER, {"twins": (Twin("A-1000", 24.1, True),)}, "duplicate_order"),
    (ORDER, {"is_phone_proved": False}, "number_unproved"),
    (ORDER, {"lines": (dataclasses.replace(BAD_ITEM, sold=19),)}, "often_sent_back"),
    (ORDER, {"lines": (dataclasses.replace(BAD_ITEM, returned=5),)}, "often_sent_back"),
]


def spoken(case: Case, code: str) -> Verdict | None:
    """What a rule says of a case when it has its turn."""
    if isinstance(case, OrderCase):
        return next((ruling.verdict for ruling in all_rulings(case) if ruling.rule.code == code), None)
    ruling = first_ruling(case)
    return ruling.verdict if ruling and ruling.rule.code == code else None


@pytest.mark.parametrize(("plain", "changes", "code", "decision", "sentence"), FIRES)
def test_a_rule_decides(plain: Case, changes: dict[str, Any], code: str, decision: str, sentence: str) -> None:
    verdict = spoken(dataclasses.replace(plain, **changes), code)
    assert verdict is not None
    assert (verdict.decision, verdict.code) == (decision, sentence)
    assert "%(" not in verdict.why


@pytest.mark.parametrize(("plain", "changes", "code"), SILENT)
def test_a_rule_is_silent(plain: Case, changes: dict[str, Any], code: str) -> None:
    assert spoken(dataclasses.replace(plain, **changes), code) is None


def test_an_ordinary_order_is_asked_nothing() -> None:
    assert all_rulings(ORDER) == []


def test_every_rule_and_each_of_its_sentences_is_in_the_tables() -> None:
    fired = {(code, sentence) for _, _, code, _, sentence in FIRES}
    assert fired == {(rule.code, sentence) for rule in RULES for sentence in rule.words}


def test_a_delay_is_worth_a_share_of_the_shipping_cost_and_never_more_than_is_left() -> None:
    shares = [
        (Decimal("4.95"), Decimal(50), Decimal(100), Decimal("2.48")),
        (Decimal("4.95"), Decimal(100), Decimal(100), Decimal("4.95")),
        (Decimal("4.95"), Decimal("33.33"), Decimal(100), Decimal("1.65")),
        (Decimal("4.95"), Decimal(100), Decimal("1.20"), Decimal("1.20")),
    ]
    for shipping, percent, left, amount in shares:
        case = dataclasses.replace(DELAY, shipping_total=shipping, delay_percent=percent, refundable=left)
        verdict = spoken(case, "delayed")
        assert verdict is not None and verdict.amount == amount


def test_questions_have_words_for_the_customer_and_answers() -> None:
    asking = {code for _, _, code, decision, _ in FIRES if decision == "ask"}
    for rule in FOR_CASE["order"]:
        assert set(rule.questions) == (set(rule.words) if rule.code in asking else set())
        assert bool(rule.answers) is (rule.code in asking)
        assert set(rule.answers) <= {"as_is", "correct", "cancel", "number"}


def test_the_same_fact_is_one_occasion_and_another_fact_another() -> None:
    first = spoken(dataclasses.replace(ORDER, line1="Lindenstraße"), "house_number")
    again = spoken(dataclasses.replace(ORDER, line1="Lindenstraße", is_phone_proved=False), "house_number")
    other = spoken(dataclasses.replace(ORDER, line1="Rosenweg"), "house_number")
    assert first and again and other
    assert first.occasion == again.occasion != other.occasion


# Words.


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "1 minute"),
        (1, "1 minute"),
        (12, "12 minutes"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (89, "1 hour"),
        (90, "2 hours"),
        (189, "3 hours"),
        (24 * 60, "24 hours"),
        (36 * 60 - 1, "36 hours"),
        (36 * 60, "2 days"),
        (9 * 24 * 60, "9 days"),
    ],
)
def test_lengths_of_time_are_told_as_a_person_says_them(minutes: int, words: str) -> None:
    assert durations.spoken(minutes) == words


# Versions.


class Stricter(base.Rule[ReturnCase]):
    """A rule that was changed once and keeps how it judged before."""

    code = "stricter"
    judges = ReturnCase
    version = 3
    words = {"old": "Before %(days)s days.", "new": "Within %(days)s days."}

    def judge(self, case: ReturnCase) -> Verdict | None:
        return self.say("person", "new", days=case.return_days)

    def judged_before(self, case: ReturnCase) -> Verdict | None:
        return self.say("approve", "old", days=case.return_days)

    earlier = {2: judged_before}


def test_a_former_version_judges_as_it_did() -> None:
    rule = Stricter()
    told = [rule.judge_as(version, RETURN) for version in (2, 3)]
    assert [verdict and (verdict.decision, verdict.why) for verdict in told] == [
        ("approve", "Before 30 days."),
        ("person", "Within 30 days."),
    ]
    with pytest.raises(VersionGone, match="no version 1"):
        rule.judge_as(1, RETURN)


def test_facts_from_before_a_field_was_added_are_read() -> None:
    facts = {
        "reason": "damaged",
        "days_since_delivery": 2,
        "return_days": 30,
        "value": "19.90",
        "auto_approve": True,
        "auto_approve_up_to": "500.00",
        "all_returnable": True,
        "earlier_returns": 0,
    }
    assert first_ruling(ReturnCase.from_facts(facts)).rule is BY_CODE["in_policy"]  # type: ignore[union-attr]


@pytest.mark.parametrize("facts", [{}, {"reason": "damaged"}, {**RETURN.as_facts(), "value": "much"}])
def test_facts_that_are_no_case_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(UnreadableFacts):
        ReturnCase.from_facts(facts)


# Addresses.


@pytest.mark.parametrize(
    ("code", "country", "is_good"),
    [
        ("10969", "DE", True),
        ("1096", "DE", False),
        ("109699", "DE", False),
        ("D-10969", "DE", True),
        ("１０９６９", "DE", True),
        ("1010", "AT", True),
        ("SW1A 1AA", "GB", True),
        ("sw1a 1aa", "GB", True),
        ("12345", "GB", False),
        ("1015 BA", "NL", True),
        ("1015BA", "NL", True),
        ("1015", "NL", False),
        ("00-950", "PL", True),
        ("114 55", "SE", True),
        ("94105-1234", "US", True),
        ("9410", "US", False),
        ("K1A 0B1", "CA", True),
        ("200000", "CN", True),
        ("20000", "CN", False),
        ("100-0001", "JP", True),
        ("whatever", "AE", True),
        ("", "DE", True),
    ],
)
def test_postal_codes_have_the_form_of_their_country(code: str, country: str, is_good: bool) -> None:
    assert fits(code, country) is is_good


@pytest.mark.parametrize(
    ("street", "country", "lacks"),
    [
        ("Lindenstraße", "DE", True),
        ("Lindenstraße 12", "DE", False),
        ("Lindenstraße １２", "DE", False),
        ("Packstation 123", "DE", False),
        ("Calle Mayor s/n", "ES", False),
        ("Via Roma snc", "IT", False),
        ("Rose Cottage", "GB", False),
        ("南京东路", "CN", False),
        ("Broadway", "US", True),
    ],
)
def test_streets_have_numbers_where_streets_have_numbers(street: str, country: str, lacks: bool) -> None:
    assert lacks_number(street, country) is lacks


@pytest.mark.parametrize(
    ("city", "is_one"),
    [
        ("Berlin", True),
        ("Y", True),
        ("Å", True),
        ("上", True),
        ("x", False),
        ("-", False),
        ("10969", False),
        ("", False),
    ],
)
def test_names_of_cities_have_letters(city: str, is_one: bool) -> None:
    assert is_name(city) is is_one


# Properties.

SMALL = st.decimals(min_value=0, max_value=2000, places=2)
TEXT = st.text(max_size=30)
COUNTS = st.integers(min_value=0, max_value=30)
GIVEN: dict[type[Case], st.SearchStrategy[Any]] = {
    ReturnCase: st.builds(
        ReturnCase,
        reason=st.sampled_from(["too_small", "damaged", "changed_mind"]),
        days_since_delivery=st.none() | st.integers(0, 60),
        return_days=st.integers(0, 60),
        value=SMALL,
        auto_approve=st.booleans(),
        auto_approve_up_to=SMALL,
        all_returnable=st.booleans(),
        earlier_returns=COUNTS,
        legal_basis=st.sampled_from(["", "", "eu_withdrawal"]),
        resolution=st.sampled_from(["refund", "exchange", "repair"]),
        keep_goods_up_to=SMALL,
        earlier_kept=COUNTS,
        evidence=st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), max_size=3).map(tuple),
    ),
    ClaimCase: st.builds(
        ClaimCase,
        kind=st.sampled_from(["not_received", "damaged", "missing_item"]),
        value=SMALL,
        status=st.sampled_from(["delivered", "exception", "in_transit", "returned"]),
        reason=st.sampled_from(["", "carrier_parcel_lost", "carrier_damaged_parcel", "weather_delay"]),
        is_carriers_word=st.booleans(),
        days_since_delivery=st.none() | st.integers(0, 60),
        proof=st.sampled_from(["", "name", "signature", "code"]),
        km_to_address=st.none() | st.floats(0, 20_000, allow_nan=False),
        answer=st.sampled_from(["", "has_it", "not_me", "not_here"]),
        refund_lost=st.booleans(),
        earlier_by_customer=COUNTS,
        earlier_by_phone=COUNTS,
        earlier_by_address=COUNTS,
    ),
    DelayCase: st.builds(
        DelayCase,
        promised_on=st.dates().map(str),
        arrived_on=st.just("") | st.dates().map(str),
        days_late=st.integers(-30, 60),
        delay_days=st.integers(0, 10),
        delay_percent=st.decimals(min_value=0, max_value=100, places=2),
        shipping_total=SMALL,
        currency=st.just("EUR"),
        refundable=SMALL,
        seen_on=st.dates().map(str),
        delay_steps=st.integers(1, 10),
        last_step=st.integers(0, 10),
        paid=SMALL,
    ),
    OrderCase: st.builds(
        OrderCase,
        line1=TEXT,
        line2=TEXT,
        city=TEXT,
        postal_code=TEXT,
        country=st.sampled_from(["DE", "GB", "CN", "US", "AE", "XX"]),
        is_city_known=st.booleans(),
        city_elsewhere=st.sampled_from(["", "FR"]),
        address_failures=COUNTS,
        is_phone_proved=st.booleans(),
        phone_doubt=st.sampled_from(["", "bounced"]),
        does_merchant_prove=st.booleans(),
        twins=st.lists(st.builds(Twin, TEXT, st.floats(0, 48, allow_nan=False), st.booleans()), max_size=2).map(tuple),
        lines=st.lists(st.builds(Sold, TEXT, TEXT, COUNTS, COUNTS, TEXT), max_size=3).map(tuple),
    ),
}
ANY_CASE = st.one_of(*GIVEN.values())


def test_every_kind_of_case_is_generated() -> None:
    assert set(GIVEN) == set(CASES.values())


@given(ANY_CASE)
def test_stored_facts_give_the_same_verdicts_again(case: Case) -> None:
    """Through JSON, as the database keeps them, and by the version that judged."""
    facts = json.loads(json.dumps(case.as_facts()))
    again = CASES[case.name].from_facts(facts)
    assert again == case
    for rule in FOR_CASE[case.name]:
        assert rule.judge_as(rule.version, again) == rule.judge(case)


@given(ANY_CASE)
def test_verdicts_are_whole(case: Case) -> None:
    for ruling in all_rulings(case):
        verdict = ruling.verdict
        assert verdict.decision in {"approve", "reject", "person", "refund", "propose", "warn", "ask"}
        assert verdict.why == ruling.rule.words[verdict.code] % verdict.parameters
        assert verdict.amount is None or verdict.amount > 0
        assert json.loads(json.dumps(verdict.parameters)) == verdict.parameters


@given(GIVEN[ReturnCase])
def test_what_the_law_gives_no_rule_takes(case: ReturnCase) -> None:
    ruling = first_ruling(dataclasses.replace(case, legal_basis="eu_withdrawal"))
    assert ruling and ruling.verdict.decision == "approve"


@given(st.one_of(GIVEN[ReturnCase], GIVEN[ClaimCase]))
def test_no_return_and_no_claim_is_left_without_a_word_and_none_is_refused(case: Case) -> None:
    ruling = first_ruling(case)
    assert ruling and ruling.verdict.decision in {"approve", "refund", "person"}
