"""Prestige (United States): answers of its tracking service.

Format: ``TrackingEventHistory`` of one number, newest scan first. Times are local to the place of the scan.
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status


class Carrier(DirectCarrier):
    """Reader of Prestige's answers."""

    label = "Prestige"
    messages = (("ErrorMessage",), ("Message",), ("error",))
    answers = (("TrackingEventHistory",),)
    statuses: Mapping[str, Reading] = {
        "EVENT_101": Reading(Status.INFO_RECEIVED),
        "EVENT_102": Reading(Status.IN_TRANSIT),
        "EVENT_301": Reading(Status.DELIVERED),
        "EVENT_302": Reading(Status.OUT_FOR_DELIVERY),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """Every number of the answer."""
        for parcel in _json.rows(document, "The answer"):
            codes = self.codes()
            rows = _json.rows(parcel.get("TrackingEventHistory"), "TrackingEventHistory")
            newest = rows[0] if rows else {}
            yield Observation(
                tracking_number=_json.text(parcel.get("TrackingNumber")) or _json.text(newest.get("TrackingNumber")),
                events=tuple(_event(row, codes) for row in rows),
                carrier_eta=read_date(_json.text(newest.get("EstimatedDeliveryDate"))),
                destination=place_name(_json.text(newest.get("PDCity")), _json.text(newest.get("PDState"))),
                unknown_codes=codes.unknown,
            )


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, region = _json.text(row.get("EventCode")), _json.text(row.get("ELState"))
    country = country_code(_json.text(row.get("CountryCode")))
    written = f"{_json.text(row.get('serverDate'))} {_json.text(row.get('serverTime'))}"
    return scan(
        codes.read(code),
        read_moment(written, country=country, region=region, home="America/New_York"),
        code=code,
        description=_json.text(row.get("EventCodeDesc")),
        place=place_name(_json.text(row.get("ELCity")), region),
        country=country,
    )
