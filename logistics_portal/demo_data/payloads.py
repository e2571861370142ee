"""Writes what carriers and aggregators push of a parcel, in their own formats. Knows neither database nor clock."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from .places import Place

# What happens to a parcel, in words of our own; every teller below has its code and sentence for it.
Kind = str
Code = tuple[str, str]


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

_DHL = {
    "picked_up": ("PU", "Shipment picked up"),
    "hub": ("AF", "Arrived at DHL sort facility"),
    "left": ("DF", "Departed DHL facility"),
    "customs": ("CD", "Clearance event: documents are missing"),
    "cleared": ("CR", "Clearance processing complete"),
    "delay": ("TD", "Transport delay"),
    "out": ("WC", "Shipment is out with courier for delivery"),
    "not_home": ("NH", "Delivery attempted; consignee premises closed"),
    "delivered": ("OK", "Delivered"),
    "damaged": ("DM", "Damaged"),
    "lost": ("LO", "Shipment can't be located"),
    "returning": ("RT", "Returned to shipper"),
    "odd": ("QX", "Shipment is in the customer's garden shed"),
}
_UPS = {
    "announced": ("M/MP", "Shipper created a label, UPS has not received the package yet"),
    "picked_up": ("P/OR", "Origin scan"),
    "hub": ("I/AR", "Arrived at facility"),
    "left": ("I/DP", "Departed from facility"),
    "delay": ("X/DY", "A late trailer has delayed your package"),
    "out": ("I/OT", "Out for delivery"),
    "not_home": ("X/NH", "The receiver was not available at the first attempt"),
    "pickup_point": ("X/WC", "Delivered to UPS Access Point, awaiting customer pickup"),
    "delivered": ("D/FS", "Delivered"),
    "damaged": ("X/DM", "The package was damaged in transit"),
    "lost": ("X/LP", "UPS can't find the package"),
    "returning": ("RS/RS", "Returning to sender"),
    "odd": ("Z/7Q", "Held at drone port"),
}
_FEDEX = {
    "announced": ("OC", "Shipment information sent to FedEx"),
    "picked_up": ("PU", "Picked up"),
    "hub": ("AR", "Arrived at FedEx hub"),
    "left": ("DP", "Departed FedEx hub"),
    "delay": ("DY", "Delay"),
    "out": ("OD", "On FedEx vehicle for delivery"),
    "not_home": ("DE/08", "Delivery exception"),
    "pickup_point": ("HL", "Ready for recipient pickup"),
    "delivered": ("DL", "Delivered"),
    "returning": ("RS", "Returning package to shipper"),
    "odd": ("ZZ", "Tendered to the tooth fairy"),
}
_USPS = {
    "announced": ("GX", "Shipping label created, USPS awaiting item"),
    "picked_up": ("03", "USPS in possession of item"),
    "hub": ("10", "Arrived at USPS regional facility"),
    "left": ("T1", "Departed USPS regional facility"),
    "out": ("OF", "Out for Delivery"),
    "not_home": ("02", "Notice Left (No Authorized Recipient Available)"),
    "pickup_point": ("14", "Available for Pickup"),
    "delivered": ("01", "Delivered, Front Door/Porch"),
    "returning": ("09", "Return to Sender Processed"),
    "odd": ("M0", "Redirected by moon phase"),
}
_KUAIDI100 = {
    "announced": ("101", "商家正通知快递公司揽件"),
    "picked_up": ("103", "【{city}】已揽收"),
    "hub": ("1002", "快件到达【{city}转运中心】"),
    "left": ("0", "快件离开【{city}转运中心】，发往下一站"),
    "delay": ("208", "【{city}】快件滞留，将尽快安排派送"),
    "out": ("5", "【{city}】正在派件，派件员：李师傅"),
    "not_home": ("206", "【{city}】派件时联系不上收件人"),
    "pickup_point": ("501", "快件已存放至【{city}菜鸟驿站】，请凭取件码领取"),
    "delivered": ("301", "已签收，签收人：{signed}"),
    "damaged": ("209", "【{city}】快件外包装破损，已登记"),
    "returning": ("6", "【{city}】快件退回中"),
    "returned": ("4", "退件已签收，签收人：寄件方"),
    "odd": ("9001", "快件已在外星站点登记"),
}
_AFTERSHIP = {
    "announced": ("InfoReceived_001", "The instruction data for this shipment have been provided by the sender"),
    "picked_up": ("InTransit_002", "The shipment was handed over and accepted"),
    "hub": ("InTransit_003", "The shipment has arrived in the parcel center"),
    "left": ("InTransit_007", "The shipment has left the parcel center"),
    "customs": ("Exception_004", "The shipment is being held by customs"),
    "cleared": ("InTransit_005", "Customs clearance is complete"),
    "delay": ("Exception_005", "The shipment is delayed"),
    "out": ("OutForDelivery_001", "The shipment has been loaded onto the delivery vehicle"),
    "not_home": ("AttemptFail_002", "The recipient was not at home"),
    "pickup_point": ("AvailableForPickup_001", "The shipment is ready for pickup"),
    "delivered": ("Delivered_001", "The shipment has been successfully delivered"),
    "damaged": ("Exception_012", "The shipment was damaged"),
    "lost": ("Exception_013", "The shipment can't be found"),
    "returning": ("Exception_010", "The shipment is on its way back to the sender"),
    "returned": ("Exception_011", "The shipment was returned to the sender"),
    "odd": ("Exception_099", "Held by an owl"),
}
_EASYPOST = {
    "announced": ("pre_transit/label_created", "Shipping Label Created, USPS Awaiting Item"),
    "picked_up": ("in_transit/received_at_origin_facility", "USPS in possession of item"),
    "hub": ("in_transit/arrived_at_facility", "Arrived at USPS Regional Facility"),
    "left": ("in_transit/departed_facility", "Departed USPS Regional Facility"),
    "delay": ("in_transit/weather_delay", "Severe weather conditions have delayed delivery"),
    "out": ("out_for_delivery/out_for_delivery", "Out for Delivery"),
    "not_home": ("in_transit/delivery_exception", "Notice Left (No Authorized Recipient Available)"),
    "pickup_point": ("available_for_pickup/available_for_pickup", "Available for Pickup"),
    "delivered": ("delivered/arrived_at_destination", "Delivered, Left with Individual"),
    "damaged": ("in_transit/damaged", "Package was damaged"),
    "lost": ("failure/lost", "Package can't be located"),
    "returning": ("return_to_sender/return", "Return to Sender Processed"),
    "returned": ("return_to_sender/delivered", "Delivered, To Original Sender"),
    "odd": ("teleported/quantum", "Package is in two places"),
}
_SEVENTEENTRACK = {
    "announced": ("InfoReceived", "Shipper created a label"),
    "picked_up": ("InTransit_PickedUp", "Origin Scan"),
    "hub": ("InTransit_Arrival", "Arrived at Facility"),
    "left": ("InTransit_Departure", "Departed from Facility"),
    "customs": ("InTransit_CustomsRequiringInformation", "The package is held by customs: an invoice is missing"),
    "cleared": ("InTransit_CustomsReleased", "Import scan: released by customs"),
    "delay": ("Exception_Delayed", "A late flight has delayed the package"),
    "out": ("OutForDelivery_Other", "Out For Delivery Today"),
    "not_home": ("DeliveryFailure_NoBody", "The receiver was not available"),
    "pickup_point": ("AvailableForPickup_Other", "At a UPS Access Point, ready for pickup"),
    "delivered": ("Delivered_Other", "Delivered"),
    "damaged": ("Exception_Damage", "The package was damaged"),
    "lost": ("Exception_Lost", "The package can't be located"),
    "returning": ("Exception_Returning", "Returning to sender"),
    "returned": ("Exception_Returned", "Returned to sender"),
    "odd": ("DronePort", "Held at drone port"),
}
CODES: Mapping[str, Mapping[Kind, Code]] = {
    "dhl": _DHL,
    "ups": _UPS,
    "fedex": _FEDEX,
    "usps": _USPS,
    "kuaidi100": _KUAIDI100,
    "aftership": _AFTERSHIP,
    "easypost": _EASYPOST,
    "seventeentrack": _SEVENTEENTRACK,
}


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


def _seventeentrack(trip: Trip) -> dict[str, Any]:
    events = []
    for scan in reversed(trip.scans):
        sub_status, _, text = _code("seventeentrack", scan)
        when = {"time_iso": scan.local.isoformat(timespec="seconds")}
        utc = {"time_utc": f"{scan.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        address = {"country": scan.place.country, "state": scan.place.region or None, "city": scan.place.name}
        events.append({**when, **utc, "description": text, "sub_status": sub_status, "address": address})
    sub_status, _, _ = _code("seventeentrack", trip.last)
    eta = {"source": "Official", "from": None, "to": f"{trip.eta.isoformat()}T20:00:00{trip.last.offset}"}
    provider = {"provider": {"key": 100002, "name": "UPS"}, "service_type": trip.service, "events": events}
    info = {
        "latest_status": {"status": sub_status.partition("_")[0], "sub_status": sub_status},
        "latest_event": events[0],
        "time_metrics": {"estimated_delivery_date": eta},
        "misc_info": {"service_type": trip.service},
        "tracking": {"providers": [provider]},
    }
    data = {"number": trip.number, "carrier": 100002, "tag": "", "track_info": info}
    return {"event": "TRACKING_UPDATED", "data": data}


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
