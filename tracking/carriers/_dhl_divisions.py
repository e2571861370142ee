"""The payloads of DHL Parcel Germany, DHL Parcel Poland and DHL eCommerce Americas."""

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._places import country_code, place_name, split_country, split_region
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, ScanEvent

_GERMAN_HOME = "Europe/Berlin"
_POLISH_HOME = "Europe/Warsaw"


def read_parcel_de(piece: _json.Fields, codes: CodeReader) -> Observation | None:
    """A ``piece-shipment`` of Parcel DE Tracking; facts stand in attributes, times are Germany's or the place's."""
    number = _json.text(piece.get("@piece-code"))
    scans = parts_of(piece, "piece-event")
    if not number or not scans:
        return None
    delivered = _json.text(piece.get("@delivery-event-flag")) == "1"
    return Observation(
        tracking_number=number,
        events=tuple(_parcel_de_event(scan, codes) for scan in scans),
        service=_json.text(piece.get("@product-name")),
        signed_by=_json.text(piece.get("@recipient-name")) if delivered else "",
        weight_g=_json.grams(piece.get("@shipment-weight"), "KG"),
        origin=country_code(_json.text(piece.get("@origin-country"))),
        destination=country_code(_json.text(piece.get("@dest-country"))),
        unknown_codes=codes.unknown,
    )


def _parcel_de_event(scan: _json.Fields, codes: CodeReader) -> ScanEvent:
    country = country_code(_json.text(scan.get("@event-country")))
    ice, short = _json.text(scan.get("@ice")), _json.text(scan.get("@standard-event-code"))
    code = short or ice
    reading = codes.read(code, f"parcel/{short}", ice)  # the short code tells the delivery vehicle from the sorter
    moment = read_moment(_json.text(scan.get("@event-timestamp")), country=country, home=_GERMAN_HOME)
    return ScanEvent(
        occurred_at=moment.at,
        offset_source=moment.source,
        status=reading.status,
        reason=reading.reason,
        code=code,
        description=_json.text(scan.get("@event-text")) or _json.text(scan.get("@event-status")),
        place=place_name(_json.text(scan.get("@event-location"))),
        country=country,
    )


def parts_of(data: _json.Fields, name: str) -> list[_json.Fields]:
    """Every ``<data name="...">`` of that name at any depth: Parcel DE nests lists in lists of the same element."""
    found: list[_json.Fields] = []
    waiting = _json.rows(data.get("data"), "data")
    while waiting:
        part = waiting.pop(0)
        if part.get("@name") == name:
            found.append(part)
        else:
            waiting += _json.rows(part.get("data"), "data")
    return found


def read_poland(result: _json.Fields, codes: CodeReader) -> Observation | None:
    """A ``getTrackAndTraceInfoResult`` of DHL24; times are Poland's."""
    number = _json.text(result.get("shipmentId"))
    scans = _json.rows(_json.at(result, "events", "item"), "events")
    if not number or not scans:
        return None
    events = []
    for scan in scans:
        code = _json.text(scan.get("status"))
        reading = codes.read(code, f"poland/{code}")
        moment = read_moment(_json.text(scan.get("timestamp")), home=_POLISH_HOME)
        event = ScanEvent(
            occurred_at=moment.at,
            offset_source=moment.source,
            status=reading.status,
            reason=reading.reason,
            code=code,
            description=_json.text(scan.get("description")),
            place=place_name(_json.text(scan.get("terminal"))),
        )
        events.append(event)
    return Observation(
        tracking_number=number,
        events=tuple(events),
        signed_by=_json.text(result.get("receivedBy")),
        unknown_codes=codes.unknown,
    )


def read_ecommerce(found: _json.Fields, codes: CodeReader) -> Observation | None:
    """One of the ``packages`` of DHL eCommerce Americas; its codes are numbers, its times name their zone."""
    package = _json.fields(found.get("package"))
    number = _json.text(package.get("trackingId")) or _json.text(package.get("dhlPackageId"))
    scans = _json.rows(found.get("events"), "events")
    if not number or not scans:
        return None
    recipient = _json.fields(found.get("recipient"))
    return Observation(
        tracking_number=number,
        events=tuple(_ecommerce_event(scan, codes) for scan in scans),
        service=_json.text(package.get("productName")),
        carrier_eta=read_date(_json.text(package.get("expectedDelivery"))),
        signed_by=_json.text(recipient.get("signedForName")),
        weight_g=_json.grams(_json.at(package, "weight", "value"), _json.text_at(package, "weight", "unitOfMeasure")),
        destination=place_name(_json.text(recipient.get("city")), _json.text(recipient.get("state"))),
        unknown_codes=codes.unknown,
    )


def _ecommerce_event(scan: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(scan.get("primaryEventId"))
    reading = codes.read(code, f"ecommerce/{code}")
    place, country = split_country(_json.text(scan.get("location")))
    city, region = split_region(place)
    written = f"{_json.text(scan.get('date'))} {_json.text(scan.get('time'))}"
    moment = read_moment(written, offset=_json.text(scan.get("timeZone")), country=country, region=region)
    return ScanEvent(
        occurred_at=moment.at,
        offset_source=moment.source,
        status=reading.status,
        reason=reading.reason,
        code=code,
        description=_json.text(scan.get("primaryEventDescription")),
        place=place_name(city, region),
        country=country,
    )
