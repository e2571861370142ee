"""Tracking numbers: check digits, whose they are, what is suspicious, and what a new shipment is warned of."""

import os
import random
import time
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from bench.numbers import is_flagged, is_recognized, listed
from orders.models import Order
from tests import build
from tracking.numbers import Candidate, Check, is_suspicious, normalize, recognize
from tracking.numbers.checks import luhn, mod7, mod10, mod_37_36, s10, sum_product_with_weightings_and_modulo
from tracking.numbers.convert import convert_pattern, fixed_characters
from tracking.numbers.formats import CARRIERS, FORMATS, ISSUERS
from tracking.services import CARRIERS as ADAPTERS

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FEDEX = {"weightings": (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1), "modulo1": 11, "modulo2": 10}


def best(number: str) -> list[Candidate]:
    return [candidate for candidate in recognize(number) if candidate.rank == 1]


def of_format(number: str, name: str) -> Candidate | None:
    return next((candidate for candidate in recognize(number) if candidate.format == name), None)


# Check digits, worked out by hand or taken from what defines them.


@pytest.mark.parametrize(
    ("check", "serial", "digit", "constants"),
    [
        (mod10, "0034043416109404255", "7", {"evens_multiplier": 3, "odds_multiplier": 1}),  # GS1: 00 (AI) and an SSCC
        (mod10, "56310243031", "3", {"evens_multiplier": 4, "odds_multiplier": 9}),  # Deutsche Post Identcode
        # letters as UPS counts them, A as 2 and B as 3: 2 + 2·2 + 1 + 2·3 = 13
        (mod10, "2A1B", "7", {"evens_multiplier": 1, "odds_multiplier": 2}),
        (mod7, "12345678901", "3", {}),  # 7 × 1763668414 + 3
        (luhn, "7992739871", "3", {}),  # the example of ISO/IEC 7812-1
        (s10, "47312482", "9", {}),  # the example of UPU S10
        (s10, "00000000", "5", {}),
        (sum_product_with_weightings_and_modulo, "98657878885", "5", FEDEX),
        (mod_37_36, "09980000020033", "F", {}),  # DPD's label specification
    ],
)
def test_check_digits(check: object, serial: str, digit: str, constants: dict) -> None:
    taken = [character for character in ALPHABET if check(serial, character, **constants)]  # type: ignore[operator]
    assert taken == [digit]


@pytest.mark.parametrize("check", [mod7, luhn, s10])
def test_checks_of_digits_refuse_letters(check: object) -> None:
    assert not any(check("1234A678", digit) for digit in ALPHABET)  # type: ignore[operator]


# Whose number it is.


@pytest.mark.parametrize(
    ("number", "carrier", "name"),
    [
        ("1Z879E930346834440", "ups", "UPS"),
        ("00340434161094042557", "dhl", "DHL Paket"),
        ("3318810025", "dhl", "DHL Express"),
        ("986578788855", "fedex", "FedEx Express (12)"),
        ("9400 1112 0108 0805 4830 16", "usps", "USPS IMpb N"),
        ("SF1011603494291", "sf_express", "SF Express (SF)"),
        ("YT4629130296173", "yto", "YTO Express"),
        ("YT2229521272164447", "yunexpress", "YunExpress"),
        ("78123456789012", "zto", "ZTO Express"),
        ("773012345678901", "sto", "STO Express"),
        ("4310508235533", "yunda", "Yunda Express"),
        ("JDVA12345678901", "jd", "JD Logistics"),
        ("JT5123456789012", "jt_express", "J&T Express (China)"),
        ("DPK202123456789", "deppon", "Deppon"),
        ("1193282791013", "ems_cn", "China Post EMS (domestic)"),
        ("LP00123456789012", "cainiao", "Cainiao (LP)"),
        ("4PX3000123456789CN", "four_px", "4PX"),
        ("H1000012345678901234", "hermes_evri", "Hermes Germany"),
        ("H01HYA0012345678", "evri", "Evri"),
        ("GD123456789WW", "tnt", "TNT"),
        ("3SDEVC288882229", "postnl", "PostNL (3S)"),
        ("323212345659900040669030", "bpost", "bpost"),
        ("99.00.123456.12345678", "swiss_post", "Swiss Post"),
        ("6A12345678901", "laposte", "La Poste and Colissimo"),
        ("123456789013", "yamato", "Yamato Transport"),
        ("09980000020033F", "dpd", "DPD (14)"),
        ("JJFI66666600000012345", "posti", "Posti"),
    ],
)
def test_carriers(number: str, carrier: str, name: str) -> None:
    found = {(candidate.carrier, candidate.format) for candidate in best(number)}
    assert (carrier, name) in found
    assert all(candidate.check is not Check.FAILED for candidate in best(number))


