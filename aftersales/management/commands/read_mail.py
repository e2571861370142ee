"""Takes a letter that a mail server pipes in, as ``|/path/manage.py read_mail`` in its table of aliases."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from aftersales import services
from aftersales.letters import LETTER_MAX
from logistics_portal.kernel.errors import DomainError

EX_DATAERR = 65  # sysexits.h: the mail server gives it back to its sender


class Command(BaseCommand):
    help = "Reads a letter (RFC 5322) from the standard input into the conversation that it answers."

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(LETTER_MAX + 1)
        try:
            note = services.receive_letter(raw=raw)
        except DomainError as error:
            self.stderr.write(error.message)
            sys.exit(EX_DATAERR)
        self.stdout.write(f"note {note.pk}" if note else "written by a program: left out")
