"""A mail server on loopback that keeps what it is given, and refuses some addresses.

``gone@…`` is refused for good (550), ``busy@…`` for now (451); ``spam`` in a subject is refused after the data (554).
"""

import argparse
import asyncio
import json
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

REFUSALS = {"gone": "550 5.1.1 No such mailbox", "busy": "451 4.3.0 Try again later"}


class Keeper:
    def __init__(self, journal: Path) -> None:
        self.journal = journal

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := REFUSALS.get(address.partition("@")[0]):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        if "spam" in mail["Subject"]:
            return "554 5.7.1 Refused as spam"
        kept = {
            "to": envelope.rcpt_tos,
            "headers": {name: str(value) for name, value in mail.items()},
            "text": mail.get_body(("plain",)).get_content(),
            "html": body.get_content() if (body := mail.get_body(("html",))) else "",
        }
        with self.journal.open("a") as journal:
            journal.write(json.dumps(kept) + "\n")
        return "250 OK"


async def serve(journal: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Keeper(journal), hostname="localhost"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--journal", type=Path, required=True)
    asyncio.run(serve(arguments.parse_args().journal))


if __name__ == "__main__":
    main()
