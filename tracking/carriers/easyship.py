"""Easyship, which books shipments with many couriers: its webhooks, and answers about shipments and trackings.

Formats: https://developers.easyship.com (2023-01: shipment, tracking; webhooks ``shipment.tracking.status.changed`` and
``shipment.tracking.checkpoints.created``). The signature is a token signed with the webhook's secret; it doesn't cover
the body.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._signatures import hmac_sha256, same
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status, Unreadable

_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)


class Carrier(DirectCarrier):
    """Reader of Easyship's webhooks and answers."""

    label = "Easyship"
    signature = "header `x-easyship-signature`: a JSON web token signed with the secret (HS256)"
    # Words of `tracking_state`, `status` and `primary_status`, in lower case with underscores
    statuses: Mapping[str, Reading] = {
        "not_created": Reading(Status.PENDING),
        "pending": Reading(Status.PENDING),
        "created": _ANNOUNCED,
        "info_received": _ANNOUNCED,
        "label_generated": _ANNOUNCED,
        "label_ready": _ANNOUNCED,
        "picked_up": _MOVING,
        "in_transit": _MOVING,
        "in_transit_to_customer": _MOVING,
        "at_facility": _MOVING,
        "pending_customs": _MOVING,
        "out_for_delivery": Reading(Status.OUT_FOR_DELIVERY),
        "ready_for_pickup": Reading(Status.AVAILABLE_FOR_PICKUP),
        "awaiting_pickup_by_receiver": Reading(Status.AVAILABLE_FOR_PICKUP),
        "delivered": Reading(Status.DELIVERED),
        "failed_attempt": Reading(Status.ATTEMPT_FAILED),
        "delivery_failed": Reading(Status.ATTEMPT_FAILED),
        "failed_delivery_attempt": Reading(Status.ATTEMPT_FAILED),
        "delivery_delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "exception": Reading(Status.EXCEPTION),
        "on_hold": Reading(Status.EXCEPTION),
        "lost_by_courier": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "return_to_sender": Reading(Status.RETURNING),
        "returned_to_shipper": Reading(Status.RETURNED),
        "expired": Reading(Status.EXPIRED),
    }
    messages = (("error", "message"), ("error", "details"), ("errors", "message"), ("message",))
    answers = (("shipment",), ("shipments",), ("tracking",), ("trackings",), ("event_type",), ("meta",))

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Check that the header's token was signed with the webhook's secret."""
        signed, _, signature = headers.get("x-easyship-signature", "").rpartition(".")
        head, dot, claims = signed.partition(".")
        if not secret or not dot or not claims:
            return False
        try:
            algorithm = _json.load_fields(_decoded(head)).get("alg")
            given = _decoded(signature)
        except (Unreadable, ValueError, binascii.Error):
            return False
        return algorithm == "HS256" and same(given, hmac_sha256(secret, signed.encode("utf-8", "surrogatepass")))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The legs of shipments, trackings with their checkpoints, or what a webhook tells of one."""
        change = _json.fields(_json.at(document, "tracking_status"))
        if change:
            yield self._tracking(change, {})
        for name in ("shipment", "shipments"):
            for shipment in _json.rows(_json.at(document, name), name):
                for leg in _json.rows(shipment.get("trackings"), "trackings"):
                    yield self._tracking(leg, shipment)
        for name in ("tracking", "trackings", "tracking_checkpoints"):
            for tracking in _json.rows(_json.at(document, name), name):
                yield self._tracking(tracking, tracking)

    def _tracking(self, tracking: _json.Fields, shipment: _json.Fields) -> Observation | None:
        number = _json.text(tracking.get("tracking_number"))
        checkpoints = _json.rows(tracking.get("checkpoints"), "checkpoints")
        words = (_json.text(tracking.get(name)) for name in ("tracking_state", "status", "tracking_status"))
        state = next((word for word in words if word), "")
        if not number or not (checkpoints or state):
            return None
        codes = self.codes()
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes) for one in checkpoints),
            summary=codes.read(state, _key(state)).status if state else None,
            carrier_eta=read_date(_json.text(tracking.get("eta_date"))),
            origin=_place(shipment.get("origin_address")),
            destination=_place(shipment.get("destination_address")),
            unknown_codes=codes.unknown,
        )


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))


def _key(word: str) -> str:
    return word.lower().replace(" ", "_")


def _place(address: object) -> str:
    return place_name(_json.text_at(address, "city"), _json.text_at(address, "state"))


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(one.get("primary_status"))
    country = country_code(_json.text(one.get("country_alpha2")) or _json.text(one.get("country_name")))
    written, words = _json.text(one.get("checkpoint_time")), _json.text(one.get("message"))
    region = _json.text(one.get("state"))
    return scan(
        codes.read(code, _key(code)),
        read_moment(written, country=country, region=region),
        code=code,
        description=words,
        place=place_name(_json.text(one.get("city")) or _json.text(one.get("location")), region),
        country=country,
        identity=f"{written}|{code}|{words}",  # a few words cover every checkpoint
    )
