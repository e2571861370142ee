"""Deutsche Post International: answers of its item tracking.

Format: Deutsche Post International business customer API (items with ``barcode`` and ``events``). A scan is a sentence
without a code; its time, where given, is German.
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
    """Reader of Deutsche Post International's answers."""

    label = "Deutsche Post International"
    messages = (("messages",), ("message",), ("error_description",), ("error",), ("title",))
    answers = (("barcode",), ("events",))
    # Sentences, lower case
    statuses: Mapping[str, Reading] = {
        "shipment information uploaded to deutsche post": Reading(Status.INFO_RECEIVED),
        "delivered": Reading(Status.DELIVERED),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One item, or a list of them."""
        for item in _json.rows(document, "The items"):
            codes = self.codes()
            events = tuple(_event(row, codes) for row in _json.rows(item.get("events"), "events"))
            number = _json.text(item.get("barcode")) or _json.text(item.get("awb"))
            yield Observation(tracking_number=number, events=events, unknown_codes=codes.unknown)

    def tracking_url(self, tracking_number: str) -> str:
        """Deutsche Post's public page of a barcode."""
        return f"https://www.packet.deutschepost.com/web/portal-europe/packet_traceit?barcode={quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("status"))
    country = country_code(_json.text(row.get("country")))
    written = _json.text(row.get("timestamp")) or _json.text(row.get("date"))
    return scan(
        codes.read(code, code.lower().rstrip(".")),
        read_moment(written, country=country, home="Europe/Berlin"),
        code=code,
        description=code,
        place=place_name(_json.text(row.get("city")) or _json.text(row.get("location"))),
        country=country,
    )
