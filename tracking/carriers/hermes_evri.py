"""Hermes Germany and its siblings: answers of the Shipment Info service.

Format: https://mh-api-doc.hermesworld.com (Shipment Info: ``shipmentinfo`` with ``status``; ``result.code`` "i..." is
information, "e..." an error). Times carry their offset.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from tracking.carriers import _json
from tracking.carriers._asking import FORM_BODY, JSON_BODY, form_body, read_oauth_token
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_instant, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status, Token

_HOME = "Europe/Berlin"

_TOKENS = "https://authme.myhermes.de/authorization-facade/oauth2/access_token"


class Carrier(DirectCarrier):
    """Reader of Hermes's answers."""

    label = "Hermes"
    messages = (
        ("shipmentinfo", "result", "message"),
        ("listOfResultCodes", "message"),
        ("error_description",),
        ("message",),
        ("error",),
    )
    answers = (("shipmentinfo",),)
    statuses: Mapping[str, Reading] = {
        "0000": Reading(Status.INFO_RECEIVED),
        "1000": Reading(Status.IN_TRANSIT),
        "2000": Reading(Status.IN_TRANSIT),
        "3000": Reading(Status.OUT_FOR_DELIVERY),
        "3500": Reading(Status.DELIVERED),
        "4000": Reading(Status.ATTEMPT_FAILED),
        "4500": Reading(Status.ATTEMPT_FAILED),
        "5000": Reading(Status.AVAILABLE_FOR_PICKUP),
        "6000": Reading(Status.EXCEPTION),
        "7000": Reading(Status.EXCEPTION, "carrier_delay"),
    }

    base_url = "https://de-api.hermesworld.com/services/hsi"
    credentials_needed = ("username", "password", "client_id", "client_secret")
    numbers_per_question = 10

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        numbers = urlencode([("shipmentID", one.tracking_number) for one in asked])
        return Question(
            "GET",
            f"{self.address(credentials)}/shipmentinfo?{numbers}",
            headers={"Authorization": f"Bearer {credentials['token']}", "Accept-Language": "EN", **JSON_BODY},
        )

    def token_question(self, credentials: Mapping[str, str]) -> Question:
        form = {name: credentials[name] for name in self.credentials_needed}
        url = credentials.get("token_url") or _TOKENS
        return Question("POST", url, headers=FORM_BODY, content=form_body({"grant_type": "password", **form}))

    def read_token(self, body: bytes) -> Token:
        return read_oauth_token(body)

    def observe(self, document: object) -> Iterator[Observation | None]:
        """Every shipment of the answer."""
        for shipment in _json.rows(_json.at(document, "shipmentinfo"), "shipmentinfo"):
            codes = self.codes()
            forecast = _json.fields(shipment.get("deliveryForecast"))
            day, slot = _json.text(forecast.get("date")), _json.fields(forecast.get("timeSlot"))
            yield Observation(
                tracking_number=_json.text(shipment.get("shipmentID")),
                events=tuple(_event(row, codes) for row in _json.rows(shipment.get("status"), "status")),
                carrier_eta=read_date(day),
                eta_from=_clock(day, slot.get("from")),
                eta_to=_clock(day, slot.get("to")),
                destination=place_name(_json.text_at(shipment, "receiverAddress", "city")),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """Hermes Germany's public page of a number."""
        return f"https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation/#{quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, unit = _json.text(row.get("code")), _json.fields(row.get("scanningUnit"))
    country = country_code(_json.text(unit.get("countryCode")))
    return scan(
        codes.read(code, code.zfill(4)),
        read_moment(_json.text(row.get("timestamp")), country=country, home=_HOME),
        code=code,
        description=_json.text(row.get("description")),
        place=place_name(_json.text(unit.get("city")) or _json.text(unit.get("name"))),
        country=country,
    )


def _clock(day: str, time: object) -> datetime | None:
    return read_instant(f"{day} {clock}", home=_HOME) if (clock := _json.text(time)) else None
