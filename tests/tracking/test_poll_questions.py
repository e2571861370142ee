"""What each carrier is asked, to the letter; and that its adapter reads the answer to it."""

import base64
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from tracking.carriers.base import Asked, Question, Unreadable, Verdict
from tracking.services import CARRIERS

PAYLOADS = Path(__file__).parent.parent / "carriers" / "payloads"
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def asked(number: str, **changes: object) -> Asked:
    given = {
        "tracking_number": number,
        "asked_at": AT,
        "postal_code": "10969",
        "country": "DE",
        "city": "Berlin",
        "origin_country": "DE",
        "phone": "+4915112345678",
        "shipped_on": date(2026, 11, 18),
    }
    return Asked(**{**given, **changes})


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


# carrier: what is asked, with which credentials; method, address, headers, parameters, body
QUESTIONS = {
    "dhl": (
        [asked("00340434292135100186")],
        {"api_key": "k"},
        ("GET", "https://api-eu.dhl.com/track/shipments"),
        {"DHL-API-Key": "k", "Accept": JSON},
        {"trackingNumber": "00340434292135100186", "language": "en", "recipientPostalCode": "10969"},
        None,
    ),
    "ups": (
        [asked("1Z12345E1512345676")],
        {"client_id": "c", "client_secret": "s", "token": "t"},
        ("GET", "https://onlinetools.ups.com/api/track/v1/details/1Z12345E1512345676"),
        {"Authorization": "Bearer t", "Accept": JSON, "transId": "1Z12345E1512345676", "transactionSrc": "tracking"},
        {"locale": "en_US", "returnSignature": "false"},
        None,
    ),
    "fedex": (
        [asked("771122334455"), asked("771122334466")],
        {"client_id": "c", "client_secret": "s", "token": "t"},
        ("POST", "https://apis.fedex.com/track/v1/trackingnumbers"),
        {"Authorization": "Bearer t", "X-locale": "en_US", "Content-Type": JSON, "Accept": JSON},
        {},
        {
            "includeDetailedScans": True,
            "trackingInfo": [
                {"trackingNumberInfo": {"trackingNumber": "771122334455"}},
                {"trackingNumberInfo": {"trackingNumber": "771122334466"}},
            ],
        },
    ),
    "usps": (
        [asked("9400111899223344556677")],
        {"client_id": "c", "client_secret": "s", "token": "t"},
        ("GET", "https://apis.usps.com/tracking/v3/tracking/9400111899223344556677"),
        {"Authorization": "Bearer t", "Accept": JSON},
        {"expand": "DETAIL"},
        None,
    ),
    "royalmail": (
        [asked("RM123456789GB")],
        {"client_id": "c", "client_secret": "s"},
        ("GET", "https://api.royalmail.net/mailpieces/v2/RM123456789GB/events"),
        {"X-IBM-Client-Id": "c", "X-IBM-Client-Secret": "s", "X-Accept-RMG-Terms": "yes", "Accept": JSON},
        {},
        None,
    ),
    "canadapost": (
        [asked("1234567890123456")],
        {"username": "u", "password": "p"},
        ("GET", "https://soa-gw.canadapost.ca/vis/track/pin/1234567890123456/detail"),
        {
            "Authorization": basic("u:p"),
            "Accept": "application/vnd.cpc.track-v2+xml",
            "Accept-language": "en-CA",
        },
        {},
        None,
    ),
    "australiapost": (
        [asked("7XX1000634011427"), asked("7XX1000634011428")],
        {"account_number": "1003", "api_key": "k", "password": "p"},
        ("GET", "https://digitalapi.auspost.com.au/shipping/v1/track"),
        {"Authorization": basic("k:p"), "Account-Number": "1003", "Accept": JSON},
        {"tracking_ids": "7XX1000634011427,7XX1000634011428"},
        None,
    ),
    "gls": (
        [asked("00AB12CD"), asked("00AB12CE")],
        {"client_id": "c", "client_secret": "s", "token": "t"},
        ("GET", "https://api.gls-group.net/track-and-trace-v1/tracking/simple/trackids/00AB12CD,00AB12CE"),
        {"Authorization": "Bearer t", "Accept": JSON},
        {},
        None,
    ),
    "postnl": (
        [asked("3SABCD1234567")],
        {"api_key": "k"},
        ("GET", "https://api.postnl.nl/shipment/v2/status/barcode/3SABCD1234567"),
        {"apikey": "k", "Accept": JSON},
        {"detail": "true", "language": "EN"},
        None,
    ),
    "laposte": (
        [asked("LU680211095FR"), asked("LZ712917377US")],
        {"api_key": "k"},
        ("GET", "https://api.laposte.fr/suivi/v2/idships/LU680211095FR,LZ712917377US"),
        {"X-Okapi-Key": "k", "Accept": JSON},
        {"lang": "fr_FR"},
        None,
    ),
    "colissimo": (
        [asked("6A12345678901")],
        {"api_key": "k"},
        ("GET", "https://api.laposte.fr/suivi/v2/idships/6A12345678901"),
        {"X-Okapi-Key": "k", "Accept": JSON},
        {"lang": "fr_FR"},
        None,
    ),
    "bpost": (
        [asked("323212345659900357664050")],
        {"account_id": "a", "passphrase": "p"},
        ("GET", "https://api.parcel.bpost.cloud/services/trackedmail/item/323212345659900357664050/trackingInfo"),
        {"Authorization": basic("a:p")},
        {},
        None,
    ),
    "sendle": (
        [asked("S3ND73")],
        {"sendle_id": "i", "api_key": "k"},
        ("GET", "https://api.sendle.com/api/tracking/S3ND73"),
        {"Authorization": basic("i:k"), "Accept": JSON},
        {},
        None,
    ),
    "inpost": (
        [asked("682123456789012345678901")],
        {},
        ("GET", "https://api-shipx-pl.easypack24.net/v1/tracking/682123456789012345678901"),
        {"Accept": JSON},
        {},
        None,
    ),
    "hermes_evri": (
        [asked("04250009012345"), asked("04250009012346")],
        {"username": "u", "password": "p", "client_id": "c", "client_secret": "s", "token": "t"},
        (
            "GET",
            "https://de-api.hermesworld.com/services/hsi/shipmentinfo"
            "?shipmentID=04250009012345&shipmentID=04250009012346",
        ),
        {"Authorization": "Bearer t", "Accept-Language": "EN", "Content-Type": JSON, "Accept": JSON},
        {},
        None,
    ),
    "cdek": (
        [asked("1105678901")],
        {"client_id": "c", "client_secret": "s", "token": "t"},
        ("GET", "https://api.cdek.ru/v2/orders"),
        {"Authorization": "Bearer t", "Accept": JSON},
        {"cdek_number": "1105678901"},
        None,
    ),
    "correios_br": (
        [asked("AA123456785BR")],
        {"username": "u", "access_code": "a", "posting_card": "0076", "token": "t"},
        ("GET", "https://api.correios.com.br/srorastro/v1/objetos/AA123456785BR"),
        {"Authorization": "Bearer t", "Accept": JSON},
        {"resultado": "T"},
        None,
    ),
    "aftership": (
        [asked("1234"), asked("5678")],
        {"api_key": "k"},
        ("GET", "https://api.aftership.com/tracking/2024-10/trackings"),
        {"as-api-key": "k", "Accept": JSON},
        {"tracking_numbers": "1234,5678"},
        None,
    ),
    "easypost": (
        [asked("EZ1000000001")],
        {"api_key": "k"},
        ("GET", "https://api.easypost.com/v2/trackers"),
        {"Authorization": basic("k:"), "Accept": JSON},
        {"tracking_code": "EZ1000000001"},
        None,
    ),
    "shippo": (
        [asked("9205590164917312751089", carrier="usps")],
        {"api_key": "k"},
        ("GET", "https://api.goshippo.com/tracks/usps/9205590164917312751089"),
        {"Authorization": "ShippoToken k", "Accept": JSON},
        {},
        None,
    ),
    "seventeentrack": (
        [asked("RR123456789CN"), asked("1Z12345E1512345676")],
        {"api_key": "k"},
        ("POST", "https://api.17track.net/track/v2.2/gettrackinfo"),
        {"17token": "k", "Content-Type": JSON, "Accept": JSON},
        {},
        [{"number": "RR123456789CN"}, {"number": "1Z12345E1512345676"}],
    ),
}
KUAIDI100 = '{"com":"shunfeng","num":"SF1234567890123","resultv2":"4","show":"0","phone":"5678","to":"广东省深圳市"}'
KDNIAO = '{"ShipperCode":"SF","LogisticCode":"SF1234567890123","CustomerName":"5678"}'
SF = '{"language":"0","trackingType":"1","trackingNumber":["SF1234567890123"],"methodType":"1","checkPhoneNo":"5678"}'
IN_CHINA = asked("SF1234567890123", carrier="sf_express", country="CN", city="深圳市", region="广东省")
WITH_TOKENS = {
    "ups": ("https://onlinetools.ups.com/security/v1/oauth/token", True),
    "fedex": ("https://apis.fedex.com/oauth/token", False),
    "usps": ("https://apis.usps.com/oauth2/v3/token", False),
    "gls": ("https://api.gls-group.net/oauth2/v2/token", True),
    "cdek": ("https://api.cdek.ru/v2/oauth/token", False),
}
ANSWERS = {
    "aftership": "trackings_list.json",
    "australiapost": "track_items.json",
    "bpost": "item_tracking.xml",
    "canadapost": "detail.xml",
    "cdek": "order_v2.json",
    "colissimo": "at_counter.json",
    "correios_br": "rastro_json.json",
    "dhl": "unified_push.json",
    "easypost": "trackers_list.json",
    "fedex": "track_answer.json",
    "gls": "group.json",
    "hermes_evri": "two_shipments.json",
    "inpost": "shipx_tracking.json",
    "kdniao": "query_locker.json",
    "kuaidi100": "query_out_for_delivery.json",
    "laposte": "several.json",
    "postnl": "complete.json",
    "royalmail": "events.json",
    "sendle": "tracking.json",
    "seventeentrack": "gettrackinfo_two_carriers.json",
    "sf_express": "routes_answer.json",
    "shippo": "track_answer.json",
    "ups": "track_answer.json",
    "usps": "tracking_v3.json",
}
SIGNED = {"kuaidi100", "kdniao", "sf_express"}


