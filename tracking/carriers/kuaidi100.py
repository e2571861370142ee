"""Kuaidi100 (快递100), an aggregator of Chinese carriers: pushed states and query answers.

Formats: https://api.kuaidi100.com/document (实时查询, 订阅推送). A push is a form of ``sign`` and ``param``; ``param``
is JSON that holds the answer in ``lastResult``, and in ``destResult`` that of the carrier abroad. Times carry no
offset: those of Chinese carriers are read as China's.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from tracking.carriers import _json
from tracking.carriers._asking import FORM_BODY, form_body, json_body
from tracking.carriers._chinese import HOME as _HOME
from tracking.carriers._chinese import bracketed_place, read_sentence
from tracking.carriers._places import country_code, place_name
from tracking.carriers._signatures import same
from tracking.carriers._times import read_clock, read_date, read_instant, read_moment
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
    Verdict,
)

_WORLDWIDE = frozenset({"dhl", "ups", "fedex", "usps"})
_HOUR = re.compile(r"[01]?\d|2[0-3]")
_MOVING = Reading(Status.IN_TRANSIT)
_DELIVERED = Reading(Status.DELIVERED)
_REFUSED = Reading(Status.EXCEPTION, "consignee_refused")

_CARRIERS = {
    "shunfeng": "sf_express",
    "yuantong": "yto",
    "zhongtong": "zto",
    "shentong": "sto",
    "yunda": "yunda",
    "ems": "ems_cn",
    "youzhengguonei": "ems_cn",
    "jd": "jd",
    "jtexpress": "jt_express",
    "cainiao": "cainiao",
    "dhl": "dhl",
    "dhlen": "dhl",
    "dhlde": "dhl",
    "ups": "ups",
    "upsen": "ups",
    "fedex": "fedex",
    "fedexus": "fedex",
    "fedexcn": "fedex",
    "usps": "usps",
}

# What Kuaidi100 calls a carrier when it is asked; of several names the first in the table above.
_ASKED_AS = {ours: theirs for theirs, ours in reversed(_CARRIERS.items())}
_WANT_PHONE = frozenset({"shunfeng", "zhongtong"})
_REFUSALS = ("503", "601")  # wrong signature; the key has run out


class Carrier(CarrierAdapter):
    """Reader of Kuaidi100's pushes and query answers."""

    label = "Kuaidi100"
    labels = {"zh-hans": "快递100"}
    is_aggregator = True
    tells_all = True
    signature = "form field `sign` = upper-case MD5 of `param` + salt"
    # https://api.kuaidi100.com/document: 快递单状态, basic and advanced; the words stand in `status` of each scan.
    statuses: Mapping[str, Reading] = {
        "0": _MOVING,
        "1001": _MOVING,
        "1002": _MOVING,
        "1003": _MOVING,
        "1": _MOVING,
        "101": Reading(Status.INFO_RECEIVED),
        "102": Reading(Status.INFO_RECEIVED),
        "103": _MOVING,
        "2": Reading(Status.EXCEPTION),
        "201": Reading(Status.EXCEPTION, "carrier_delay"),
        "202": Reading(Status.EXCEPTION, "carrier_delay"),
        "203": _REFUSED,
        "204": Reading(Status.ATTEMPT_FAILED),
        "205": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "206": Reading(Status.ATTEMPT_FAILED, "consignee_unreachable"),
        "207": Reading(Status.EXCEPTION, "carrier_address_not_found"),
        "208": Reading(Status.EXCEPTION, "carrier_delay"),
        "209": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "210": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "3": _DELIVERED,
        "301": _DELIVERED,
        "302": _DELIVERED,
        "303": _DELIVERED,
        "304": _DELIVERED,
        "4": Reading(Status.RETURNED),
        "401": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "5": Reading(Status.OUT_FOR_DELIVERY),
        "501": Reading(Status.AVAILABLE_FOR_PICKUP),
        "6": Reading(Status.RETURNING),
        "7": _MOVING,
        "8": _MOVING,
        "10": _MOVING,
        "11": _MOVING,
        "12": _MOVING,
        "13": Reading(Status.EXCEPTION, "customs_delay"),
        "14": _REFUSED,
        "在途": _MOVING,
        "干线": _MOVING,
        "转递": _MOVING,
        "到达派件城市": _MOVING,
        "揽收": _MOVING,
        "已揽收": _MOVING,
        "已下单": Reading(Status.INFO_RECEIVED),
        "待揽收": Reading(Status.INFO_RECEIVED),
        "疑难": Reading(Status.EXCEPTION),
        "签收": _DELIVERED,
        "本人签收": _DELIVERED,
        "派件异常后签收": _DELIVERED,
        "代签": _DELIVERED,
        "投柜或站签收": _DELIVERED,
        "退签": Reading(Status.RETURNED),
        "派件": Reading(Status.OUT_FOR_DELIVERY),
        "投柜或驿站": Reading(Status.AVAILABLE_FOR_PICKUP),
        "退回": Reading(Status.RETURNING),
        "转投": _MOVING,
        "转单": _MOVING,
        "清关": _MOVING,
        "待清关": _MOVING,
        "清关中": _MOVING,
        "已清关": _MOVING,
        "清关异常": Reading(Status.EXCEPTION, "customs_delay"),
        "拒签": _REFUSED,
        "收件人拒签": _REFUSED,
        "拒收": _REFUSED,
        "超时未签收": Reading(Status.EXCEPTION, "carrier_delay"),
        "超时未更新": Reading(Status.EXCEPTION, "carrier_delay"),
        "派件异常": Reading(Status.ATTEMPT_FAILED),
        "柜或驿站超时未取": Reading(Status.EXCEPTION, "consignee_not_picked_up"),
        "无法联系": Reading(Status.ATTEMPT_FAILED, "consignee_unreachable"),
        "超区": Reading(Status.EXCEPTION, "carrier_address_not_found"),
        "滞留": Reading(Status.EXCEPTION, "carrier_delay"),
        "破损": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "销单": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "已销单": Reading(Status.EXCEPTION, "merchant_cancelled"),
    }

    base_url = "https://poll.kuaidi100.com"
    credentials_needed = ("customer", "key")

    def lacks(self, asked: Asked) -> list[str]:
        if asked.carrier not in _ASKED_AS:
            return ["carrier"]
        return ["phone"] if _ASKED_AS[asked.carrier] in _WANT_PHONE and not asked.phone else []

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        param = {"com": _ASKED_AS[one.carrier], "num": one.tracking_number, "resultv2": "4", "show": "0"}
        if param["com"] in _WANT_PHONE:
            param["phone"] = one.phone_last_four
        if one.country == "CN" and one.city:
            param["to"] = f"{one.region}{one.city}"
        text = json_body(param).decode()
        sign = hashlib.md5(f"{text}{credentials['key']}{credentials['customer']}".encode())  # noqa: S324 - its rule
        form = {"customer": credentials["customer"], "sign": sign.hexdigest().upper(), "param": text}
        return Question(
            "POST", f"{self.address(credentials)}/poll/query.do", headers=FORM_BODY, content=form_body(form)
        )

    def judge_answer(self, status: int, body: bytes) -> Verdict:
        verdict = super().judge_answer(status, body)
        if verdict is Verdict.TOLD and _return_code(body) in _REFUSALS:
            return Verdict.REFUSED
        return verdict

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare `sign` with the MD5 that Kuaidi100 documents; ``secret`` is the salt given when subscribing."""
        form = _form(body)
        if form is None or not secret:
            return False
        # MD5 is the peer's choice; the salt is what keeps strangers out.
        digest = hashlib.md5((form["param"] + secret).encode("utf-8", "surrogatepass"), usedforsecurity=False)
        return same(form["sign"].upper(), digest.hexdigest().upper())

    def parse(self, body: bytes) -> list[Observation]:
        """Read a push (form or bare JSON) or a query answer."""
        form = _form(body)
        document = _json.load_fields(form["param"].encode("utf-8", "surrogatepass") if form else body)
        results = [document[key] for key in ("lastResult", "destResult") if document.get(key) is not None]
        if not all(isinstance(result, Mapping) for result in results):
            raise Unreadable("`lastResult` must be an object.")
        if "lastResult" not in document:
            results = [document]
        read = [self._observe(_json.fields(result), abroad=index > 0) for index, result in enumerate(results)]
        observations = [found for found in read if found]
        if not observations:
            message = _json.text(document.get("message")) or _json.text_at(results, "message")
            if not message and "status" not in document and "returnCode" not in document:
                raise Unreadable("Neither a push nor a query answer of Kuaidi100.")
            raise NoTracking(f"Kuaidi100 has no scans: {message or 'no message'}.")
        return observations

    def _observe(self, result: _json.Fields, *, abroad: bool) -> Observation | None:
        number = _json.text(result.get("nu"))
        scans = _json.rows(result.get("data"), "data")
        if not number or not scans:
            return None
        state = _json.text(result.get("state"))
        carrier = _CARRIERS.get(_json.text(result.get("com")).lower(), "")
        home = "" if abroad else _HOME
        country = "" if abroad or carrier in _WORLDWIDE else "CN"
        times = [_sort_key(scan) for scan in scans]
        newest = max(range(len(scans)), key=lambda index: (times[index], -index))
        unknown: list[str] = []
        events = tuple(
            self._event(scan, state if index == newest else "", home, country, unknown)
            for index, scan in enumerate(scans)
        )
        summary = self.read_code(state).status if state else None
        if state and state not in self.statuses:
            unknown.append(state)
        route = _json.fields(result.get("routeInfo"))
        return Observation(
            tracking_number=number,
            events=events,
            carrier=carrier,
            summary=summary,
            **_promise(_json.text(result.get("arrivalTime")), home),
            origin=_json.text_at(route, "from", "name"),
            destination=_json.text_at(route, "to", "name"),
            unknown_codes=tuple(dict.fromkeys(unknown)),
        )

    def _event(self, scan: _json.Fields, state: str, home: str, country: str, unknown: list[str]) -> ScanEvent:
        sentence = _json.text(scan.get("context")) or _json.text(scan.get("desc"))
        code = _json.text(scan.get("statusCode")) or _json.text(scan.get("status")) or state
        if code:
            reading = self.read_code(code)
            if reading.status is Status.UNKNOWN:
                unknown.append(code)
        else:
            reading = read_sentence(sentence)
        written = _written_time(scan)
        moment = read_moment(written, home=home)
        longitude, latitude = _center(_json.text(scan.get("areaCenter")))
        return ScanEvent(
            occurred_at=moment.at,
            offset_source=moment.source,
            status=reading.status,
            reason=reading.reason,
            code=code,
            description=sentence,
            place=place_name(_place(scan, sentence)),
            country=country_code(_json.text(scan.get("areaCode"))[:2]) or country,
            latitude=latitude,
            longitude=longitude,
            # one state covers many scans of a minute: only the sentence tells them apart
            identity=f"{written}|{sentence}",
        )

    def acknowledge(self) -> tuple[str, str]:
        """The answer that keeps Kuaidi100 from pushing the same state again."""
        return '{"result":true,"returnCode":"200","message":"成功"}', "application/json"

    def tracking_url(self, tracking_number: str) -> str:
        """Kuaidi100's public page of a number."""
        return f"https://www.kuaidi100.com/?nu={tracking_number}"


