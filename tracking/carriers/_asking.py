"""Parts of questions to carriers: bodies, basic credentials, and tokens by OAuth 2."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from tracking.carriers import _json
from tracking.carriers.base import Question, Token, Unreadable

JSON_BODY = {"Content-Type": "application/json", "Accept": "application/json"}
FORM_BODY = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
A_TOKEN_LASTS_S = 900  # where the carrier doesn't say


def json_body(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def form_body(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()


def basic(user: str, password: str) -> str:
    """The value of ``Authorization`` for a name and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def in_path(number: str) -> str:
    """A number as one step of an address."""
    return quote(number, safe="")


def client_credentials(url: str, credentials: Mapping[str, str], *, is_basic: bool = False) -> Question:
    """The usual OAuth 2 request for a token; ``is_basic`` puts the client into the header instead of the form."""
    form = {"grant_type": "client_credentials"}
    headers = dict(FORM_BODY)
    if is_basic:
        headers["Authorization"] = basic(credentials["client_id"], credentials["client_secret"])
    else:
        form |= {"client_id": credentials["client_id"], "client_secret": credentials["client_secret"]}
    return Question("POST", url, headers=headers, content=form_body(form))


def read_oauth_token(body: bytes, *, name: str = "access_token") -> Token:
    """The token of an OAuth 2 answer.

    Raises:
        Unreadable: there is none.
    """
    answer = _json.load_fields(body)
    value, lasts = _json.text(answer.get(name)), _json.text(answer.get("expires_in"))
    if not value:
        raise Unreadable(f"The answer holds no {name}.")
    return Token(value, int(lasts) if lasts.isdecimal() else A_TOKEN_LASTS_S)
