"""Makes a key for web push and prints it as a line of the environment."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand

from logistics_portal.environment import P256_ORDER, encoded_push_key


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"PORTAL_PUSH_KEY={encoded_push_key(secrets.randbelow(P256_ORDER - 1) + 1)}")
