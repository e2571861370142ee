"""FedEx: answers of the Track API (JSON), pushes of Advanced Integrated Visibility, and the older XML answers.

Formats: https://developer.fedex.com (Track API; Advanced Integrated Visibility webhook, which sends the same track
results); XML: FedEx Web Services, Track 7 to 18. Times carry the offset of the place of the scan, or none.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json, _xml
from tracking.carriers._asking import JSON_BODY, client_credentials, json_body, read_oauth_token
from tracking.carriers._codes import CodeReader
from tracking.carriers._places import country_code, place_name
from tracking.carriers._signatures import hmac_sha256, same
from tracking.carriers._times import read_date, read_instant, read_moment
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
_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_LATE = Reading(Status.EXCEPTION, "carrier_delay")
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)


class Carrier(CarrierAdapter):
    """Reader of FedEx's answers and pushes."""

    label = "FedEx"
    labels = {"zh-hans": "联邦快递"}
    signature = "header `fdx-signature` = HMAC-SHA256 of the body, hex or base64"
    # Track API: `eventType`, else `derivedStatusCode`; "DE/08" reads an event type with its exception code
    statuses: Mapping[str, Reading] = {
        "OC": _ANNOUNCED,
        "IN": _ANNOUNCED,
        "EP": _ANNOUNCED,
        "MD": _ANNOUNCED,
        "OX": _ANNOUNCED,
        "PU": _MOVING,
        "PX": _MOVING,
        "IP": _MOVING,
        "OF": _MOVING,
        "AP": _MOVING,
        "IT": _MOVING,
        "IX": _MOVING,
        "AA": _MOVING,
        "AC": _MOVING,
        "AE": _MOVING,
        "AF": _MOVING,
        "AO": _MOVING,
        "AR": _MOVING,
        "AX": _MOVING,
        "CC": _MOVING,
        "DP": _MOVING,
        "DR": _MOVING,
        "EA": _MOVING,
        "EO": _MOVING,
        "FD": _MOVING,
        "LO": _MOVING,
        "OW": _MOVING,
        "PF": _MOVING,
        "PL": _MOVING,
        "PM": _MOVING,
        "SF": _MOVING,
        "TR": _MOVING,
        "AD": Reading(Status.OUT_FOR_DELIVERY),
        "ED": Reading(Status.OUT_FOR_DELIVERY),
        "OD": Reading(Status.OUT_FOR_DELIVERY),
        "DL": Reading(Status.DELIVERED),
        "HL": _PICKUP_POINT,
        "HP": _PICKUP_POINT,
        "DE": Reading(Status.ATTEMPT_FAILED),
        "DE/03": Reading(Status.ATTEMPT_FAILED, "consignee_incorrect_address"),
        "DE/07": Reading(Status.ATTEMPT_FAILED, "consignee_refused"),
        "DE/08": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "DE/007": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        # redirected to a FedEx location at the consignee's wish: nobody tried the door
        "DE/A13": _MOVING,
        "DE/A47": _MOVING,
        "SE": Reading(Status.EXCEPTION),
        "CD": Reading(Status.EXCEPTION, "customs_delay"),
        "DY": _LATE,
        "DD": _LATE,
        "PY": _LATE,
        "RL": _LATE,
        "CA": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "RS": Reading(Status.RETURNING),
        "RT": Reading(Status.RETURNING),
    }

    base_url = "https://apis.fedex.com"
    credentials_needed = ("client_id", "client_secret")
    numbers_per_question = 30

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        numbers = [{"trackingNumberInfo": {"trackingNumber": one.tracking_number}} for one in asked]
        return Question(
            "POST",
            f"{self.address(credentials)}/track/v1/trackingnumbers",
            headers={"Authorization": f"Bearer {credentials['token']}", "X-locale": "en_US", **JSON_BODY},
            content=json_body({"includeDetailedScans": True, "trackingInfo": numbers}),
        )

    def token_question(self, credentials: Mapping[str, str]) -> Question:
        return client_credentials(f"{self.address(credentials)}/oauth/token", credentials)

    def read_token(self, body: bytes) -> Token:
        return read_oauth_token(body)

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header with the body's HMAC; FedEx's page shows both encodings, and both prove the same."""
        if not secret:
            return False
        given, digest = headers.get("fdx-signature", "").strip(), hmac_sha256(secret, body)
        return same(given.lower(), digest.hex()) or same(given, base64.b64encode(digest))

    def parse(self, body: bytes) -> list[Observation]:
        """Read a Track API answer, a push, or an XML answer."""
        if _xml.looks_like(body):
            root, document = _xml.load(body)
            answer = _xml.unwrap(root, document)
            found = self._from_xml(_json.fields(answer.get("TrackReply")))
        else:
            answer = _json.load_fields(body)
            found = self._from_json(answer)
        observations = [observation for observation in found if observation]
        if not observations:
            raise NoTracking(f"FedEx sent no tracking but {_subject(answer)}.")
        return observations

    def _from_json(self, document: _json.Fields) -> Iterator[Observation | None]:
        holder = _json.fields(document.get("output")) or document
        for complete in _json.rows(holder.get("completeTrackResults"), "completeTrackResults"):
            number = _json.text(complete.get("trackingNumber"))
            for result in _json.rows(complete.get("trackResults"), "trackResults"):
                yield _read_result(result, number, CodeReader(self.statuses))
        for result in _json.rows(holder.get("trackResults"), "trackResults"):
            yield _read_result(result, _json.text(holder.get("trackingNumber")), CodeReader(self.statuses))
        if "scanEvents" in document or "latestStatusDetail" in document:
            yield _read_result(document, _json.text(document.get("trackingNumber")), CodeReader(self.statuses))

    def _from_xml(self, reply: _json.Fields) -> Iterator[Observation | None]:
        # before version 8 the details stood in the reply itself
        for holder in _json.rows(reply.get("CompletedTrackDetails"), "CompletedTrackDetails") or [reply]:
            for details in _json.rows(holder.get("TrackDetails"), "TrackDetails"):
                yield _read_details(details, CodeReader(self.statuses))

    def tracking_url(self, tracking_number: str) -> str:
        """FedEx's public page of a number."""
        return f"https://www.fedex.com/fedextrack/?trknbr={quote(tracking_number)}"


