"""GLS: answers of the group's Track & Trace, of its public tracking service, and of GLS Canada.

Formats: https://dev-portal.gls-group.net (Track and Trace: ``parcels`` or one ``trackingNumber`` with ``events``);
the public service of gls-group.com (``tuStatus`` with ``history``, whose codes stand apart in ``evtNos``); GLS Canada's
shipment history (``Parcels`` with ``History``). Times are UTC in the group's service and local in the two others.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import client_credentials, in_path, read_oauth_token
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, coordinates, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status, Token

_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_DELIVERED = Reading(Status.DELIVERED)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_NOT_HOME = Reading(Status.ATTEMPT_FAILED, "consignee_not_home")


class Carrier(DirectCarrier):
    """Reader of GLS's answers."""

    label = "GLS"
    messages = (("errors", "message"), ("errors", "code"), ("exceptionText",), ("parcels", "errorMessage"))
    answers = (("tuStatus",), ("parcels",), ("Parcels",), ("trackingNumber",))
    statuses: Mapping[str, Reading] = {
        # the group's statuses
        "ACCEPTED": _MOVING,
        "COLLECTED": _MOVING,
        "IN_DEPOT": _MOVING,
        "IN_TRANSIT": _MOVING,
        "OUT_FOR_DELIVERY": Reading(Status.OUT_FOR_DELIVERY),
        "READY_FOR_PICKUP": _PICKUP_POINT,
        "DELIVERED": _DELIVERED,
        "SIGNED": _DELIVERED,
        "DELIVERY_FAILED": Reading(Status.ATTEMPT_FAILED),
        "REFUSED": Reading(Status.ATTEMPT_FAILED, "consignee_refused"),
        "DAMAGED": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "DELAYED": Reading(Status.EXCEPTION, "carrier_delay"),
        "ON_HOLD": Reading(Status.EXCEPTION),
        "EXCEPTION": Reading(Status.EXCEPTION),
        # statuses of a whole parcel
        "PLANNEDPICKUP": _ANNOUNCED,
        "INPICKUP": _ANNOUNCED,
        "PREADVICE": _ANNOUNCED,
        "INTRANSIT": _MOVING,
        "INWAREHOUSE": _MOVING,
        "INDELIVERY": Reading(Status.OUT_FOR_DELIVERY),
        "DELIVEREDPS": _PICKUP_POINT,
        "FINAL": _DELIVERED,
        "NOTDELIVERED": Reading(Status.ATTEMPT_FAILED),
        "NOTPICKEDUP": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "CANCELED": Reading(Status.EXCEPTION, "merchant_cancelled"),
        # the public service's event numbers
        "0.100": _ANNOUNCED,
        "0.0": _MOVING,
        "1.0": _MOVING,
        "2.0": _MOVING,
        "2.29": _MOVING,
        "2.106": _MOVING,
        "11.0": Reading(Status.OUT_FOR_DELIVERY),
        "2.124": _PICKUP_POINT,
        "3.124": _PICKUP_POINT,
        "3.0": _DELIVERED,
        "4.40": _NOT_HOME,
        "90.132": _NOT_HOME,  # the card that tells of the attempt
        "35.482": Reading(Status.EXCEPTION, "consignee_not_home"),  # back in the depot after the attempt
        # GLS Canada: the status of a parcel, and its numbers of exceptions
        "Creation": _ANNOUNCED,
        "exception 5": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
    }

    # the group's Track and Trace, version 1
    base_url = "https://api.gls-group.net"
    credentials_needed = ("client_id", "client_secret")
    numbers_per_question = 10

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        numbers = ",".join(in_path(one.tracking_number) for one in asked)
        return Question(
            "GET",
            f"{self.address(credentials)}/track-and-trace-v1/tracking/simple/trackids/{numbers}",
            headers={"Authorization": f"Bearer {credentials['token']}", "Accept": "application/json"},
        )

    def token_question(self, credentials: Mapping[str, str]) -> Question:
        return client_credentials(f"{self.address(credentials)}/oauth2/v2/token", credentials, is_basic=True)

    def read_token(self, body: bytes) -> Token:
        return read_oauth_token(body)

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The parcels of any of the three services."""
        holder = _json.fields(document)
        for parcel in _json.rows(holder.get("tuStatus"), "tuStatus"):
            yield _public_parcel(parcel, self.codes())
        for parcel in _json.rows(holder.get("Parcels"), "Parcels"):
            yield _canadian_parcel(parcel, self.codes())
        parcels = _json.rows(holder.get("parcels"), "parcels")
        for parcel in parcels or ([holder] if "trackingNumber" in holder else []):
            yield _group_parcel(parcel, self.codes())

    def tracking_url(self, tracking_number: str) -> str:
        """GLS's public page of a number."""
        return f"https://gls-group.com/EU/en/parcel-tracking?match={quote(tracking_number)}"


