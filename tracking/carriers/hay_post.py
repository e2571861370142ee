"""HayPost (Armenia): answers of its order service.

Format: HayPost's order API (``order`` with ``orderStateHistories``). States are numbers; times are local to Armenia.
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status


class Carrier(DirectCarrier):
    """Reader of HayPost's answers."""

    label = "HayPost"
    messages = (("key",), ("message",), ("title",), ("Error",), ("error",))
    answers = (("order", "trackingId"),)
    # Order states; 3, 4 and 8 to 11 are troubles that the list doesn't tell apart
    statuses: Mapping[str, Reading] = {
        "1": Reading(Status.IN_TRANSIT),
        "2": Reading(Status.IN_TRANSIT),
        "3": Reading(Status.ATTEMPT_FAILED),
        "4": Reading(Status.ATTEMPT_FAILED),
        "5": Reading(Status.IN_TRANSIT),
        "6": Reading(Status.DELIVERED),
        "7": Reading(Status.IN_TRANSIT),
        "8": Reading(Status.EXCEPTION),
        "9": Reading(Status.EXCEPTION),
        "10": Reading(Status.ATTEMPT_FAILED),
        "11": Reading(Status.EXCEPTION),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One order, or a list of them."""
        for answer in _json.rows(document, "The answer"):
            codes = self.codes()
            order = _json.fields(answer.get("order"))
            rows = _json.rows(answer.get("orderStateHistories"), "orderStateHistories")
            events = tuple(_event(row, codes) for row in rows)
            destination = _json.fields(answer.get("orderDestinationAddress"))
            state = _json.text(order.get("stateId"))
            yield Observation(
                tracking_number=_json.text(order.get("trackingId")),
                events=events,
                summary=codes.read(state).status if state else None,
                service=_json.text_at(order, "service", "name"),
                weight_g=_json.grams(order.get("weight"), "G"),
                destination=place_name(_json.text_at(destination, "cityVillage", "name"))
                or country_code(_json.text_at(destination, "country", "name")),
                unknown_codes=codes.unknown,
            )


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("stateId"))
    return scan(
        codes.read(code),
        read_moment(_json.text(row.get("createDate")), country="AM"),
        code=code,
        description=_json.text(row.get("comment")) or _json.text(row.get("stateName")),
        identity=_json.text(row.get("id")),
    )
