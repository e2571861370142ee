"""Canada Post: answers of the Tracking service (summary and details, XML).

Format: https://www.canadapost-postescanada.ca (Developer Program: Tracking; Tracking scan events). Codes are numbers
that some answers pad with a zero. The zone of a scan's clock is written as that of the winter all year ("EST" in July),
so offsets are taken from the province, else from the zone it means.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import basic, in_path
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status

_ZONES = {
    "NST": "America/St_Johns",
    "AST": "America/Halifax",
    "EST": "America/Toronto",
    "CST": "America/Winnipeg",
    "CSTNO": "America/Regina",
    "MST": "America/Edmonton",
    "PST": "America/Vancouver",
}
_MOVING = Reading(Status.IN_TRANSIT)
_DELIVERED = Reading(Status.DELIVERED)
_NOTE = Reading(Status.UNKNOWN)  # known to say nothing of where the parcel is


def _each(codes: str, status: Status, reason: str = "") -> dict[str, Reading]:
    return dict.fromkeys(codes.split(), Reading(status, reason))


class Carrier(DirectCarrier):
    """Reader of Canada Post's answers."""

    label = "Canada Post"
    # Tracking scan events; the words are the event types of a summary
    statuses: Mapping[str, Reading] = {
        **_each("3000 3002", Status.INFO_RECEIVED),
        **_each("100 101 102 103 104 105 106 107 170 175 400 405 410 1703 2300 4310 4311 8901", Status.IN_TRANSIT),
        **_each("1300 1301 1302 1303 1400 1401 1402 1403 1404 1405", Status.IN_TRANSIT),
        **_each("174 500", Status.OUT_FOR_DELIVERY),
        **_each("1408 1409 1421 1422 1423 1424 1425 1426 1427 1428 1429", Status.DELIVERED),
        **_each("1430 1431 1432 1433 1434 1441 1442 1496 1497 1498 1499", Status.DELIVERED),
        **_each("118 156 1407 1410 1435 1436 1437 1438 1488 1701 2410", Status.AVAILABLE_FOR_PICKUP),
        **_each("1479", Status.ATTEMPT_FAILED, "consignee_not_available"),
        **_each("167 168 169 1417", Status.ATTEMPT_FAILED, "consignee_not_home"),
        **_each("179 181 182", Status.ATTEMPT_FAILED, "consignee_business_closed"),
        **_each("183 184 190 1418 1419 1420", Status.ATTEMPT_FAILED, "consignee_not_available"),
        **_each("154 180 185 186 187 188 189", Status.ATTEMPT_FAILED, "consignee_access_restricted"),
        **_each("1100 1450 1481 1491 1492 1493 2600 2802 3001 4650", Status.ATTEMPT_FAILED),
        **_each("150 1415 1416", Status.ATTEMPT_FAILED, "consignee_refused"),
        **_each("172 173", Status.EXCEPTION, "consignee_incorrect_address"),
        **_each("1482 1483", Status.ATTEMPT_FAILED, "consignee_incorrect_address"),
        **_each("122 123 1413 1440 1485 1486 1489 1490", Status.EXCEPTION, "carrier_address_not_found"),
        **_each("119 142 143 144 145 146 147 148 149", Status.EXCEPTION, "carrier_damaged_parcel"),
        **_each("128 129 130 131 132 133", Status.EXCEPTION, "carrier_sorting_error"),
        **_each("124 126 151 152 153", Status.EXCEPTION, "carrier_parcel_lost"),
        **_each("155 157 158", Status.EXCEPTION, "carrier_not_enough_time"),
        **_each("134 135 136 137 138", Status.EXCEPTION, "carrier_vehicle_issue"),
        **_each("810 1443 1484 1487", Status.EXCEPTION, "customs_delay"),
        **_each("117 120 121", Status.EXCEPTION, "customs_documentation"),
        **_each("125 127 1494", Status.EXCEPTION, "customs_duties_unpaid"),
        **_each("159 160 161 162 163", Status.EXCEPTION, "weather_delay"),
        **_each("164 165 166", Status.EXCEPTION, "weather_disaster"),
        **_each("1411 1414 2411 2414 4700", Status.EXCEPTION),
        **_each("2412", Status.EXCEPTION, "carrier_delay"),
        "20": _NOTE,  # a signature's image can be seen
        "INDUCTION": Reading(Status.INFO_RECEIVED),
        "INFO": _MOVING,
        "VEHICLE_INFO": _MOVING,
        "OUT": Reading(Status.OUT_FOR_DELIVERY),
        "ATTEMPTED": Reading(Status.ATTEMPT_FAILED),
        "TO_RETAIL": _MOVING,
        "SIGNATURE": _NOTE,
        "DELIVERED": _DELIVERED,
    }
    messages = (("messages", "message", "description"), ("message", "description"), ("Fault", "faultstring"))
    answers = (("messages",), ("tracking-detail",), ("tracking-summary",), ("tracking-result",))

    base_url = "https://soa-gw.canadapost.ca"
    credentials_needed = ("username", "password")

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/vis/track/pin/{in_path(one.tracking_number)}/detail",
            headers={
                "Authorization": basic(credentials["username"], credentials["password"]),
                "Accept": "application/vnd.cpc.track-v2+xml",
                "Accept-language": "en-CA",
            },
        )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The details of a number, or the summaries of several."""
        for detail in _json.rows(_json.at(document, "tracking-detail"), "tracking-detail"):
            found = _json.rows(_json.at(detail, "significant-events", "occurrence"), "occurrence")
            yield self._item(detail, [(one, _written(one)) for one in found])
        summaries = _json.rows(_json.at(document, "tracking-summary"), "tracking-summary")
        summaries += _json.rows(_json.at(document, "tracking-result"), "tracking-result")
        for summary in summaries:
            for pin in _json.rows(summary.get("pin-summary"), "pin-summary"):
                written = _json.text(pin.get("event-date-time")).replace(":", " ", 1)
                yield self._item(pin, [(pin, written)])

    def _item(self, item: _json.Fields, scans: list[tuple[_json.Fields, str]]) -> Observation | None:
        number = _json.text(item.get("pin"))
        if not number or not scans:
            return None
        codes = self.codes()
        events = tuple(_event(one, written, codes) for one, written in scans)
        promised = _json.text(item.get("changed-expected-date")) or _json.text(item.get("expected-delivery-date"))
        signers = (_json.signer(one.get("signatory-name")) for one, _ in scans)
        return Observation(
            tracking_number=number,
            events=events,
            service=_json.text(item.get("service-name")),
            carrier_eta=read_date(promised),
            signed_by=next((signer for signer in signers if signer), ""),
            origin=_json.text(item.get("origin-postal-id")),
            destination=_json.text(item.get("destination-postal-id")),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """Canada Post's public page of a number."""
        number = quote(tracking_number)
        return f"https://www.canadapost-postescanada.ca/track-reperage/en#/resultList?searchFor={number}"


def _written(one: _json.Fields) -> str:
    return f"{_json.text(one.get('event-date'))} {_json.text(one.get('event-time'))}".strip()


def _event(one: _json.Fields, written: str, codes: CodeReader) -> ScanEvent:
    code = _json.text(one.get("event-identifier")) or _json.text(one.get("event-type"))
    reading = codes.read(code, code.lstrip("0"))
    region, site = _json.text(one.get("event-province")), _json.text(one.get("event-site"))
    home = _ZONES.get(_json.text(one.get("event-time-zone")).upper(), "America/Toronto")
    return scan(
        reading,
        read_moment(written, country="CA" if region else "", region=region, home=home),
        code=code,
        description=_json.text(one.get("event-description")),
        place=place_name(site or _json.text(one.get("event-location")), region),
        country="CA" if region else "",
        signed_by=_json.signer(one.get("signatory-name")) if reading.status is Status.DELIVERED else "",
    )