def _read_result(result: _json.Fields, number: str, codes: CodeReader) -> Observation | None:
    number = number or _json.text_at(result, "trackingNumberInfo", "trackingNumber")
    scans = _json.rows(result.get("scanEvents"), "scanEvents")
    latest = _json.fields(result.get("latestStatusDetail"))
    code = _json.text(latest.get("code"))
    if not number or not (scans or code):
        return None
    events = tuple(_json_event(scan, codes) for scan in scans)
    delivery = _json.fields(result.get("deliveryDetails"))
    signed_by = _json.signer(delivery.get("signedByName")) or _json.signer(delivery.get("receivedByName"))
    window = _json.fields(_json.at(result, "estimatedDeliveryTimeWindow", "window"))
    begins, ends = _json.text(window.get("begins")), _json.text(window.get("ends"))
    weights = _json.rows(_json.at(result, "packageDetails", "weightAndDimensions", "weight"), "weight")
    return Observation(
        tracking_number=number,
        events=events,
        summary=codes.read(code, code, _json.text(latest.get("derivedCode"))).status if code else None,
        service=_json.text_at(result, "serviceDetail", "description"),
        carrier_eta=read_date(_day(result, "ESTIMATED_DELIVERY") or _day(result, "COMMITMENT") or ends or begins),
        eta_from=read_instant(begins),
        eta_to=read_instant(ends),
        signed_by=signed_by,
        weight_g=next((_json.grams(weight.get("value"), _json.text(weight.get("unit"))) for weight in weights), None),
        origin=_city(_json.at(result, "shipperInformation", "address")),
        destination=_city(_json.at(result, "recipientInformation", "address")),
        unknown_codes=codes.unknown,
    )