@pytest.mark.parametrize(
    ("number", "carrier", "service", "country"),
    [
        ("EE473124829CN", "ems_cn", "EMS (International Express Mail Service)", "CN"),
        ("RB123456785US", "usps", "Letter Post Registered", "US"),
        ("RB123456785GB", "royalmail", "Letter Post Registered", "GB"),
        ("CY473124829DE", "dhl", "Parcel Post", "DE"),
        ("RR473124829BR", "correios_br", "Letter Post Registered", "BR"),
        ("RB123456785CV", "post_cv", "Letter Post Registered", "CV"),
    ],
)
def test_postal_services(number: str, carrier: str, service: str, country: str) -> None:
    first = recognize(number)[0]
    assert (first.carrier, first.service, first.country, first.check) == (carrier, service, country, Check.PASSED)
    assert first.is_distinctive


def test_a_country_without_postal_service_is_wrong() -> None:
    candidate = of_format("RB123456785XX", "S10")
    assert candidate is not None
    assert candidate.check is Check.FAILED
    assert "Nobody issues numbers with XX." in candidate.reasons


def test_reasons_service_and_partner() -> None:
    first = recognize("1ZXX3150YW44070023")[0]
    assert first.reasons == (
        "It has the form of UPS.",
        "The check digit is right.",
        "Service: UPS SurePost - Delivered by the USPS.",
    )
    assert first.partners == ("usps",)
    assert first.tracking_url == "https://www.ups.com/track?tracknum=1ZXX3150YW44070023"
    handed_over = recognize("9261292700768711948021")[0]
    assert handed_over.partners == ("ups", "fedex", "dhl", "amazon_shipping", "ontrac")
    assert "Another carrier may have had it before: UPS, FedEx, DHL, Amazon, OnTrac." in handed_over.reasons


def test_destination_of_a_dpd_label() -> None:
    first = recognize("008182709980000020033350276C")[0]
    assert (first.carrier, first.service, first.country) == ("dpd", "AM0 (DPD 8:30)", "")
    assert "It goes to DE." in first.reasons


def test_candidates_that_fit_alike_share_a_rank() -> None:
    found = recognize("287809468872")  # FedEx's check digit and Purolator's both hold
    assert {candidate.carrier for candidate in found if candidate.rank == 1} == {"fedex", "purolator"}
    ranks = [candidate.rank for candidate in found]
    assert ranks == sorted(ranks)
    assert all(candidate.rank > 2 for candidate in found if candidate.check is not Check.PASSED)
    assert found[-1].check is Check.FAILED


# What is suspicious.


def test_a_wrong_check_digit_is_suspicious() -> None:
    assert is_suspicious(recognize("1Z879E930346834441"))
    assert not is_suspicious(recognize("1Z879E930346834440"))
    assert not is_suspicious(recognize("SF1011603494291"))
    assert not is_suspicious([])


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("1Z879E930346834440", "UPS"),
        ("K1506235620", "UPS Waybill"),
        ("RB123456785GB", "S10"),
        ("9405803699300124287899", "USPS IMpb N"),
        ("9261292700768711948021", "USPS IMpb C"),
        ("09980000020033F", "DPD (14)"),
        ("9611020987654312345672", "FedEx Ground 96 (22)"),
        ("9622001560001234567100794808390594", "FedEx Ground GSN"),
        ("320595463938", "Purolator (12)"),
        ("7035114477138472", "Canada Post (16)"),
        ("00340434161094042557", "DHL Paket"),
        ("C10999911320231", "OnTrac"),
    ],
)
def test_every_other_check_digit_fails(number: str, name: str) -> None:
    position = 10 if name == "S10" else len(number) - 1
    for digit in "0123456789":
        changed = number[:position] + digit + number[position + 1 :]
        candidate = of_format(changed, name)
        assert candidate is not None
        assert (candidate.check is Check.PASSED) == (changed == number)


