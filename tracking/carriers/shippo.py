"""Shippo, an aggregator: the webhook `track_updated` and answers of its tracking API.

Formats: https://docs.goshippo.com/tracking/webhooks and https://docs.goshippo.com/shippoapi/public-api/tracking-status.
A status of six words carries a substatus that tells more. Times are UTC. Signature:
https://docs.goshippo.com/tracking/webhook-security.
"""

from collections.abc import Mapping, Sequence

from tracking.carriers import _json
from tracking.carriers._asking import in_path
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import scan
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

_MOVING = Reading(Status.IN_TRANSIT)
_ATTEMPT = Reading(Status.ATTEMPT_FAILED)

_CARRIERS = {
    "dhl_express": "dhl",
    "dhl_ecommerce": "dhl",
    "dhl_germany": "dhl",
    "deutsche_post": "dhl",
    "fedex": "fedex",
    "ups": "ups",
    "usps": "usps",
    "australia_post": "australiapost",
    "canada_post": "canadapost",
    "asendia_us": "asendia",
    "canpar": "canpar",
    "chronopost": "chronopost",
    "colissimo": "colissimo",
    "correios_br": "correios_br",
    "lasership": "lasership",
    "purolator": "purolator",
    "royal_mail": "royalmail",
    "hermes_uk": "hermes_evri",
    "dpd_de": "dpd",
    "dpd_uk": "dpd",
}

# Our codes of the carriers whose name at Shippo we can vouch for.
_ASKED_AS = {"usps": "usps", "ups": "ups", "fedex": "fedex"}


