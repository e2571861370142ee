"""Stripe's refunds on loopback: ``POST /v1/refunds`` and the news that it sends of them, as documented.

A payment is known by its name: ``pi_5000`` was 50.00. ``pi_declined…`` answers 402, ``pi_slow…`` answers ``pending``,
``pi_broken…`` answers 500 at its first asking. The same ``Idempotency-Key`` gets the same answer, with other
parameters 400. ``POST /move/<refund>/<status>`` tells the portal's door (``--webhook``) that a refund moved. The
journal has a line for each call.
"""

import argparse
import hashlib
import hmac
import json
import secrets
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs


class Bank:
    """What was paid and what went back."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.answers: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.broken: set[str] = set()
        self.lock = threading.Lock()

    def refund(self, key: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = json.dumps(form, sort_keys=True)
        if key in self.answers:
            was_asked, status, answer = self.answers[key]
            if was_asked != asked:
                return error(400, "idempotency_error", "", "Keys for idempotent requests can only be used once")
            return status, answer
        payment = form.get("payment_intent", "") or form.get("charge", "")
        if payment.startswith("pi_broken") and payment not in self.broken:
            self.broken.add(payment)
            return error(500, "api_error", "", "An error of Stripe's")
        status, answer = self._decide(payment, int(form["amount"]), form)
        self.answers[key] = (asked, status, answer)
        return status, answer

    def _decide(self, payment: str, amount: int, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if payment.startswith("pi_declined"):
            return error(402, "card_error", "expired_or_canceled_card", "The card is closed.")
        digits = "".join(filter(str.isdigit, payment))
        if not digits:
            return error(400, "invalid_request_error", "resource_missing", f"No such payment_intent: '{payment}'")
        back = sum(one["amount"] for one in self.refunds.values() if one["payment_intent"] == payment)
        if amount + back > int(digits):
            return error(400, "invalid_request_error", "charge_already_refunded", "More than the charge")
        refund = {
            "id": f"re_{secrets.token_hex(8)}",
            "object": "refund",
            "amount": amount,
            "currency": "eur",
            "payment_intent": payment,
            "metadata": {"refund": form.get("metadata[refund]", ""), "order": form.get("metadata[order]", "")},
            "status": "pending" if payment.startswith("pi_slow") else "succeeded",
        }
        self.refunds[refund["id"]] = refund
        return 200, refund

    def move(self, refund_id: str, status: str) -> int:
        refund = self.refunds[refund_id]
        refund["status"] = status
        if status == "failed":
            refund["failure_reason"] = "lost_or_stolen_card"
        news = {"id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": "refund.updated"}
        return self.tell(news | {"data": {"object": refund}})

    def tell(self, event: dict[str, Any]) -> int:
        body, at = json.dumps(event), int(time.time())
        signed = hmac.new(self.options.secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
        request = urllib.request.Request(
            self.options.webhook,
            data=body.encode(),
            headers={"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={signed}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status


def error(status: int, kind: str, code: str, words: str) -> tuple[int, dict[str, Any]]:
    told = {"type": kind, "message": words} | ({"code": code} if code else {})
    return status, {"error": told}


class Door(BaseHTTPRequestHandler):
    bank: Bank
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        key = self.headers.get("Idempotency-Key", "")
        status, answer = self._answer_to(form, key)
        line = {"path": self.path, "key": key, "form": form, "status": status, "answer": answer}
        with self.bank.options.journal.open("a") as journal:
            journal.write(json.dumps(line) + "\n")
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Request-Id", f"req_{secrets.token_hex(7)}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer_to(self, form: dict[str, str], key: str) -> tuple[int, dict[str, Any]]:
        if self.path.startswith("/move/"):
            _, _, refund_id, status = self.path.split("/")
            return 200, {"door": self.bank.move(refund_id, status)}
        if self.headers.get("Authorization") != f"Bearer {self.bank.options.key}":
            return error(401, "invalid_request_error", "", "Invalid API Key provided")
        if self.path != "/v1/refunds":
            return error(404, "invalid_request_error", "", f"Unrecognized request URL (POST: {self.path})")
        with self.bank.lock:
            return self.bank.refund(key, form)

    def log_message(self, *_: object) -> None:
        """The journal tells it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--key", default="sk_test_1")
    parser.add_argument("--secret", default="whsec_test")
    parser.add_argument("--webhook", default="")
    Door.bank = Bank(parser.parse_args())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
