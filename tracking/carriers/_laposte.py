"""La Poste's tracking, by which letters, Colissimo and Chronopost parcels are followed.

Format: https://developer.laposte.fr/products/suivi (Suivi, version 2): an answer, a list of them, or them under
``responses``; each with ``shipment`` and its ``event``. Times state the offset of France.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import in_path
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status

_HOME = "Europe/Paris"
_MOVING = Reading(Status.IN_TRANSIT)


class LaPosteTracking(DirectCarrier):
    """Reader of the answers of Suivi."""

    # Suivi, version 2: codes of events
    statuses: Mapping[str, Reading] = {
        "DR1": Reading(Status.INFO_RECEIVED),
        "DR2": Reading(Status.INFO_RECEIVED),
        "PC1": _MOVING,
        "PC2": _MOVING,
        "ET1": _MOVING,
        "ET2": _MOVING,
        "ET3": _MOVING,
        "ET4": _MOVING,
        "EP1": _MOVING,  # waits to be presented, also again after a visit in vain; the sentence tells which
        "DO1": _MOVING,
        "DO2": _MOVING,
        "DO3": Reading(Status.EXCEPTION, "customs_delay"),
        "PB1": Reading(Status.EXCEPTION),
        "PB2": _MOVING,
        "MD2": Reading(Status.OUT_FOR_DELIVERY),
        "ND1": Reading(Status.ATTEMPT_FAILED),
        "AN1": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "AG1": Reading(Status.AVAILABLE_FOR_PICKUP),
        "RE1": Reading(Status.RETURNING),
        "DI0": Reading(Status.DELIVERED),
        "DI1": Reading(Status.DELIVERED),
        "DI2": Reading(Status.RETURNED),
        "DI3": Reading(Status.DELIVERED),
    }
    messages = (("returnMessage",), ("message",), ("responses", "returnMessage"), ("error",))
    answers = (
        ("shipment",),
        ("responses",),
        ("returnCode",),
    )

    base_url = "https://api.laposte.fr"
    credentials_needed = ("api_key",)
    numbers_per_question = 10

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        numbers = ",".join(in_path(one.tracking_number) for one in asked)
        return Question(
            "GET",
            f"{self.address(credentials)}/suivi/v2/idships/{numbers}",
            headers={"X-Okapi-Key": credentials["api_key"], "Accept": "application/json"},
            params={"lang": "fr_FR"},
        )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The shipments of an answer."""
        answers = document if isinstance(document, list) else _json.at(document, "responses") or document
        for answer in _json.rows(answers, "responses"):
            yield self._shipment(_json.fields(answer.get("shipment")))

    def _shipment(self, shipment: _json.Fields) -> Observation | None:
        number = _json.text(shipment.get("idShip"))
        scans = _json.rows(shipment.get("event"), "event")
        if not number or not scans:
            return None
        codes = self.codes()
        context = _json.fields(shipment.get("contextData"))
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes) for one in scans),
            service=_json.text(shipment.get("product")),
            carrier_eta=read_date(_json.text(shipment.get("estimDate"))),
            origin=country_code(_json.text(context.get("originCountry"))),
            destination=country_code(_json.text(context.get("arrivalCountry"))),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """La Poste's public page of a number."""
        return f"https://www.laposte.fr/outils/suivre-vos-envois?code={quote(tracking_number)}"


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(one.get("code"))
    words = _json.text(one.get("label"))
    reading = codes.read(code)
    if code == "EP1" and "pas pu être distribué" in words:
        reading = Reading(Status.ATTEMPT_FAILED, "consignee_not_available")
    return scan(
        reading,
        read_moment(_json.text(one.get("date")), home=_HOME),
        code=code,
        description=words,
        country=country_code(_json.text(one.get("country"))),
    )
