"""AfterShip, an aggregator: webhooks and answers of its tracking API.

Formats: https://www.aftership.com/docs/tracking (webhook ``tracking_update``; ``tracking``, ``trackings`` and
``checkpoint`` in answers). Times of checkpoints may lack their offset; they are then local to the place of the scan.
"""

import base64
from collections.abc import Mapping, Sequence

from tracking.carriers import _json
from tracking.carriers._places import country_code, place_name
from tracking.carriers._signatures import hmac_sha256, same
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
    Unreadable,
)

_CARRIERS = {
    "dhl": "dhl",
    "dhl-global-mail": "dhl",
    "dhl-ecommerce": "dhl",
    "dhl-germany": "dhl",
    "dhl-express": "dhl",
    "dhl-api": "dhl",
    "dhlparcel-nl": "dhl",
    "dhlparcel-uk": "dhl",
    "ups": "ups",
    "ups-api": "ups",
    "ups-freight": "ups",
    "ups-mi": "ups",
    "fedex": "fedex",
    "fedex-api": "fedex",
    "fedex-freight": "fedex",
    "fedex-fims": "fedex",
    "usps": "usps",
    "usps-api": "usps",
    "usps-webhook": "usps",
    "sf-express": "sf_express",
    "yto": "yto",
    "zto-express": "zto",
    "sto": "sto",
    "yunda": "yunda",
    "china-ems": "ems_cn",
}
_UNKNOWN = Reading(Status.UNKNOWN)


