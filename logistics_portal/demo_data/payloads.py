"""Writes what carriers and aggregators push of a parcel, in their own formats. Knows neither database nor clock."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from .codes import CODES, Kind
from .places import Place


@dataclass(frozen=True, slots=True)
class Happening:
    """One scan."""

    kind: Kind
    at: datetime
    place: Place
    signed_by: str = ""

    @property
    def local(self) -> datetime:
        return self.place.local(self.at)

    @property
    def offset(self) -> str:
        return self.local.isoformat()[-6:]


@dataclass(frozen=True, slots=True)
class Trip:
    """A parcel and what was scanned of it so far, oldest first."""

    number: str
    carrier: str
    service: str
    origin: Place
    destination: Place
    scans: Sequence[Happening]
    eta: date

    @property
    def last(self) -> Happening:
        return self.scans[-1]


_ISO3 = {"DE": "DEU", "AT": "AUT", "GB": "GBR", "FR": "FRA", "CN": "CHN", "HK": "HKG", "US": "USA"}


def can_tell(teller: str, kinds: Sequence[Kind]) -> bool:
    """Whether a carrier has a code for everything that a story needs."""
    return set(kinds) <= CODES[teller].keys()


def write(teller: str, trip: Trip) -> bytes:
    """The push in which a carrier or aggregator tells of a parcel after its last scan."""
    return json.dumps(_WRITERS[teller](trip), ensure_ascii=False).encode()


def _code(teller: str, scan: Happening) -> tuple[str, str, str]:
    """A scan's code in its two parts, and its sentence."""
    code, text = CODES[teller][scan.kind]
    first, _, second = code.partition("/")
    return first, second, text.format(city=scan.place.city, signed=scan.signed_by or "本人")


def _dhl(trip: Trip) -> dict[str, Any]:
    events = []
    for scan in trip.scans:
        code, _, text = _code("dhl", scan)
        local = scan.local
        area = {"code": scan.place.name[:3].upper(), "description": f"{scan.place.name}-{scan.place.country}"}
        event = {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M:%S}", "GMTOffset": scan.offset, "typeCode": code}
        events.append({**event, "description": text, "serviceArea": [area], "signedBy": scan.signed_by})
    shipment = {
        "shipmentTrackingNumber": trip.number,
        "status": "Success",
        "shipmentTimestamp": f"{trip.scans[0].local:%Y-%m-%dT%H:%M:%S}",
        "description": trip.service,
        "shipperDetails": {"postalAddress": {"cityName": trip.origin.name, "countryCode": trip.origin.country}},
        "receiverDetails": {
            "postalAddress": {"cityName": trip.destination.name, "countryCode": trip.destination.country}
        },
        "estimatedDeliveryDate": trip.eta.isoformat(),
        "events": events,
    }
    return {"shipments": [shipment]}


def _ups(trip: Trip) -> dict[str, Any]:
    """A Track Alert tells of the newest scan alone."""
    scan, local, utc = trip.last, trip.last.local, trip.last.at.astimezone(UTC)
    kind, code, text = _code("ups", scan)
    place = {"city": scan.place.name, "stateProvince": scan.place.region, "postalCode": ""}
    is_there = scan.kind == "delivered"
    return {
        "trackingNumber": trip.number,
        "localActivityDate": f"{local:%Y%m%d}",
        "localActivityTime": f"{local:%H%M%S}",
        "activityLocation": {**place, "country": scan.place.country},
        "activityStatus": {"type": kind, "code": code, "description": text, "descriptionCode": ""},
        "scheduledDeliveryDate": f"{trip.eta:%Y%m%d}",
        "actualDeliveryDate": f"{local:%Y%m%d}" if is_there else "",
        "actualDeliveryTime": f"{local:%H%M%S}" if is_there else "",
        "receivedBy": scan.signed_by,
        "gmtActivityDate": f"{utc:%Y%m%d}",
        "gmtActivityTime": f"{utc:%H%M%S}",
        "gmtOffset": scan.offset,
        "deliveryTimeDescription": "end of day",
    }


