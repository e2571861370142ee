"""DHL and its divisions: the unified tracking answer and push, MyDHL (Express), Express and Parcel DE XML, eCommerce.

Formats: https://developer.dhl.com (Shipment Tracking - Unified, and its push, which sends the same ``shipments``; DHL
Express - MyDHL API; Parcel DE Tracking; eCommerce Americas tracking); Express XML: DHL XML Services 6; DHL24 WebAPI2.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json, _xml
from tracking.carriers._codes import CodeReader
from tracking.carriers._dhl_divisions import parts_of, read_ecommerce, read_parcel_de, read_poland
from tracking.carriers._places import country_code, place_name, split_country, split_region
from tracking.carriers._signatures import same
from tracking.carriers._times import read_date, read_instant, read_moment
from tracking.carriers.base import (
    Asked,
    CarrierAdapter,
    NoTracking,
    Observation,
    Question,
    Reading,
    ScanEvent,
    Status,
    Unreadable,
)

_MOVING = Reading(Status.IN_TRANSIT)
_CLEARANCE = Reading(Status.EXCEPTION, "customs_delay")
_LATE = Reading(Status.EXCEPTION, "carrier_delay")

# XML Services write the unit as a letter.
_UNITS = {"K": "KG", "L": "LB"}

_SUMMARIES = {"delivered": Status.DELIVERED, "transit": Status.IN_TRANSIT, "in transit": Status.IN_TRANSIT}

# Where DHL's divisions put the words of an error.
_MESSAGES = (
    ("detail",),
    ("AWBInfo", "Status", "Condition", "ConditionData"),
    ("Response", "Status", "Condition", "ConditionData"),
    ("Body", "Fault", "faultstring"),
    ("Error", "errors", "message"),
    ("@error",),
    ("scope",),
)


class Carrier(CarrierAdapter):
    """Reader of the payloads of DHL's divisions."""

    label = "DHL"
    # DHL publishes no signature of its pushes; the portal's address for them carries a secret header instead.
    signature = "header `x-portal-secret` equal to the shared secret (DHL documents no signature)"
    statuses: Mapping[str, Reading] = {
        # unified: `statusCode`
        "pre-transit": Reading(Status.INFO_RECEIVED),
        "transit": _MOVING,
        "delivered": Reading(Status.DELIVERED),
        "failure": Reading(Status.EXCEPTION),
        "unknown": Reading(Status.UNKNOWN),
        # Express: checkpoint codes
        "SA": _MOVING,
        "PU": _MOVING,
        "PL": _MOVING,
        "RW": _MOVING,
        "DF": _MOVING,
        "AF": _MOVING,
        "AR": _MOVING,
        "IT": _MOVING,
        "TR": _MOVING,
        "FD": _MOVING,
        "TP": _MOVING,
        "IC": _MOVING,
        "CR": _MOVING,
        "CI": _MOVING,
        "MC": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "MS": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "WC": Reading(Status.OUT_FOR_DELIVERY),
        "OO": Reading(Status.OUT_FOR_DELIVERY),
        "OK": Reading(Status.DELIVERED),
        "PD": Reading(Status.DELIVERED),
        "DD": Reading(Status.DELIVERED, "carrier_damaged_parcel"),
        "DM": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "NH": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "CA": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "BA": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "CM": Reading(Status.EXCEPTION, "consignee_moved"),
        "RD": Reading(Status.ATTEMPT_FAILED, "consignee_refused"),
        "RT": Reading(Status.RETURNING),
        "OH": Reading(Status.EXCEPTION),
        "HP": Reading(Status.EXCEPTION, "consignee_payment_due"),
        "SS": Reading(Status.EXCEPTION),
        "TD": _LATE,
        "MD": _LATE,
        "DY": _LATE,
        "SM": _LATE,
        "WX": Reading(Status.EXCEPTION, "weather_delay"),
        "HW": Reading(Status.EXCEPTION, "weather_delay"),
        "CD": _CLEARANCE,
        "UD": _CLEARANCE,
        "LO": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
        # Parcel DE: international coded events (ICE)
        "PARCV": Reading(Status.INFO_RECEIVED),
        "SHRCU": _MOVING,
        "LDTMV": _MOVING,
        "ULFMV": _MOVING,
        "SRTED": _MOVING,
        "PCKDU": _MOVING,
        "DLVRD": Reading(Status.DELIVERED),
        "NDELV": Reading(Status.ATTEMPT_FAILED),
        "NTDEL": Reading(Status.ATTEMPT_FAILED),
        "DLVRF": Reading(Status.ATTEMPT_FAILED),
        "HLDCC": Reading(Status.AVAILABLE_FOR_PICKUP),
        "CNRFC": Reading(Status.AVAILABLE_FOR_PICKUP),
        "EXPHD": Reading(Status.EXCEPTION),
        "RETRN": Reading(Status.RETURNING),
        # Parcel DE: `standard-event-code`, prefixed because Express uses the same letters for other things
        "parcel/VA": Reading(Status.INFO_RECEIVED),
        "parcel/AE": _MOVING,
        "parcel/ES": _MOVING,
        "parcel/AA": _MOVING,
        "parcel/EE": _MOVING,
        "parcel/NB": _MOVING,
        "parcel/PO": Reading(Status.OUT_FOR_DELIVERY),
        "parcel/ZU": Reading(Status.DELIVERED),
        "parcel/ZN": Reading(Status.ATTEMPT_FAILED),
        "parcel/AN": Reading(Status.ATTEMPT_FAILED, "consignee_refused"),
        "parcel/ZO": Reading(Status.EXCEPTION),
        "parcel/LA": Reading(Status.AVAILABLE_FOR_PICKUP),
        "parcel/ZF": Reading(Status.AVAILABLE_FOR_PICKUP),
    }

    base_url = "https://api-eu.dhl.com"
    credentials_needed = ("api_key",)

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        params = {"trackingNumber": one.tracking_number, "language": "en"}
        if one.postal_code:
            params["recipientPostalCode"] = one.postal_code
        return Question(
            "GET",
            f"{self.address(credentials)}/track/shipments",
            headers={"DHL-API-Key": credentials["api_key"], "Accept": "application/json"},
            params=params,
        )

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header that the subscription was told to send; the body itself is not signed."""
        return same(headers.get("x-portal-secret", ""), secret)

    def parse(self, body: bytes) -> list[Observation]:
        """Read an answer or a push of any division."""
        if _xml.looks_like(body):
            root, document = _xml.load(body)
            found = self._from_xml(root, document)
        else:
            document = dict(_json.load_fields(body))
            found = self._from_json(document)
        observations = [observation for observation in found if observation]
        if not observations:
            raise NoTracking(f"DHL sent no tracking but {_subject(document)}.")
        return observations

    def _from_json(self, document: _json.Fields) -> Iterator[Observation | None]:
        for shipment in _json.rows(document.get("shipments"), "shipments"):
            read = _read_express_json if "shipmentTrackingNumber" in shipment else _read_unified
            yield read(shipment, CodeReader(self.statuses))
        for package in _json.rows(document.get("packages"), "packages"):
            yield read_ecommerce(package, CodeReader(self.statuses))

    def _from_xml(self, root: str, document: _json.Fields) -> Iterator[Observation | None]:
        if root == "TrackingResponse":
            for waybill in _json.rows(document.get("AWBInfo"), "AWBInfo"):
                yield _read_express_xml(waybill, CodeReader(self.statuses))
        elif root == "data":
            for piece in [document, *parts_of(document, "piece-shipment")]:
                yield read_parcel_de(piece, CodeReader(self.statuses))
        else:
            answer = _xml.unwrap(root, document).get("getTrackAndTraceInfoResponse", document)
            yield read_poland(_json.fields(_json.at(answer, "getTrackAndTraceInfoResult")), CodeReader(self.statuses))

    def tracking_url(self, tracking_number: str) -> str:
        """DHL's public page of a number, which finds the division by itself."""
        return f"https://www.dhl.com/global-en/home/tracking.html?tracking-id={quote(tracking_number)}"


