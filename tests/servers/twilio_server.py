"""Twilio's Messages resource on loopback: checks what it is sent against Twilio's published contract and calls back.

Some numbers behave as Twilio's own test numbers do; others make it slow, busy or lossy (see `REFUSALS` and below).

``POST /say`` is not Twilio's: it makes a phone write to a number of the account (``From``, ``To``, ``Body``, and
``Url``, which a console would hold). As Twilio does, it obeys and answers STOP and START itself before it calls.
"""

import argparse
import base64
import hashlib
import hmac
import json
import lzma
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

# The parameters of "Create a Message", where the published contract is not at hand.
PARAMETERS = {
    *("To", "StatusCallback", "ApplicationSid", "MaxPrice", "ProvideFeedback", "Attempt", "ValidityPeriod"),
    *("ForceDelivery", "ContentRetention", "AddressRetention", "SmartEncoded", "PersistentAction", "TrafficType"),
    *("ShortenUrls", "ScheduleType", "SendAt", "SendAsMms", "ContentVariables", "RiskCheck", "From", "FallbackFrom"),
    *("MessagingServiceSid", "Body", "MediaUrl", "ContentSid"),
}
REQUIRED = {"To"}
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")  # the contract's pattern
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START_WORDS = {"START", "YES", "UNSTOP"}
E164 = re.compile(r"\+[1-9]\d{6,14}")

REFUSALS = {  # by the end of the number: HTTP status, Twilio's code, its words
    "5550001": (400, 21211, "Invalid 'To' Phone Number: +1500555XXXX"),
    "5550004": (400, 21610, "Attempt to send to unsubscribed recipient"),
    "5550009": (400, 21614, "'To' number is not a valid mobile number"),
    "5550002": (400, 21612, "Message cannot be sent with the current combination of 'To' and/or 'From' parameters"),
    "5550029": (429, 20429, "Too Many Requests"),
    "5550050": (500, 20500, "Internal Server Error"),
}
SLOW = "5550007"  # answers after --delay seconds
LOST = "5550008"  # takes the message and hangs up without an answer, the first time
UNDELIVERED = "5550005"  # is taken, and fails later with 30005
BACKWARDS = "5550006"  # its callbacks come in the wrong order, and twice


@dataclass
class Contract:
    """Names, required names and enumerations of the request's parameters."""

    names: set[str]
    required: set[str]
    enums: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, corpus: Path | None) -> "Contract":
        found = sorted(corpus.glob("oai/*api_v2010*.json.xz")) if corpus else []
        if not found:
            return cls(PARAMETERS, REQUIRED)
        with lzma.open(found[0]) as packed:
            document = json.load(packed)
        create = document["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]
        schema = create["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        known = document["components"]["schemas"]
        enums = {
            name: set(known[told["$ref"].rpartition("/")[2]]["enum"])
            for name, told in schema["properties"].items()
            if "$ref" in told
        }
        return cls(set(schema["properties"]), set(schema["required"]), enums)

    def complaints(self, form: dict[str, list[str]]) -> list[str]:
        wrong = [f"unknown parameter {name}" for name in form if name not in self.names]
        wrong += [f"{name} is required" for name in self.required if name not in form]
        wrong += [
            f"{name} can't be {value}"
            for name, values in form.items()
            for value in values
            if name in self.enums and value not in self.enums[name]
        ]
        if not {"Body", "MediaUrl", "ContentSid"} & set(form):
            wrong.append("Body, MediaUrl or ContentSid is required")
        if not {"From", "MessagingServiceSid"} & set(form):
            wrong.append("From or MessagingServiceSid is required")
        if not E164.fullmatch(form.get("To", [""])[0]):
            wrong.append("To is not in E.164")
        if not SERVICE.fullmatch(form.get("MessagingServiceSid", ["MG" + "0" * 32])[0]):
            wrong.append("MessagingServiceSid is none")
        return wrong


class Twilio:
    """The account: what was sent, and who must be told."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.contract = Contract.read(options.corpus)
        self.messages: list[dict] = []
        self.opted_out: set[str] = set()
        self.lock = threading.Lock()

    def take(self, form: dict[str, list[str]]) -> dict:
        one = {name: values[0] for name, values in form.items()}
        now = format_datetime(datetime.now(UTC))
        sid = f"SM{secrets.token_hex(16)}"
        path = f"/2010-04-01/Accounts/{self.options.account}/Messages/{sid}"
        message = {
            **dict.fromkeys(("error_code", "error_message", "price", "price_unit", "date_sent")),
            "sid": sid,
            "account_sid": self.options.account,
            "api_version": "2010-04-01",
            "status": "queued",
            "to": one["To"],
            "from": one.get("From"),
            "messaging_service_sid": one.get("MessagingServiceSid"),
            "body": one.get("Body", ""),
            "direction": "outbound-api",
            "num_media": "0",
            "num_segments": "1",
            "date_created": now,
            "date_updated": now,
            "uri": f"{path}.json",
            "subresource_uris": {"media": f"{path}/Media.json"},
        }
        with self.lock:
            self.messages.append(message)
            self._write({"taken": one, "sid": sid})
        if one.get("StatusCallback") and not self.options.silent:
            threading.Thread(target=self._call_back, args=(one["StatusCallback"], message), daemon=True).start()
        return message

    def listed(self, to: str) -> dict:
        with self.lock:
            found = [message for message in reversed(self.messages) if not to or message["to"] == to]
        ends = {"first_page_uri": "", "next_page_uri": None, "previous_page_uri": None, "page": 0, "page_size": 50}
        return {"messages": found, "start": 0, "end": len(found), "uri": "", **ends}

    def say(self, form: dict[str, str]) -> int:
        """A phone writes to us; what the portal's door answers."""
        word = form["Body"].strip().upper()
        if word in STOP_WORDS | START_WORDS:
            change = self.opted_out.add if word in STOP_WORDS else self.opted_out.discard
            change(form["From"])
            self._write({"answered_by_itself": word, "to": form["From"]})
        sid = f"SM{secrets.token_hex(16)}"
        told = {
            **{name: form[name] for name in ("From", "To", "Body")},
            **dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), sid),
            "AccountSid": self.options.account,
            "ApiVersion": "2010-04-01",
            "SmsStatus": "received",
            "NumMedia": "0",
            "NumSegments": "1",
        }
        answer = self._post(form["Url"], told)
        self._write({"said": form["Body"], "answer": answer})
        return answer

    def _call_back(self, url: str, message: dict) -> None:
        told = ["queued", "sent", "delivered"]
        if message["to"].endswith(UNDELIVERED):
            told = ["queued", "sent", "undelivered"]
        if message["to"].endswith(BACKWARDS):
            told = ["delivered", "delivered", "sent", "queued"]
        for status in told:
            form = {
                "MessageSid": message["sid"],
                "MessageStatus": status,
                "To": message["to"],
                "ApiVersion": "2010-04-01",
            }
            form |= {"AccountSid": self.options.account, "SmsSid": message["sid"], "SmsStatus": status}
            if status == "undelivered":
                form["ErrorCode"] = "30005"
            self._write({"called_back": status, "answer": self._post(url, form)})

    def _post(self, url: str, form: dict[str, str]) -> int:
        signature = sign(self.options.token, url, form)
        request = Request(url, data=urlencode(form).encode(), headers={"X-Twilio-Signature": signature})
        try:
            with urlopen(request, timeout=10) as answer:
                return answer.status
        except HTTPError as error:
            return error.code
        except URLError:
            return 0

    def _write(self, line: dict) -> None:
        with self.options.journal.open("a") as journal:
            journal.write(json.dumps(line) + "\n")


