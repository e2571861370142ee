"""USPS: answers of the Tracking API, version 3 (JSON), and of the older Web Tools (XML).

Formats: https://developers.usps.com/trackingv3r2 and Web Tools Track & Confirm Fields (revision 2). Times are local to
the place of the scan; version 3 gives the offset. An answer of version 3 may leave out the number it was asked for.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json, _xml
from tracking.carriers._asking import client_credentials, in_path, read_oauth_token
from tracking.carriers._codes import CodeReader
from tracking.carriers._places import country_code, place_name
from tracking.carriers._signatures import same
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import (
    Asked,
    CarrierAdapter,
    NoTracking,
    Observation,
    Question,
    Reading,
    ScanEvent,
    Status,
    Token,
    Unreadable,
)

_HOME = "America/New_York"
# "DENVER CO DISTRIBUTION CENTER" holds its state in the name
_CENTER = re.compile(r" ([A-Z]{2}) (?:[A-Z]+ )*(?:DISTRIBUTION|NETWORK|PROCESSING|PACKAGE) ")
_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_DELIVERED = Reading(Status.DELIVERED)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_NOTICE_LEFT = Reading(Status.ATTEMPT_FAILED, "consignee_not_available")
_NO_ACCESS = Reading(Status.ATTEMPT_FAILED, "consignee_access_restricted")
_BAD_ADDRESS = Reading(Status.EXCEPTION, "consignee_incorrect_address")


class Carrier(CarrierAdapter):
    """Reader of USPS's answers."""

    label = "USPS"
    # USPS publishes no signature of its subscription pushes; the portal's address for them carries a secret header.
    signature = "header `x-portal-secret` equal to the shared secret (USPS documents no signature)"
    # Publication 199 / Web Tools: event codes; the words are the status categories of a whole answer
    statuses: Mapping[str, Reading] = {
        "01": _DELIVERED,
        "02": _NOTICE_LEFT,
        "03": _MOVING,
        "04": Reading(Status.EXCEPTION, "consignee_refused"),
        "05": _BAD_ADDRESS,
        "06": _MOVING,
        "07": _MOVING,
        "08": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "09": Reading(Status.RETURNING),
        "10": _MOVING,
        "11": Reading(Status.EXCEPTION),
        "14": _PICKUP_POINT,
        "16": _PICKUP_POINT,
        "17": _MOVING,
        "21": _BAD_ADDRESS,
        "22": _BAD_ADDRESS,
        "23": Reading(Status.EXCEPTION, "consignee_moved"),
        "24": Reading(Status.EXCEPTION, "consignee_moved"),
        "25": _BAD_ADDRESS,
        "26": _BAD_ADDRESS,
        "27": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "28": Reading(Status.EXCEPTION),
        "29": Reading(Status.EXCEPTION),
        "51": _NOTICE_LEFT,
        "52": Reading(Status.ATTEMPT_FAILED, "consignee_safe_place_unavailable"),
        "53": Reading(Status.ATTEMPT_FAILED, "consignee_safe_place_unavailable"),
        "54": _NO_ACCESS,
        "55": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "81": _MOVING,
        "82": _MOVING,
        "A1": _MOVING,
        "AC": _MOVING,
        "AD": _MOVING,
        "EF": _MOVING,
        "GC": _ANNOUNCED,
        "GX": _ANNOUNCED,
        "L1": _MOVING,
        "LD": _MOVING,
        "MA": _ANNOUNCED,
        "NP": _ANNOUNCED,
        "NT": _MOVING,
        "OA": _MOVING,
        "OF": Reading(Status.OUT_FOR_DELIVERY),
        "PC": _MOVING,
        "RB": Reading(Status.ATTEMPT_FAILED, "consignee_rescheduled"),
        "SF": _MOVING,
        "T1": _MOVING,
        "TL": _MOVING,
        "TM": _MOVING,
        "UA": _MOVING,
        "VC": _MOVING,
        "delivered": _DELIVERED,
        "delivered to agent": _DELIVERED,
        "in transit": _MOVING,
        "moving through network": _MOVING,
        "accepted": _MOVING,
        "out for delivery": Reading(Status.OUT_FOR_DELIVERY),
        "available for pickup": _PICKUP_POINT,
        "pre-shipment": _ANNOUNCED,
        "delivery attempt": Reading(Status.ATTEMPT_FAILED),
        "alert": Reading(Status.EXCEPTION),
    }

    base_url = "https://apis.usps.com"
    credentials_needed = ("client_id", "client_secret")

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/tracking/v3/tracking/{in_path(one.tracking_number)}",
            headers={"Authorization": f"Bearer {credentials['token']}", "Accept": "application/json"},
            params={"expand": "DETAIL"},
        )

    def token_question(self, credentials: Mapping[str, str]) -> Question:
        return client_credentials(f"{self.address(credentials)}/oauth2/v3/token", credentials)

    def read_token(self, body: bytes) -> Token:
        return read_oauth_token(body)

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header that the subscription was told to send; the body itself is not signed."""
        return same(headers.get("x-portal-secret", ""), secret)

    def parse(self, body: bytes) -> list[Observation]:
        """Read an answer of the Tracking API (one or a list) or of Web Tools."""
        document: object
        if _xml.looks_like(body):
            root, fields = _xml.load(body)
            document = {root: fields}
            found = self._from_xml(_json.fields(fields if root == "TrackResponse" else {}))
        else:
            document = _json.load(body)
            found = self._from_json(document)
        observations = [observation for observation in found if observation]
        if not observations:
            raise NoTracking(f"USPS sent no tracking but {_subject(document)}.")
        return observations

    def _from_json(self, document: object) -> Iterator[Observation | None]:
        if isinstance(document, Mapping) and "trackingEvents" not in document:
            document = document.get("trackingDetails") or document.get("TrackResponse") or document
        for answer in _json.rows(document, "The answer"):
            yield _read_answer(answer, CodeReader(self.statuses))

    def _from_xml(self, response: _json.Fields) -> Iterator[Observation | None]:
        for info in _json.rows(response.get("TrackInfo"), "TrackInfo"):
            yield _read_info(info, CodeReader(self.statuses))

    def tracking_url(self, tracking_number: str) -> str:
        """USPS's public page of a number."""
        return f"https://tools.usps.com/go/TrackConfirmAction?tLabels={quote(tracking_number)}"


