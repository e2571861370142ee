"""UPS: answers of the Track API (JSON), Track Alert pushes, and the two older XML answers.

Formats: https://github.com/UPS-API/api-documentation (Tracking.yaml, UPSTrackAlert.yaml); XML: UPS Track Tool 1 and the
Track web service 2. Times are local to the place of the scan; newer payloads give the offset or the time in GMT.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json, _xml
from tracking.carriers._asking import client_credentials, in_path, read_oauth_token
from tracking.carriers._codes import CodeReader
from tracking.carriers._places import country_code, place_name
from tracking.carriers._signatures import same
from tracking.carriers._times import Moment, compact_time, offset_between, read_date, read_moment
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
_DELIVERED = Reading(Status.DELIVERED)
_LATE = Reading(Status.EXCEPTION, "carrier_delay")
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)


class Carrier(CarrierAdapter):
    """Reader of UPS's answers and pushes."""

    label = "UPS"
    signature = "header `credential` (or `Authorization: Bearer`) equal to the credential given when subscribing"
    # UPS states a type with each code. "type:X" reads the type where the code is not listed; a code that means one
    # thing under one type only stands as "D/KB".
    statuses: Mapping[str, Reading] = {
        "type:M": _ANNOUNCED,
        "type:MV": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "type:P": _MOVING,
        "type:I": _MOVING,
        "type:X": Reading(Status.EXCEPTION),
        "type:D": _DELIVERED,
        "type:RS": Reading(Status.RETURNING),
        "M": _ANNOUNCED,
        "MP": _ANNOUNCED,
        "XD": _MOVING,
        "OR": _MOVING,
        "PU": _MOVING,
        "OG": _MOVING,
        "DP": _MOVING,
        "AA": _MOVING,
        "AR": _MOVING,
        "AF": _MOVING,
        "AL": _MOVING,
        "IH": _MOVING,
        "I": _MOVING,
        "OT": Reading(Status.OUT_FOR_DELIVERY),
        "OD": Reading(Status.OUT_FOR_DELIVERY),
        "OF": Reading(Status.OUT_FOR_DELIVERY),
        "D": _DELIVERED,
        "FS": _DELIVERED,
        "F4": _DELIVERED,
        "KM": _DELIVERED,
        "D/KB": _DELIVERED,
        "RP": _PICKUP_POINT,
        "UU": _PICKUP_POINT,
        "WC": _PICKUP_POINT,
        "X": Reading(Status.EXCEPTION),
        "EX": Reading(Status.EXCEPTION),
        "HX": Reading(Status.EXCEPTION),
        "HD": Reading(Status.EXCEPTION),
        "HI": Reading(Status.EXCEPTION),
        "HS": Reading(Status.EXCEPTION),
        "HU": Reading(Status.EXCEPTION),
        "X/DJ": Reading(Status.EXCEPTION, "weather_delay"),
        "X/WE": Reading(Status.EXCEPTION, "weather_delay"),
        "X/WD": Reading(Status.EXCEPTION, "weather_delay"),
        "X/NH": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "X/NI": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "X/BC": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "X/CL": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "X/IA": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "X/BA": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "X/LP": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "X/DM": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "RF": Reading(Status.ATTEMPT_FAILED, "consignee_refused"),
        "UR": Reading(Status.ATTEMPT_FAILED),
        "UF": Reading(Status.ATTEMPT_FAILED),
        "DY": _LATE,
        "DE": _LATE,
        "SD": _LATE,
        "RS": Reading(Status.RETURNING),
        "RT": Reading(Status.RETURNING),
        "RH": Reading(Status.RETURNING),
        "RU": Reading(Status.RETURNING),
        "VD": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "CV": Reading(Status.EXCEPTION, "merchant_cancelled"),
    }

    base_url = "https://onlinetools.ups.com"
    credentials_needed = ("client_id", "client_secret")

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/api/track/v1/details/{in_path(one.tracking_number)}",
            headers={
                "Authorization": f"Bearer {credentials['token']}",
                "Accept": "application/json",
                "transId": one.tracking_number[:32],
                "transactionSrc": "tracking",
            },
            params={"locale": "en_US", "returnSignature": "false"},
        )

    def token_question(self, credentials: Mapping[str, str]) -> Question:
        return client_credentials(f"{self.address(credentials)}/security/v1/oauth/token", credentials, is_basic=True)

    def read_token(self, body: bytes) -> Token:
        return read_oauth_token(body)

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the credential that UPS repeats in each push; the body itself is not signed."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        return same(headers.get("credential", ""), secret) or same(bearer, secret)

    def parse(self, body: bytes) -> list[Observation]:
        """Read a Track API answer, a Track Alert push, or an XML answer."""
        if _xml.looks_like(body):
            root, document = _xml.load(body)
            answer = _xml.unwrap(root, document)
            found = self._from_xml(_json.fields(answer.get("TrackResponse")))
        else:
            answer = _json.load_fields(body)
            found = self._from_push(answer) if "activityStatus" in answer else self._from_json(answer)
        observations = [observation for observation in found if observation]
        if not observations:
            raise NoTracking(f"UPS sent no tracking but {_subject(answer)}.")
        return observations

    def _from_json(self, document: _json.Fields) -> Iterator[Observation | None]:
        shipments = _json.rows(_json.at(document, "trackResponse", "shipment"), "shipment")
        for shipment in shipments:
            for package in _json.rows(shipment.get("package"), "package"):
                yield _read_package(package, _json.text(shipment.get("inquiryNumber")), CodeReader(self.statuses))

    def _from_push(self, push: _json.Fields) -> Iterator[Observation | None]:
        yield _read_push(push, CodeReader(self.statuses))

    def _from_xml(self, answer: _json.Fields) -> Iterator[Observation | None]:
        for shipment in _json.rows(answer.get("Shipment"), "Shipment"):
            for package in _json.rows(shipment.get("Package"), "Package"):
                yield _read_xml_package(package, shipment, CodeReader(self.statuses))

    def tracking_url(self, tracking_number: str) -> str:
        """UPS's public page of a number."""
        return f"https://www.ups.com/track?tracknum={quote(tracking_number)}"


