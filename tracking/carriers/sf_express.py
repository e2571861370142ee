"""SF Express (顺丰): its own route API and route pushes (Kuaidi100 and Kdniao have adapters of their own).

Formats: https://open.sf-express.com (EXP_RECE_SEARCH_ROUTES; RoutePushService in JSON and XML; the older XML
RouteService, whose names differ only in case and underscores). Times carry no offset: they are read as China's.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, quote_plus
from uuid import NAMESPACE_URL, uuid5

from tracking.carriers import _json
from tracking.carriers._asking import FORM_BODY, form_body, json_body
from tracking.carriers._chinese import HOME, bracketed_place
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status, Unreadable, Verdict

_MOVING = Reading(Status.IN_TRANSIT)
_OUT = Reading(Status.OUT_FOR_DELIVERY)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_DELIVERED = Reading(Status.DELIVERED)
_CUSTOMS = Reading(Status.EXCEPTION, "customs_inspection")
_NOTE = Reading(Status.UNKNOWN)  # known to say nothing of where the parcel is

# What the gateway says of a question itself.
_JUDGED = {
    "A1003": Verdict.REFUSED,  # not from this address
    "A1004": Verdict.REFUSED,  # no right to this service
    "A1005": Verdict.TOO_OFTEN,
    "A1006": Verdict.REFUSED,  # wrong signature
    "A1009": Verdict.FAILED,
    "A1099": Verdict.FAILED,
}


class Carrier(DirectCarrier):
    """Reader of SF's routes."""

    label = "SF Express"
    labels = {"zh-hans": "顺丰速运"}
    # open.sf-express.com: 路由操作码
    statuses: Mapping[str, Reading] = {
        "10": _MOVING,
        "11": _MOVING,
        "14": _MOVING,
        "15": _CUSTOMS,
        "17": _CUSTOMS,
        "30": _MOVING,
        "31": _MOVING,
        "33": Reading(Status.ATTEMPT_FAILED),
        "34": _MOVING,
        "36": _MOVING,
        "37": _MOVING,
        "43": _MOVING,
        "44": _OUT,
        "46": _MOVING,
        "47": _OUT,
        "50": _MOVING,
        "51": _NOTE,
        "54": _MOVING,
        "70": Reading(Status.ATTEMPT_FAILED),
        "75": _MOVING,
        "77": Reading(Status.EXCEPTION, "carrier_delay"),
        "80": _DELIVERED,
        "99": _MOVING,
        "105": _MOVING,
        "106": _MOVING,
        "123": _PICKUP_POINT,
        "125": _PICKUP_POINT,
        "126": _MOVING,
        "127": _MOVING,
        "128": _DELIVERED,
        "129": _MOVING,
        "130": _PICKUP_POINT,
        "204": _OUT,
        "517": Reading(Status.RETURNING),
        "604": _MOVING,
        "605": _MOVING,
        "606": _MOVING,
        "607": _MOVING,
        "630": _MOVING,
        "634": _MOVING,
        "642": _PICKUP_POINT,
        "647": Reading(Status.INFO_RECEIVED),
        "648": Reading(Status.RETURNING),
        "655": _MOVING,
        "656": _MOVING,
        "657": _PICKUP_POINT,
        "658": _DELIVERED,
        "678": _PICKUP_POINT,
        "679": _DELIVERED,
        "700": _MOVING,
        "833": Reading(Status.EXCEPTION, "carrier_delay"),
        "8000": _NOTE,
    }
    messages = (
        ("apiErrorMsg",),
        ("errorMsg",),
        ("Response", "ERROR"),
        ("message",),
    )
    answers = (
        ("msgData", "routeResps"),
        ("TrackingResponse", "msgData"),
        ("Response", "Head"),
        ("Body", "WaybillRoute"),
        ("routes",),
        ("route",),
    )

    base_url = "https://bspgw.sf-express.com"
    credentials_needed = ("partner_id", "checkword")
    asked_needs = ("phone",)

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        wanted = {
            "language": "0",
            "trackingType": "1",
            "trackingNumber": [one.tracking_number],
            "methodType": "1",
            "checkPhoneNo": one.phone_last_four,
        }
        text, moment = json_body(wanted).decode(), str(int(one.asked_at.timestamp() * 1000))
        signed = quote_plus(f"{text}{moment}{credentials['checkword']}", safe="*")
        digest = hashlib.md5(signed.encode()).digest()  # noqa: S324 - its rule
        form = {
            "partnerID": credentials["partner_id"],
            "requestID": str(uuid5(NAMESPACE_URL, f"{one.tracking_number} {moment}")),
            "serviceCode": "EXP_RECE_SEARCH_ROUTES",
            "timestamp": moment,
            "msgDigest": base64.b64encode(digest).decode(),
            "msgData": text,
        }
        return Question("POST", f"{self.address(credentials)}/std/service", headers=FORM_BODY, content=form_body(form))

    def judge_answer(self, status: int, body: bytes) -> Verdict:
        verdict = super().judge_answer(status, body)
        return _JUDGED.get(_result_code(body), verdict) if verdict is Verdict.TOLD else verdict

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The routes of each waybill; a push lists scans of several waybills in one row."""
        document = _opened(document)
        groups: dict[str, list[_json.Fields]] = {}
        for number, step in _steps(document):
            groups.setdefault(number, []).append(step)
        for number, steps in groups.items():
            codes = self.codes()
            events = tuple(_event(step, codes) for step in steps)
            yield Observation(tracking_number=number, events=events, unknown_codes=codes.unknown)

    def acknowledge(self) -> tuple[str, str]:
        """The answer that keeps SF from pushing the same routes again."""
        return '{"return_code":"0000","return_msg":"成功"}', "application/json"

    def tracking_url(self, tracking_number: str) -> str:
        """SF's public page of a number."""
        return f"https://www.sf-express.com/chn/en/waybill/waybill-detail/{quote(tracking_number)}"