class Carrier(CarrierAdapter):
    """Reader of Shippo's webhooks and API answers."""

    label = "Shippo"
    signature = "header `shippo-auth-signature` = t=<time>,v1=<HMAC-SHA256 of time.body in hex>"
    # docs.goshippo.com: tracking statuses and, in lower case, their substatuses
    statuses: Mapping[str, Reading] = {
        "UNKNOWN": Reading(Status.PENDING),
        "PRE_TRANSIT": Reading(Status.INFO_RECEIVED),
        "TRANSIT": _MOVING,
        "DELIVERED": Reading(Status.DELIVERED),
        "RETURNED": Reading(Status.RETURNING),
        "FAILURE": Reading(Status.EXCEPTION),
        "information_received": Reading(Status.INFO_RECEIVED),
        "address_issue": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "contact_carrier": Reading(Status.EXCEPTION),
        "delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "delivery_attempted": _ATTEMPT,
        "delivery_rescheduled": Reading(Status.EXCEPTION, "carrier_delay"),
        "reschedule_delivery": _ATTEMPT,
        "delivery_scheduled": _MOVING,
        "location_inaccessible": Reading(Status.ATTEMPT_FAILED, "consignee_access_restricted"),
        "notice_left": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "out_for_delivery": Reading(Status.OUT_FOR_DELIVERY),
        "package_accepted": _MOVING,
        "package_arrived": _MOVING,
        "package_damaged": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "package_departed": _MOVING,
        "package_forwarded": _MOVING,
        "package_held": Reading(Status.EXCEPTION),
        "package_processed": _MOVING,
        "package_processing": _MOVING,
        "package_in_local_area": _MOVING,
        "pickup_available": Reading(Status.AVAILABLE_FOR_PICKUP),
        "delivered": Reading(Status.DELIVERED),
        "return_to_sender": Reading(Status.RETURNING),
        "returned_to_sender": Reading(Status.RETURNING),
        "package_unclaimed": Reading(Status.RETURNING, "consignee_not_picked_up"),
        "package_undeliverable": Reading(Status.EXCEPTION),
        "package_disposed": Reading(Status.EXCEPTION),
        "package_lost": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "other": Reading(Status.UNKNOWN),
    }

    base_url = "https://api.goshippo.com"
    credentials_needed = ("api_key",)

    def lacks(self, asked: Asked) -> list[str]:
        return [] if asked.carrier in _ASKED_AS else ["carrier"]

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/tracks/{_ASKED_AS[one.carrier]}/{in_path(one.tracking_number)}",
            headers={"Authorization": f"ShippoToken {credentials['api_key']}", "Accept": "application/json"},
        )

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header with the HMAC of its time, a dot and the body."""
        parts = dict(part.strip().partition("=")[::2] for part in headers.get("shippo-auth-signature", "").split(","))
        if not secret or not parts.get("t"):
            return False
        signed = parts["t"].encode("utf-8", "surrogatepass") + b"." + body
        return same(parts.get("v1", "").lower(), hmac_sha256(secret, signed).hex())

    def parse(self, body: bytes) -> list[Observation]:
        """Read a webhook or an answer."""
        document = _json.load_fields(body)
        data = document.get("data", document)
        holders = _json.rows(data if isinstance(data, Mapping | list) else document, "data")
        found = [one for holder in holders if "tracking_number" in holder and (one := self._observe(holder))]
        if not found:
            raise NoTracking(f"Shippo sent no tracking but {_subject(document, holders)}.")
        return found

    def _observe(self, track: _json.Fields) -> Observation | None:
        number = _json.text(track.get("tracking_number"))
        history = _json.rows(track.get("tracking_history"), "tracking_history")
        latest = _json.fields(track.get("tracking_status"))
        if not number or not (history or latest.get("status")):
            return None
        codes = CodeReader(self.statuses)
        if latest and not any(_mark(latest) == _mark(step) for step in history):
            history = [*history, latest]
        status = _json.text(latest.get("status"))
        return Observation(
            tracking_number=number,
            events=tuple(self._event(step, codes) for step in history),
            carrier=_CARRIERS.get(_json.text(track.get("carrier")).lower(), ""),
            summary=codes.read(status).status if status else None,
            service=_json.text_at(track, "servicelevel", "name"),
            carrier_eta=read_date(_json.text(track.get("eta"))),
            origin=_place(track.get("address_from")),
            destination=_place(track.get("address_to")),
            unknown_codes=codes.unknown,
        )

    def _event(self, step: _json.Fields, codes: CodeReader) -> ScanEvent:
        status, code = _json.text(step.get("status")), _json.text_at(step, "substatus", "code").lower()
        reading = codes.read(code, code) if code else Reading(Status.UNKNOWN)
        if reading.status is Status.UNKNOWN:  # the status is Shippo's own summary of a substatus that says nothing
            reading = codes.read(status)
        elif status == "RETURNED" and reading.status is not Status.RETURNING:
            reading = Reading(Status.RETURNING, reading.reason)
        country = country_code(_json.text_at(step, "location", "country"))
        region, written = _json.text_at(step, "location", "state"), _json.text(step.get("status_date"))
        words = _json.text(step.get("status_details")) or _json.text_at(step, "substatus", "text")
        return scan(
            reading,
            read_moment(written, country=country, region=region),
            code=code or status,
            description=words,
            place=_place(step.get("location")),
            country=country,
            identity=f"{written}|{status}|{code}|{words}",  # Shippo's object_id changes with each telling
        )


def _mark(step: _json.Fields) -> tuple[str, ...]:
    return tuple(_json.text(step.get(name)) for name in ("status_date", "status", "status_details"))


def _place(address: object) -> str:
    return place_name(_json.text_at(address, "city"), _json.text_at(address, "state"))


def _subject(document: _json.Fields, holders: list[_json.Fields]) -> str:
    if event := _json.text(document.get("event")):
        return f"the event {event}"
    if any("tracking_number" in holder or "tracking_status" in holder for holder in holders):
        return "an answer about a number without history"
    detail = document.get("detail") or document.get("carrier") or document.get("__all__")
    message = _json.text(detail[0]) if isinstance(detail, list) and detail else _json.text(detail)
    if message:
        return message.rstrip(".")
    if "object_id" in document or "results" in document:
        return "an object of another kind"
    raise Unreadable("Neither a webhook nor an answer of Shippo.")