def _keys(kind: str, code: str) -> tuple[str, ...]:
    return f"{kind}/{code}", code, f"type:{kind}"


def _read_package(package: _json.Fields, inquiry: str, codes: CodeReader) -> Observation | None:
    number = _json.text(package.get("trackingNumber")) or inquiry
    activities = _json.rows(package.get("activity"), "activity")
    current = _json.fields(package.get("currentStatus"))
    if not number or not (activities or current):
        return None
    received_by = _json.text_at(package, "deliveryInformation", "receivedBy")
    events = tuple(_json_event(activity, codes, received_by) for activity in activities)
    kind, code = _json.text(current.get("type")), _json.text(current.get("code"))
    promised = next(
        (
            _json.text(day.get("date"))
            for day in _json.rows(package.get("deliveryDate"), "deliveryDate")
            if _json.text(day.get("type")) in ("SDD", "RDD")  # scheduled, rescheduled; DEL is the day it came
        ),
        "",
    )
    return Observation(
        tracking_number=number,
        events=events,
        summary=codes.read(code or kind, *_keys(kind, code)).status if kind else None,
        service=_json.text_at(package, "service", "description"),
        carrier_eta=read_date(promised),
        signed_by=received_by if any(event.signed_by for event in events) else "",
        weight_g=_json.grams(
            _json.at(package, "weight", "weight"), _json.text_at(package, "weight", "unitOfMeasurement")
        ),
        unknown_codes=codes.unknown,
    )


def _json_event(activity: _json.Fields, codes: CodeReader, received_by: str) -> ScanEvent:
    kind = _json.text_at(activity, "status", "type")
    code = _json.text_at(activity, "status", "code")
    return _event(
        codes.read(code or kind, *_keys(kind, code)),
        code=code or kind,
        description=_json.text_at(activity, "status", "description"),
        address=_json.fields(_json.at(activity, "location", "address")),
        local=_written(activity, "date", "time"),
        utc=_written(activity, "gmtDate", "gmtTime"),
        offset=_json.text(activity.get("gmtOffset")),
        signed_by=received_by,
    )


def _read_push(push: _json.Fields, codes: CodeReader) -> Observation | None:
    number = _json.text(push.get("trackingNumber"))
    status = _json.fields(push.get("activityStatus"))
    if not number or not status:
        return None
    kind, code = _json.text(status.get("type")), _json.text(status.get("code"))
    # In pushes type D covers loading and going out as well as the delivery, so it alone decides nothing.
    keys = _keys(kind, code)[: 2 if kind == "D" else 3]
    event = _event(
        Reading(Status.UNKNOWN) if kind == "U" else codes.read(code or kind, *keys),
        code=code or kind,
        description=_json.text(status.get("description")),
        address=_json.fields(push.get("activityLocation")),
        local=_written(push, "localActivityDate", "localActivityTime"),
        utc=_written(push, "gmtActivityDate", "gmtActivityTime"),
        offset=_json.text(push.get("gmtOffset")),
        signed_by=_json.text(push.get("receivedBy")),
    )
    return Observation(
        tracking_number=number,
        events=() if kind == "U" else (event,),  # U tells a new delivery date: a promise, not a scan
        carrier_eta=read_date(_json.text(push.get("scheduledDeliveryDate"))),
        signed_by=event.signed_by,
        unknown_codes=codes.unknown,
    )


