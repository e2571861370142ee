"""Correios (Brazil): answers of the SRO web service (SOAP) and of the tracking API (JSON).

Formats: Correios, Manual do Rastreamento de Objetos (``buscaEventosLista``: type and status of each event); API Rastro
(``objetos``, ``eventos``). A type says where a scan was made, its status what happened. Times are those of the state.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import JSON_BODY, basic, in_path, json_body, read_oauth_token
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status, Token

_HOME = "America/Sao_Paulo"
_MOVING = Reading(Status.IN_TRANSIT)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)
_ABSENT = Reading(Status.ATTEMPT_FAILED, "consignee_not_home")
_BAD_ADDRESS = Reading(Status.EXCEPTION, "consignee_incorrect_address")
_LOST = Reading(Status.EXCEPTION, "carrier_parcel_lost")
_UNCLAIMED = Reading(Status.EXCEPTION, "consignee_not_picked_up")

# Manual: types BDE, BDI and BDR (the delivery office) share their statuses; the table names them "BD"
_OFFICES = {"BDE": "BD", "BDI": "BD", "BDR": "BD"}


class Carrier(DirectCarrier):
    """Reader of Correios's answers."""

    label = "Correios"
    statuses: Mapping[str, Reading] = {
        "BD/1": Reading(Status.DELIVERED),
        "BD/2": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "BD/3": _UNCLAIMED,
        "BD/4": Reading(Status.EXCEPTION, "consignee_refused"),
        "BD/5": Reading(Status.EXCEPTION),
        "BD/6": _BAD_ADDRESS,
        "BD/7": _BAD_ADDRESS,
        "BD/8": _BAD_ADDRESS,
        "BD/9": _LOST,
        "BD/10": Reading(Status.EXCEPTION, "consignee_moved"),
        "BD/12": _UNCLAIMED,
        "BD/14": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "BD/15": _MOVING,
        "BD/18": _ABSENT,
        "BD/19": _BAD_ADDRESS,
        "BD/20": _ABSENT,
        "BD/21": _ABSENT,
        "BD/22": _MOVING,
        "BD/23": Reading(Status.RETURNED),
        "BD/24": _PICKUP_POINT,
        "BD/25": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "BD/26": _UNCLAIMED,
        "CD/1": _MOVING,
        "CD/2": _MOVING,
        "CD/3": _MOVING,
        "CO/1": _MOVING,
        "DO/1": _MOVING,
        "DO/2": _MOVING,
        "FC/3": Reading(Status.EXCEPTION, "carrier_sorting_error"),
        "FC/4": _BAD_ADDRESS,
        "FC/5": _MOVING,
        "FC/7": Reading(Status.ATTEMPT_FAILED, "consignee_business_closed"),
        "FC/8": _MOVING,
        "FC/9": _UNCLAIMED,
        "IDC/1": _LOST,
        "IDC/2": _LOST,
        "IDC/3": _LOST,
        "IDC/4": _LOST,
        "IDC/5": _LOST,
        "IDC/6": _LOST,
        "IDC/7": _LOST,
        "LDI/1": _PICKUP_POINT,
        "LDI/2": _PICKUP_POINT,
        "LDI/3": _PICKUP_POINT,
        "LDI/4": _PICKUP_POINT,
        "LDI/11": _MOVING,
        "LDI/14": _PICKUP_POINT,
        "LDE/9": Reading(Status.RETURNING),
        "OEC/1": Reading(Status.OUT_FOR_DELIVERY),
        "OEC/9": Reading(Status.RETURNING),
        "PAR/16": _MOVING,
        "PAR/17": _MOVING,
        "PAR/18": _MOVING,
        "PMT/1": _MOVING,
        "PO/1": _MOVING,
        "PO/9": _MOVING,
        "RO/1": _MOVING,
    }
    messages = (
        ("buscaEventosListaResponse", "return", "objeto", "erro"),
        ("buscaEventosResponse", "return", "objeto", "erro"),
        ("buscaEventosListaResponse", "return", "erro"),
        ("Fault", "faultstring"),
        ("objetos", "mensagem"),
        ("msgs",),
    )
    answers = (("buscaEventosListaResponse",), ("buscaEventosResponse",), ("objetos",), ("rastro",))

    base_url = "https://api.correios.com.br"
    credentials_needed = ("username", "access_code", "posting_card")

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/srorastro/v1/objetos/{in_path(one.tracking_number)}",
            headers={"Authorization": f"Bearer {credentials['token']}", "Accept": "application/json"},
            params={"resultado": "T"},
        )

    def token_question(self, credentials: Mapping[str, str]) -> Question:
        return Question(
            "POST",
            f"{self.address(credentials)}/token/v1/autentica/cartaopostagem",
            headers={"Authorization": basic(credentials["username"], credentials["access_code"]), **JSON_BODY},
            content=json_body({"numero": credentials["posting_card"]}),
        )

    def read_token(self, body: bytes) -> Token:
        return read_oauth_token(body, name="token")

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The objects of an answer."""
        for name in ("buscaEventosListaResponse", "buscaEventosResponse"):
            for item in _json.rows(_json.at(document, name, "return", "objeto"), "objeto"):
                scans = _json.rows(item.get("evento"), "evento")
                yield self._item(_json.text(item.get("numero")), item, [_xml_event(one) for one in scans])
        for item in _json.rows(_json.at(document, "rastro", "objeto"), "objeto"):
            scans = _json.rows(item.get("evento"), "evento")
            yield self._item(_json.text(item.get("numero")), item, [_xml_event(one) for one in scans])
        for item in _json.rows(_json.at(document, "objetos"), "objetos"):
            scans = _json.rows(item.get("eventos"), "eventos")
            yield self._item(_json.text(item.get("codObjeto")), item, [_json_event(one) for one in scans])

    def _item(self, number: str, item: _json.Fields, scans: list[dict[str, str]]) -> Observation | None:
        if not number or not scans:
            return None
        codes = self.codes()
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes) for one in scans),
            service=_json.text(item.get("nome")) or _json.text_at(item, "tipoPostal", "descricao"),
            carrier_eta=read_date(_json.text(item.get("dtPrevista"))),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """Correios's public page of a number."""
        return f"https://rastreamento.correios.com.br/app/index.php?objetos={quote(tracking_number)}"