def _fedex(trip: Trip) -> dict[str, Any]:
    events = []
    for scan in reversed(trip.scans):
        kind, exception, text = _code("fedex", scan)
        location = {"city": scan.place.name.upper(), "stateOrProvinceCode": scan.place.region}
        event = {"date": scan.local.isoformat(timespec="seconds"), "eventType": kind, "eventDescription": text}
        why = {"exceptionCode": exception, "exceptionDescription": "Customer not available" if exception else ""}
        place = {"scanLocation": {**location, "countryCode": scan.place.country}}
        events.append({**event, **why, **place, "derivedStatusCode": kind})
    last, _, text = _code("fedex", trip.last)
    return {
        "trackingNumberInfo": {"trackingNumber": trip.number, "carrierCode": "FDXE"},
        "latestStatusDetail": {"code": last, "derivedCode": last, "description": text},
        "serviceDetail": {"description": trip.service},
        "dateAndTimes": [{"type": "ESTIMATED_DELIVERY", "dateTime": f"{trip.eta.isoformat()}T20:00:00"}],
        "deliveryDetails": {"signedByName": trip.last.signed_by},
        "scanEvents": events,
    }


def _usps(trip: Trip) -> dict[str, Any]:
    events = []
    for scan in reversed(trip.scans):
        code, _, text = _code("usps", scan)
        event = {"eventType": text, "eventTimestamp": f"{scan.local:%Y-%m-%dT%H:%M:%S}", "GMTOffset": scan.offset}
        place = {"eventCity": scan.place.name.upper(), "eventState": scan.place.region, "eventCountry": None}
        events.append({**event, **place, "eventCode": code, "name": scan.signed_by or None, "firm": None})
    return {
        "trackingNumber": trip.number,
        "originCity": trip.origin.name.upper(),
        "originState": trip.origin.region,
        "destinationCity": trip.destination.name.upper(),
        "destinationState": trip.destination.region,
        "mailClass": trip.service,
        "status": CODES["usps"][trip.last.kind][1],
        "expectedDeliveryTimeStamp": f"{trip.eta.isoformat()}T21:00:00Z",
        "trackingEvents": events,
    }


_KUAIDI100_COM = {"sf_express": "shunfeng", "yto": "yuantong", "zto": "zhongtong", "dhl": "dhl"}


def _kuaidi100(trip: Trip) -> dict[str, Any]:
    data = []
    for scan in reversed(trip.scans):
        code, _, text = _code("kuaidi100", scan)
        when = f"{scan.local:%Y-%m-%d %H:%M:%S}"
        area = f"{scan.place.region},{scan.place.city}" if scan.place.region else scan.place.city
        data.append({"time": when, "ftime": when, "context": text, "areaName": area, "statusCode": code})
    state, _, _ = _code("kuaidi100", trip.last)
    result = {
        "message": "ok",
        "nu": trip.number,
        "ischeck": "1" if trip.last.kind == "delivered" else "0",
        "com": _KUAIDI100_COM[trip.carrier],
        "status": "200",
        "state": state,
        "arrivalTime": f"{trip.eta.isoformat()} 18:00",
        "data": data,
        "routeInfo": {"from": {"name": trip.origin.city}, "to": {"name": trip.destination.city}},
    }
    return {"status": "polling", "billstatus": "check", "message": "", "autoCheck": "0", "lastResult": result}


def _aftership(trip: Trip) -> dict[str, Any]:
    checkpoints = []
    for scan in trip.scans:
        subtag, _, text = _code("aftership", scan)
        when = {"checkpoint_time": scan.local.isoformat(timespec="seconds"), "slug": trip.carrier}
        place = {"city": scan.place.name, "state": scan.place.region or None, "country_iso3": _ISO3[scan.place.country]}
        checkpoints.append({**when, **place, "message": text, "tag": subtag.partition("_")[0], "subtag": subtag})
    subtag, _, text = _code("aftership", trip.last)
    message = {
        "tracking_number": trip.number,
        "slug": trip.carrier,
        "tag": subtag.partition("_")[0],
        "subtag": subtag,
        "subtag_message": text,
        "expected_delivery": trip.eta.isoformat(),
        "origin_country_iso3": _ISO3[trip.origin.country],
        "destination_country_iso3": _ISO3[trip.destination.country],
        "shipment_type": trip.service,
        "signed_by": trip.last.signed_by or None,
        "checkpoints": checkpoints,
    }
    return {"event": "tracking_update", "ts": int(trip.last.at.timestamp()), "msg": message}


