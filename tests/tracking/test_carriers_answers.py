"""Answers without tracking say what they are; a few readings that a payload's expected file doesn't show."""

import json

import pytest

from logistics_portal.kernel.discover import discover
from tracking.carriers.base import CarrierAdapter, NoTracking, Status

CARRIERS: dict[str, CarrierAdapter] = {
    code: carrier
    for code, carrier in discover("tracking.carriers", "Carrier").items()
    if isinstance(carrier, CarrierAdapter)
}

_FAULT = "<Envelope><Body><Fault><faultstring>Invalid login</faultstring></Fault></Body></Envelope>"

NOTHING_TO_TRACK: list[tuple[str, object, str]] = [
    ("geodis", {"ok": False, "codeErreur": "E1", "texteErreur": "Envoi inconnu"}, "Envoi inconnu"),
    ("gls", {"errors": [{"code": "NOT_FOUND", "message": "No such parcel"}]}, "No such parcel"),
    ("gls", {"parcels": [{"requested": "1", "errorCode": "E", "errorMessage": "Unknown unit"}]}, "Unknown unit"),
    (
        "hermes_evri",
        {"shipmentinfo": [{"shipmentID": "H1", "result": {"message": "No information"}}]},
        "No information",
    ),
    ("locate2u", {"error": "Unauthorized", "code": "401"}, "Unauthorized"),
    ("ninja_van", {"error": {"title": "Not found", "message": "No such number"}}, "No such number"),
    ("ninja_van", {"data": []}, "an answer without scans"),
    ("parcelone", {"Error": "No shipment data found yet"}, "No shipment data"),
    ("postnl", {"Warnings": [{"Code": "2", "Description": "No shipment found"}]}, "No shipment found"),
    ("purolator", _FAULT, "Invalid login"),
    ("roadie", {"errors": [{"code": 1001, "message": "Not found"}]}, "Not found"),
    ("royalmail", {"httpCode": "404", "errors": [{"errorDescription": "Not recognised"}]}, "Not recognised"),
    ("sendle", {"error": "not_found", "error_description": "No such parcel"}, "No such parcel"),
    ("spring", {"ErrorLevel": 10, "Error": "Tracking number not found"}, "not found"),
    ("stamps", _FAULT, "Invalid login"),
    ("teleship", {"messages": [{"code": 404, "message": "Not found"}]}, "Not found"),
    (
        "tnt",
        "<TrackResponse><Consignment><SummaryCode>CNF</SummaryCode></Consignment></TrackResponse>",
        "without scans",
    ),
    ("yunexpress", {"Item": None, "Code": "1006", "Message": "未找到数据"}, "未找到数据"),
    ("zoom2u", {"error": "Forbidden", "error-code": "403"}, "Forbidden"),
    ("andreani", {"eventos": []}, "an answer without scans"),
]


@pytest.mark.parametrize(("code", "answer", "said"), NOTHING_TO_TRACK)
def test_answers_without_tracking_say_what_they_are(code: str, answer: object, said: str) -> None:
    body = answer if isinstance(answer, str) else json.dumps(answer)
    with pytest.raises(NoTracking, match=said):
        CARRIERS[code].parse(body.encode())


def test_landmark_leaves_a_place_that_reads_both_ways_without_a_country() -> None:
    event = "<Event><DateTime>02/21/2025 09:00 AM</DateTime><Location>{}</Location><EventCode>275</EventCode></Event>"
    package = "<Package><LandmarkTrackingNumber>L1</LandmarkTrackingNumber><Events>{}</Events></Package>"
    answer = f"<TrackResponse><Result><Packages>{package}</Packages></Result></TrackResponse>"
    places = ("Berlin, DE", "Rotterdam, NL", "Columbus, OH", "Toronto, ON, CA")
    (observation,) = CARRIERS["landmark"].parse(answer.format("".join(map(event.format, places))).encode())
    assert [one.country for one in observation.events] == ["", "NL", "US", "CA"]


@pytest.mark.parametrize(("is_backwards", "status"), [(False, Status.DELIVERED), (True, Status.RETURNED)])
def test_ninja_van_delivers_to_the_sender_on_the_way_back(is_backwards: bool, status: Status) -> None:
    webhook = {"tracking_number": "NV1", "status": "Delivered, Left at Doorstep", "is_parcel_on_rts_leg": is_backwards}
    (observation,) = CARRIERS["ninja_van"].parse(json.dumps(webhook).encode())
    assert observation.events[0].status is status
