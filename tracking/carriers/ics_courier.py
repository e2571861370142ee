"""ICS Courier (Canada): answers of its web service.

Format: ICS Courier Web Service, ``TracePackge`` (SOAP). A scan has a sentence and no code; we read the sentence without
the address or branch that it names. Times are local to Ontario and Quebec.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name, split_region
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_BRANCH = re.compile(r"At ICS Branch (?P<place>.+?)(?: for processing)?")
_NO_SIGNATURE = {"NSR", "N/A"}  # "no signature required"


class Carrier(DirectCarrier):
    """Reader of ICS Courier's answers."""

    label = "ICS Courier"
    messages = (("TracePackgeResponse", "TracePackgeResult", "Err", "ErrDescription"), ("Fault", "faultstring"))
    answers = (("TracePackgeResponse",),)
    # Sentences, up to the first colon or the branch
    statuses: Mapping[str, Reading] = {
        "Delivered at": Reading(Status.DELIVERED),
        "Delivered": Reading(Status.DELIVERED),
        "Out for Delivery": Reading(Status.OUT_FOR_DELIVERY),
        "In Sort Process": Reading(Status.IN_TRANSIT),
        "At ICS Branch": Reading(Status.IN_TRANSIT),
        "In Transit": Reading(Status.IN_TRANSIT),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The scans of all numbers stand in one list."""
        result = _json.at(document, "TracePackgeResponse", "TracePackgeResult")
        scans: dict[str, list[_json.Fields]] = defaultdict(list)
        for row in _json.rows(_json.at(result, "TrackingInfo", "TrackingInfo"), "TrackingInfo"):
            scans[_json.text(row.get("TrackingNum"))].append(row)
        for number, rows in scans.items():
            codes = self.codes()
            events = tuple(_event(row, codes) for row in rows)
            yield Observation(
                tracking_number=number,
                events=events,
                signed_by=next((event.signed_by for event in events if event.signed_by), ""),
                unknown_codes=codes.unknown,
            )


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    sentence = _json.text(row.get("Status"))
    branch = _BRANCH.fullmatch(sentence)
    city, region = split_region(branch["place"]) if branch else ("", "")
    code = "At ICS Branch" if branch else sentence.partition(":")[0].strip()
    reading = codes.read(code)
    name = _json.text(row.get("Signby"))
    return scan(
        reading,
        read_moment(_json.text(row.get("StatusDate")), country="CA", region=region, home="America/Toronto"),
        code=code,
        # where it was delivered is the consignee's address, which the order has
        description=code if reading.status is Status.DELIVERED else sentence,
        place=place_name(city, region),
        country="CA",
        signed_by=name if reading.status is Status.DELIVERED and name not in _NO_SIGNATURE else "",
    )
