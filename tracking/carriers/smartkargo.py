"""SmartKargo: answers of its package tracking, and of the partners' one.

Format: SmartKargo API (a list of events with IATA message codes, each with its ``packageReference``); an older draft
wraps them as ``trackingInfo``. Times are local to the airport; the partners' answer names its zone.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, coordinates, scan
from tracking.carriers._places import country_code, place_name, split_place, split_region
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_MOVING = Reading(Status.IN_TRANSIT)


class Carrier(DirectCarrier):
    """Reader of SmartKargo's answers."""

    label = "SmartKargo"
    messages = (("validations", "message"), ("errors", "message"), ("error", "message"), ("message",), ("error",))
    answers = (("trackingInfo",), ("packageReference",), ("trackingResponse",))
    statuses: Mapping[str, Reading] = {
        "BKD": Reading(Status.INFO_RECEIVED),
        "RCS": _MOVING,  # received from the shipper
        "DEP": _MOVING,
        "RCF": _MOVING,  # received from a flight
        "INF": _MOVING,
        "MDL": _MOVING,
        "GDL": Reading(Status.OUT_FOR_DELIVERY),
        "DDL": Reading(Status.DELIVERED),
        "DLD": Reading(Status.DELIVERED),
        "ADL": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "RCU": Reading(Status.EXCEPTION),
        # the older draft
        "PU": _MOVING,
        "IT": _MOVING,
        "in_transit": _MOVING,
        "out_for_delivery": Reading(Status.OUT_FOR_DELIVERY),
        "delivered": Reading(Status.DELIVERED),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The events of all packages stand in one list."""
        holder = _json.at(document, "trackingResponse", "trackingInfo") or _json.at(document, "trackingInfo")
        for parcel in _json.rows(holder, "trackingInfo"):
            yield _read_draft(parcel, self.codes())
        packages: dict[str, list[_json.Fields]] = defaultdict(list)
        for row in _json.rows(document if holder is None else None, "The events"):
            if "eventType" in row:
                packages[_json.text(row.get("packageReference"))].append(row)
        for number, rows in packages.items():
            codes = self.codes()
            promises = (read_date(_json.text(row.get("estimatedDeliveryDate"))) for row in rows)
            yield Observation(
                tracking_number=number,
                events=tuple(_event(row, codes) for row in rows),
                carrier_eta=next((promise for promise in promises if promise), None),
                unknown_codes=codes.unknown,
            )


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, spot = _json.text(row.get("eventType")), _json.fields(row.get("location"))
    region, country = _json.text(spot.get("state")), country_code(_json.text(spot.get("countryId")))
    latitude, longitude = coordinates(spot.get("latitude"), spot.get("longitude"))
    written, zone = _json.text(row.get("eventDate")), _json.text(spot.get("timezone"))
    return scan(
        codes.read(code),
        read_moment(written, home=zone) if zone else read_moment(written, country=country, region=region),
        code=code,
        description=_json.text(row.get("description")),
        place=place_name(_json.text(spot.get("city")), region) or _json.text(row.get("eventLocation")),
        country=country,
        latitude=latitude,
        longitude=longitude,
        # every piece of a package is scanned by itself
        identity=f"{written}|{code}|{_json.text(row.get('pieceReference'))}",
    )


def _read_draft(parcel: _json.Fields, codes: CodeReader) -> Observation:
    status = _json.text(parcel.get("status"))
    return Observation(
        tracking_number=_json.text(parcel.get("trackingNumber")),
        events=tuple(_draft_event(row, codes) for row in _json.rows(parcel.get("events"), "events")),
        summary=codes.read(status).status if status else None,
        carrier_eta=read_date(_json.text(parcel.get("estimatedDelivery"))),
        unknown_codes=codes.unknown,
    )


def _draft_event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, location = _json.text(row.get("code")), _json.text(row.get("location"))
    place, country = split_place(location)
    _, region = split_region(place)
    return scan(
        codes.read(code),
        read_moment(f"{_json.text(row.get('date'))} {_json.text(row.get('time'))}", country=country, region=region),
        code=code,
        description=_json.text(row.get("description")),
        place=place_name(place),
        country=country,
    )