def test_an_optional_check_counts_only_when_it_holds() -> None:
    right, wrong = of_format("503460075384", "GLS (12)"), of_format("503460075380", "GLS (12)")
    assert right is not None
    assert wrong is not None
    assert (right.check, wrong.check) == (Check.PASSED, Check.NONE)


# Texts of all kinds.


@pytest.mark.parametrize(
    "text",
    [
        " 1 z 8 7 9 e 9 3 0 3 4 6 8 3 4 4 4 0 ",
        "1Z-879E93-03-4683-4440",
        "1Z 879 E93 03 4683 444‑0",  # no-break spaces and hyphen
        "１Ｚ８７９Ｅ９３０３４６８３４４４０",
        "1Z٨٧٩E٩٣٠٣٤٦٨٣٤٤٤٠",
        "\u200e1Z879E930346834440\u200b\r\n",
    ],
)
def test_numbers_as_people_write_them(text: str) -> None:
    assert normalize(text) == "1Z879E930346834440"
    assert recognize(text)[0].carrier == "ups"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "📦",
        "1Z879E93034683444📦",
        "1" * 10_000,
        " " * 10_000,
        "快递",
        "ß" * 20,
        "\x00",
        "\ud800",
        "½²",
        "1Z(",
        "A" * 65,
    ],
)
def test_texts_that_are_no_numbers(text: str) -> None:
    assert recognize(text) == []


def test_any_text_is_answered() -> None:
    chance = random.Random(7)
    for _ in range(3000):
        length = chance.randrange(70)
        recognize(
            "".join(chr(chance.choice((chance.randrange(128), chance.randrange(0x11000)))) for _ in range(length))
        )
        recognize("".join(chance.choice(ALPHABET) for _ in range(length)))


def test_no_pattern_backtracks_for_long() -> None:
    hard = [
        start + part * 70
        for start in ("", "420", "9", "94", "420943", "GM", "J", "1LSCX")
        for part in ("0", "9", "A", "0A")
    ]
    started = time.process_time()
    for text in hard:
        for length in range(20, 65):
            recognize(text[:length])
    assert time.process_time() - started < 2


# The data.


def test_every_format_can_be_used() -> None:
    assert len({(form.carrier.code, form.name) for form in FORMATS}) == len(FORMATS) > 70
    for form in FORMATS:
        if form.check:
            assert {"SerialNumber", "CheckDigit"} <= set(form.pattern.groupindex), form.name
        for table in form.tables:
            assert table.group in form.pattern.groupindex, form.name
            assert table.exact or table.patterns
        assert set(form.partners) <= set(CARRIERS)
    assert set(ISSUERS.values()) <= set(CARRIERS)
    assert all(not carrier.url or "{number}" in carrier.url for carrier in CARRIERS.values())


def test_codes_are_those_of_the_adapters() -> None:
    ours = {carrier.name: code for code, carrier in CARRIERS.items()}
    for code, adapter in ADAPTERS.items():
        assert ours.get(adapter.label, code) == code


def test_published_patterns_lose_their_separators() -> None:
    published = r"\s*1\s*Z\s*(?<SerialNumber>(?<ShipperId>(?:[A-Z0-9]\s*){6,6})([0-9]\s*){2})-\s*1\s*\b"
    assert convert_pattern(published) == r"1Z(?P<SerialNumber>(?P<ShipperId>[A-Z0-9]{6})\d{2})1"
    assert fixed_characters(r"L[AIEHNX][1-3](?P<SerialNumber>\d{7})") == "L@"
    assert fixed_characters(r"(?P<SerialNumber>[A-Z]{3}\d{9})N1") == "@@@N1"


# The published numbers, where the folder of recorded data is at hand.

CORPUS = os.environ.get("PORTAL_CORPUS", "")
LISTED = list(listed(Path(CORPUS))) if CORPUS else []


@pytest.mark.corpus
@pytest.mark.skipif(not LISTED, reason="PORTAL_CORPUS names no folder with published numbers")
def test_every_published_valid_number_is_recognized() -> None:
    assert [one for one in LISTED if one.is_valid and not is_recognized(one)] == []


