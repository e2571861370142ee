"""Ninja Van (Southeast Asia): answers of its tracking API, and its webhooks.

Format: https://api-docs.ninjavan.co (tracking events: ``data`` with ``events``; a webhook is one such event). A status
is a phrase whose first part is its kind; on the leg back to the sender a scan moves the return. Times carry an offset.
"""

import base64
from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._signatures import hmac_sha256, same
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_DELIVERED = Reading(Status.DELIVERED)
_HELD_BACK = {Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED}


class Carrier(DirectCarrier):
    """Reader of Ninja Van's answers and webhooks."""

    label = "Ninja Van"
    signature = "header `x-ninjavan-hmac-sha256` = base64 HMAC-SHA256 of the body"
    messages = (("error", "message"), ("error", "title"), ("error_description",), ("message",))
    answers = (("data",), ("events",))
    # A phrase, or its part before the comma
    statuses: Mapping[str, Reading] = {
        "Pending Pickup": _ANNOUNCED,
        "Pickup Exception": Reading(Status.EXCEPTION, "merchant_not_ready"),
        "Picked Up": _MOVING,
        "Pickup": _MOVING,
        "Drop Off": _MOVING,
        "Dropped Off": _MOVING,
        "Successful Pickup": _MOVING,
        "In Transit": _MOVING,
        "In Transit to Next Sorting Hub": _MOVING,
        "Arrived at Origin Hub": _MOVING,
        "Arrived at Transit Hub": _MOVING,
        "Arrived at Destination Hub": _MOVING,
        "On Vehicle for Delivery": Reading(Status.OUT_FOR_DELIVERY),
        "Out for Delivery": Reading(Status.OUT_FOR_DELIVERY),
        "Delivery Exception": Reading(Status.ATTEMPT_FAILED),
        "Delivery Attempted": Reading(Status.ATTEMPT_FAILED),
        "Unable to Deliver": Reading(Status.ATTEMPT_FAILED),
        "Delivered": _DELIVERED,
        "Successful Delivery": _DELIVERED,
        "Returned to Sender": Reading(Status.RETURNED),
        "Cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
    }

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header with the body's HMAC; ``secret`` is the account's client secret."""
        if not secret:
            return False
        given = headers.get("x-ninjavan-hmac-sha256", "")
        return same(given, base64.b64encode(hmac_sha256(secret, body)))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """An answer about several numbers, or a webhook about one scan."""
        holder = _json.fields(document)
        for parcel in _json.rows(holder.get("data"), "data"):
            codes = self.codes()
            events = tuple(_event(row, codes) for row in _json.rows(parcel.get("events"), "events"))
            yield Observation(
                tracking_number=_json.text(parcel.get("tracking_number")), events=events, unknown_codes=codes.unknown
            )
        number = _json.text(holder.get("tracking_number")) or _json.text(holder.get("tracking_id"))
        if number and "status" in holder:
            codes = self.codes()
            event = _event(holder, codes)
            yield Observation(tracking_number=number, events=(event,), unknown_codes=codes.unknown)


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("status"))
    reading = codes.read(code, code, code.partition(",")[0])
    if row.get("is_parcel_on_rts_leg") is True:
        reading = _backwards(reading)
    hub: _json.Fields = {}
    for name, value in row.items():  # "arrived_at_origin_hub_information" and its siblings
        if name.endswith("_hub_information"):
            hub = _json.fields(value)
    country = country_code(_json.text(hub.get("country")))
    return scan(
        reading,
        read_moment(_json.text(row.get("timestamp")), country=country, home="Asia/Singapore"),
        code=code,
        description=code,
        place=place_name(_json.text(hub.get("city")) or _json.text(hub.get("hub"))),
        country=country,
        signed_by=_json.signer(_json.at(row, "pod", "name")),
    )


def _backwards(reading: Reading) -> Reading:
    if reading.status is Status.DELIVERED:
        return Reading(Status.RETURNED)
    return Reading(Status.RETURNING) if reading.status in _HELD_BACK else reading
