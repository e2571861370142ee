"""CDEK: status reports of its XML protocol 1.5, orders and webhooks of its API 2.0.

Formats: https://api-docs.cdek.ru (webhook ORDER_STATUS; GET /v2/orders with ``entity.statuses``) and protocol 1.5
(``StatusReport``: an order's states, and those of the order that returns it). Times state their offset, else Moscow's.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import client_credentials, read_oauth_token
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status, Token

_HOME = "Europe/Moscow"
_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_OUT = Reading(Status.OUT_FOR_DELIVERY)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_DELIVERED = Reading(Status.DELIVERED)
_NOT_DELIVERED = Reading(Status.EXCEPTION)

# Why an order was not delivered (both protocols number the reasons alike)
_REASONS = {
    "1": "consignee_incorrect_address",
    "2": "consignee_unreachable",
    "3": "consignee_moved",
    "8": "carrier_damaged_parcel",
    "9": "carrier_damaged_parcel",
    "10": "carrier_damaged_parcel",
    "11": "consignee_refused",
    "12": "consignee_refused",
    "15": "consignee_refused",
    "16": "consignee_refused",
    "17": "consignee_refused",
    "21": "consignee_payment_due",
    "22": "consignee_refused",
    "23": "consignee_not_picked_up",
    "27": "carrier_parcel_lost",
}


class Carrier(DirectCarrier):
    """Reader of CDEK's payloads."""

    label = "CDEK"
    statuses: Mapping[str, Reading] = {
        # protocol 1.5, appendix 1
        "1": _ANNOUNCED,
        "2": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "3": _MOVING,
        "4": _DELIVERED,
        "5": _NOT_DELIVERED,
        "6": _MOVING,
        "7": _MOVING,
        "8": _MOVING,
        "9": _MOVING,
        "10": _MOVING,
        "11": _OUT,
        "12": _PICKUP_POINT,
        "13": _MOVING,
        "16": _MOVING,
        "17": _MOVING,
        "18": Reading(Status.ATTEMPT_FAILED),
        "19": _MOVING,
        "20": _MOVING,
        "21": _MOVING,
        "22": _MOVING,
        "27": _MOVING,
        "28": _MOVING,
        # API 2.0, appendix 1
        "ACCEPTED": _ANNOUNCED,
        "CREATED": _ANNOUNCED,
        "INVALID": Reading(Status.EXCEPTION, "merchant_incorrect_data"),
        "REMOVED": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "RECEIVED_AT_SHIPMENT_WAREHOUSE": _MOVING,
        "READY_FOR_SHIPMENT_IN_SENDER_CITY": _MOVING,
        "READY_TO_SHIP_AT_SENDING_OFFICE": _MOVING,
        "RETURNED_TO_SENDER_CITY_WAREHOUSE": _MOVING,
        "TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY": _MOVING,
        "SENT_TO_TRANSIT_CITY": _MOVING,
        "ACCEPTED_IN_TRANSIT_CITY": _MOVING,
        "ACCEPTED_AT_TRANSIT_WAREHOUSE": _MOVING,
        "RETURNED_TO_TRANSIT_WAREHOUSE": _MOVING,
        "READY_FOR_SHIPMENT_IN_TRANSIT_CITY": _MOVING,
        "READY_TO_SHIP_IN_TRANSIT_OFFICE": _MOVING,
        "TAKEN_BY_TRANSPORTER_FROM_TRANSIT_CITY": _MOVING,
        "SENT_TO_SENDER_CITY": _MOVING,
        "SENT_TO_RECIPIENT_CITY": _MOVING,
        "ACCEPTED_IN_SENDER_CITY": _MOVING,
        "ACCEPTED_IN_RECIPIENT_CITY": _MOVING,
        "ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE": _MOVING,
        "ACCEPTED_AT_PICK_UP_POINT": _PICKUP_POINT,
        "TAKEN_BY_COURIER": _OUT,
        "RETURNED_TO_RECIPIENT_CITY_WAREHOUSE": Reading(Status.ATTEMPT_FAILED),
        "DELIVERED": _DELIVERED,
        "NOT_DELIVERED": _NOT_DELIVERED,
        "IN_CUSTOMS_INTERNATIONAL": _MOVING,
        "SHIPPED_TO_DESTINATION": _MOVING,
        "PASSED_TO_TRANSIT_CARRIER": _MOVING,
        "IN_CUSTOMS_LOCAL": _MOVING,
        "CUSTOMS_COMPLETE": _MOVING,
        "POSTOMAT_POSTED": _PICKUP_POINT,
        "POSTOMAT_SEIZED": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "POSTOMAT_RECEIVED": _DELIVERED,
    }
    messages = (
        ("StatusReport", "Order", "@Msg"),
        ("StatusReport", "@Msg"),
        ("response", "Order", "@Msg"),
        ("response", "Order", "@ErrorCode"),
        ("response", "ScheduleRequest", "@Msg"),
        ("requests", "errors", "message"),
        ("errors", "message"),
        ("message",),
        ("error",),
    )
    answers = (
        ("StatusReport",),
        ("InfoReport",),
        ("PvzList",),
        ("response",),
        ("ScheduleResponse",),
        ("entity",),
        ("type",),
    )

    base_url = "https://api.cdek.ru"
    credentials_needed = ("client_id", "client_secret")

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/v2/orders",
            headers={"Authorization": f"Bearer {credentials['token']}", "Accept": "application/json"},
            params={"cdek_number": one.tracking_number},
        )

    def token_question(self, credentials: Mapping[str, str]) -> Question:
        return client_credentials(f"{self.address(credentials)}/v2/oauth/token", credentials)

    def read_token(self, body: bytes) -> Token:
        return read_oauth_token(body)

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The orders of a report and their return orders; an order of the API; a webhook."""
        for order in _json.rows(_json.at(document, "StatusReport", "Order"), "Order"):
            yield self._reported(order)
            for back in _json.rows(order.get("ReturnOrder"), "ReturnOrder"):
                yield self._reported(back)
        for order in _json.rows(_json.at(document, "entity"), "entity"):
            steps = _json.rows(order.get("statuses"), "statuses")
            yield self._observed(_json.text(order.get("cdek_number")), steps, eta=order.get("planned_delivery_date"))
        if _json.text_at(document, "type") == "ORDER_STATUS":
            change = _json.fields(_json.at(document, "attributes"))
            yield self._observed(_json.text(change.get("cdek_number")), [change])

    def _observed(self, number: str, steps: list[_json.Fields], *, eta: object = None) -> Observation | None:
        if not number or not steps:
            return None
        codes = self.codes()
        events = tuple(_step(step, codes) for step in steps)
        return Observation(
            tracking_number=number,
            events=events,
            carrier_eta=read_date(_json.text(eta)),
            unknown_codes=codes.unknown,
        )

    def _reported(self, order: _json.Fields) -> Observation | None:
        number = _json.text(order.get("@DispatchNumber"))
        current = _json.fields(order.get("Status"))
        states = _json.rows(current.get("State"), "State") or ([current] if current.get("@Code") else [])
        if not number or not states:
            return None
        codes = self.codes()
        recipient = _json.text(order.get("@RecipientName"))
        why = _json.text_at(order, "Reason", "@Code")
        status = _json.text(current.get("@Code"))
        return Observation(
            tracking_number=number,
            events=tuple(_state(state, codes, why, recipient) for state in states),
            summary=codes.read(status).status if status else None,
            signed_by=recipient,
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """CDEK's public page of a number."""
        return f"https://www.cdek.ru/ru/tracking?order_id={quote(tracking_number)}"


def _with_reason(reading: Reading, why: str) -> Reading:
    return Reading(reading.status, _REASONS.get(why, "")) if reading == _NOT_DELIVERED else reading


def _state(state: _json.Fields, codes: CodeReader, why: str, recipient: str) -> ScanEvent:
    code = _json.text(state.get("@Code"))
    reading = _with_reason(codes.read(code), why)
    return scan(
        reading,
        read_moment(_json.text(state.get("@Date")), home=_HOME),
        code=code,
        description=_json.text(state.get("@Description")),
        place=place_name(_json.text(state.get("@CityName"))),
        signed_by=recipient if reading.status is Status.DELIVERED else "",
    )


def _step(step: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(step.get("code")) or _json.text(step.get("status_code"))
    why = _json.text(step.get("reason_code")) or _json.text(step.get("status_reason_code"))
    written = _json.text(step.get("date_time")) or _json.text(step.get("status_date_time"))
    return scan(
        _with_reason(codes.read(code), why),
        read_moment(written, home=_HOME),
        code=code,
        description=_json.text(step.get("name")) or code.replace("_", " ").capitalize(),
        place=place_name(_json.text(step.get("city")) or _json.text(step.get("city_name"))),
    )