def _opened(document: object) -> object:
    """The answer inside the gateway's envelope, which carries it as a text."""
    inner = _json.at(document, "apiResultData")
    if isinstance(inner, str):
        try:
            return _json.load(inner.encode("utf-8", "surrogatepass"))
        except Unreadable:
            return document
    return inner if isinstance(inner, Mapping) else document


def _steps(document: object) -> Iterator[tuple[str, _json.Fields]]:
    holder = _json.at(document, "TrackingResponse") or document
    waybills = _json.rows(_json.at(holder, "msgData", "routeResps"), "routeResps")
    waybills += _json.rows(_json.at(holder, "Response", "Body", "RouteResponse"), "RouteResponse")
    if _json.at(holder, "route") or _json.at(holder, "routes"):
        waybills.append(_json.fields(holder))
    for waybill in waybills:
        number = _text(waybill, "mailNo", "mailno", "@mailno", "wayBillNo", "waybillNo")
        steps = waybill.get("routes") or waybill.get("route") or waybill.get("Route")
        yield from ((number, step) for step in _json.rows(steps, "routes"))
    pushed = _json.at(holder, "Body", "WaybillRoute") or _json.at(holder, "Request", "Body", "WaybillRoute")
    for step in _json.rows(pushed, "WaybillRoute"):
        yield _text(step, "mailno", "mailNo", "@mailno"), step


def _text(fields: _json.Fields, *names: str) -> str:
    return next((found for name in names if (found := _json.text(fields.get(name)))), "")


def _event(step: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _text(step, "opCode", "opcode", "@opcode", "@opCode")
    sentence = _text(step, "remark", "@remark")
    written = _text(step, "acceptTime", "accept_time", "@acceptTime", "@accept_time")
    place = _text(step, "acceptAddress", "accept_address", "@acceptAddress", "@accept_address")
    return scan(
        codes.read(code),
        read_moment(written, home=HOME),
        code=code,
        description=sentence,
        place=place_name(place or bracketed_place(sentence)),
        identity=f"{written}|{sentence}",  # a code covers several scans of a minute
    )


def _result_code(body: bytes) -> str:
    try:
        return _json.text(_json.load_fields(body).get("apiResultCode"))
    except Unreadable:
        return ""