def test_every_carrier_that_can_be_asked_is_in_the_table() -> None:
    able = {code for code, adapter in CARRIERS.items() if adapter.can_ask}
    assert able == set(QUESTIONS) | SIGNED == set(ANSWERS)


@pytest.mark.parametrize("code", QUESTIONS)
def test_the_question_to_the_letter(code: str) -> None:
    given, credentials, (method, url), headers, params, body = QUESTIONS[code]
    adapter = CARRIERS[code]
    assert len(given) <= adapter.numbers_per_question
    assert set(credentials) - {"token"} == set(adapter.credentials_needed)
    question = adapter.ask(given, credentials)
    assert (question.method, question.url) == (method, url)
    assert dict(question.headers) == headers
    assert dict(question.params) == params
    assert (json.loads(question.content) if question.content else None) == body


@pytest.mark.parametrize("code", sorted({*QUESTIONS, *SIGNED}))
def test_a_test_system_may_stand_in_for_the_carrier(code: str) -> None:
    adapter = CARRIERS[code]
    credentials = dict.fromkeys(adapter.credentials_needed, "x") | {
        "token": "t",
        "base_url": "https://sandbox.example/",
    }
    one = IN_CHINA if code in SIGNED else QUESTIONS[code][0][0]
    assert adapter.ask([one], credentials).url.startswith("https://sandbox.example/")