def _xml_event(one: _json.Fields) -> dict[str, str]:
    names = ("tipo", "status", "descricao", "detalhe", "cidade", "uf")
    day = "-".join(reversed(_json.text(one.get("data")).split("/")))  # dd/mm/yyyy
    found = {name: _json.text(one.get(name)) for name in names}
    return found | {"written": f"{day} {_json.text(one.get('hora'))}".strip()}


def _json_event(one: _json.Fields) -> dict[str, str]:
    address = _json.fields(_json.at(one, "unidade", "endereco"))
    return {
        "tipo": _json.text(one.get("codigo")),
        "status": _json.text(one.get("tipo")),
        "descricao": _json.text(one.get("descricao")),
        "detalhe": _json.text(one.get("detalhe")),
        "cidade": _json.text(address.get("cidade")),
        "uf": _json.text(address.get("uf")),
        "written": _json.text(one.get("dtHrCriado")),
    }


def _event(one: dict[str, str], codes: CodeReader) -> ScanEvent:
    kind, status = one["tipo"].upper(), one["status"]
    code = f"{kind}/{status}" if status else kind
    moment = read_moment(one["written"], country="BR" if one["uf"] else "", region=one["uf"], home=_HOME)
    return scan(
        codes.read(code, f"{_OFFICES.get(kind, kind)}/{status.lstrip('0')}"),
        moment,
        code=code,
        description=". ".join(part for part in (one["descricao"], one["detalhe"]) if part),
        place=place_name(one["cidade"], one["uf"]),
        country="BR" if one["uf"] else "",
    )