def _read_unified(shipment: _json.Fields, codes: CodeReader) -> Observation | None:
    number = _json.text(shipment.get("id"))
    status = _json.fields(shipment.get("status"))
    scans = _json.rows(shipment.get("events"), "events")
    if not number or not (scans or status):
        return None
    # A push may hold the newest status alone: it is then the scan.
    events = tuple(_unified_event(scan, codes) for scan in scans or [status])
    summary_code = _json.text(status.get("statusCode"))
    details = _json.fields(shipment.get("details"))
    signed = _json.at(details, "proofOfDelivery", "signed")
    return Observation(
        tracking_number=number,
        events=events,
        summary=codes.read(summary_code, summary_code.lower()).status if summary_code else None,
        service=_json.text_at(details, "product", "productName") or _json.text(shipment.get("service")),
        carrier_eta=read_date(_json.text(shipment.get("estimatedTimeOfDelivery"))),
        eta_from=read_instant(_json.text_at(shipment, "estimatedDeliveryTimeFrame", "estimatedFrom")),
        eta_to=read_instant(_json.text_at(shipment, "estimatedDeliveryTimeFrame", "estimatedThrough")),
        signed_by=f"{_json.text_at(signed, 'givenName')} {_json.text_at(signed, 'familyName')}".strip(),
        weight_g=_json.grams(_json.at(details, "weight", "value"), _json.text_at(details, "weight", "unitText")),
        origin=_locality(shipment.get("origin")),
        destination=_locality(shipment.get("destination")),
        unknown_codes=codes.unknown,
    )


