"""SEKO (OmniParcel): answers of its tracking API, and its webhooks, which are the same list of consignments.

Format: https://seko.atlassian.net/wiki (Tracking Webhook / CSV / API). A code is an OmniCode; times are local to
the place of the scan.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name, zone_of
from tracking.carriers._signatures import same
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status


def _each(numbers: str, status: Status, reason: str = "") -> dict[str, Reading]:
    return {f"OP-{number}": Reading(status, reason) for number in numbers.split()}


class Carrier(DirectCarrier):
    """Reader of SEKO's answers and webhooks."""

    label = "SEKO"
    signature = "header `password` equal to the shared secret (SEKO signs no body)"
    messages = (("Errors", "Message"), ("Message",), ("message",), ("error",))
    answers = (("ConsignmentNo",),)
    statuses: Mapping[str, Reading] = {
        **_each("1 8 9 11 12", Status.INFO_RECEIVED),
        **_each("3 4 5 7 10 14 18 20 22 31 32 33 47 48 50 51 54 56 78 79 80 81 82 83 84 89", Status.IN_TRANSIT),
        **_each("21", Status.OUT_FOR_DELIVERY),
        **_each("19 25 42", Status.AVAILABLE_FOR_PICKUP),
        **_each("71 72 73 74 75 76 77", Status.DELIVERED),
        **_each("29 30 40 45 55 86 92", Status.ATTEMPT_FAILED),
        **_each("23 27", Status.ATTEMPT_FAILED, "consignee_incorrect_address"),
        **_each("24", Status.ATTEMPT_FAILED, "consignee_not_home"),
        **_each("28", Status.ATTEMPT_FAILED, "consignee_refused"),
        **_each("37", Status.ATTEMPT_FAILED, "consignee_access_restricted"),
        **_each("38", Status.ATTEMPT_FAILED, "consignee_verification_failed"),
        **_each("43", Status.ATTEMPT_FAILED, "consignee_business_closed"),
        **_each("2 26 34 36 39 44 46 49 52 53 67 70 87 88 91", Status.EXCEPTION),
        **_each("6", Status.EXCEPTION, "customs_delay"),
        **_each("41", Status.EXCEPTION, "consignee_incorrect_address"),
        **_each("13 35", Status.EXCEPTION, "carrier_sorting_error"),
        **_each("16", Status.EXCEPTION, "carrier_delay"),
        **_each("15", Status.EXCEPTION, "carrier_parcel_lost"),
        **_each("17", Status.EXCEPTION, "carrier_damaged_parcel"),
        **_each("57 58 60 62 63 66 68 85 90 94", Status.RETURNING),
        **_each("59 65", Status.RETURNING, "consignee_not_available"),
        **_each("61", Status.RETURNING, "consignee_incorrect_address"),
        **_each("64", Status.RETURNING, "consignee_refused"),
        **_each("69", Status.RETURNING, "carrier_damaged_parcel"),
    }

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header in which SEKO sends the password that the portal gave it."""
        return same(headers.get("password", ""), secret)

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One consignment, or a list of them."""
        for consignment in _json.rows(document, "The consignments"):
            codes = self.codes()
            events = tuple(_event(row, codes) for row in _json.rows(consignment.get("Events"), "Events"))
            yield Observation(
                tracking_number=_json.text(consignment.get("ConsignmentNo")), events=events, unknown_codes=codes.unknown
            )

    def tracking_url(self, tracking_number: str) -> str:
        """OmniParcel's public page of a consignment."""
        return f"https://track.omniparcel.com/{quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("OmniCode")) or _json.text(row.get("Code"))
    place, country, region = _place(_json.text(row.get("Location")))
    return scan(
        codes.read(code),
        read_moment(_json.text(row.get("EventDT")), country=country, region=region),
        code=code,
        description=_json.text(row.get("Description")),
        place=place,
        country=country,
    )


def _place(location: str) -> tuple[str, str, str]:
    """ "Carson, CA,US" ends in its country, and so does "NL" alone."""
    parts = [part.strip() for part in location.split(",")]
    country = country_code(parts[-1])
    if not country:
        return place_name(location), "", ""
    region = parts[-2] if len(parts) > 1 and zone_of(country, parts[-2]) != zone_of(country) else ""
    return place_name(*parts[:-1]), country, region
