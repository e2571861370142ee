"""Kdniao (快递鸟), an aggregator of Chinese carriers: query answers, the map query, and pushed states.

Formats: https://www.kdniao.com/api-track and https://www.kdniao.com/api-subscribe. A push is a form of ``RequestData``,
``RequestType`` and ``DataSign``; systems that hand its traces on write the same names in lower case. Traces stand in
either order and carry no offset: their times are read as China's.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs

from tracking.carriers import _json
from tracking.carriers._asking import FORM_BODY, form_body, json_body
from tracking.carriers._chinese import HOME, bracketed_place, read_sentence
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import scan
from tracking.carriers._places import place_name
from tracking.carriers._signatures import same
from tracking.carriers._times import read_date, read_moment
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
_DELIVERED = Reading(Status.DELIVERED)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_LATE = Reading(Status.EXCEPTION, "carrier_delay")

_CARRIERS = {
    "SF": "sf_express",
    "YTO": "yto",
    "ZTO": "zto",
    "STO": "sto",
    "YD": "yunda",
    "EMS": "ems_cn",
    "YZPY": "ems_cn",
    "JD": "jd",
    "JTSD": "jt_express",
    "CNSD": "cainiao",
    "DHL": "dhl",
    "UPS": "ups",
    "FEDEX": "fedex",
    "USPS": "usps",
}
_ASKED_AS = {ours: theirs for theirs, ours in reversed(_CARRIERS.items())}
_LETTERS = re.compile(r"[A-Z]+")
# Some answers write the day and the time without a space between them.
_GLUED = re.compile(r"^(\d{4}-\d{2}-\d{2})(\d{2}:)")


class Carrier(CarrierAdapter):
    """Reader of Kdniao's answers and pushes."""

    label = "Kdniao"
    labels = {"zh-hans": "快递鸟"}
    signature = "form field `DataSign` = base64 of the lower-case MD5 of `RequestData` + API key"
    # https://www.kdniao.com/api-track: State, and StateEx / Action in the thousands' place of it
    statuses: Mapping[str, Reading] = {
        "0": Reading(Status.PENDING),
        "1": _MOVING,
        "2": _MOVING,
        "3": _DELIVERED,
        "4": Reading(Status.EXCEPTION),
        "5": _MOVING,
        "6": _MOVING,
        "10": Reading(Status.INFO_RECEIVED),
        "201": _MOVING,
        "202": Reading(Status.OUT_FOR_DELIVERY),
        "204": _MOVING,
        "205": _MOVING,
        "206": _MOVING,
        "211": _PICKUP_POINT,
        "301": _DELIVERED,
        "302": _DELIVERED,
        "304": _DELIVERED,
        "311": _DELIVERED,
        "401": Reading(Status.EXCEPTION, "merchant_not_ready"),
        "402": _LATE,
        "403": _LATE,
        "404": Reading(Status.EXCEPTION, "consignee_refused"),
        "405": Reading(Status.ATTEMPT_FAILED),
        "406": Reading(Status.RETURNED),
        "407": Reading(Status.RETURNING),
        "412": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "413": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "414": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "415": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "416": Reading(Status.ATTEMPT_FAILED, "consignee_unreachable"),
        "417": _LATE,
        "418": _MOVING,
        "419": Reading(Status.OUT_FOR_DELIVERY),
        "420": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "421": Reading(Status.EXCEPTION, "consignee_unreachable"),
        "422": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "423": Reading(Status.EXCEPTION, "carrier_address_not_found"),
        "601": _MOVING,
        "602": _MOVING,
        "603": _MOVING,
        "604": Reading(Status.EXCEPTION, "customs_delay"),
    }

    base_url = "https://api.kdniao.com"
    credentials_needed = ("business_id", "api_key")

    def lacks(self, asked: Asked) -> list[str]:
        if asked.carrier not in _ASKED_AS:
            return ["carrier"]
        return ["phone"] if _ASKED_AS[asked.carrier] == "SF" and not asked.phone else []

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        request = {"ShipperCode": _ASKED_AS[one.carrier], "LogisticCode": one.tracking_number}
        if request["ShipperCode"] == "SF":
            request["CustomerName"] = one.phone_last_four
        text = json_body(request).decode()
        digest = hashlib.md5(f"{text}{credentials['api_key']}".encode()).hexdigest()  # noqa: S324 - its rule
        form = {
            "RequestData": text,
            "EBusinessID": credentials["business_id"],
            "RequestType": "1002",
            "DataSign": base64.b64encode(digest.encode()).decode(),
            "DataType": "2",
        }
        return Question(
            "POST",
            f"{self.address(credentials)}/Ebusiness/EbusinessOrderHandle.aspx",
            headers=FORM_BODY,
            content=form_body(form),
        )

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare `DataSign` with what Kdniao documents; ``secret`` is the account's API key."""
        form = _form(body)
        if not form or not secret:
            return False
        data = (form["RequestData"] + secret).encode("utf-8", "surrogatepass")
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return same(form["DataSign"], base64.b64encode(digest.encode()))

    def parse(self, body: bytes) -> list[Observation]:
        """Read a push or an answer."""
        form = _form(body)
        document = _json.load_fields(form["RequestData"].encode("utf-8", "surrogatepass") if form else body)
        found = [one for answer in _answers(document) if (one := self._observe(answer))]
        if not found:
            raise NoTracking(f"Kdniao sent no tracking but {_subject(document)}.")
        return found

    def _observe(self, answer: _json.Fields) -> Observation | None:
        codes = CodeReader(self.statuses)
        traces = _json.rows(_first(answer, "Traces", "traces"), "Traces")
        state, detail = (_json.text(_first(answer, *names)) for names in (("State", "state"), ("StateEx", "action")))
        if not traces and (not state or state == "0"):
            return None
        shipper = _LETTERS.match(_json.text(_first(answer, "ShipperCode", "carrierCode")).upper())
        return Observation(
            tracking_number=_json.text(_first(answer, "LogisticCode", "outWaybillNo", "logisticCode")),
            events=tuple(self._event(trace, codes) for trace in traces),
            carrier=_CARRIERS.get(shipper[0], "") if shipper else "",
            summary=codes.read(detail or state, detail, state).status if state else None,
            carrier_eta=read_date(_json.text(_first(answer, "EstimatedDeliveryTime", "estimatedDeliveryTime"))),
            unknown_codes=codes.unknown,
        )

    def _event(self, trace: _json.Fields, codes: CodeReader) -> ScanEvent:
        sentence = _json.text(_first(trace, "AcceptStation", "acceptStation"))
        code = _json.text(_first(trace, "Action", "action")) or _json.text(trace.get("state"))
        written = _GLUED.sub(r"\1 \2", _json.text(_first(trace, "AcceptTime", "acceptTime")))
        return scan(
            codes.read(code) if code else read_sentence(sentence),
            read_moment(written, home=HOME),
            code=code,
            description=sentence,
            place=place_name(_json.text(_first(trace, "Location", "location")) or bracketed_place(sentence)),
            identity=f"{written}|{sentence}",  # one action covers many scans of a minute
        )

    def acknowledge(self) -> tuple[str, str]:
        """The answer that keeps Kdniao from pushing the same state again."""
        return '{"Success":true,"Reason":""}', "application/json"


def _first(fields: _json.Fields, *names: str) -> object:
    return next((fields[name] for name in names if fields.get(name) not in (None, "")), None)


def _answers(document: _json.Fields) -> Iterator[_json.Fields]:
    data = _first(document, "Data", "data")
    yield from _json.rows(data if isinstance(data, Mapping | list) else document, "Data")


def _form(body: bytes) -> dict[str, str] | None:
    """The push form's fields, or None when the body is no such form."""
    if body.lstrip()[:1] in (b"{", b"[") or b"RequestData=" not in body:
        return None
    try:
        found = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        return None
    if "RequestData" not in found:
        return None
    return {"RequestData": found["RequestData"][0], "DataSign": found.get("DataSign", [""])[0]}


def _subject(document: _json.Fields) -> str:
    holder = _json.fields(next(_answers(document), {}))
    message = _json.text(_first(holder, "Reason", "reason")) or _json.text(_first(document, "Reason", "message", "msg"))
    if message:
        return message.rstrip(".")
    if {"LogisticCode", "Traces", "EBusinessID", "outWaybillNo"} & (set(holder) | set(document)):
        return "an answer without traces"
    raise Unreadable("Neither a push nor an answer of Kdniao.")