def _easypost(trip: Trip) -> dict[str, Any]:
    details = []
    for scan in trip.scans:
        status, detail, text = _code("easypost", scan)
        location = {"city": scan.place.name.upper(), "state": scan.place.region, "country": scan.place.country}
        told = {"message": text, "status": status, "status_detail": detail, "carrier_code": ""}
        when = {"datetime": f"{scan.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        details.append({"object": "TrackingDetail", **told, **when, "tracking_location": location})
    status, detail, _ = _code("easypost", trip.last)
    tracker = {
        "object": "Tracker",
        "mode": "production",
        "tracking_code": trip.number,
        "status": status,
        "status_detail": detail,
        "signed_by": trip.last.signed_by or None,
        "est_delivery_date": f"{trip.eta.isoformat()}T00:00:00Z",
        "carrier": "USPS",
        "tracking_details": details,
        "carrier_detail": {"service": trip.service, "est_delivery_date_local": trip.eta.isoformat()},
    }
    return {"object": "Event", "mode": "production", "description": "tracker.updated", "result": tracker}


_SEVENTEENTRACK_PROVIDERS = {
    "ups": {"key": 100002, "name": "UPS"},
    "ems_cn": {"key": 3013, "name": "China EMS"},
    "dhl": {"key": 7041, "name": "DHL Paket"},
}
_ARRIVES_WITH = {"ems_cn": "dhl"}  # who takes over in the country of arrival


def _seventeentrack(trip: Trip) -> dict[str, Any]:
    """The newest event first, apart for each carrier that had the parcel."""
    legs = {trip.carrier: trip.scans}
    if heir := _ARRIVES_WITH.get(trip.carrier):
        abroad = [scan for scan in trip.scans if scan.place.country == trip.destination.country]
        legs = {trip.carrier: [scan for scan in trip.scans if scan not in abroad], heir: abroad}
    told = {carrier: _seventeentrack_events(scans) for carrier, scans in legs.items()}
    providers = [
        {"provider": _SEVENTEENTRACK_PROVIDERS[carrier], "service_type": trip.service, "events": events}
        for carrier, events in told.items()
    ]
    key = _SEVENTEENTRACK_PROVIDERS[trip.carrier]["key"]
    sub_status, _, _ = _code("seventeentrack", trip.last)
    eta = {"source": "Official", "from": None, "to": f"{trip.eta.isoformat()}T20:00:00{trip.last.offset}"}
    info = {
        "latest_status": {"status": sub_status.partition("_")[0], "sub_status": sub_status},
        "latest_event": next(iter(told[heir] if heir and told[heir] else told[trip.carrier]), None),
        "time_metrics": {"estimated_delivery_date": eta},
        "misc_info": {"service_type": trip.service},
        "tracking": {"providers": providers},
    }
    data = {"number": trip.number, "carrier": key, "tag": "", "track_info": info}
    return {"event": "TRACKING_UPDATED", "data": data}


def _seventeentrack_events(scans: Sequence[Happening]) -> list[dict[str, Any]]:
    events = []
    for scan in reversed(scans):
        sub_status, _, text = _code("seventeentrack", scan)
        when = {"time_iso": scan.local.isoformat(timespec="seconds")}
        utc = {"time_utc": f"{scan.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        address = {"country": scan.place.country, "state": scan.place.region or None, "city": scan.place.name}
        events.append({**when, **utc, "description": text, "sub_status": sub_status, "address": address})
    return events


_WRITERS: Mapping[str, Callable[[Trip], dict[str, Any]]] = {
    "dhl": _dhl,
    "ups": _ups,
    "fedex": _fedex,
    "usps": _usps,
    "kuaidi100": _kuaidi100,
    "aftership": _aftership,
    "easypost": _easypost,
    "seventeentrack": _seventeentrack,
}
