"""WeChat's server side on loopback: access tokens and subscription messages of one mini-programme, as documented.

Tokens: ``POST /cgi-bin/stable_token`` lends the token that is good until it ends (``--lasts`` seconds), or with
``force_refresh`` a new one, at which the old one ends. Consents: ``POST /consent`` with ``{"openid", "template_id"}``
is what a person's "yes" in the mini-programme does; each pays for one message. ``POST /revoke`` ends the token, as a
merchant does who resets the secret. Messages: ``POST /cgi-bin/message/subscribe/send`` checks token, person, template
(``--template id:field,field``), fields and their lengths, then consents. A person whose name begins with ``code`` gets
that number as error: ``code45009``. The journal has a line for each call.
"""

import argparse
import json
import re
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

LONGEST = {"thing": 20, "character_string": 32, "phrase": 5, "name": 10, "number": 32, "letter": 32, "symbol": 5}
SHAPES = {
    "phrase": re.compile(r"[\u4e00-\u9fff]+"),
    "character_string": re.compile(r"[\x20-\x7e]+"),
    "number": re.compile(r"[0-9.]+"),
    "time": re.compile(r"(\d{4}年\d{1,2}月\d{1,2}日 )?\d{2}:\d{2}"),
}


class Programme:
    """The mini-programme's state at WeChat."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.templates = {
            name: set(fields.split(",")) for name, _, fields in (one.partition(":") for one in options.template)
        }
        self.token, self.ends_at = "", 0.0
        self.consents: dict[tuple[str, str], int] = {}
        self.lock = threading.Lock()

    def lend(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked.get("appid") != self.options.app_id:
            return error(40013, "invalid appid")
        if asked.get("secret") != self.options.secret:
            return error(40125, "invalid appsecret")
        if asked.get("force_refresh") or self.ends_at <= time.time():
            self.token, self.ends_at = secrets.token_hex(16), time.time() + self.options.lasts
        return {"access_token": self.token, "expires_in": int(self.ends_at - time.time())}

    def send(self, token: str, message: dict[str, Any]) -> dict[str, Any]:
        if not self.token or token != self.token:
            return error(40001, "invalid credential, access_token is invalid or not latest")
        if self.ends_at <= time.time():
            return error(42001, "access_token expired")
        openid, template = message.get("touser", ""), message.get("template_id")
        if openid.startswith("code"):
            return error(int(openid[4:]), "as its name says")
        if not openid.startswith("o"):
            return error(40003, "invalid openid")
        if template not in self.templates:
            return error(40037, "invalid template_id")
        if wrong := self.wrong_field(message, self.templates[template]):
            return error(47003, f"argument invalid! data.{wrong}.value invalid")
        if message.get("lang") not in ("zh_CN", "en_US", "zh_HK", "zh_TW"):
            return error(47003, "argument invalid! lang")
        if not self.consents.get((openid, template)):
            return error(43101, "user refuse to accept the msg")
        self.consents[openid, template] -= 1
        return {"errcode": 0, "errmsg": "ok", "msgid": secrets.randbelow(10**15)}

    @staticmethod
    def wrong_field(message: dict[str, Any], fields: set[str]) -> str:
        data = message.get("data")
        if not isinstance(data, dict) or set(data) != fields:
            return ",".join(sorted(fields))
        for name, held in data.items():
            kind, value = name.rstrip("0123456789"), held.get("value")
            shape = SHAPES.get(kind)
            is_wrong = not isinstance(value, str) or not value or len(value) > LONGEST.get(kind, 64)
            if is_wrong or (shape and not shape.fullmatch(value)):
                return name
        return ""


def error(code: int, words: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"{words} rid: {secrets.token_hex(4)}"}


class Door(BaseHTTPRequestHandler):
    programme: Programme
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        token = parse_qs(parts.query).get("access_token", [""])[0]
        with self.programme.lock:
            answer = self._answer_to(parts.path, asked, token)
            line = {"path": parts.path, "asked": asked, "answer": answer}
            with self.programme.options.journal.open("a") as journal:
                journal.write(json.dumps(line) + "\n")
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; encoding=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer_to(self, path: str, asked: dict[str, Any], token: str) -> dict[str, Any]:
        programme = self.programme
        if path == "/cgi-bin/stable_token":
            return programme.lend(asked)
        if path == "/cgi-bin/message/subscribe/send":
            return programme.send(token, asked)
        if path == "/consent":
            key = (asked["openid"], asked["template_id"])
            programme.consents[key] = programme.consents.get(key, 0) + 1
            return {"consents": programme.consents[key]}
        if path == "/revoke":
            programme.token, programme.ends_at = secrets.token_hex(16), time.time() + programme.options.lasts
            return {}
        return error(-1, "no such address")

    def log_message(self, *_: object) -> None:
        """The journal tells it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--app-id", default="wx0000000000000000")
    parser.add_argument("--secret", default="secret")
    parser.add_argument("--lasts", type=float, default=7200)
    parser.add_argument("--template", action="append", default=[], help="id:field,field")
    Door.programme = Programme(parser.parse_args())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