def _form(body: bytes) -> dict[str, str] | None:
    """The push form's fields, or None when the body is no such form."""
    if body.lstrip()[:1] in (b"{", b"[") or b"param=" not in body:
        return None
    try:
        found = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        return None
    if "param" not in found:
        return None
    return {"param": found["param"][0], "sign": found.get("sign", [""])[0]}


def _promise(written: str, home: str) -> dict[str, Any]:
    """A day ("2025-11-12"), or an hour of it without minutes ("2025-11-12 18"): then that whole hour is the window."""
    day, _, hour = written.strip().partition(" ")
    if not _HOUR.fullmatch(hour):
        return {"carrier_eta": read_date(written)}
    begins = read_instant(f"{day} {hour}:00", home=home)
    window = {"eta_from": begins, "eta_to": begins + timedelta(hours=1)} if begins else {}
    return {"carrier_eta": read_date(day), **window}


def _place(scan: _json.Fields, sentence: str) -> str:
    named = _json.text(scan.get("areaName")) or _json.text(scan.get("location"))
    return named or bracketed_place(sentence)


def _written_time(scan: _json.Fields) -> str:
    return _json.text(scan.get("ftime")) or _json.text(scan.get("time"))


def _sort_key(scan: _json.Fields) -> str:
    clock, _ = read_clock(_written_time(scan))
    return clock.isoformat() if clock else ""


def _center(text: str) -> tuple[float | None, float | None]:
    longitude, _, latitude = text.partition(",")
    east, north = _json.number(longitude), _json.number(latitude)
    if east is None or north is None or abs(east) > 180 or abs(north) > 90:
        return None, None
    return east, north


def _return_code(body: bytes) -> str:
    try:
        return _json.text(_json.load_fields(body).get("returnCode"))
    except Unreadable:
        return ""