def sign(token: str, url: str, form: dict[str, str]) -> str:
    """Twilio's signature, written from its documentation and not with its library."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


class Door(BaseHTTPRequestHandler):
    twilio: Twilio
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
        if self.path == "/say":
            self._answer(200, {"status": self.twilio.say({name: values[0] for name, values in form.items()})})
            return
        if not self._is_known():
            return
        to = form.get("To", [""])[0]
        if wrong := self.twilio.contract.complaints(form):
            self._refuse(400, 20422, "; ".join(wrong))
        elif to in self.twilio.opted_out:
            self._refuse(400, 21610, "Attempt to send to unsubscribed recipient")
        elif refusal := next((told for end, told in REFUSALS.items() if to.endswith(end)), None):
            self._refuse(*refusal)
        else:
            self._take(to, form)

    def _take(self, to: str, form: dict[str, list[str]]) -> None:
        if to.endswith(SLOW):
            time.sleep(self.twilio.options.delay)
        message = self.twilio.take(form)
        if to.endswith(LOST) and len(self.twilio.listed(to)["messages"]) == 1:
            self.close_connection = True  # no answer at all
            return
        self._answer(201, message)

    def do_GET(self) -> None:
        if self._is_known():
            query = parse_qs(urlsplit(self.path).query)
            self._answer(200, self.twilio.listed(query.get("To", [""])[0]))

    def _is_known(self) -> bool:
        options = self.twilio.options
        expected = base64.b64encode(f"{options.account}:{options.token}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self._refuse(401, 20003, "Authenticate")
            return False
        if urlsplit(self.path).path != f"/2010-04-01/Accounts/{options.account}/Messages.json":
            self._refuse(404, 20404, "The requested resource was not found")
            return False
        return True

    def _refuse(self, status: int, code: int, message: str) -> None:
        more = f"https://www.twilio.com/docs/errors/{code}"
        self._answer(status, {"code": code, "message": message, "more_info": more, "status": status})

    def _answer(self, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
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
    arguments.add_argument("--account", default="AC" + "0" * 32)
    arguments.add_argument("--token", default="secret")
    arguments.add_argument("--corpus", type=Path, help="the folder with oai/*api_v2010*.json.xz")
    arguments.add_argument("--delay", type=float, default=0.5)
    arguments.add_argument("--silent", action="store_true", help="send no callbacks")
    Door.twilio = Twilio(arguments.parse_args())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
