"""Andreani (Argentina): answers of its shipments API.

Format: https://developers.andreani.com (trazas: ``eventos``). Times are local to Argentina. An answer doesn't
repeat the number it was asked for.
"""

from collections.abc import Iterator, Mapping

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status


class Carrier(DirectCarrier):
    """Reader of Andreani's answers."""

    label = "Andreani"
    messages = (("message",), ("mensaje",), ("title",), ("error",))
    answers = (("eventos",),)
    # EstadoId, or the words of Estado, lower case
    statuses: Mapping[str, Reading] = {
        "1": Reading(Status.INFO_RECEIVED),
        "5": Reading(Status.IN_TRANSIT),
        "pendiente de ingreso": Reading(Status.INFO_RECEIVED),
        "ingreso al circuito operativo": Reading(Status.IN_TRANSIT),
        "en distribución": Reading(Status.OUT_FOR_DELIVERY),
        "entregado": Reading(Status.DELIVERED),
        "envío entregado": Reading(Status.DELIVERED),
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The scans of the number that was asked for."""
        holder = _json.fields(document)
        codes = self.codes()
        events = tuple(_event(row, codes) for row in _json.rows(holder.get("eventos"), "eventos"))
        number = _json.text(holder.get("numeroAndreani")) or _json.text(holder.get("numeroDeTracking"))
        yield Observation(tracking_number=number, events=events, unknown_codes=codes.unknown)


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    words, why = _json.text(row.get("Estado")), _json.text(row.get("Motivo"))
    code = _json.text(row.get("EstadoId")) or words
    return scan(
        codes.read(code, code, words.lower()),
        read_moment(_json.text(row.get("Fecha")), country="AR"),
        code=code,
        description=f"{words}: {why}" if why else words,
        place=place_name(_json.text(row.get("Sucursal"))),
        country="AR",
    )
