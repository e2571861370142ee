"""Mail providers on loopback: the requests of Postmark, SendGrid and Mailgun that hand a mail over, and their answers.

What an address does is told by its name: ``inactive@…`` is refused as a dead one, ``busy@…`` and ``broken@…`` for now,
``bad@…`` for good. A wrong key is refused whatever the mail.
"""

import argparse
import base64
import json
import secrets
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

KEY = "key-of-the-provider"
STATUS = {"busy": 429, "broken": 503, "bad": 400}


class Door(BaseHTTPRequestHandler):
    journal: Path
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/postmark/"):
            self._postmark(json.loads(body))
        elif self.path == "/sendgrid/mail/send":
            self._sendgrid(json.loads(body))
        else:
            self._mailgun(body)

    def _postmark(self, mail: dict) -> None:
        to = mail["To"]
        if self.headers.get("X-Postmark-Server-Token") != KEY:
            self._answer(401, {"ErrorCode": 10, "Message": "Bad or missing Server API token."})
        elif to.startswith("inactive"):
            said = (
                "You tried to send to a recipient that has been marked as inactive.\n"
                f"Found inactive addresses: {to}.\nInactive recipients are ones that have generated a hard bounce."
            )
            self._answer(422, {"ErrorCode": 406, "Message": said})
        elif not self._refused(to):
            name = f"{secrets.token_hex(4)}-{secrets.token_hex(8)}"
            self._keep("postmark", mail)
            self._answer(200, {"ErrorCode": 0, "Message": "OK", "MessageID": name, "To": to})

    def _sendgrid(self, mail: dict) -> None:
        to = mail["personalizations"][0]["to"][0]["email"]
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            self._answer(401, {"errors": [{"message": "The provided authorization grant is invalid"}]})
        elif not self._refused(to):
            self._keep("sendgrid", mail)
            self._answer(202, None)

    def _mailgun(self, body: bytes) -> None:
        form = self._form(body)
        to = form["to"][0]
        expected = base64.b64encode(f"api:{KEY}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self._answer(401, {"message": "Invalid private key"})
        elif not self._refused(to):
            self._keep("mailgun", {"path": self.path, **{name: values[0] for name, values in form.items()}})
            self._answer(200, {"id": f"<{secrets.token_hex(8)}@mailgun>", "message": "Queued. Thank you."})

    def _form(self, body: bytes) -> dict[str, list[str]]:
        kind = self.headers["Content-Type"]
        if kind.startswith("application/x-www-form-urlencoded"):
            return parse_qs(body.decode(), keep_blank_values=True)
        whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        parts: dict[str, list[str]] = {}
        for part in whole.iter_parts():
            name = part.get_param("name", header="content-disposition")
            parts.setdefault(name, []).append(part.get_payload(decode=True).decode())
        return parts

    def _refused(self, to: str) -> bool:
        status = STATUS.get(to.partition("@")[0])
        if status:
            self._answer(status, {"message": f"no mail to {to} now", "ErrorCode": 300, "Message": "no"})
        return bool(status)

    def _keep(self, provider: str, mail: dict) -> None:
        with self.journal.open("a") as journal:
            journal.write(json.dumps({"provider": provider, **mail}) + "\n")

    def _answer(self, status: int, content: dict | None) -> None:
        body = json.dumps(content).encode() if content else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """The journal tells it better."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--journal", type=Path, required=True)
    Door.journal = arguments.parse_args().journal
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