def _group_parcel(parcel: _json.Fields, codes: CodeReader) -> Observation:
    events = tuple(_group_event(row, codes) for row in _json.rows(parcel.get("events"), "events"))
    status = _json.text(parcel.get("status"))
    number = _json.text(parcel.get("trackingNumber")) or _json.text(parcel.get("unitno"))
    return Observation(
        tracking_number=number or _json.text(parcel.get("requested")),
        events=events,
        summary=codes.read(status).status if status else None,
        service=_json.text(parcel.get("product")),
        carrier_eta=read_date(_json.text(parcel.get("estimatedDelivery"))),
        weight_g=_json.grams(parcel.get("weight"), "KG"),
        origin=place_name(_json.text_at(parcel, "sender", "city")),
        destination=place_name(_json.text_at(parcel, "receiver", "city")),
        unknown_codes=codes.unknown,
    )


def _group_event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    place = _json.fields(row.get("location")) or row
    country = country_code(_json.text(place.get("country")))
    code = _json.text(row.get("status")) or _json.text(row.get("code"))
    written = _json.text(row.get("timestamp")) or _json.text(row.get("eventDateTime"))
    return scan(
        codes.read(code),
        read_moment(written, country=country),
        code=code,
        description=_json.text(row.get("description")),
        place=place_name(_json.text(place.get("city"))),
        country=country,
    )


def _public_parcel(parcel: _json.Fields, codes: CodeReader) -> Observation:
    rows = _json.rows(parcel.get("history"), "history")
    numbers = _json.at(parcel, "progressBar", "evtNos")
    known = numbers if isinstance(numbers, list) and len(numbers) == len(rows) else [""] * len(rows)
    status = _json.text_at(parcel, "progressBar", "statusInfo")
    infos = {_json.text(row.get("type")): row for row in _json.rows(parcel.get("infos"), "infos")}
    weight, _, unit = _json.text_at(infos, "WEIGHT", "value").partition(" ")
    return Observation(
        tracking_number=_json.text(parcel.get("tuNo")),
        events=tuple(_public_event(row, _json.text(code), codes) for row, code in zip(rows, known, strict=True)),
        summary=codes.read(status).status if status else None,
        service=_json.text_at(infos, "PRODUCT", "value"),
        weight_g=_json.grams(weight, unit),
        unknown_codes=codes.unknown,
    )


def _public_event(row: _json.Fields, code: str, codes: CodeReader) -> ScanEvent:
    country = country_code(_json.text_at(row, "address", "countryCode"))
    return scan(
        codes.read(code),
        read_moment(f"{_json.text(row.get('date'))} {_json.text(row.get('time'))}", country=country),
        code=code,
        description=_json.text(row.get("evtDscr")),
        place=place_name(_json.text_at(row, "address", "city")),
        country=country,
    )


def _canadian_parcel(parcel: _json.Fields, codes: CodeReader) -> Observation:
    events = tuple(_canadian_event(row, codes) for row in _json.rows(parcel.get("History"), "History"))
    status = _json.text(parcel.get("Status"))
    return Observation(
        tracking_number=_json.text(parcel.get("ParcelId")),
        events=events,
        summary=codes.read(status).status if status else None,
        carrier_eta=read_date(_json.text(parcel.get("EstimatedDeliveryDate"))),
        unknown_codes=codes.unknown,
    )


def _canadian_event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = f"exception {_json.text(row.get('ExceptionId'))}".removesuffix("exception ")
    latitude, longitude = coordinates(_json.at(row, "Geocoding", "Latitude"), _json.at(row, "Geocoding", "Longitude"))
    return scan(
        codes.read(code),
        read_moment(_json.text(row.get("ProcessedDate")), country="CA", home="America/Toronto"),
        code=code,
        description=_json.text(row.get("DescriptionEn")) or _json.text(row.get("DescriptionFr")),
        place=place_name(_json.text(row.get("CityDepot"))),
        country="CA",
        latitude=latitude,
        longitude=longitude,
    )