@pytest.mark.parametrize("code", sorted(ANSWERS))
def test_the_answer_is_read(code: str) -> None:
    body = (PAYLOADS / code / ANSWERS[code]).read_bytes()
    assert CARRIERS[code].judge_answer(200, body) is Verdict.TOLD
    assert any(seen.events for seen in CARRIERS[code].parse(body))


@pytest.mark.parametrize("code", WITH_TOKENS)
def test_tokens_are_asked_for_and_read(code: str) -> None:
    url, is_basic = WITH_TOKENS[code]
    question = CARRIERS[code].token_question({"client_id": "c", "client_secret": "s"})
    form = {"grant_type": "client_credentials"} | ({} if is_basic else {"client_id": "c", "client_secret": "s"})
    assert (question.method, question.url, dict(parse_qsl(question.content.decode()))) == ("POST", url, form)
    assert question.headers["Content-Type"] == FORM
    assert question.headers.get("Authorization") == (basic("c:s") if is_basic else None)
    token = CARRIERS[code].read_token(b'{"access_token":"abc","token_type":"Bearer","expires_in":"14399"}')
    assert (token.value, token.lasts_s) == ("abc", 14399)
    with pytest.raises(Unreadable):
        CARRIERS[code].read_token(b'{"error":"invalid_client"}')


def test_tokens_of_other_shapes() -> None:
    hermes = CARRIERS["hermes_evri"].token_question(
        {"username": "u", "password": "p", "client_id": "c", "client_secret": "s"}
    )
    assert hermes.url == "https://authme.myhermes.de/authorization-facade/oauth2/access_token"
    assert dict(parse_qsl(hermes.content.decode())) == {
        "grant_type": "password",
        "username": "u",
        "password": "p",
        "client_id": "c",
        "client_secret": "s",
    }
    correios = CARRIERS["correios_br"].token_question({"username": "u", "access_code": "a", "posting_card": "0076"})
    assert correios.url == "https://api.correios.com.br/token/v1/autentica/cartaopostagem"
    assert correios.headers["Authorization"] == basic("u:a")
    assert json.loads(correios.content) == {"numero": "0076"}
    assert CARRIERS["correios_br"].read_token(b'{"token":"abc","expiraEm":"2026-11-21T09:00:00"}').value == "abc"
    assert CARRIERS["dhl"].token_question({"api_key": "k"}) is None


