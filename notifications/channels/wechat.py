"""WeChat's subscription messages: a mini-programme tells one person something they consented to hear, once a consent.

The address is the person's ``openid`` in the merchant's mini-programme. ``target`` holds what the merchant's account
gives to it: the access token, the template and what stands in its fields, or what is missing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from logistics_portal.kernel import http

from . import base

SEND_PATH = "/cgi-bin/message/subscribe/send"
TOKEN_PATH = "/cgi-bin/stable_token"  # noqa: S105 - a path
TIMEOUT_SECONDS = 10.0
LANGUAGES = {"zh-hans": "zh_CN", "en": "en_US"}  # of the mini-programme that opens; it knows no German
CLOCK = ZoneInfo("Asia/Shanghai")  # WeChat's people read this clock

# What may stand in a template's field besides words of the merchant's own, which begin with "=".
SOURCES = ("title", "text", "order", "number", "carrier", "place", "merchant", "time")
LITERAL = "="
# Characters that WeChat takes at most in a field, by the letters of its name; what is longer is refused as a whole.
FIELD_MAX = {
    "thing": 20,
    "character_string": 32,
    "phrase": 5,
    "name": 10,
    "letter": 32,
    "symbol": 5,
    "number": 32,
    "phone_number": 17,
    "car_number": 8,
}
EMPTY = {"phrase": "更新", "number": "0"}  # an empty field is refused, too
NOT_CHINESE = re.compile(r"[^\u4e00-\u9fff]")
NOT_ASCII = re.compile(r"[^\x20-\x7e]")

MISSING = {
    "consent": "the person's consents are used up",
    "template": "the merchant has no template for this kind of message",
    "account": "the merchant has no mini-programme any more",
}
STALE_TOKENS = {40001, 40014, 42001}
DEAD = {40003: "the mini-programme knows no such person"}
# The message, the template or the account is at fault, or it takes until midnight: another channel is quicker.
NEVER = {
    43101: "the person consented to no (further) message",
    40037: "the mini-programme has no such template",
    40165: "the page that should open is not in the mini-programme",
    41030: "the page that should open is not in the mini-programme",
    43107: "the mini-programme may send no messages of this kind",
    43116: "WeChat restricted the template, since people complained of it",
    45009: "the mini-programme sent as many messages as it may in a day",
    45168: "the words hold something that WeChat does not carry",
    47003: "a field of the template does not take what stands in it",
    48001: "the mini-programme may not use subscription messages",
}
LATER = {
    -1: "WeChat is busy",
    43108: "another message goes to this person at the same time",
    45011: "too many calls in a minute",
}
# What WeChat answers when it is asked for a token, and only a person can mend.
NO_TOKEN = {
    40002: "the kind of grant is not known",
    40013: "the AppID is wrong",
    40125: "the AppSecret is wrong",
    40164: "this server's address is not on the mini-programme's list",
    40243: "the AppSecret is frozen",
    41004: "the AppSecret is missing",
    50004: "the mini-programme may not ask for tokens",
    50007: "the mini-programme is frozen",
}


@dataclass(frozen=True, slots=True)
class Token:
    """What opens WeChat's doors for ``lasts_s`` seconds."""

    value: str
    lasts_s: int


class Channel(base.Channel):
    label = gettext_noop("WeChat")
    address_field = "wechat"
    setting_names = ("WECHAT_BASE_URL",)

    def has_account(self, config: base.Config) -> bool:
        return True  # accounts are the merchants': without one nobody has an address here

    def send(self, outgoing: base.Outgoing, config: base.Config) -> base.Sent:
        target = outgoing.target
        if not target.get("template_id"):
            missing = target.get("missing", "account")
            raise base.Undeliverable(missing, f"WeChat: {MISSING[missing]}")
        if not target.get("token"):
            raise base.TryLater("token", "WeChat: the mini-programme has no access token yet")
        answer = _ask(
            f"{config['WECHAT_BASE_URL']}{SEND_PATH}",
            request_body(outgoing),
            params={"access_token": target["token"]},
        )
        code = _code_of(answer)
        if code:
            raise refusal(code)
        return base.Sent(str(answer.get("msgid", ""))[:80])


