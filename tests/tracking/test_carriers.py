"""Every carrier reads every payload kept for it exactly as the expected file beside it says."""

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import pytest

from logistics_portal.kernel.discover import discover
from tracking.carriers.base import REASONS, CarrierAdapter, NoTracking, Observation, Status

PAYLOADS = Path(__file__).parent.parent / "carriers" / "payloads"
CARRIERS: dict[str, CarrierAdapter] = {
    code: carrier
    for code, carrier in discover("tracking.carriers", "Carrier").items()
    if isinstance(carrier, CarrierAdapter)
}


def payloads_of(code: str) -> list[Path]:
    """The payloads kept for a carrier."""
    found = sorted(path for kind in ("json", "xml", "txt") for path in (PAYLOADS / code).glob(f"*.{kind}"))
    return [path for path in found if not path.name.endswith(".expected.json")]


def as_plain(observation: Observation) -> dict[str, object]:
    """An observation as the expected files write it: facts that are empty are left out."""
    plain = asdict(observation)
    plain["events"] = [_without_empty(event._asdict()) for event in observation.events]
    return _without_empty(plain)


def _without_empty(facts: dict[str, object]) -> dict[str, object]:
    return {name: _plain(value) for name, value in facts.items() if value not in ("", None, (), [])}


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_reads_every_payload_as_expected(code: str) -> None:
    payloads = payloads_of(code)
    assert len(payloads) >= 2, f"tests/carriers/payloads/{code}/ needs payloads, each with its .expected.json"
    for path in payloads:
        expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
        read = [as_plain(observation) for observation in CARRIERS[code].parse(path.read_bytes())]
        assert read == expected, path.name


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_table_uses_only_known_reasons_and_a_label(code: str) -> None:
    carrier = CARRIERS[code]
    assert carrier.label
    assert carrier.signature != "none"
    for carrier_code, reading in carrier.statuses.items():
        assert isinstance(reading.status, Status)
        assert reading.reason in REASONS | {""}, (carrier_code, reading.reason)


def test_reasons_name_the_party() -> None:
    parties = ("carrier_", "consignee_", "merchant_", "customs_", "weather_")
    assert all(reason.startswith(parties) for reason in REASONS)


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_unknown_codes_are_never_guessed(code: str) -> None:
    assert CARRIERS[code].read_code("no such code").status is Status.UNKNOWN


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_same_scan_with_another_place_is_the_same_scan(code: str) -> None:
    """Senders reword the place of a scan: the mark by which doubles are known must not hold it."""
    for path in payloads_of(code):
        body = path.read_bytes()
        for place in (
            b"Boise",
            b"BOISE",
            b"AUSTIN",
            b"TACOMA",
            b"Graz",
            b"Omaha",
            b"CALGARY",
            b"LIMA",
            b"TUCSON",
            b"HELENA",
        ):
            first = CARRIERS[code].parse(body)
            again = CARRIERS[code].parse(body.replace(place, b"Elsewhere"))
            assert [marks(observation) for observation in first] == [marks(observation) for observation in again]


def marks(observation: Observation) -> list[tuple[object, ...]]:
    """The marks by which the ledger knows doubles."""
    return [(event.identity,) if event.identity else (event.occurred_at, event.code) for event in observation.events]