@pytest.mark.corpus
@pytest.mark.skipif(not LISTED, reason="PORTAL_CORPUS names no folder with published numbers")
def test_every_published_invalid_number_is_flagged() -> None:
    assert [one for one in LISTED if not one.is_valid and not is_flagged(one)] == []


# The API.


def test_recognize_over_the_api(api: APIClient) -> None:
    answer = api.get("/api/v1/recognize/", {"number": "1z 879e 9303 4683 4440"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["is_suspicious"] is False
    first = found["candidates"][0]
    assert (first["carrier"], first["check"], first["rank"]) == ("ups", "passed", 1)
    assert first["reasons"][0] == "It has the form of UPS."
    assert api.get("/api/v1/recognize/", {"number": "1Z879E930346834441"}).json()["is_suspicious"] is True
    assert api.get("/api/v1/recognize/", {"number": "no number 📦"}).json()["candidates"] == []


@pytest.mark.parametrize("query", [{}, {"number": ""}, {"number": "  "}, {"number": "1" * 10_001}])
def test_recognize_needs_a_number(api: APIClient, query: dict) -> None:
    answer = api.get("/api/v1/recognize/", query)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert "number" in answer.json()["errors"]


@pytest.mark.django_db
def test_recognize_needs_a_key() -> None:
    assert APIClient().get("/api/v1/recognize/", {"number": "1Z879E930346834440"}).status_code == 401


@pytest.mark.parametrize(
    ("carrier", "number", "warnings"),
    [
        ("ups", "1Z879E930346834440", []),
        ("ups", "1Z879E930346834441", ["The check digit of 1Z879E930346834441 fails: look at the label again."]),
        ("dhl", "1Z879E930346834440", ["1Z879E930346834440 looks like a UPS number, not DHL."]),
        ("dhl", "SF1011603494291", ["SF1011603494291 looks like a SF Express number, not DHL."]),
        ("dhl", "3318810010", ["The check digit of 3318810010 fails: look at the label again."]),
        ("dhl", "00340434161094042557", []),
        ("dhl", "JD014600001234567890", []),
        ("usps", "1ZXX3150YW44070023", []),  # UPS SurePost ends with the USPS
        ("fedex", "9261292700768711948021", []),  # and the USPS delivers for others
        ("usps", "RB123456785CV", []),  # posts deliver each other's parcels
        ("ups", "RB123456785CV", ["RB123456785CV looks like a Correios de Cabo Verde number, not UPS."]),
        ("ups", "986578788855", []),  # twelve digits may be anyone's
        ("bike_courier", "1Z879E930346834440", []),  # we know nothing of its numbers
        ("dhl", "ABC1", []),
    ],
)
def test_warnings_of_a_new_shipment(
    api: APIClient, order: Order, carrier: str, number: str, warnings: list[str]
) -> None:
    body = {"order": str(order.pk), "carrier": carrier, "tracking_number": number}
    answer = api.post("/api/v1/shipments/", body, format="json")
    assert answer.status_code == 201
    assert answer.json()["warnings"] == warnings
    assert "warnings" not in api.get(f"/api/v1/shipments/{answer.json()['id']}/").json()


def test_each_parcel_is_looked_at(api: APIClient, order: Order) -> None:
    parcels = [{"tracking_number": number} for number in ("1Z879E930346834440", "1Z8V92A70367203025")]
    answer = api.post(
        "/api/v1/shipments/", {"order": str(order.pk), "carrier": "ups", "parcels": parcels}, format="json"
    )
    assert answer.json()["warnings"] == ["The check digit of 1Z8V92A70367203025 fails: look at the label again."]


def test_a_repeated_request_gets_the_same_warnings(api: APIClient, order: Order) -> None:
    body = {"order": str(order.pk), "carrier": "dhl", "tracking_number": "1Z879E930346834440"}
    answers = [
        api.post("/api/v1/shipments/", body, format="json", headers={"Idempotency-Key": "once"}).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["warnings"]


def test_numbers_of_a_test_build_raise_no_doubt(order: Order, api: APIClient) -> None:
    number = build.shipment(order).parcels.get().tracking_number
    assert recognize(number)[0].carrier == "dhl"
