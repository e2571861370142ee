"""``manage.py load_demo``: a believable world to try the portal in. Its last line is JSON: logins, keys and links."""

import json
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from logistics_portal.demo_data.loading import CutShort, load


class Command(BaseCommand):
    help = "Load sample data once. A second start changes nothing. The last line tells logins, keys and links as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("Sample data don't belong into a portal of production.")
        if settings.TWILIO_ACCOUNT_SID or settings.SMTP_URL:
            raise CommandError(
                "An account for SMS or mail is set: the sample data's people would be written to. Unset it first."
            )
        if not settings.DEMO_INBOX:
            raise CommandError("Set PORTAL_ENV=demo or PORTAL_DEMO_INBOX=1, so that messages stay in the portal.")
        began = time.monotonic()
        try:
            info = load()
        except CutShort as error:
            raise CommandError(
                "An earlier load was cut short. Begin with an empty database, which for a demo is: bin/demo --fresh"
            ) from error
        self.stderr.write(f"Sample data are there after {time.monotonic() - began:.1f} s.")
        self.stdout.write(json.dumps(info, ensure_ascii=False))
