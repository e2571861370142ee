"""Amazon Shipping: answers of the Shipping API, version 2 (``payload``) and version 1.

Format: https://developer-docs.amazon.com/sp-api (Shipping API v2, getTracking; the Merchant Web Services' answer has
the same shape). Event codes are words; times are UTC.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, coordinates, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_REFUSED = Reading(Status.EXCEPTION, "consignee_refused")


class Carrier(DirectCarrier):
    """Reader of Amazon Shipping's answers."""

    label = "Amazon Shipping"
    # Shipping API v2: EventCode, summary Status and the detail codes that say why
    statuses: Mapping[str, Reading] = {
        "LabelCreated": _ANNOUNCED,
        "ReadyForReceive": _ANNOUNCED,
        "Manifested": _ANNOUNCED,
        "PreTransit": _ANNOUNCED,
        "PickedUp": _MOVING,
        "InTransit": _MOVING,
        "Departed": _MOVING,
        "ArrivedAtCarrierFacility": _MOVING,
        "DepartedCarrierFacility": _MOVING,
        "ArrivedAtDeliveryStation": _MOVING,
        "ArrivedAtLocalFacility": _MOVING,
        "OutForDelivery": Reading(Status.OUT_FOR_DELIVERY),
        "AvailableForPickup": Reading(Status.AVAILABLE_FOR_PICKUP),
        "Delivered": Reading(Status.DELIVERED),
        "PickupDone": Reading(Status.DELIVERED),
        "DeliveryAttempted": Reading(Status.ATTEMPT_FAILED),
        "CustomerUnavailable": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "BusinessClosed": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "UnableToAccess": Reading(Status.ATTEMPT_FAILED, "consignee_access_restricted"),
        "UnableToContactRecipient": Reading(Status.ATTEMPT_FAILED, "consignee_unreachable"),
        "OtpNotAvailable": Reading(Status.ATTEMPT_FAILED, "consignee_verification_failed"),
        "AddressNotFound": Reading(Status.ATTEMPT_FAILED, "consignee_incorrect_address"),
        "Rejected": _REFUSED,
        "RejectedByRecipientWithVerification": _REFUSED,
        "CancelledByRecipient": Reading(Status.EXCEPTION, "consignee_cancelled"),
        "PaymentNotReady": Reading(Status.EXCEPTION, "consignee_payment_due"),
        "Undeliverable": Reading(Status.EXCEPTION),
        "Delayed": Reading(Status.EXCEPTION, "carrier_delay"),
        "WeatherDelay": Reading(Status.EXCEPTION, "weather_delay"),
        "OnHold": Reading(Status.EXCEPTION),
        "Damaged": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "Destroyed": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "Lost": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "PickupCancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "ReturnInitiated": Reading(Status.RETURNING),
    }
    messages = (("errors", "message"), ("errors", "code"), ("message",))
    answers = (("payload",), ("trackingId",), ("eventHistory",))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The tracking of an answer."""
        holder = _json.at(document, "payload") or document
        for answer in _json.rows(holder, "payload"):
            yield self._answer(answer)

    def _answer(self, answer: _json.Fields) -> Observation | None:
        number = _json.text(answer.get("trackingId"))
        scans = _json.rows(answer.get("eventHistory"), "eventHistory")
        status = _json.text_at(answer, "summary", "status")
        if not number or not (scans or status):
            return None
        proof = _json.fields(_json.at(answer, "summary", "proofOfDelivery"))
        receiver = _json.signer(proof.get("receivedBy"))
        spot = _json.fields(proof.get("deliveryLocationCoordinates"))
        where = coordinates(spot.get("latitude"), spot.get("longitude"))
        codes = self.codes()
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes, receiver, where) for one in scans),
            summary=codes.read(status).status if status else None,
            carrier_eta=read_date(_json.text(answer.get("promisedDeliveryDate"))),
            signed_by=receiver,
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """Amazon's public page of a number."""
        return f"https://track.amazon.com/tracking/{quote(tracking_number)}"


def _event(one: _json.Fields, codes: CodeReader, receiver: str, where: tuple[float | None, float | None]) -> ScanEvent:
    code = _json.text(one.get("eventCode"))
    reading = codes.read(code)
    if _json.text(one.get("shipmentType")) == "RETURNS" and reading.status is Status.DELIVERED:
        reading = Reading(Status.RETURNED)
    location = _json.fields(one.get("location"))
    country, region = country_code(_json.text(location.get("countryCode"))), _json.text(location.get("stateOrRegion"))
    delivered = reading.status is Status.DELIVERED
    return scan(
        reading,
        read_moment(_json.text(one.get("eventTime")), country=country, region=region),
        code=code,
        description=code,
        place=place_name(_json.text(location.get("city")), region),
        country=country,
        latitude=where[0] if delivered else None,
        longitude=where[1] if delivered else None,
        signed_by=receiver if delivered else "",
    )