class Carrier(CarrierAdapter):
    """Reader of AfterShip's webhooks and API answers."""

    label = "AfterShip"
    is_aggregator = True
    tells_all = True
    signature = "header `aftership-hmac-sha256` = base64 HMAC-SHA256 of the body"
    # https://www.aftership.com/docs/tracking/2026-07/enum/delivery-sub-statuses
    statuses: Mapping[str, Reading] = {
        "Pending": Reading(Status.PENDING),
        "InfoReceived": Reading(Status.INFO_RECEIVED),
        "InTransit": Reading(Status.IN_TRANSIT),
        "OutForDelivery": Reading(Status.OUT_FOR_DELIVERY),
        "AttemptFail": Reading(Status.ATTEMPT_FAILED),
        "Delivered": Reading(Status.DELIVERED),
        "AvailableForPickup": Reading(Status.AVAILABLE_FOR_PICKUP),
        "Exception": Reading(Status.EXCEPTION),
        "Expired": Reading(Status.EXPIRED),
        "Pending_001": Reading(Status.PENDING),
        "Pending_002": Reading(Status.PENDING),
        "Pending_003": Reading(Status.PENDING),
        "Pending_004": Reading(Status.PENDING),
        "Pending_005": Reading(Status.PENDING),
        "Pending_006": Reading(Status.PENDING),
        "InfoReceived_001": Reading(Status.INFO_RECEIVED),
        "InTransit_001": Reading(Status.IN_TRANSIT),
        "InTransit_002": Reading(Status.IN_TRANSIT),
        "InTransit_003": Reading(Status.IN_TRANSIT),
        "InTransit_004": Reading(Status.IN_TRANSIT),
        "InTransit_005": Reading(Status.IN_TRANSIT),
        "InTransit_006": Reading(Status.IN_TRANSIT),
        "InTransit_007": Reading(Status.IN_TRANSIT),
        "InTransit_008": Reading(Status.IN_TRANSIT),
        "InTransit_009": Reading(Status.IN_TRANSIT),
        "OutForDelivery_001": Reading(Status.OUT_FOR_DELIVERY),
        "OutForDelivery_003": Reading(Status.OUT_FOR_DELIVERY),
        "OutForDelivery_004": Reading(Status.OUT_FOR_DELIVERY),
        "AvailableForPickup_001": Reading(Status.AVAILABLE_FOR_PICKUP),
        "AttemptFail_001": Reading(Status.ATTEMPT_FAILED),
        "AttemptFail_002": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "AttemptFail_003": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "Delivered_001": Reading(Status.DELIVERED),
        "Delivered_002": Reading(Status.DELIVERED),
        "Delivered_003": Reading(Status.DELIVERED),
        "Delivered_004": Reading(Status.DELIVERED),
        "Delivered_005": Reading(Status.DELIVERED),
        "Exception_001": Reading(Status.EXCEPTION),
        "Exception_002": Reading(Status.EXCEPTION, "consignee_moved"),
        "Exception_003": Reading(Status.EXCEPTION, "consignee_refused"),
        "Exception_004": Reading(Status.EXCEPTION, "customs_delay"),
        "Exception_005": Reading(Status.EXCEPTION, "carrier_delay"),
        "Exception_006": Reading(Status.EXCEPTION, "consignee_payment_due"),
        "Exception_007": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "Exception_008": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "Exception_009": Reading(Status.EXCEPTION, "merchant_packaging_issue"),
        "Exception_010": Reading(Status.RETURNING),
        "Exception_011": Reading(Status.RETURNED),
        "Exception_012": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "Exception_013": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "Exception_016": Reading(Status.EXCEPTION, "carrier_delay"),
        "Exception_017": Reading(Status.EXCEPTION, "weather_delay"),
        "Exception_018": Reading(Status.EXCEPTION, "customs_documentation"),
        "Expired_001": Reading(Status.EXPIRED),
    }

    base_url = "https://api.aftership.com"
    credentials_needed = ("api_key",)
    numbers_per_question = 40

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        return Question(
            "GET",
            f"{self.address(credentials)}/tracking/2024-10/trackings",
            headers={"as-api-key": credentials["api_key"], "Accept": "application/json"},
            params={"tracking_numbers": ",".join(one.tracking_number for one in asked)},
        )

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header with the body's HMAC; ``secret`` is the account's webhook secret."""
        if not secret:
            return False
        return same(headers.get("aftership-hmac-sha256", ""), base64.b64encode(hmac_sha256(secret, body)))

    def parse(self, body: bytes) -> list[Observation]:
        """Read a webhook or an API answer: one tracking, a list of them, or the last checkpoint of one."""
        document = _json.load_fields(body)
        trackings = _trackings(document)
        if trackings is None:
            raise NoTracking(f"AfterShip sent no tracking but {_subject(document)}.")
        observations = [found for tracking in trackings if (found := self._observe(tracking))]
        if trackings and not observations:
            raise Unreadable("No tracking in the payload has a tracking number.")
        observations = [found for found in observations if found.events or found.summary]
        if not observations:
            raise NoTracking("AfterShip sent trackings that say nothing of where the parcel is.")
        return observations

    def _observe(self, tracking: _json.Fields) -> Observation | None:
        number = _json.text(tracking.get("tracking_number"))
        if not number:
            return None
        unknown: list[str] = []
        checkpoints = _json.rows(tracking.get("checkpoints"), "checkpoints")
        checkpoints += [last for last in _json.rows(tracking.get("checkpoint"), "checkpoint") if _is_scan(last)]
        events = tuple(self._event(checkpoint, unknown) for checkpoint in checkpoints)
        summary, _ = self._read(tracking, unknown)
        predicted = _json.fields(tracking.get("aftership_estimated_delivery_date"))
        eta = _json.text_at(tracking, "courier_estimated_delivery_date", "estimated_delivery_date")
        return Observation(
            tracking_number=number,
            events=events,
            carrier=_CARRIERS.get(_json.text(tracking.get("slug")), ""),
            summary=summary.status if summary else None,
            service=_json.text(tracking.get("shipment_type")),
            carrier_eta=read_date(
                _json.text(tracking.get("expected_delivery"))
                or eta
                or _json.text(predicted.get("estimated_delivery_date"))
            ),
            signed_by=_json.signer(tracking.get("signed_by")),
            weight_g=_weight(tracking),
            origin=country_code(_json.text(tracking.get("origin_country_iso3"))),
            destination=country_code(_json.text(tracking.get("destination_country_iso3"))),
            unknown_codes=tuple(dict.fromkeys(unknown)),
        )

    def _event(self, checkpoint: _json.Fields, unknown: list[str]) -> ScanEvent:
        text, get = _json.text, checkpoint.get
        reading, code = self._read(checkpoint, unknown)
        reading = reading or _UNKNOWN
        country = country_code(text(get("country_iso3"))) or country_code(text(get("country_name")))
        city, region = text(get("city")), text(get("state"))
        written = text(get("checkpoint_time"))
        moment = read_moment(written, country=country, region=region)
        message = text(get("message"))
        longitude, latitude = _coordinates(get("coordinates"))
        return ScanEvent(
            occurred_at=moment.at,
            offset_source=moment.source,
            status=reading.status,
            reason=reading.reason,
            code=code,
            description=message,
            place=place_name(city, region) or place_name(text(get("location"))),
            country=country,
            latitude=latitude,
            longitude=longitude,
            # a sub-tag covers every hub on the way: the carrier's own tag or sentence tells two scans apart
            identity=f"{written}|{text(get('raw_tag'))}|{message}",
        )

    def _read(self, found: _json.Fields, unknown: list[str]) -> tuple[Reading | None, str]:
        """The sub-tag's reading, or the tag's where the sub-tag is new to us: the tag is AfterShip's own summary."""
        tag, subtag = _json.text(found.get("tag")), _json.text(found.get("subtag"))
        code = subtag or tag
        if not code:
            return None, ""
        if code not in self.statuses:
            unknown.append(code)
        return self.statuses.get(subtag) or self.statuses.get(tag, _UNKNOWN), code


