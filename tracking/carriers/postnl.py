"""PostNL (the Netherlands): answers of its Shipping Status service.

Format: https://developer.postnl.nl (Shippingstatus webservice: ``CompleteStatus`` with ``Event`` and ``OldStatus``,
``CurrentStatus`` with ``Status`` alone). An observation ("J05") without a reading of its own is read by the status code
that PostNL stamped with the same time. Times are Dutch.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import in_path
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_date, read_instant, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status

_HOME = "Europe/Amsterdam"
_MISSING = Reading(Status.EXCEPTION, "carrier_parcel_lost")
_NO_STATUS = "99"


class Carrier(DirectCarrier):
    """Reader of PostNL's answers."""

    label = "PostNL"
    messages = (
        ("Errors", "Description"),
        ("Errors", "ErrorMsg"),
        ("Warnings", "Description"),
        ("fault", "faultstring"),
        ("Error", "ErrorDescription"),
        ("message",),
    )
    answers = (("CompleteStatus",), ("CurrentStatus",))
    statuses: Mapping[str, Reading] = {
        "1": Reading(Status.INFO_RECEIVED),
        "2": Reading(Status.IN_TRANSIT),  # accepted
        "3": Reading(Status.IN_TRANSIT),  # collected
        "5": Reading(Status.IN_TRANSIT),  # sorted
        "6": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "7": Reading(Status.OUT_FOR_DELIVERY),
        "8": Reading(Status.ATTEMPT_FAILED),
        "9": Reading(Status.IN_TRANSIT),  # at the customs
        "11": Reading(Status.DELIVERED),
        "12": Reading(Status.AVAILABLE_FOR_PICKUP),
        "13": Reading(Status.INFO_RECEIVED),  # pre-alerted, not yet accepted
        "14": Reading(Status.EXCEPTION, "merchant_not_ready"),  # pre-alerted and never accepted
        "15": _MISSING,
        "16": _MISSING,
        "17": _MISSING,
        "18": _MISSING,
        "19": Reading(Status.EXCEPTION),
        "20": Reading(Status.IN_TRANSIT),  # in clearance
        "22": Reading(Status.DELIVERED),  # picked up at the post office
        "A01": Reading(Status.INFO_RECEIVED),
        "B01": Reading(Status.IN_TRANSIT),
        "J01": Reading(Status.IN_TRANSIT),
        "J05": Reading(Status.OUT_FOR_DELIVERY),
    }

    base_url = "https://api.postnl.nl"
    credentials_needed = ("api_key",)

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/shipment/v2/status/barcode/{in_path(one.tracking_number)}",
            headers={"apikey": credentials["api_key"], "Accept": "application/json"},
            params={"detail": "true", "language": "EN"},
        )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The shipments of a complete or a current status."""
        for kind in ("CompleteStatus", "CurrentStatus"):
            shipments = _json.at(document, kind, "Shipment") or _json.at(document, kind, "Shipments")
            for shipment in _json.rows(shipments, "Shipment"):
                yield _read_shipment(shipment, self.codes())

    def tracking_url(self, tracking_number: str) -> str:
        """PostNL's public page, which asks for the country and postal code besides."""
        return f"https://postnl.nl/tracktrace/?B={quote(tracking_number)}"


def _read_shipment(shipment: _json.Fields, codes: CodeReader) -> Observation:
    current = _json.fields(shipment.get("Status"))
    old = [current, *_json.rows(shipment.get("OldStatus"), "OldStatus")]
    told = {
        _json.text(row.get("TimeStamp")): code
        for row in old
        if (code := _json.text(row.get("StatusCode"))) != _NO_STATUS
    }
    rows = _json.rows(shipment.get("Event"), "Event")
    events = tuple(_event(row, told, codes) for row in rows) or tuple(_status(row, codes) for row in [current] if row)
    code = _json.text(current.get("StatusCode"))
    promise = _json.fields(shipment.get("Expectation"))
    begins, ends = _json.text(promise.get("ETAFrom")), _json.text(promise.get("ETATo"))
    cities = {
        _json.text(row.get("AddressType")): place_name(_json.text(row.get("City")))
        for row in _json.rows(shipment.get("Address"), "Address")
    }
    return Observation(
        tracking_number=_json.text(shipment.get("Barcode")) or _json.text(shipment.get("MainBarcode")),
        events=events,
        summary=codes.read(code).status if code not in ("", _NO_STATUS) else None,
        service=_json.text(shipment.get("ProductDescription")),
        carrier_eta=read_date(ends or begins) or read_date(_json.text(shipment.get("DeliveryDate"))),
        eta_from=read_instant(begins, home=_HOME),
        eta_to=read_instant(ends, home=_HOME),
        weight_g=_json.grams(_json.at(shipment, "Dimension", "Weight"), "G"),
        origin=cities.get("02", ""),
        destination=cities.get("01", ""),
        unknown_codes=codes.unknown,
    )


def _event(row: _json.Fields, told: Mapping[str, str], codes: CodeReader) -> ScanEvent:
    code, written = _json.text(row.get("Code")), _json.text(row.get("TimeStamp"))
    return scan(
        codes.read(code, code, told.get(written, "")),
        read_moment(written, home=_HOME),
        code=code,
        description=_json.text(row.get("Description")),
    )


def _status(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("StatusCode"))
    return scan(
        codes.read(code),
        read_moment(_json.text(row.get("TimeStamp")), home=_HOME),
        code=code,
        description=_json.text(row.get("StatusDescription")),
    )