def form_of(question: Question) -> dict[str, str]:
    assert question.headers["Content-Type"] == FORM
    return dict(parse_qsl(question.content.decode(), keep_blank_values=True))


def test_kuaidi100_is_asked_with_its_signature() -> None:
    question = CARRIERS["kuaidi100"].ask([IN_CHINA], {"customer": "CUST", "key": "KEY"})
    assert (question.method, question.url) == ("POST", "https://poll.kuaidi100.com/poll/query.do")
    sign = hashlib.md5(f"{KUAIDI100}KEYCUST".encode()).hexdigest().upper()
    assert form_of(question) == {"customer": "CUST", "sign": sign, "param": KUAIDI100}
    plain = CARRIERS["kuaidi100"].ask([asked("123", carrier="dhl")], {"customer": "CUST", "key": "KEY"})
    assert json.loads(form_of(plain)["param"]) == {"com": "dhl", "num": "123", "resultv2": "4", "show": "0"}


def test_kdniao_is_asked_with_its_signature() -> None:
    question = CARRIERS["kdniao"].ask([IN_CHINA], {"business_id": "1310", "api_key": "KEY"})
    assert (question.method, question.url) == ("POST", "https://api.kdniao.com/Ebusiness/EbusinessOrderHandle.aspx")
    assert form_of(question) == {
        "RequestData": KDNIAO,
        "EBusinessID": "1310",
        "RequestType": "1002",
        "DataSign": base64.b64encode(hashlib.md5(f"{KDNIAO}KEY".encode()).hexdigest().encode()).decode(),
        "DataType": "2",
    }


def test_sf_is_asked_with_its_signature() -> None:
    question = CARRIERS["sf_express"].ask([IN_CHINA], {"partner_id": "P", "checkword": "W"})
    assert (question.method, question.url) == ("POST", "https://bspgw.sf-express.com/std/service")
    form = form_of(question)
    assert form["msgData"] == SF
    assert form["timestamp"] == "1795167000000"
    encoded = (
        SF.replace("{", "%7B")
        .replace("}", "%7D")
        .replace('"', "%22")
        .replace(":", "%3A")
        .replace(",", "%2C")
        .replace("[", "%5B")
        .replace("]", "%5D")
    )
    digest = hashlib.md5(f"{encoded}1795167000000W".encode()).digest()
    assert form["msgDigest"] == base64.b64encode(digest).decode()
    assert (form["partnerID"], form["serviceCode"]) == ("P", "EXP_RECE_SEARCH_ROUTES")
    assert len(form["requestID"]) == 36


@pytest.mark.parametrize(
    ("code", "given", "missing"),
    [
        ("sf_express", asked("SF1", phone=""), ["phone"]),
        ("sf_express", asked("SF1"), []),
        ("kuaidi100", asked("1", carrier="unheard_of"), ["carrier"]),
        ("kuaidi100", asked("SF1", carrier="sf_express", phone=""), ["phone"]),
        ("kuaidi100", asked("1", carrier="yto", phone=""), []),
        ("kdniao", asked("SF1", carrier="sf_express", phone=""), ["phone"]),
        ("kdniao", asked("1", carrier="lasership"), ["carrier"]),
        ("shippo", asked("1", carrier="gls"), ["carrier"]),
        ("dhl", asked("1", postal_code="", phone=""), []),
    ],
)
def test_what_a_carrier_wants_to_know_first(code: str, given: Asked, missing: list[str]) -> None:
    assert CARRIERS[code].lacks(given) == missing


@pytest.mark.parametrize(
    ("code", "body", "verdict"),
    [
        ("kuaidi100", b'{"result":false,"returnCode":"503","message":"sign"}', Verdict.REFUSED),
        ("kuaidi100", b'{"result":false,"returnCode":"601","message":"KEY"}', Verdict.REFUSED),
        ("kuaidi100", b'{"result":false,"returnCode":"500","message":"none"}', Verdict.TOLD),
        ("kuaidi100", b"<html>", Verdict.TOLD),
        ("sf_express", b'{"apiResultCode":"A1006"}', Verdict.REFUSED),
        ("sf_express", b'{"apiResultCode":"A1005"}', Verdict.TOO_OFTEN),
        ("sf_express", b'{"apiResultCode":"A1099"}', Verdict.FAILED),
        ("sf_express", b'{"apiResultCode":"A1000"}', Verdict.TOLD),
    ],
)
def test_verdicts_that_stand_in_the_body(code: str, body: bytes, verdict: Verdict) -> None:
    assert CARRIERS[code].judge_answer(200, body) is verdict
    assert CARRIERS[code].judge_answer(503, body) is Verdict.FAILED
