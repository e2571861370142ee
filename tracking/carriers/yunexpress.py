"""YunExpress (China): answers of its order system about a waybill's way.

Format: YunExpress OMS API, ``Tracking/GetTrackInfo`` (``Item`` with ``OrderTrackingDetails``). Times have no offset;
they are read by the Chinese clock where no country is named. Answers to other requests (the assignment of a number)
hold no scans.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name, split_place, split_region
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status


class Carrier(DirectCarrier):
    """Reader of YunExpress's answers."""

    label = "YunExpress"
    labels = {"zh-hans": "云途物流"}
    messages = (("Error", "Message"), ("Message",), ("ResultDesc",), ("msg",))
    answers = (("Item",), ("Items",), ("ResultCode",), ("Code",))
    # TrackingStatus of a scan; "package 3" is the PackageState of a whole parcel
    statuses: Mapping[str, Reading] = {
        "10": Reading(Status.INFO_RECEIVED),
        "20": Reading(Status.IN_TRANSIT),
        "30": Reading(Status.AVAILABLE_FOR_PICKUP),
        "40": Reading(Status.ATTEMPT_FAILED),
        "50": Reading(Status.DELIVERED),
        "60": Reading(Status.EXCEPTION),
        "70": Reading(Status.RETURNING),
        "package 1": Reading(Status.INFO_RECEIVED),
        "package 2": Reading(Status.IN_TRANSIT),
        "package 3": Reading(Status.DELIVERED),
        "package 4": Reading(Status.IN_TRANSIT),
        "package 5": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "package 6": Reading(Status.ATTEMPT_FAILED),
        "package 7": Reading(Status.RETURNED),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One waybill, or a list of them."""
        for item in _json.rows(_json.at(document, "Item") or _json.at(document, "Items"), "Item"):
            codes = self.codes()
            rows = _json.rows(item.get("OrderTrackingDetails"), "OrderTrackingDetails")
            state = _json.text(item.get("PackageState"))
            yield Observation(
                tracking_number=_json.text(item.get("WaybillNumber")) or _json.text(item.get("TrackingNumber")),
                events=tuple(_event(row, codes) for row in rows),
                summary=codes.read(f"package {state}").status if state not in ("", "0") else None,
                destination=country_code(_json.text(item.get("CountryCode"))),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """YunExpress's public page of a number."""
        return f"https://www.yuntrack.com/parcelTracking?id={quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, sentence = _json.text(row.get("TrackingStatus")), _json.text(row.get("ProcessContent"))
    written = _json.text(row.get("ProcessDate"))
    place, country = split_place(_json.text(row.get("ProcessLocation")))
    _, region = split_region(place)
    return scan(
        codes.read(code),
        read_moment(written, country=country, region=region, home="" if region else "Asia/Shanghai"),
        code=code,
        description=sentence,
        place=place_name(place),
        country=country,
        identity=f"{written}|{code}|{sentence}",  # "20" covers every hub
    )
