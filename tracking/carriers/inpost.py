"""InPost: answers and webhooks of ShipX, and parcels as its app's service tells them.

Formats: https://dokumentacja-inpost.atlassian.net (ShipX: tracking, statuses, webhooks; the app's parcel with its
``eventLog``, whose names are the same words in upper case). Times carry their offset, else they are Poland's.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import in_path
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._times import read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status

_HOME = "Europe/Warsaw"
_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_OUT = Reading(Status.OUT_FOR_DELIVERY)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_DELIVERED = Reading(Status.DELIVERED)
_LATE = Reading(Status.EXCEPTION, "carrier_delay")


class Carrier(DirectCarrier):
    """Reader of InPost's payloads."""

    label = "InPost"
    # ShipX: GET /v1/statuses, and the groups of the app's service
    statuses: Mapping[str, Reading] = {
        "created": _ANNOUNCED,
        "offers_prepared": _ANNOUNCED,
        "offer_selected": _ANNOUNCED,
        "confirmed": _ANNOUNCED,
        "dispatched_by_sender": _MOVING,
        "dispatched_by_sender_to_pok": _MOVING,
        "collected_from_sender": _MOVING,
        "taken_by_courier": _MOVING,
        "taken_by_courier_from_pok": _MOVING,
        "taken_by_courier_from_customer_service_point": _MOVING,
        "adopted_at_source_branch": _MOVING,
        "sent_from_source_branch": _MOVING,
        "adopted_at_sorting_center": _MOVING,
        "sent_from_sorting_center": _MOVING,
        "adopted_at_target_branch": _MOVING,
        "readdressed": _MOVING,
        "redirect_to_box": _MOVING,
        "canceled_redirect_to_box": _MOVING,
        "other": Reading(Status.UNKNOWN),
        "unstack_from_customer_service_point": _MOVING,
        "unstack_from_box_machine": _MOVING,
        "out_for_delivery": _OUT,
        "out_for_delivery_to_address": _OUT,
        "ready_to_pickup": _PICKUP_POINT,
        "ready_to_pickup_from_pok": _PICKUP_POINT,
        "ready_to_pickup_from_pok_registered": _PICKUP_POINT,
        "ready_to_pickup_from_branch": _PICKUP_POINT,
        "pickup_reminder_sent": _PICKUP_POINT,
        "pickup_reminder_sent_address": _PICKUP_POINT,
        "stack_in_customer_service_point": _PICKUP_POINT,
        "stack_in_box_machine": _PICKUP_POINT,
        "delivered": _DELIVERED,
        "collected_by_customer": _DELIVERED,
        "avizo": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "pickup_time_expired": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "stack_parcel_pickup_time_expired": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "stack_parcel_in_box_machine_pickup_time_expired": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "rejected_by_receiver": Reading(Status.EXCEPTION, "consignee_refused"),
        "undelivered": Reading(Status.EXCEPTION),
        "undelivered_wrong_address": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "undelivered_incomplete_address": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "undelivered_unknown_receiver": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "undelivered_not_live_address": Reading(Status.EXCEPTION, "consignee_moved"),
        "undelivered_cod_cash_receiver": Reading(Status.EXCEPTION, "consignee_payment_due"),
        "undelivered_no_mailbox": Reading(Status.EXCEPTION, "consignee_access_restricted"),
        "undelivered_lack_of_access_letterbox": Reading(Status.EXCEPTION, "consignee_access_restricted"),
        "missing": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "claimed": Reading(Status.EXCEPTION),
        "oversized": Reading(Status.EXCEPTION, "merchant_packaging_issue"),
        "delay_in_delivery": _LATE,
        "courier_avizo_in_customer_service_point": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "canceled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "return_pickup_confirmation_to_sender": Reading(Status.RETURNED),
        "returned_to_sender": Reading(Status.RETURNED),
    }
    messages = (("message",), ("error",), ("description",))
    answers = (
        ("tracking_details",),
        ("eventLog",),
        ("parcels",),
        ("event",),
    )

    base_url = "https://api-shipx-pl.easypack24.net"  # ShipX tells of parcels without credentials

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/v1/tracking/{in_path(one.tracking_number)}",
            headers={"Accept": "application/json"},
        )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """A parcel, a list of them, or a webhook."""
        holder: object = document
        for name in ("payload", "parcels", "items"):
            if isinstance(inner := _json.at(document, name), Mapping | list):
                holder = inner
        for parcel in _json.rows(holder, "The answer"):
            yield self._parcel(parcel, sent_at=_json.text_at(document, "event_ts"))

    def _parcel(self, parcel: _json.Fields, sent_at: str) -> Observation | None:
        number = next(
            (found for name in ("tracking_number", "shipmentNumber") if (found := _json.text(parcel.get(name)))), ""
        )
        status = _json.text(parcel.get("status"))
        steps = _json.rows(parcel.get("tracking_details") or parcel.get("eventLog"), "tracking_details")
        if sent_at and status and not steps:
            steps = [{"status": status, "datetime": sent_at}]
        if not number or not (status or steps):
            return None
        codes = self.codes()
        point = _json.text_at(parcel, "pickUpPoint", "name") or _json.text_at(
            parcel, "custom_attributes", "target_machine_id"
        )
        return Observation(
            tracking_number=number,
            events=tuple(_event(step, codes, point) for step in steps),
            summary=codes.read(status, status.lower()).status if status else None,
            service=_json.text(parcel.get("service")) or _json.text(parcel.get("shipmentType")),
            destination=_json.text_at(parcel, "pickUpPoint", "addressDetails", "city"),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """InPost's public page of a number."""
        return f"https://inpost.pl/sledzenie-przesylek?number={quote(tracking_number)}"


def _event(step: _json.Fields, codes: CodeReader, point: str) -> ScanEvent:
    code = _json.text(step.get("status")) or _json.text(step.get("name"))
    reading = codes.read(code, code.lower())
    written = _json.text(step.get("datetime")) or _json.text(step.get("date"))
    at_point = reading.status in (Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED) and not step.get("agency")
    return scan(
        reading,
        read_moment(written, home=_HOME),
        code=code,
        description=code.replace("_", " ").capitalize(),
        place=point if at_point else _json.text(step.get("agency")),
    )
