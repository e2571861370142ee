"""GEODIS (France): answers of its consignment detail service.

Format: https://espace-client.geodis.com/services (recherche-envoi: ``contenu`` with ``listSuivis``). A scan's code is a
pair of situation and justification of the INOVERT list (GTF). Times are local to France.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Observation, Reading, ScanEvent, Status

_CENTER = re.compile(r"(?P<city>.*?)\s*\((?P<country>[A-Z]{2})\)")


class Carrier(DirectCarrier):
    """Reader of GEODIS's answers."""

    label = "GEODIS"
    messages = (("texteErreur",), ("codeErreur",))
    answers = (("contenu", "noSuivi"),)
    # "RST/CAD" reads a situation with its justification; a situation alone any justification of it
    statuses: Mapping[str, Reading] = {
        "EPC": Reading(Status.INFO_RECEIVED),  # pick-up planned
        "EML": Reading(Status.INFO_RECEIVED),  # pick-up planned for today
        "ECH": Reading(Status.IN_TRANSIT),  # picked up
        "PCH": Reading(Status.IN_TRANSIT),  # taken in charge
        "EXP": Reading(Status.IN_TRANSIT),
        "AAR": Reading(Status.IN_TRANSIT),
        "MLV": Reading(Status.OUT_FOR_DELIVERY),
        "LIV": Reading(Status.DELIVERED),
        "RST": Reading(Status.EXCEPTION),  # stays in the depot
        "RST/CAD": Reading(Status.EXCEPTION, "consignee_incorrect_address"),
        "SOL/REO": Reading(Status.RETURNING),  # sent back by the carrier's own decision
    }

    def observe(self, document: object) -> Iterator[Observation | None]:
        """One consignment."""
        holder = _json.fields(_json.at(document, "contenu"))
        number = _json.text(holder.get("noSuivi"))
        codes = self.codes()
        events = tuple(_event(row, codes) for row in _json.rows(holder.get("listSuivis"), "listSuivis"))
        yield Observation(
            tracking_number=number,
            events=events,
            service=_json.text_at(holder, "prestationCommerciale", "libelle"),
            carrier_eta=read_date(_json.text(holder.get("dateLivraisonPrevue"))),
            weight_g=_json.grams(holder.get("poids"), "KG"),
            origin=place_name(_json.text_at(holder, "expediteur", "ville")),
            destination=place_name(_json.text_at(holder, "destinataire", "ville")),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """The page for recipients that GEODIS names in its answers."""
        return f"https://edesti.com/{quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(row.get("codeSituationJustification"))
    center = _CENTER.fullmatch(_json.text(row.get("libelleCentre")))  # else the number of a depot
    country = country_code(center["country"]) if center else ""
    written = f"{_json.text(row.get('dateSuivi'))} {_json.text(row.get('heureSuivi'))}"
    return scan(
        codes.read(code, code, code.partition("/")[0]),
        read_moment(written, country=country, home="Europe/Paris"),
        code=code,
        description=_json.text(row.get("libelleSuivi")) or _json.text(row.get("libelleCourtSuivi")),
        place=place_name(center["city"]) if center else "",
        country=country,
    )
