"""TNT: answers of ExpressConnect Tracking.

Format: ExpressConnect Tracking 3.1 (XML: ``TrackResponse`` with ``Consignment`` and ``StatusData``). Times are local to
the depot, whose country is known only where it is the depot of origin.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status


class Carrier(DirectCarrier):
    """Reader of TNT's answers."""

    label = "TNT"
    messages = (
        ("TrackResponse", "Error", "Message"),
        ("runtime_error", "error_reason"),
        ("parse_error", "error_reason"),
    )
    answers = (("TrackResponse",),)
    # Status codes; DEL, INT and EXC are the summary codes of a consignment (CNF: not found)
    statuses: Mapping[str, Reading] = {
        "OK": Reading(Status.DELIVERED),
        "RES": Reading(Status.DELIVERED),  # to a private address
        "OD": Reading(Status.OUT_FOR_DELIVERY),
        "AS": Reading(Status.IN_TRANSIT),
        "CI": Reading(Status.IN_TRANSIT),
        "IR": Reading(Status.IN_TRANSIT),
        "IS": Reading(Status.IN_TRANSIT),
        "TR": Reading(Status.IN_TRANSIT),
        "NR": Reading(Status.EXCEPTION, "carrier_delay"),
        "MLA": Reading(Status.EXCEPTION, "carrier_delay"),
        "DEL": Reading(Status.DELIVERED),
        "INT": Reading(Status.IN_TRANSIT),
        "EXC": Reading(Status.EXCEPTION),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """Every consignment of the answer; one that TNT didn't find says nothing."""
        for consignment in _json.rows(_json.at(document, "TrackResponse", "Consignment"), "Consignment"):
            codes = self.codes()
            summary = _json.text(consignment.get("SummaryCode"))
            if summary == "CNF":
                continue
            rows = _json.rows(consignment.get("StatusData"), "StatusData")
            origin = country_code(_json.text_at(consignment, "OriginCountry", "CountryCode"))
            depots = {_json.text(consignment.get("OriginDepot")): origin}
            yield Observation(
                tracking_number=_json.text(consignment.get("ConsignmentNumber")),
                events=tuple(_event(row, depots, codes) for row in rows),
                summary=codes.read(summary).status if summary else None,
                signed_by=_json.signer(consignment.get("Signatory")),
                origin=place_name(_json.text(consignment.get("OriginDepotName"))),
                destination=place_name(_json.text(consignment.get("DeliveryTown"))),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """TNT's public page of a consignment."""
        number = quote(tracking_number)
        return f"https://www.tnt.com/express/en_us/site/shipping-tools/tracking.html?searchType=con&cons={number}"


def _event(row: _json.Fields, depots: Mapping[str, str], codes: CodeReader) -> ScanEvent:
    code, depot = _json.text(row.get("StatusCode")), _json.text(row.get("Depot"))
    name, country = _json.text(row.get("DepotName")), depots.get(depot, "") if depot else ""
    written = f"{_json.text(row.get('LocalEventDate'))} {_json.text(row.get('LocalEventTime')).zfill(4)}"
    return scan(
        codes.read(code),
        read_moment(written, country=country),
        code=code,
        description=_json.text(row.get("StatusDescription")),
        place=place_name(name if name != depot else ""),
        country=country,
    )
