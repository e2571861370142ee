"""EasyPost, an aggregator: ``tracker.*`` event webhooks and tracker answers.

Formats: https://docs.easypost.com/docs/trackers and https://docs.easypost.com/guides/webhooks-guide. EasyPost
gives every time in UTC, converted by the place of the scan where that is known.
"""

import unicodedata
from collections.abc import Mapping, Sequence

from tracking.carriers import _json
from tracking.carriers._asking import basic
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

_SCHEME = "hmac-sha256-hex="
_OUNCE = "OZ"

_CARRIERS = {
    "DHLExpress": "dhl",
    "DHLEcs": "dhl",
    "DHLEcommerceAsia": "dhl",
    "DHLGlobalMail": "dhl",
    "DHLPaket": "dhl",
    "DHLParcel": "dhl",
    "DhlEcs": "dhl",
    "UPS": "ups",
    "UPSDAP": "ups",
    "UPSMailInnovations": "ups",
    "UPSSurePost": "ups",
    "FedEx": "fedex",
    "FedExDefault": "fedex",
    "FedExMailview": "fedex",
    "FedExSmartPost": "fedex",
    "FedexSmartPost": "fedex",
    "USPS": "usps",
}


class Carrier(CarrierAdapter):
    """Reader of EasyPost's tracker events and answers."""

    label = "EasyPost"
    is_aggregator = True
    tells_all = True
    signature = "header `X-Hmac-Signature` = hmac-sha256-hex= and the HMAC-SHA256 of the body"
    # https://docs.easypost.com/docs/trackers: status, and status/status_detail where the detail says more
    statuses: Mapping[str, Reading] = {
        "pre_transit": Reading(Status.INFO_RECEIVED),
        "in_transit": Reading(Status.IN_TRANSIT),
        "out_for_delivery": Reading(Status.OUT_FOR_DELIVERY),
        "delivered": Reading(Status.DELIVERED),
        "available_for_pickup": Reading(Status.AVAILABLE_FOR_PICKUP),
        "return_to_sender": Reading(Status.RETURNING),
        "failure": Reading(Status.EXCEPTION),
        "cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "unknown": Reading(Status.UNKNOWN),
        # EasyPost's own trouble in looking a number up; it says nothing of the parcel
        "error": Reading(Status.UNKNOWN),
        "in_transit/weather_delay": Reading(Status.EXCEPTION, "weather_delay"),
        "in_transit/delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "in_transit/delivery_exception": Reading(Status.ATTEMPT_FAILED),
        "in_transit/transit_exception": Reading(Status.EXCEPTION),
        "in_transit/held": Reading(Status.EXCEPTION, "carrier_delay"),
        "in_transit/missorted": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "in_transit/damaged": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "in_transit/refused": Reading(Status.EXCEPTION, "consignee_refused"),
        "in_transit/address_correction": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "in_transit/return": Reading(Status.RETURNING),
        "failure/weather_delay": Reading(Status.EXCEPTION, "weather_delay"),
        "failure/delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "failure/delivery_exception": Reading(Status.ATTEMPT_FAILED),
        "failure/held": Reading(Status.EXCEPTION, "carrier_delay"),
        "failure/missorted": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "failure/damaged": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "failure/lost": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "failure/refused": Reading(Status.EXCEPTION, "consignee_refused"),
        "failure/address_correction": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "failure/expired": Reading(Status.EXPIRED),
        "failure/return": Reading(Status.RETURNING),
        "unknown/expired": Reading(Status.EXPIRED),
        "return_to_sender/delivered": Reading(Status.RETURNED),
        "return_to_sender/arrived_at_destination": Reading(Status.RETURNED),
    }

    base_url = "https://api.easypost.com"
    credentials_needed = ("api_key",)

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/v2/trackers",
            headers={"Authorization": basic(credentials["api_key"], ""), "Accept": "application/json"},
            params={"tracking_code": one.tracking_number},
        )

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header with the body's HMAC; the secret is normalized to NFKD, as EasyPost does."""
        given = headers.get("x-hmac-signature", "")
        if not secret or not given.startswith(_SCHEME):
            return False
        digest = hmac_sha256(unicodedata.normalize("NFKD", secret), body)
        return same(given.removeprefix(_SCHEME), digest.hex())

    def parse(self, body: bytes) -> list[Observation]:
        """Read an event, a tracker or a list of trackers."""
        document = _json.load_fields(body)
        trackers = _trackers(document)
        if not trackers:
            raise NoTracking(f"EasyPost sent no tracker but {_subject(document)}.")
        observations = [found for tracker in trackers if (found := self._observe(tracker))]
        if not observations:
            raise Unreadable("No tracker in the payload has a tracking code.")
        return observations

    def _observe(self, tracker: _json.Fields) -> Observation | None:
        number = _json.text(tracker.get("tracking_code"))
        if not number:
            return None
        unknown: list[str] = []
        details = _json.rows(tracker.get("tracking_details"), "tracking_details")
        # a detail of status "error" is EasyPost's own trouble, not a scan
        events = tuple(self._event(detail, unknown) for detail in details if detail.get("status") != "error")
        status = _json.text(tracker.get("status"))
        carrier_detail = _json.fields(tracker.get("carrier_detail"))
        return Observation(
            tracking_number=number,
            events=events,
            carrier=_CARRIERS.get(_json.text(tracker.get("carrier")), ""),
            summary=self._read(tracker, unknown).status if status else None,
            service=_json.text(carrier_detail.get("service")),
            carrier_eta=read_date(
                _json.text(carrier_detail.get("est_delivery_date_local"))
                or _json.text(tracker.get("est_delivery_date"))
            ),
            signed_by=_json.signer(tracker.get("signed_by")),
            weight_g=_json.grams(tracker.get("weight"), _OUNCE),
            origin=_json.text(carrier_detail.get("origin_location")),
            destination=_json.text(carrier_detail.get("destination_location")),
            unknown_codes=tuple(dict.fromkeys(unknown)),
        )

    def _event(self, detail: _json.Fields, unknown: list[str]) -> ScanEvent:
        reading = self._read(detail, unknown)
        location = _json.fields(detail.get("tracking_location"))
        written = _json.text(detail.get("datetime"))
        moment = read_moment(written)
        message = _json.text(detail.get("message")) or _json.text(detail.get("description"))
        code = _json.text(detail.get("carrier_code")) or _code(detail)
        return ScanEvent(
            occurred_at=moment.at,
            offset_source=moment.source,
            status=reading.status,
            reason=reading.reason,
            code=code,
            description=message,
            place=place_name(_json.text(location.get("city")), _json.text(location.get("state"))),
            country=country_code(_json.text(location.get("country"))),
            # EasyPost's codes cover many scans of one hour, and the carrier's own code may repeat at every hub
            identity=f"{written}|{code}|{message}",
        )

    def _read(self, found: _json.Fields, unknown: list[str]) -> Reading:
        status, code = _json.text(found.get("status")), _code(found)
        if code in self.statuses:
            return self.statuses[code]
        if status and status not in self.statuses:
            unknown.append(code)
        return self.read_code(status)


def _code(found: _json.Fields) -> str:
    status, detail = _json.text(found.get("status")), _json.text(found.get("status_detail"))
    return f"{status}/{detail}" if status and detail else status


def _trackers(document: _json.Fields) -> list[_json.Fields]:
    if document.get("object") == "Event" or "result" in document:
        document = _json.fields(document.get("result"))
    if "trackers" in document:
        return [tracker for tracker in _json.rows(document["trackers"], "trackers") if _is_tracker(tracker)]
    return [document] if _is_tracker(document) else []


def _is_tracker(found: _json.Fields) -> bool:
    kind = _json.text(found.get("object"))
    return kind == "Tracker" or (not kind and "tracking_details" in found)


def _subject(document: _json.Fields) -> str:
    if _json.text(document.get("description")) and document.get("object") == "Event":
        return f"the event {_json.text(document['description'])}"
    if "error" in document:
        return f"the error {_json.text_at(document, 'error', 'message') or _json.text_at(document, 'error', 'code')}"
    kind = _json.text(document.get("object"))
    if kind:
        return f"an object of type {kind}"
    if document:
        return f"an object with {', '.join(sorted(map(_json.text, document))[:5])}"
    raise Unreadable("An empty object.")
