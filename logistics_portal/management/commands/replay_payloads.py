"""``manage.py replay_payloads DIR``: recorded carrier payloads go through the portal's doors, and it tells how."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from logistics_portal.imports import replay
from logistics_portal.imports.recordings import NoRecordings, find_recordings
from logistics_portal.kernel.http import PeerFailed
from merchants.models import Merchant

COLUMNS = ("read", "unmatched", "no_tracking", "unreadable", "refused", "waiting")


class Command(BaseCommand):
    help = (
        "Send a folder of recorded carrier payloads to the running portal, each signed with the secret of the "
        "carrier's account, and tell what the portal made of it. The folder has an index.jsonl, or a subfolder for "
        "each carrier's code."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--base-url", default=settings.BASE_URL, help="where the portal runs (default: %(default)s)"
        )
        parser.add_argument(
            "--in-process", action="store_true", help="without a running portal: keep and read them here"
        )
        parser.add_argument(
            "--create-shipments", metavar="SLUG", help="first make an order of this merchant for every tracking number"
        )

        parser.add_argument(
            "--patience", type=float, default=120.0, metavar="SECONDS", help="how long to wait for the workers"
        )

    def handle(self, *args: Any, folder: Path, base_url: str, in_process: bool, **options: Any) -> None:
        try:
            recordings = find_recordings(folder)
        except (NoRecordings, OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if slug := options["create_shipments"]:
            merchant = Merchant.objects.filter(slug=slug).first()
            if merchant is None:
                raise CommandError(f"There is no merchant “{slug}”.")
            for what, count in sorted(replay.create_shipments(merchant, recordings).items()):
                self.stdout.write(f"shipments {what}: {count}")
        since, began = timezone.now(), time.monotonic()
        send = replay.send_in_process if in_process else replay.send_by_http(base_url)
        secrets = replay.secrets_of(recording.carrier for recording in recordings)
        try:
            report, taken = replay.replay(recordings, send=send, secrets=secrets)
        except PeerFailed as error:
            raise CommandError(f"{error}. Is the portal running at {base_url}?") from error
        sent_after = time.monotonic() - began
        if in_process:
            replay.read_here()
        elif not replay.await_workers(since, patience=options["patience"]):
            self.stderr.write("The workers have not read everything yet. Do they run?")
        replay.count_outcomes(report, taken, since=since)
        self._tell(report)
        self.stdout.write(
            f"{len(taken)} payloads sent in {sent_after:.1f} s, read after {time.monotonic() - began:.1f} s."
        )

    def _tell(self, report: replay.Report) -> None:
        ours = {code: tally for code, tally in sorted(report.items()) if not tally.outcomes[replay.NO_ADAPTER]}
        self.stdout.write(f"{'carrier':<16}" + "".join(f"{name:>13}" for name in COLUMNS) + "  other")
        for code, tally in ours.items():
            other = {name: count for name, count in tally.outcomes.items() if name not in COLUMNS}
            said = ", ".join(f"{count} {name}" for name, count in sorted(other.items()))
            self.stdout.write(f"{code:<16}" + "".join(f"{tally.outcomes[name]:>13}" for name in COLUMNS) + f"  {said}")
        for code, tally in ours.items():
            if tally.unknown_codes:
                self.stdout.write(f"{code}: unknown codes {', '.join(sorted(tally.unknown_codes))}")
            for name, reason in tally.reasons:
                self.stdout.write(f"{code}: {name}: {reason}")
        strange = {code: tally.outcomes[replay.NO_ADAPTER] for code, tally in report.items() if code not in ours}
        if strange:
            named = ", ".join(f"{code} {count}" for code, count in sorted(strange.items()))
            self.stdout.write(f"no adapter ({sum(strange.values())}): {named}")
