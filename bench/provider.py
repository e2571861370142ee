"""Twilio's Messages resource, as light as it can be: it takes texts after a while, lists them, and tells what it took.

``POST …/Messages.json`` takes one, ``GET …/Messages.json?To=`` lists those to a number, ``GET /told`` gives a JSON line
for each that was taken: its key, its number, and when the request came. Connections stay open.
"""

import argparse
import asyncio
import json
import time
from collections import defaultdict
from email.utils import formatdate
from itertools import count
from urllib.parse import parse_qs, urlsplit


class Account:
    """What was taken."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.numbers = count(1)
        self.taken: list[tuple[str, str, float]] = []
        self.texts: dict[str, list[dict]] = defaultdict(list)

    def take(self, body: bytes, came_at: float) -> bytes:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        key = parse_qs(urlsplit(form.get("StatusCallback", "")).query).get("message", [""])[0]
        self.taken.append((key, form["To"], came_at))
        text = {
            "sid": f"SM{next(self.numbers):032x}",
            "status": "queued",
            "to": form["To"],
            "body": form["Body"],
            "date_created": formatdate(usegmt=True),
        }
        self.texts[form["To"]].append(text)
        return json.dumps(text).encode()

    def listed(self, to: str) -> bytes:
        ends = {"first_page_uri": "", "next_page_uri": None, "previous_page_uri": None, "page": 0, "page_size": 50}
        return json.dumps({"messages": self.texts[to][::-1], "start": 0, "end": 0, "uri": "", **ends}).encode()

    def told(self) -> bytes:
        return "\n".join(json.dumps(one) for one in self.taken).encode()


class Conversation(asyncio.Protocol):
    """One connection: requests come one after the other, each answered after the account's delay."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.came += data
        head, end, rest = self.came.partition(b"\r\n\r\n")
        if not end:
            return
        lines = head.decode("latin-1").split("\r\n")
        length = next((int(line[15:]) for line in lines if line.lower().startswith("content-length:")), 0)
        if len(rest) < length:
            return
        self.came = rest[length:]
        method, target, _ = lines[0].split(" ")
        came_at = time.time()
        if method == "POST":
            loop = asyncio.get_running_loop()
            loop.call_later(self.account.delay, self.answer, self.account.take(rest[:length], came_at), b"201 Created")
        elif target == "/told":
            self.answer(self.account.told(), b"200 OK")
        else:
            self.answer(self.account.listed(parse_qs(urlsplit(target).query).get("To", [""])[0]), b"200 OK")

    def answer(self, body: bytes, status: bytes) -> None:
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self.transport.write(head + body)  # type: ignore[attr-defined]


async def serve(delay: float) -> None:
    account = Account(delay)
    server = await asyncio.get_running_loop().create_server(lambda: Conversation(account), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--delay-ms", type=float, default=50.0)
    asyncio.run(serve(arguments.parse_args().delay_ms / 1000))
