"""A push service on loopback (RFC 8030) and the browser behind it: it checks who sends and decrypts what was sent.

``GET /subscription/<name>`` answers ``{"endpoint", "p256dh", "auth"}`` of a browser that the server plays; its key is
made anew for each name and never leaves the server. A push to it must be signed (RFC 8292) by the key that the browser
subscribed with (``--key``), name this server as audience and end within a day, and be encrypted (RFC 8291) for the
browser; the decryption is written from the RFCs, not taken from the library that encrypts. Names that begin with
``gone``, ``lost``, ``full``, ``busy`` or ``broken`` answer 410, 404, 413, 429 or 500. The journal has a line for each
push: what was shown, and the headers.
"""

import argparse
import base64
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MOODS = {"gone": 410, "lost": 404, "full": 413, "busy": 429, "broken": 500}
DAY = 24 * 3600
POINT = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


class Refused(Exception):
    """A push that a real service would refuse; ``status`` is its answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass
class Browser:
    """A subscribed browser: its private key, and the secret that it shares with who may tell it."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(*POINT)


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derive(length: int, *, salt: bytes, secret: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def decrypt(body: bytes, browser: Browser) -> bytes:
    """What a body of one record says, by RFC 8188 and RFC 8291."""
    salt, size, id_length = body[:16], int.from_bytes(body[16:20]), body[20]
    sender, record = body[21 : 21 + id_length], body[21 + id_length :]
    if len(record) > size:
        raise Refused(400, "more than one record")
    shared = browser.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
    info = b"WebPush: info\0" + browser.point + sender
    secret = derive(32, salt=browser.auth, secret=shared, info=info)
    key = derive(16, salt=salt, secret=secret, info=b"Content-Encoding: aes128gcm\0")
    nonce = derive(12, salt=salt, secret=secret, info=b"Content-Encoding: nonce\0")
    padded = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
    if padded[-1:] != b"\2":
        raise Refused(400, "the last record does not say that it is the last")
    return padded[:-1]


def check_signature(header: str, *, audience: str, key: str) -> dict[str, Any]:
    """Who sends, by RFC 8292: signed with the key that the browser subscribed with, for this service, not for long."""
    scheme, _, rest = header.partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    if scheme != "vapid" or given["k"] != key:
        raise Refused(403, "another key than the one that was subscribed with")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(given["k"]))
    try:
        claims = jwt.decode(given["t"], public, algorithms=["ES256"], audience=audience)
    except jwt.InvalidTokenError as error:
        raise Refused(401, str(error)) from error
    if claims["exp"] > time.time() + DAY:
        raise Refused(403, "signed for more than a day")
    if not claims["sub"].startswith(("mailto:", "https://")):
        raise Refused(403, "nobody to ask")
    return claims


class Service:
    """The subscriptions that the service knows, and what it was told."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.browsers: dict[str, Browser] = {}
        self.lock = threading.Lock()
        self.base_url = ""

    def browser(self, name: str) -> Browser:
        with self.lock:
            return self.browsers.setdefault(name, Browser())

    def note(self, line: dict[str, Any]) -> None:
        with self.lock, self.options.journal.open("a") as journal:
            journal.write(json.dumps(line) + "\n")


class Door(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.path.removeprefix("/subscription/")
        browser = self.service.browser(name)
        told = {
            "endpoint": f"{self.service.base_url}/push/{name}",
            "p256dh": encode(browser.point),
            "auth": encode(browser.auth),
        }
        self._answer(200, json.dumps(told).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = self.path.removeprefix("/push/")
        try:
            shown = self._take(name, body)
        except Refused as refusal:
            self.service.note({"name": name, "refused": refusal.status, "why": str(refusal)})
            self._answer(refusal.status, str(refusal).encode())
            return
        self.service.note(shown)
        self._answer(201, headers={"Location": f"{self.service.base_url}/message/{secrets.token_hex(8)}"})

    def _take(self, name: str, body: bytes) -> dict[str, Any]:
        mood = next((status for mood, status in MOODS.items() if name.startswith(mood)), 0)
        if mood:
            raise Refused(mood, "as its name says")
        if self.headers["Content-Encoding"] != "aes128gcm" or not self.headers.get("TTL", "").isdecimal():
            raise Refused(400, "no TTL, or another encoding")
        if len(body) > 4096:
            raise Refused(413, "longer than 4096 bytes")
        if len(self.headers.get("Topic", "")) > 32:
            raise Refused(400, "a topic of more than 32 characters")
        key = self.service.options.key
        claims = check_signature(self.headers["Authorization"], audience=self.service.base_url, key=key)
        told = {name: self.headers.get(name) for name in ("TTL", "Urgency", "Topic")}
        shown = json.loads(decrypt(body, self.service.browser(name)))
        return {"name": name, "shown": shown, "sub": claims["sub"], "bytes": len(body), **told}

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The journal tells it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--key", required=True, help="the public key that browsers subscribe with, in base64url")
    Door.service = Service(parser.parse_args())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Door.service.base_url = f"http://127.0.0.1:{server.server_port}"
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
