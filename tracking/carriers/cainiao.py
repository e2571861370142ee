"""Cainiao (菜鸟): answers of its international tracking.

Format: https://global.cainiao.com/global/detail.json (``module`` lists one entry a number). A scan's ``timeStr`` is the
place's clock and ``timeZone`` its offset ("GMT+02:00"); its ``time`` in milliseconds reads that clock as China's, so it
only serves where there is no ``timeStr``. A station's signature is no delivery.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code
from tracking.carriers._times import read_date, read_epoch, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_OUT = Reading(Status.OUT_FOR_DELIVERY)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_DELIVERED = Reading(Status.DELIVERED)
_CLEARANCE = Reading(Status.EXCEPTION, "customs_delay")


class Carrier(DirectCarrier):
    """Reader of Cainiao's answers."""

    label = "Cainiao"
    labels = {"zh-hans": "菜鸟"}
    # Action codes of the logistics details (GWMS warehouse, SC sorting, LH line haul, CC customs, GTMS last mile, GSTA
    # station; a station's signature is no delivery), then the words of an entry's own status.
    statuses: Mapping[str, Reading] = {
        "CONSIGN": _ANNOUNCED,
        "CREATE": _ANNOUNCED,
        "GWMS_ACCEPT": _ANNOUNCED,
        "GWMS_PACKAGE": _ANNOUNCED,
        "GWMS_OUTBOUND": _MOVING,
        "GWMS_REJECT": Reading(Status.EXCEPTION),
        "GWMS_CANCEL": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "GWMS_EXCEPTION": Reading(Status.EXCEPTION),
        "PU_PICKUP_SUCCESS": _MOVING,
        "CW_INBOUND": _MOVING,
        "CW_SIGN_IN_SUCCESS": _MOVING,
        "CW_OUTBOUND": _MOVING,
        "SC_INBOUND_SUCCESS": _MOVING,
        "SC_OUTBOUND_SUCCESS": _MOVING,
        "SC_ARRIVE": _MOVING,
        "SC_DEPART": _MOVING,
        "SL_ACCEPT": _MOVING,
        "OE_DEPART": _MOVING,
        "LH_HO_IN_SUCCESS": _MOVING,
        "LH_HO_AIRLINE": _MOVING,
        "LH_DEPART": _MOVING,
        "LH_ARRIVE": _MOVING,
        "CC_EX_START": _MOVING,
        "CC_EX_SUCCESS": _MOVING,
        "CC_EX_FAILURE": _CLEARANCE,
        "CC_HO_IN_SUCCESS": _MOVING,
        "CC_HO_OUT_SUCCESS": _MOVING,
        "CC_IM_START": _MOVING,
        "CC_IM_SUCCESS": _MOVING,
        "CC_IM_FAILURE": _CLEARANCE,
        "CC_IM_EXCEPTION": _CLEARANCE,
        "CIQ_FAILURE": Reading(Status.EXCEPTION, "customs_inspection"),
        "CUS_TAX": Reading(Status.EXCEPTION, "customs_duties_unpaid"),
        "LAST_MILE_ASN_NOTIFY": _MOVING,
        "GTMS_ACCEPT": _MOVING,
        "GTMS_SC_ARRIVE": _MOVING,
        "GTMS_SC_DEPART": _MOVING,
        "GTMS_DO_ARRIVE": _MOVING,
        "GTMS_STATION_IN": _MOVING,
        "GTMS_STATION_OUT": _MOVING,
        "GTMS_DO_DEPART": _OUT,
        "GTMS_DELIVERING": _OUT,
        "GTMS_RE_DELIVERING": _OUT,
        "LM_DELIVERY_DEPART": _OUT,
        "GTMS_DEL_FAILURE": Reading(Status.ATTEMPT_FAILED),
        "GTMS_SIGN_FAILURE": Reading(Status.ATTEMPT_FAILED),
        "GTMS_FAILURE": Reading(Status.EXCEPTION),
        "GTMS_STA_SIGNED": _PICKUP_POINT,
        "GTMS_WAIT_SELF_PICK": _PICKUP_POINT,
        "GSTA_INBOUND": _PICKUP_POINT,
        "GSTA_INFORM_BUYER": _PICKUP_POINT,
        "GTMS_SIGNED": _DELIVERED,
        "LM_SIGN_SUCCESS": _DELIVERED,
        "GSTA_SIGN": _DELIVERED,
        "GSTA_BUYER_SIGN": _DELIVERED,
        "RT_INBOUND": Reading(Status.RETURNING),
        "WAIT_ACCEPT": _ANNOUNCED,
        "ACCEPT": _MOVING,
        "TRANSPORT": _MOVING,
        "CLEAR_CUSTOMS": _MOVING,
        "DELIVERING": _OUT,
        "PICKUP": _PICKUP_POINT,
        "DELIVERED": _DELIVERED,
        "SIGN": _DELIVERED,
    }
    messages = (("errorMsg",), ("message",), ("msg",))
    answers = (("module",), ("detailList",), ("mailNoSource",))

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The entries of an answer, or one entry alone."""
        module = _json.at(document, "module")
        for entry in _json.rows(document if module is None else module, "module"):
            yield self._entry(entry)

    def _entry(self, entry: _json.Fields) -> Observation | None:
        number = _json.text(entry.get("mailNo"))
        scans = _json.rows(entry.get("detailList"), "detailList")
        latest = _json.fields(entry.get("latestTrace"))
        if latest and not any(_mark(latest) == _mark(step) for step in scans):
            scans = [latest, *scans]
        if not number:
            return None
        codes = self.codes()
        # the newest action code tells more than the entry's own word, which stays "DELIVERING" at a pick-up point
        status = "" if scans else _json.text(entry.get("status"))
        return Observation(
            tracking_number=number,
            events=tuple(_event(step, codes) for step in scans),
            summary=codes.read(status, status.upper()).status if status else None,
            carrier_eta=read_date(_json.text_at(entry, "globalEtaInfo", "deliveryMaxTime")),
            origin=country_code(_json.text(entry.get("originCountry"))),
            destination=country_code(_json.text(entry.get("destCountry"))),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """Cainiao's public page of a number."""
        return f"https://global.cainiao.com/newDetail.htm?mailNoList={quote(tracking_number)}"


def _mark(step: _json.Fields) -> tuple[str, str]:
    return _json.text(step.get("actionCode")), _json.text(step.get("timeStr")) or _json.text(step.get("time"))


def _event(step: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(step.get("actionCode"))
    written, zone = _json.text(step.get("timeStr")), _json.text(step.get("timeZone")).upper()
    offset = zone.removeprefix("GMT").removeprefix("UTC")
    moment = read_moment(written, offset=offset) if written else read_epoch(step.get("time"))
    return scan(
        codes.read(code, code.upper().replace(" ", "_")),
        moment,
        code=code,
        description=_json.text(step.get("standerdDesc")) or _json.text(step.get("desc")),
    )