def _read_xml_package(package: _json.Fields, shipment: _json.Fields, codes: CodeReader) -> Observation | None:
    number = _json.text(package.get("TrackingNumber"))
    activities = _json.rows(package.get("Activity"), "Activity")
    if not number or not activities:
        return None
    events = tuple(_xml_event(activity, codes) for activity in activities)
    rescheduled = _json.text(package.get("RescheduledDeliveryDate"))
    scheduled = _json.text(shipment.get("ScheduledDeliveryDate")) or _json.text_at(shipment, "DeliveryDetail", "Date")
    weight = _json.fields(package.get("PackageWeight"))
    ship_to = _json.at(shipment, "ShipTo", "Address")
    return Observation(
        tracking_number=number,
        events=events,
        service=_json.text_at(shipment, "Service", "Description"),
        carrier_eta=read_date(rescheduled or scheduled),
        signed_by=next((event.signed_by for event in events if event.signed_by), ""),
        weight_g=_json.grams(weight.get("Weight"), _json.text_at(weight, "UnitOfMeasurement", "Code")),
        destination=place_name(_json.text_at(ship_to, "City"), _json.text_at(ship_to, "StateProvinceCode")),
        unknown_codes=codes.unknown,
    )


def _xml_event(activity: _json.Fields, codes: CodeReader) -> ScanEvent:
    """An activity of either XML version: type and code stand one level deeper in the older one."""
    status = _json.fields(activity.get("Status"))
    older = "StatusType" in status or "StatusCode" in status
    kind = _json.text_at(status, "StatusType", "Code") if older else _json.text(status.get("Type"))
    code = _json.text_at(status, "StatusCode", "Code") if older else _json.text(status.get("Code"))
    words = _json.text_at(status, "StatusType", "Description") if older else _json.text(status.get("Description"))
    location = _json.fields(activity.get("ActivityLocation"))
    address = _json.fields(location.get("Address"))
    return _event(
        codes.read(code or kind, *_keys(kind, code)),
        code=code or kind,
        description=words,
        address={
            "city": address.get("City"),
            "stateProvince": address.get("StateProvinceCode"),
            "countryCode": address.get("CountryCode"),
        },
        local=_written(activity, "Date", "Time"),
        utc=_written(activity, "GMTDate", "GMTTime"),
        offset=_json.text(activity.get("GMTOffset")),
        signed_by=_json.text(location.get("SignedForByName")),
    )


def _event(
    reading: Reading,
    *,
    code: str,
    description: str,
    address: _json.Fields,
    local: str,
    utc: str,
    offset: str,
    signed_by: str,
) -> ScanEvent:
    country = country_code(_json.text(address.get("countryCode"))) or country_code(_json.text(address.get("country")))
    city, region = _json.text(address.get("city")), _json.text(address.get("stateProvince"))
    offset = offset or offset_between(local, utc)
    moment: Moment = read_moment(local, offset=offset, country=country, region=region, home=_HOME)
    return ScanEvent(
        occurred_at=moment.at,
        offset_source=moment.source,
        status=reading.status,
        reason=reading.reason,
        code=code,
        description=description,
        place=place_name(city, region),
        country=country,
        # UPS puts a time of day here where nobody signed
        signed_by=signed_by if reading.status is Status.DELIVERED and not signed_by.isdigit() else "",
    )


def _written(found: _json.Fields, day: str, clock: str) -> str:
    return f"{_json.text(found.get(day))} {compact_time(_json.text(found.get(clock)))}".strip()


# Where UPS's versions put the words of an error.
_MESSAGES = (
    ("response", "errors", "message"),
    ("trackResponse", "shipment", "warnings", "message"),
    ("TrackResponse", "Response", "Error", "ErrorDescription"),
    ("Fault", "detail", "Errors", "ErrorDetail", "PrimaryErrorCode", "Description"),
    ("Fault", "faultstring"),
)


def _subject(document: _json.Fields) -> str:
    for path in _MESSAGES:
        if message := _json.text_at(document, *path):
            return message.rstrip(".")
    known = {"trackResponse", "TrackResponse", "validTrackingNumbers", "trackingNumber"} & set(document)
    if known:
        return f"an answer without scans ({', '.join(sorted(known))})"
    raise Unreadable("Neither an answer nor a push of UPS.")
