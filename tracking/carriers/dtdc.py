"""DTDC (India): answers of its tracking API.

Format: DTDC's JSON tracking (``trackHeader``, ``trackDetails``), days as ddmmyyyy and times as hhmm of India.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "Asia/Kolkata"
_MOVING = Reading(Status.IN_TRANSIT)


class Carrier(DirectCarrier):
    """Reader of DTDC's answers."""

    label = "DTDC"
    # Codes of the details (manifests in and out, packets, bags), then the words of the header's status
    statuses: Mapping[str, Reading] = {
        "SPL": Reading(Status.INFO_RECEIVED),
        "PCSC": Reading(Status.INFO_RECEIVED),
        "PCAW": Reading(Status.INFO_RECEIVED),
        "PCUP": _MOVING,
        "BKD": _MOVING,
        "OBMD": _MOVING,
        "OBMN": _MOVING,
        "OMBM": _MOVING,
        "OPMF": _MOVING,
        "OMFD": _MOVING,
        "CDOUT": _MOVING,
        "CDIN": _MOVING,
        "IBMD": _MOVING,
        "IBMN": _MOVING,
        "IMBM": _MOVING,
        "IPMF": _MOVING,
        "INSCAN": _MOVING,
        "OUTDLV": Reading(Status.OUT_FOR_DELIVERY),
        "DLV": Reading(Status.DELIVERED),
        "NONDLV": Reading(Status.ATTEMPT_FAILED),
        "HELDUP": Reading(Status.EXCEPTION),
        "MISROUTE": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "LOST": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        "SETRTO": Reading(Status.RETURNING),
        "RTO": Reading(Status.RETURNING),
        "RTOBKD": Reading(Status.RETURNING),
        "RTODLV": Reading(Status.RETURNED),
        "BOOKED": _MOVING,
        "IN TRANSIT": _MOVING,
        "OUT FOR DELIVERY": Reading(Status.OUT_FOR_DELIVERY),
        "DELIVERED": Reading(Status.DELIVERED),
        "NOT DELIVERED": Reading(Status.ATTEMPT_FAILED),
        "RTO DELIVERED": Reading(Status.RETURNED),
    }
    messages = (("errorDetails", "value"), ("errorDetails", "strError"), ("errorDetails",), ("message",), ("error",))
    answers = (("trackHeader",), ("trackDetails",), ("statusFlag",))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The shipment of an answer."""
        for answer in _json.rows(document, "The answer"):
            yield self._answer(answer)

    def _answer(self, answer: _json.Fields) -> Observation | None:
        header = _json.fields(answer.get("trackHeader"))
        number = _json.text(header.get("strShipmentNo"))
        details = _json.rows(answer.get("trackDetails"), "trackDetails")
        status = _json.text(header.get("strStatus"))
        if not number or not (details or status):
            return None
        codes = self.codes()
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes) for one in details),
            summary=codes.read(status, status.upper()).status if status else None,
            service=_json.text(header.get("strCNProduct")),
            weight_g=_json.grams(header.get("strWeight"), _json.text(header.get("strWeightUnit"))),
            origin=place_name(_json.text(header.get("strOrigin"))),
            destination=place_name(_json.text(header.get("strDestination"))),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """DTDC's public page of a number."""
        return f"https://www.dtdc.in/trace.asp?awb={quote(tracking_number)}"


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(one.get("strCode"))
    action = _json.text(one.get("strAction"))
    day, hour = _json.text(one.get("strActionDate")), _json.text(one.get("strActionTime")).zfill(4)
    written = f"{day[4:]}-{day[2:4]}-{day[:2]} {hour}" if len(day) == 8 and day.isdecimal() else f"{day} {hour}"
    remarks = _json.text(one.get("sTrRemarks")) or _json.text(one.get("strRemarks"))
    return scan(
        codes.read(code or action, code.upper(), action.upper()),
        read_moment(written, home=_HOME),
        code=code,
        description=action,
        place=place_name(_json.text(one.get("strOrigin"))),
        country="IN",
        # manifests of one minute share their code: their number tells them apart
        identity=f"{written}|{code}|{action}|{_json.text(one.get('strManifestNo'))}|{remarks}",
    )