NOTHING_TO_TRACK = [
    ("kuaidi100", {"result": False, "returnCode": "500", "message": "查询无结果，请隔段时间再查"}, "查询无结果"),
    ("kuaidi100", {"status": "abort", "message": "3天查询无记录", "lastResult": {"nu": "1", "data": []}}, "3天"),
    ("aftership", {"event": "return.approved", "data": {"id": "r1"}}, "return.approved"),
    ("aftership", {"meta": {"code": 429, "message": "Too many requests"}, "data": {}}, "Too many requests"),
    ("easypost", {"object": "Event", "description": "batch.created", "result": {"object": "Batch"}}, "batch.created"),
    ("easypost", {"object": "Insurance", "tracker": {"object": "Tracker", "tracking_code": "1"}}, "Insurance"),
    (
        "seventeentrack",
        {"code": 0, "data": {"accepted": [], "rejected": [{"error": {"code": -1, "message": "No"}}]}},
        "-1: No",
    ),
    ("seventeentrack", {"event": "TRACKING_STOPPED", "data": {"number": "1", "carrier": 3011}}, "TRACKING_STOPPED"),
    (
        "dhl",
        {"status": 404, "title": "Not Found", "detail": "No shipment with given tracking number found."},
        "No shipment",
    ),
    ("ups", {"response": {"errors": [{"code": "TV1002", "message": "Invalid token"}]}}, "Invalid token"),
    (
        "fedex",
        {"errors": [{"code": "NOT.AUTHORIZED.ERROR", "message": "Access token expired."}]},
        "Access token expired",
    ),
    ("usps", {"error": {"code": "404", "message": "Not found"}}, "Not found"),
    ("kdniao", {"Success": False, "Reason": "没有可用套餐", "LogisticCode": "1", "Traces": []}, "没有可用套餐"),
    ("sf_express", {"apiResultCode": "A1006", "apiErrorMsg": "数字签名无效"}, "数字签名无效"),
    ("shippo", {"event": "transaction_created", "data": {"object_id": "t1"}}, "transaction_created"),
    ("cainiao", {"success": True, "module": [{"mailNo": "LP1", "detailList": []}]}, "without scans"),
    ("inpost", {"status": 404, "error": "resource_not_found", "message": "Not found"}, "Not found"),
    ("cdek", {"requests": [{"errors": [{"code": "v2_order_not_found", "message": "Order not found"}]}]}, "Order not"),
    ("correios_br", {"objetos": [{"codObjeto": "X", "mensagem": "SRO-020: Objeto não encontrado"}]}, "SRO-020"),
    ("amazon_shipping", {"errors": [{"code": "NotFound", "message": "No such tracking ID"}]}, "No such"),
    ("asendia", {"responseStatus": {"responseStatusCode": 204, "responseStatusMessage": "No events"}}, "No events"),
    ("australiapost", {"errors": [{"code": "API_001", "message": "Invalid request"}]}, "Invalid request"),
    ("laposte", {"returnCode": 404, "returnMessage": "Ressource non trouvée"}, "Ressource"),
    ("colissimo", [{"returnCode": 104, "returnMessage": "Aucun produit"}], "Aucun produit"),
    ("dicom", {"Message": "Authorization has been denied."}, "denied"),
    ("dpd", {"errors": [{"message": "Unknown parcel"}]}, "Unknown parcel"),
    ("dtdc", {"statusFlag": False, "errorDetails": [{"name": "strError", "value": "NO DATA FOUND"}]}, "NO DATA"),
    ("easyship", {"error": {"code": "not_found", "message": "Shipment not found"}}, "Shipment not found"),
    ("eshipper", {"type": "Error", "message": "Order not found"}, "Order not found"),
    ("lasership", {"Error": "Invalid tracking number"}, "Invalid tracking"),
]


@pytest.mark.parametrize(("code", "answer", "said"), NOTHING_TO_TRACK)
def test_answers_without_tracking_say_what_they_are(code: str, answer: object, said: str) -> None:
    with pytest.raises(NoTracking, match=said):
        CARRIERS[code].parse(json.dumps(answer).encode())


def test_ups_update_of_the_delivery_date_is_no_scan() -> None:
    push = {
        "trackingNumber": "1ZR7A9310327654408",
        "activityStatus": {"type": "U", "code": "4W", "description": "Delivery date updated"},
        "scheduledDeliveryDate": "20250609",
    }
    (observation,) = CARRIERS["ups"].parse(json.dumps(push).encode())
    assert observation.events == ()
    assert observation.carrier_eta == date(2025, 6, 9)
    assert observation.unknown_codes == ()


def test_push_type_d_alone_is_not_a_delivery_for_ups() -> None:
    push = {"trackingNumber": "1ZR7A9310327654408", "activityStatus": {"type": "D", "code": "9E"}}
    (observation,) = CARRIERS["ups"].parse(json.dumps(push).encode())
    assert observation.events[0].status is Status.UNKNOWN
    assert observation.unknown_codes == ("9E",)