def _read_answer(answer: _json.Fields, codes: CodeReader) -> Observation | None:
    scans = _json.rows(answer.get("trackingEvents"), "trackingEvents")
    category = _json.text(answer.get("statusCategory"))
    if not scans:
        return None
    events = tuple(_json_event(scan, codes) for scan in scans)
    names = ("expectedDeliveryTimeStamp", "predictedDeliveryTimeStamp", "predictedDeliveryDate", "expectedDeliveryDate")
    promises = [promise for name in names if (promise := read_date(_json.text(answer.get(name))))]
    return Observation(
        tracking_number=_json.text(answer.get("trackingNumber")),
        events=events,
        summary=codes.read(category, category.lower()).status if category else None,
        service=_json.text(answer.get("mailClass")),
        carrier_eta=promises[0] if promises else None,
        signed_by=next((event.signed_by for event in events if event.signed_by), ""),
        origin=place_name(_json.text(answer.get("originCity")), _json.text(answer.get("originState"))),
        destination=place_name(_json.text(answer.get("destinationCity")), _json.text(answer.get("destinationState"))),
        unknown_codes=codes.unknown,
    )


def _json_event(scan: _json.Fields, codes: CodeReader) -> ScanEvent:
    return _event(
        codes,
        code=_json.text(scan.get("eventCode")),
        description=_json.text(scan.get("eventType")),
        # local time, though some answers end it in a Z beside an offset of its own
        written=_json.text(scan.get("eventTimestamp")).rstrip("Z" if scan.get("GMTOffset") else ""),
        offset=_json.text(scan.get("GMTOffset")),
        city=_json.text(scan.get("eventCity")),
        region=_json.text(scan.get("eventState")),
        country=_json.text(scan.get("eventCountry")),
        name=_json.text(scan.get("name")) or _json.text(scan.get("firm")),
    )


def _read_info(info: _json.Fields, codes: CodeReader) -> Observation | None:
    number = _json.text(info.get("@ID"))
    scans = _json.rows(info.get("TrackSummary"), "TrackSummary") + _json.rows(info.get("TrackDetail"), "TrackDetail")
    if not number or not scans:
        return None
    events = tuple(_xml_event(scan, codes) for scan in scans)
    category = _json.text(info.get("StatusCategory"))
    promised = _json.text(info.get("ExpectedDeliveryDate")) or _json.text(info.get("PredictedDeliveryDate"))
    return Observation(
        tracking_number=number,
        events=events,
        summary=codes.read(category, category.lower()).status if category else None,
        service=_json.text(info.get("Class")),
        carrier_eta=read_date(promised),
        signed_by=next((event.signed_by for event in events if event.signed_by), ""),
        origin=place_name(_json.text(info.get("OriginCity")), _json.text(info.get("OriginState"))),
        destination=place_name(_json.text(info.get("DestinationCity")), _json.text(info.get("DestinationState"))),
        unknown_codes=codes.unknown,
    )


def _xml_event(scan: _json.Fields, codes: CodeReader) -> ScanEvent:
    return _event(
        codes,
        code=_json.text(scan.get("EventCode")),
        description=_json.text(scan.get("Event")),
        written=f"{_json.text(scan.get('EventDate'))} {_json.text(scan.get('EventTime'))}".strip(),
        offset=_json.text(scan.get("GMTOffset")),
        city=_json.text(scan.get("EventCity")),
        region=_json.text(scan.get("EventState")),
        country=_json.text(scan.get("EventCountry")),
        name=_json.text(scan.get("Name")) or _json.text(scan.get("FirmName")),
    )


def _event(
    codes: CodeReader,
    *,
    code: str,
    description: str,
    written: str,
    offset: str,
    city: str,
    region: str,
    country: str,
    name: str,
) -> ScanEvent:
    known_country = country_code(country) if country else ("US" if city or region else "")
    reading = codes.read(code)
    center = _CENTER.search(city) if not region else None
    zone_region = center[1] if center else region
    moment = read_moment(written, offset=offset, country=known_country, region=zone_region, home=_HOME)
    return ScanEvent(
        occurred_at=moment.at,
        offset_source=moment.source,
        status=reading.status,
        reason=reading.reason,
        code=code,
        description=description,
        place=place_name(city, region),
        country=known_country,
        signed_by=name if reading.status is Status.DELIVERED else "",
    )


# Where USPS's versions put the words of an error.
_MESSAGES = (
    ("error", "message"),
    ("error_description",),
    ("TrackResponse", "TrackInfo", "Error", "Description"),
    ("Error", "Description"),
)


def _subject(document: object) -> str:
    for path in _MESSAGES:
        if message := _json.text_at(document, *path):
            return message.rstrip(".")
    if _json.at(document, "TrackResponse") is not None or _json.at(document, "statusCategory") is not None:
        return "an answer without scans"
    raise Unreadable("Not an answer of USPS.")