def _json_event(scan: _json.Fields, codes: CodeReader) -> ScanEvent:
    kind, exception = _json.text(scan.get("eventType")), _json.text(scan.get("exceptionCode"))
    return _event(
        codes.read(kind, f"{kind}/{exception}", kind, _json.text(scan.get("derivedStatusCode"))),
        code=kind or _json.text(scan.get("derivedStatusCode")),
        words=_json.text(scan.get("eventDescription")),
        detail=_json.text(scan.get("exceptionDescription")),
        address=_json.fields(scan.get("scanLocation")),
        written=_json.text(scan.get("date")),
    )


def _read_details(details: _json.Fields, codes: CodeReader) -> Observation | None:
    number = _json.text(details.get("TrackingNumber"))
    scans = _json.rows(details.get("Events"), "Events")
    latest = _json.fields(details.get("StatusDetail"))
    code = _json.text(latest.get("Code")) or _json.text(details.get("StatusCode"))
    if not number or not (scans or code):
        return None
    events = tuple(_xml_event(scan, codes) for scan in scans)
    weight = _json.fields(details.get("PackageWeight"))
    origin, destination = details.get("OriginLocationAddress"), details.get("DestinationAddress")
    return Observation(
        tracking_number=number,
        events=events,
        summary=codes.read(code).status if code else None,
        service=_json.text_at(details, "Service", "Description") or _json.text(details.get("ServiceInfo")),
        carrier_eta=read_date(_json.text(details.get("EstimatedDeliveryTimestamp"))),
        signed_by=_json.signer(details.get("DeliverySignatureName")),
        weight_g=_json.grams(weight.get("Value"), _json.text(weight.get("Units"))),
        origin=_city(_lower(origin)),
        destination=_city(_lower(destination)),
        unknown_codes=codes.unknown,
    )


def _xml_event(scan: _json.Fields, codes: CodeReader) -> ScanEvent:
    kind, exception = _json.text(scan.get("EventType")), _json.text(scan.get("StatusExceptionCode"))
    return _event(
        codes.read(kind, f"{kind}/{exception}", kind),
        code=kind,
        words=_json.text(scan.get("EventDescription")),
        detail=_json.text(scan.get("StatusExceptionDescription")),
        address=_lower(scan.get("Address")),
        written=_json.text(scan.get("Timestamp")),
    )


def _event(reading: Reading, *, code: str, words: str, detail: str, address: _json.Fields, written: str) -> ScanEvent:
    country = country_code(_json.text(address.get("countryCode"))) or country_code(
        _json.text(address.get("countryName"))
    )
    region = _json.text(address.get("stateOrProvinceCode"))
    moment = read_moment(written, country=country, region=region, home=_HOME)
    return ScanEvent(
        occurred_at=moment.at,
        offset_source=moment.source,
        status=reading.status,
        reason=reading.reason,
        code=code,
        description=f"{words}: {detail}" if words and detail else words or detail,
        place=place_name(_json.text(address.get("city")), region),
        country=country,
    )


def _lower(address: object) -> _json.Fields:
    """An XML address under the names that JSON uses: City becomes city."""
    return {name[:1].lower() + name[1:]: value for name, value in _json.fields(address).items()}


def _city(address: object) -> str:
    return place_name(_json.text_at(address, "city"), _json.text_at(address, "stateOrProvinceCode"))


def _day(result: _json.Fields, kind: str) -> str:
    days = _json.rows(result.get("dateAndTimes"), "dateAndTimes")
    return next((_json.text(day.get("dateTime")) for day in days if day.get("type") == kind), "")


# Where FedEx's versions put the words of an error.
_MESSAGES = (
    ("errors", "message"),
    ("output", "completeTrackResults", "trackResults", "error", "message"),
    ("TrackReply", "CompletedTrackDetails", "TrackDetails", "Notification", "Message"),
    ("TrackReply", "CompletedTrackDetails", "Notifications", "Message"),
    ("TrackReply", "Notifications", "Message"),
    ("Fault", "detail", "desc"),
    ("Fault", "faultstring"),
)


def _subject(document: _json.Fields) -> str:
    for path in _MESSAGES:
        if message := _json.text_at(document, *path):
            return message.rstrip(".")
    if "output" in document or "TrackReply" in document:
        return f"an answer about {_json.text_at(document, 'output', 'documentType') or 'no parcel'}"
    raise Unreadable("Neither an answer nor a push of FedEx.")
