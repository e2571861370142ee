"""Purolator (Canada): answers of its Tracking web service.

Format: E-Ship Web Services, ``TrackPackagesByPin`` (SOAP). A scan's type is coarse ("Other" covers every hub), so its
sentence tells doubles apart. Times are local to the depot.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name, split_region
from tracking.carriers._times import compact_time, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_ROOT = "TrackPackagesByPinResponse"


class Carrier(DirectCarrier):
    """Reader of Purolator's answers."""

    label = "Purolator"
    messages = (
        (_ROOT, "ResponseInformation", "Errors", "Error", "Description"),
        (
            _ROOT,
            "TrackingInformationList",
            "TrackingInformation",
            "ResponseInformation",
            "Errors",
            "Error",
            "Description",
        ),
        ("Fault", "faultstring"),
    )
    answers = ((_ROOT,),)
    # Scan types, and the sentences of "Other" that tell of a label rather than of a parcel
    statuses: Mapping[str, Reading] = {
        "Delivery": Reading(Status.DELIVERED),
        "OnDelivery": Reading(Status.OUT_FOR_DELIVERY),
        "Undeliverable": Reading(Status.ATTEMPT_FAILED),
        "ProofOfPickUp": Reading(Status.IN_TRANSIT),
        "Other": Reading(Status.IN_TRANSIT),
        "Other/Shipper created a label": Reading(Status.INFO_RECEIVED),
        "Other/Shipping label created": Reading(Status.INFO_RECEIVED),
        "Other/Shipment created": Reading(Status.INFO_RECEIVED),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """Every pin of the answer."""
        holder = _json.at(document, _ROOT, "TrackingInformationList", "TrackingInformation")
        for parcel in _json.rows(holder, "TrackingInformation"):
            codes = self.codes()
            events = tuple(_event(row, codes) for row in _json.rows(_json.at(parcel, "Scans", "Scan"), "Scan"))
            yield Observation(
                tracking_number=_json.text_at(parcel, "PIN", "Value"),
                events=events,
                signed_by=next((event.signed_by for event in events if event.signed_by), ""),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """Purolator's public page of a pin."""
        return f"https://www.purolator.com/en/shipping/tracker?pin={quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, sentence = _json.text(row.get("ScanType")), _json.text(row.get("Description"))
    city, region = split_region(_json.text_at(row, "Depot", "Name"))
    written = f"{_json.text(row.get('ScanDate'))} {compact_time(_json.text(row.get('ScanTime')))}".strip()
    return scan(
        codes.read(code, f"{code}/{sentence.rstrip(' -')}", code),
        read_moment(written, country="CA", region=region, home="America/Toronto"),
        code=code,
        description=sentence,
        place=place_name(city, region),
        country="CA",
        signed_by=_json.signer(_json.at(row, "ScanDetails", "DeliverySignature")),
        identity=f"{written}|{code}|{sentence}",
    )