def _unified_event(scan: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(scan.get("statusCode"))
    reading = codes.read(code, code.lower())
    address = _json.at(scan, "location", "address")
    locality, country = split_country(_json.text_at(address, "addressLocality"))
    country = country_code(_json.text_at(address, "countryCode")) or country
    city, region = split_region(locality)
    written, words = _json.text(scan.get("timestamp")), _json.text(scan.get("description"))
    detail = _json.text(scan.get("status"))
    moment = read_moment(written, country=country, region=region)
    return ScanEvent(
        occurred_at=moment.at,
        offset_source=moment.source,
        status=reading.status,
        reason=reading.reason,
        code=code,
        description=words or detail,
        place=place_name(city, region),
        country=country,
        identity=f"{written}|{code}|{detail}|{words}",  # five codes cover every scan
    )


def _read_express_json(shipment: _json.Fields, codes: CodeReader) -> Observation | None:
    number = _json.text(shipment.get("shipmentTrackingNumber"))
    if not number:
        return None
    events = tuple(
        _express_event(
            codes,
            code=_json.text(scan.get("typeCode")),
            description=_json.text(scan.get("description")),
            written=f"{_json.text(scan.get('date'))} {_json.text(scan.get('time'))}",
            offset=_json.text(scan.get("GMTOffset")),
            area=_json.text_at(scan.get("serviceArea"), "description"),
            signed_by=_json.text(scan.get("signedBy")),
        )
        for scan in _json.rows(shipment.get("events"), "events")
    )
    # `status` is the answer's own ("Success") in some versions, the shipment's ("delivered") in others
    status = _SUMMARIES.get(_json.text(shipment.get("status")).lower())
    eta = _json.text(shipment.get("estimatedTimeOfDelivery")) or _json.text(shipment.get("estimatedDeliveryDate"))
    metric = _json.text(shipment.get("unitOfMeasurements")).lower() in ("", "metric")
    return Observation(
        tracking_number=number,
        events=events,
        summary=status,
        service=_json.text(shipment.get("description")),
        carrier_eta=read_date(eta),
        signed_by=next((event.signed_by for event in events if event.signed_by), ""),
        weight_g=_json.grams(shipment.get("totalWeight"), "KG" if metric else "LB"),
        origin=_postal(shipment.get("shipperDetails")),
        destination=_postal(shipment.get("receiverDetails")),
        unknown_codes=codes.unknown,
    )


def _read_express_xml(waybill: _json.Fields, codes: CodeReader) -> Observation | None:
    number = _json.text(waybill.get("AWBNumber"))
    shipment = _json.fields(waybill.get("ShipmentInfo"))
    scans = _json.rows(shipment.get("ShipmentEvent"), "ShipmentEvent")
    if not number or not scans:
        return None
    events = tuple(
        _express_event(
            codes,
            code=_json.text_at(scan, "ServiceEvent", "EventCode"),
            description=_json.text_at(scan, "ServiceEvent", "Description"),
            written=f"{_json.text(scan.get('Date'))} {_json.text(scan.get('Time'))}",
            offset=_json.text(scan.get("GMTOffset")),
            area=_json.text_at(scan, "ServiceArea", "Description"),
            signed_by=_json.text(scan.get("Signatory")),
        )
        for scan in scans
    )
    return Observation(
        tracking_number=number,
        events=events,
        service=_json.text(shipment.get("GlobalProductCode")),
        carrier_eta=read_date(_json.text(shipment.get("EstDlvyDate"))),
        signed_by=next((event.signed_by for event in events if event.signed_by), ""),
        weight_g=_json.grams(shipment.get("Weight"), _UNITS.get(_json.text(shipment.get("WeightUnit")), "")),
        origin=place_name(split_country(_json.text_at(shipment, "OriginServiceArea", "Description"))[0]),
        destination=place_name(split_country(_json.text_at(shipment, "DestinationServiceArea", "Description"))[0]),
        unknown_codes=codes.unknown,
    )


def _express_event(
    codes: CodeReader, *, code: str, description: str, written: str, offset: str, area: str, signed_by: str
) -> ScanEvent:
    place, country = split_country(area)
    city, region = split_region(place)
    reading = codes.read(code)
    moment = read_moment(written, offset=offset, country=country, region=region)
    return ScanEvent(
        occurred_at=moment.at,
        offset_source=moment.source,
        status=reading.status,
        reason=reading.reason,
        code=code,
        description=description,
        place=place_name(city, region),
        country=country,
        # Express also writes station codes into this field of other scans
        signed_by=signed_by if reading.status is Status.DELIVERED else "",
    )


def _locality(end: object) -> str:
    return place_name(split_country(_json.text_at(end, "address", "addressLocality"))[0])


def _postal(party: object) -> str:
    return place_name(_json.text_at(party, "postalAddress", "cityName"))


def _subject(document: _json.Fields) -> str:
    for path in _MESSAGES:
        if message := _json.text_at(document, *path):
            return message.rstrip(".")
    known = {"shipments", "packages", "documents", "secret", "AWBInfo", "@name", "detail"} & set(document)
    if known:
        return f"an answer about {', '.join(sorted(known))}"
    raise Unreadable("Not a payload of any DHL division that this adapter reads.")
