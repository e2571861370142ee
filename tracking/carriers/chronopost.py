"""Chronopost: answers of the tracking web service (SOAP).

Format: https://ws.chronopost.fr/tracking-cxf/TrackingServiceWS (trackSkybillV2 and trackSkybill). Times state their
offset.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_HOME = "Europe/Paris"
_MOVING = Reading(Status.IN_TRANSIT)
_DELIVERED = Reading(Status.DELIVERED)
_ANSWERS = ("trackSkybillV2Response", "trackSkybillResponse", "trackESDResponse", "trackWithSenderRefResponse")


class Carrier(DirectCarrier):
    """Reader of Chronopost's answers."""

    label = "Chronopost"
    statuses: Mapping[str, Reading] = {
        "DC": Reading(Status.INFO_RECEIVED),
        "DB": _MOVING,
        "DY": _MOVING,
        "PC": _MOVING,
        "SC": _MOVING,
        "TS": _MOVING,
        "SD": _MOVING,
        "TA": Reading(Status.OUT_FOR_DELIVERY),
        "D": _DELIVERED,
        "D1": _DELIVERED,
        "D2": _DELIVERED,
        "D3": _DELIVERED,
        "D4": _DELIVERED,
        "D5": _DELIVERED,
        "B": Reading(Status.AVAILABLE_FOR_PICKUP),
        "P": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
    }
    messages = (
        *((answer, "return", "errorMessage") for answer in _ANSWERS),
        ("Fault", "faultstring"),
    )
    answers = tuple((answer,) for answer in _ANSWERS)

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The parcels of an answer."""
        for name in _ANSWERS:
            found = _json.fields(_json.at(document, name, "return"))
            for parcels in ("listEventInfoComp", "listEvents", "listParcel"):
                for parcel in _json.rows(found.get(parcels), parcels):
                    yield self._parcel(parcel, _json.text(found.get("skybillNumber")))

    def _parcel(self, parcel: _json.Fields, number: str) -> Observation | None:
        number = _json.text(parcel.get("skybillNumber")) or number
        scans = _json.rows(parcel.get("events"), "events")
        if not scans:
            return None
        codes = self.codes()
        events = tuple(_event(one, codes) for one in scans)
        return Observation(
            tracking_number=number,
            events=events,
            signed_by=next((event.signed_by for event in events if event.signed_by), ""),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """Chronopost's public page of a number."""
        return f"https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={quote(tracking_number)}"


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(one.get("code"))
    reading = codes.read(code, code.upper())
    listed = one.get("infoCompList")
    notes = {
        _json.text_at(note, "name"): _json.text_at(note, "value")
        for note in (listed if isinstance(listed, list) else [listed])
    }
    return scan(
        reading,
        read_moment(_json.text(one.get("eventDate")), home=_HOME),
        code=code,
        description=_json.text(one.get("eventLabel")),
        place=place_name(_json.text(one.get("officeLabel"))),
        signed_by=notes.get("Consignee's name", "") if reading.status is Status.DELIVERED else "",
    )