def request_body(outgoing: base.Outgoing) -> dict[str, object]:
    """The request as WeChat documents it; without a page nothing opens when it is tapped."""
    target = outgoing.target
    body: dict[str, object] = {
        "touser": outgoing.address,
        "template_id": target["template_id"],
        "data": {name: {"value": fit(name, said(source, outgoing))} for name, source in _fields(target).items()},
        "miniprogram_state": target.get("stage", "formal"),
        "lang": LANGUAGES.get(outgoing.language, "en_US"),
    }
    if target.get("page"):
        body["page"] = target["page"]
    return body


def said(source: str, outgoing: base.Outgoing) -> str:
    """What stands in a field by what the merchant chose for it."""
    if source.startswith(LITERAL):
        return source.removeprefix(LITERAL)
    if source == "time":
        return f"{datetime.now(CLOCK):%Y年%m月%d日 %H:%M}"
    own = {"title": outgoing.subject, "text": outgoing.text, "merchant": outgoing.sender}
    return own.get(source, "") or outgoing.facts.get(source, "")


def fit(field: str, text: str) -> str:
    """A text as a field takes it: WeChat refuses the whole message when one is longer than its kind allows."""
    kind = field.rstrip("0123456789")
    text = " ".join(text.split())
    if kind == "phrase":
        text = NOT_CHINESE.sub("", text)
    elif kind in ("character_string", "letter", "symbol", "number", "phone_number"):
        text = NOT_ASCII.sub("", text)
    most = FIELD_MAX.get(kind, len(text))
    if len(text) > most:
        text = text[:most] if kind != "thing" else f"{text[: most - 1]}…"
    return text or EMPTY.get(kind, "-")


def refusal(code: int) -> base.Undeliverable | base.TryLater:
    """What to do about an error that WeChat answered."""
    if code in STALE_TOKENS:
        return base.StaleToken(code, "WeChat: the access token is not taken")
    if code in DEAD:
        return base.DeadAddress(code, f"WeChat: {DEAD[code]}")
    if code in NEVER:
        return base.Undeliverable(code, f"WeChat: {NEVER[code]}")
    return base.TryLater(code, f"WeChat: {LATER.get(code, 'it did not take the message')}")


def fetch_token(app_id: str, app_secret: str, base_url: str, *, force: bool) -> Token:
    """Ask for the mini-programme's access token: the one that is good still, or with ``force`` a new one.

    Raises:
        Undeliverable: a person must mend the account first.
        TryLater, PeerFailed: none was lent now.
    """
    asked = {"grant_type": "client_credential", "appid": app_id, "secret": app_secret, "force_refresh": force}
    answer = _ask(f"{base_url}{TOKEN_PATH}", asked)
    code = _code_of(answer)
    if code in NO_TOKEN:
        raise base.Undeliverable(code, f"WeChat lends no token: {NO_TOKEN[code]}")
    token, lasts = answer.get("access_token"), answer.get("expires_in")
    if code or not isinstance(token, str) or not isinstance(lasts, int):
        raise base.TryLater(code, f"WeChat lends no token: {LATER.get(code, 'its answer holds none')}")
    return Token(token, lasts)


def _ask(url: str, body: Mapping[str, object], *, params: Mapping[str, str] | None = None) -> dict[str, object]:
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    answer = http.call("POST", url, headers=headers, params=params, content=content, timeout=TIMEOUT_SECONDS)
    if answer.status != 200:
        raise base.TryLater(answer.status, "WeChat answered with an error")
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise base.TryLater("unreadable", "WeChat's answer can't be read")
    return told


def _code_of(answer: Mapping[str, object]) -> int:
    code = answer.get("errcode", 0)
    return code if isinstance(code, int) else -1


def _fields(target: Mapping[str, str]) -> dict[str, str]:
    fields: dict[str, str] = json.loads(target.get("fields") or "{}")
    return fields
