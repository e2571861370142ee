"""Canpar (Loomis): answers of the add-ons web service (SOAP).

Format: Canpar's CanparAddonsService, trackByBarcode and trackByReference (``result`` with ``events``). Times are local.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "America/Toronto"
_MOVING = Reading(Status.IN_TRANSIT)


class Carrier(DirectCarrier):
    """Reader of Canpar's answers."""

    label = "Canpar"
    statuses: Mapping[str, Reading] = {
        "PIC": _MOVING,
        "ARR": _MOVING,
        "DEP": _MOVING,
        "INO": _MOVING,
        "INA": _MOVING,
        "OUT": Reading(Status.OUT_FOR_DELIVERY),
        "DEL": Reading(Status.DELIVERED),
        "RTS": Reading(Status.RETURNING),
    }
    messages = (
        ("trackByBarcodeResponse", "return", "error"),
        ("trackByBarcodeV2Response", "return", "error"),
        ("trackByReferenceResponse", "return", "error"),
        ("Fault", "faultstring"),
        ("Fault", "Reason", "Text"),
    )
    answers = (
        ("trackByBarcodeResponse",),
        ("trackByBarcodeV2Response",),
        ("trackByReferenceResponse",),
        ("trackByReferenceV2Response",),
    )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The results of an answer."""
        for path in self.answers:
            for result in _json.rows(_json.at(document, *path, "return", "result"), "result"):
                yield self._result(result)

    def _result(self, result: _json.Fields) -> Observation | None:
        number = _json.text(result.get("barcode"))
        scans = _json.rows(result.get("events"), "events")
        if not number or not scans:
            return None
        codes = self.codes()
        signer = _json.signer(result.get("signed_by"))
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes, signer) for one in scans),
            service=_json.text(result.get("service_description_en")),
            carrier_eta=read_date(_json.text(result.get("estimated_delivery_date"))),
            signed_by=signer,
            destination=_place(result.get("consignee_address")),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """Canpar's public page of a number."""
        return f"https://www.canpar.com/en/track/TrackingAction.do?locale=en&type=0&reference={quote(tracking_number)}"


def _place(address: object) -> str:
    return place_name(_json.text_at(address, "city"), _json.text_at(address, "province"))


def _event(one: _json.Fields, codes: CodeReader, signer: str) -> ScanEvent:
    code = _json.text(one.get("code"))
    reading = codes.read(code, code.upper())
    country = country_code(_json.text_at(one, "address", "country"))
    region = _json.text_at(one, "address", "province")
    moment = read_moment(_json.text(one.get("local_date_time")), country=country, region=region, home=_HOME)
    return scan(
        reading,
        moment,
        code=code,
        description=_json.text(one.get("code_description_en")) or _json.text(one.get("comment")),
        place=_place(one.get("address")),
        country=country,
        signed_by=signer if reading.status is Status.DELIVERED else "",
    )
