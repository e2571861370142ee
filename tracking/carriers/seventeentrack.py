"""17TRACK, an aggregator: pushes and answers of its API, version 2.

Formats: https://api.17track.net/en/doc (push ``TRACKING_UPDATED``; ``gettrackinfo``). An event's local time stands in
``time_iso``, or without an offset in ``time_raw``; ``time_utc`` is the same instant in UTC.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tracking.carriers import _json
from tracking.carriers._asking import JSON_BODY, json_body
from tracking.carriers._places import country_code, place_name, split_country
from tracking.carriers._signatures import same
from tracking.carriers._times import Moment, offset_between, read_date, read_instant, read_moment
from tracking.carriers.base import (
    Asked,
    CarrierAdapter,
    NoTracking,
    Observation,
    Question,
    Reading,
    ScanEvent,
    Status,
    Unreadable,
)

# https://res.17track.net/asset/carrier/info/apicarrier.all.json, those that we know by a code of our own
_CARRIERS = {"100001": "dhl", "7041": "dhl", "100002": "ups", "100003": "fedex", "21051": "usps", "3013": "ems_cn"}
_CARRIER_NAMES = {"DHL": "dhl", "DHL EXPRESS": "dhl", "UPS": "ups", "FEDEX": "fedex", "USPS": "usps"}

_NEVER = datetime.min.replace(tzinfo=UTC)

# These main statuses tell how long nothing was scanned, not what the newest scan was.
_NOT_A_SCAN = ("NotFound", "Expired")


class Carrier(CarrierAdapter):
    """Reader of 17TRACK's pushes and answers."""

    label = "17TRACK"
    is_aggregator = True
    tells_all = True
    signature = "header `sign` = SHA-256 hex of the body, a slash and the API key"
    # https://api.17track.net/en/doc: main statuses, sub-statuses and stages; a scan carries a stage or a sub-status
    statuses: Mapping[str, Reading] = {
        "NotFound": Reading(Status.PENDING),
        "NotFound_Other": Reading(Status.PENDING),
        "NotFound_InvalidCode": Reading(Status.PENDING, "merchant_incorrect_data"),
        "InfoReceived": Reading(Status.INFO_RECEIVED),
        "InTransit": Reading(Status.IN_TRANSIT),
        "InTransit_PickedUp": Reading(Status.IN_TRANSIT),
        "InTransit_Other": Reading(Status.IN_TRANSIT),
        "InTransit_Departure": Reading(Status.IN_TRANSIT),
        "InTransit_Arrival": Reading(Status.IN_TRANSIT),
        "InTransit_CustomsProcessing": Reading(Status.IN_TRANSIT),
        "InTransit_CustomsReleased": Reading(Status.IN_TRANSIT),
        "InTransit_CustomsRequiringInformation": Reading(Status.EXCEPTION, "customs_documentation"),
        "Expired": Reading(Status.EXPIRED),
        "Expired_Other": Reading(Status.EXPIRED),
        "AvailableForPickup": Reading(Status.AVAILABLE_FOR_PICKUP),
        "AvailableForPickup_Other": Reading(Status.AVAILABLE_FOR_PICKUP),
        "OutForDelivery": Reading(Status.OUT_FOR_DELIVERY),
        "OutForDelivery_Other": Reading(Status.OUT_FOR_DELIVERY),
        "DeliveryFailure": Reading(Status.ATTEMPT_FAILED),
        "DeliveryFailure_Other": Reading(Status.ATTEMPT_FAILED),
        "DeliveryFailure_NoBody": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "DeliveryFailure_Security": Reading(Status.ATTEMPT_FAILED, "carrier_security_issue"),
        "DeliveryFailure_Rejected": Reading(Status.ATTEMPT_FAILED, "consignee_refused"),
        "DeliveryFailure_InvalidAddress": Reading(Status.ATTEMPT_FAILED, "consignee_incorrect_address"),
        "Delivered": Reading(Status.DELIVERED),
        "Delivered_Other": Reading(Status.DELIVERED),
        "Exception": Reading(Status.EXCEPTION),
        "Exception_Other": Reading(Status.EXCEPTION),
        "Exception_Returning": Reading(Status.RETURNING),
        "Exception_Returned": Reading(Status.RETURNED),
        "Exception_NoBody": Reading(Status.EXCEPTION, "consignee_unreachable"),
        "Exception_Security": Reading(Status.EXCEPTION, "carrier_security_issue"),
        "Exception_Damage": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "Exception_Rejected": Reading(Status.EXCEPTION, "consignee_refused"),
        "Exception_Delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "Exception_Lost": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "Exception_Destroyed": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "Exception_Cancel": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "PickedUp": Reading(Status.IN_TRANSIT),
        "Departure": Reading(Status.IN_TRANSIT),
        "Arrival": Reading(Status.IN_TRANSIT),
        "Returning": Reading(Status.RETURNING),
        "Returned": Reading(Status.RETURNED),
    }

    # Tells of the numbers that were registered with 17TRACK.
    base_url = "https://api.17track.net"
    credentials_needed = ("api_key",)
    numbers_per_question = 40

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        return Question(
            "POST",
            f"{self.address(credentials)}/track/v2.2/gettrackinfo",
            headers={"17token": credentials["api_key"], **JSON_BODY},
            content=json_body([{"number": one.tracking_number} for one in asked]),
        )

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare `sign` with the digest that 17TRACK documents; ``secret`` is the API key."""
        if not secret:
            return False
        digest = hashlib.sha256(body + b"/" + secret.encode("utf-8", "surrogatepass")).hexdigest()
        return same(headers.get("sign", "").lower(), digest)

    def parse(self, body: bytes) -> list[Observation]:
        """Read a push, or the accepted numbers of an answer."""
        document = _json.load_fields(body)
        data = document.get("data")
        if isinstance(data, Mapping) and "accepted" in data:
            numbers = _json.rows(data["accepted"], "accepted")
        elif isinstance(data, Mapping) and "number" in data:
            numbers = [data]
        elif isinstance(data, list):
            numbers = _json.rows(data, "data")
        else:
            numbers = []
        observations = [found for number in numbers if (found := self._observe(number))]
        if not observations:
            raise NoTracking(f"17TRACK sent no scans but {_subject(document)}.")
        return observations

    def _observe(self, found: _json.Fields) -> Observation | None:
        number = _json.text(found.get("number"))
        if not number or not _json.fields(found.get("track_info")):
            return None
        # some senders put parts of `track_info` beside it instead of inside
        info = {**found, **_json.fields(found["track_info"])}
        unknown: list[str] = []
        summary_code = _json.text_at(info, "latest_status", "sub_status") or _json.text_at(
            info, "latest_status", "status"
        )
        if summary_code and summary_code not in self.statuses:
            unknown.append(summary_code)
        providers = _json.rows(_json.at(info, "tracking", "providers"), "providers")
        events = self._events(info.get("latest_event"), providers, unknown)
        misc = _json.fields(info.get("misc_info"))
        promise = _json.at(info, "time_metrics", "estimated_delivery_date")
        return Observation(
            tracking_number=number,
            events=self._finished(events, summary_code),
            carrier=_carrier(found, providers),
            summary=self._read(summary_code).status if summary_code else None,
            service=_json.text(misc.get("service_type")),
            carrier_eta=read_date(_json.text_at(promise, "to") or _json.text_at(promise, "from")),
            eta_from=read_instant(_json.text_at(promise, "from")),
            eta_to=read_instant(_json.text_at(promise, "to")),
            weight_g=_json.grams(misc.get("weight_kg"), "KG"),
            origin=_json.text_at(info, "shipping_info", "shipper_address", "country"),
            destination=_json.text_at(info, "shipping_info", "recipient_address", "country"),
            unknown_codes=tuple(dict.fromkeys(unknown)),
        )

    def _events(self, latest: object, providers: list[_json.Fields], unknown: list[str]) -> list[ScanEvent]:
        events = [
            self._event(event, leg, unknown)
            for leg, provider in enumerate(providers)
            for event in _json.rows(provider.get("events"), "events")
        ]
        if not events and _json.text_at(latest, "description"):
            events = [self._event(_json.fields(latest), 0, unknown)]
        return events

    def _event(self, event: _json.Fields, leg: int, unknown: list[str]) -> ScanEvent:
        code = _json.text(event.get("sub_status")) or _json.text(event.get("stage"))
        reading = self._read(code)
        if code and code not in self.statuses:
            unknown.append(code)
        address = _json.fields(event.get("address"))
        country = country_code(_json.text(address.get("country")))
        city, region = _json.text(address.get("city")), _json.text(address.get("state"))
        moment = _moment(event, country, region)
        description = _json.text(event.get("description"))
        return ScanEvent(
            occurred_at=moment.at,
            offset_source=moment.source,
            status=reading.status,
            reason=reading.reason,
            code=code,
            description=description,
            place=place_name(city, region) or place_name(split_country(_json.text(event.get("location")))[0]),
            country=country,
            latitude=_degrees(address, "latitude", 90),
            longitude=_degrees(address, "longitude", 180),
            # most scans carry no stage at all; the leg keeps two carriers' accounts of one moment apart
            identity=f"{leg}|{moment.at.isoformat() if moment.at else ''}|{description}",
        )

    def _read(self, code: str) -> Reading:
        """The sub-status's reading, or its main status's where the sub-status is new to us: it is its first part."""
        return self.statuses.get(code) or self.read_code(code.partition("_")[0])

    def _finished(self, events: list[ScanEvent], summary_code: str) -> tuple[ScanEvent, ...]:
        """The newest scan, when it has no stage of its own, is what the latest status is about."""
        timed = [event for event in events if event.occurred_at]
        newest = max(timed, key=lambda event: event.occurred_at or _NEVER, default=None)
        if newest is None or newest.code or not summary_code or summary_code.startswith(_NOT_A_SCAN):
            return tuple(events)
        reading = self._read(summary_code)
        told = newest._replace(status=reading.status, reason=reading.reason, code=summary_code)
        return tuple(told if event is newest else event for event in events)


def _moment(event: _json.Fields, country: str, region: str) -> Moment:
    raw = _json.fields(event.get("time_raw"))
    written = (
        _json.text(event.get("time_iso")) or f"{_json.text(raw.get('date'))} {_json.text(raw.get('time'))}".strip()
    )
    utc = _json.text(event.get("time_utc"))
    if not written:
        return read_moment(utc, offset="Z")
    offset = _json.text(raw.get("timezone")) or offset_between(written, utc)
    return read_moment(written, offset=offset, country=country, region=region)


def _carrier(found: _json.Fields, providers: list[_json.Fields]) -> str:
    """The last carrier that has scans: a parcel handed over is with the later one."""
    for provider in reversed([found for found in providers if found.get("events")]):
        key, name = _json.text_at(provider, "provider", "key"), _json.text_at(provider, "provider", "name")
        if code := _CARRIERS.get(key) or _CARRIER_NAMES.get(name.upper()):
            return code
    return "" if providers else _CARRIERS.get(_json.text(found.get("carrier")), "")


def _degrees(address: _json.Fields, axis: str, limit: int) -> float | None:
    degrees = _json.number(_json.at(address, "coordinates", axis))
    return degrees if degrees is not None and abs(degrees) <= limit else None


def _subject(document: _json.Fields) -> str:
    data = document.get("data")
    if event := _json.text(document.get("event")):
        return f"the event {event} of {_json.text_at(data, 'number') or 'no number'}"
    if errors := _json.at(data, "errors"):
        return f"the error {_json.text_at(errors, 'code')}: {_json.text_at(errors, 'message')}"
    if rejected := _json.at(data, "rejected"):
        return (
            f"the rejection {_json.text_at(rejected, 'error', 'code')}: {_json.text_at(rejected, 'error', 'message')}"
        )
    if "code" in document:
        return f"an answer with code {_json.text(document['code'])}"
    raise Unreadable("Neither a push nor an answer of 17TRACK.")