def _trackings(document: _json.Fields) -> list[_json.Fields] | None:
    """The trackings of a webhook or an answer, or None when the payload is about something else."""
    if "msg" in document:
        return _json.rows(document["msg"], "msg")
    holder = document.get("data", document)
    if not isinstance(holder, dict):
        return None
    if "trackings" in holder:
        return _json.rows(holder["trackings"], "trackings")
    if "tracking" in holder:
        return _json.rows(holder["tracking"], "tracking")
    return [holder] if "tracking_number" in holder else None


def _subject(document: _json.Fields) -> str:
    event = _json.text(document.get("event"))
    if event:
        return f"the event {event}"
    message = _json.text_at(document, "meta", "message")
    if message:
        return f"the answer {_json.text_at(document, 'meta', 'code')}: {message}"
    if "meta" in document and isinstance(document.get("data"), dict):
        return f"an answer about {', '.join(sorted(map(_json.text, _json.fields(document['data'])))) or 'nothing'}"
    raise Unreadable("Neither a webhook nor an answer of AfterShip.")


def _is_scan(checkpoint: _json.Fields) -> bool:
    return bool(checkpoint.get("checkpoint_time") or checkpoint.get("message"))


def _weight(tracking: _json.Fields) -> int | None:
    weight = tracking.get("shipment_weight")
    if isinstance(weight, dict):
        return _json.grams(weight.get("value"), _json.text(weight.get("unit")))
    return _json.grams(weight, _json.text(tracking.get("shipment_weight_unit")))


def _coordinates(value: object) -> tuple[float | None, float | None]:
    """GeoJSON order: longitude, latitude."""
    if not value:
        return None, None
    if isinstance(value, dict):
        east, north = _json.number(value.get("longitude")), _json.number(value.get("latitude"))
    elif isinstance(value, list) and len(value) == 2:
        east, north = _json.number(value[0]), _json.number(value[1])
    else:
        return None, None
    if east is None or north is None or abs(east) > 180 or abs(north) > 90:
        return None, None
    return east, north
