from django.core.management.base import BaseCommand, CommandError, CommandParser

from logistics_portal.kernel.errors import DomainError
from tracking import services
from tracking.models import Parcel
from tracking.services import Inquiry, Reply

SHOWN_AT_MOST = 20_000  # characters of an answer


class Command(BaseCommand):
    help = "Asks the carrier of one tracking number now, shows what came, and has it read like any answer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--number", required=True, help="the tracking number of a parcel of the portal")
        parser.add_argument("--merchant", default="", help="the merchant's slug, where several have the number")

    def handle(self, *args: object, number: str, merchant: str, **options: object) -> None:
        parcels = Parcel.objects.filter(tracking_number=services.normalize_number(number), retired_at__isnull=True)
        if merchant:
            parcels = parcels.filter(merchant__slug=merchant)
        found = list(parcels.select_related("merchant")[:2])
        if len(found) != 1:
            raise CommandError("No parcel has this number." if not found else "Several have it: name the --merchant.")
        try:
            asked = services.ask_about(parcel=found[0])
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        self._show(*asked)

    def _show(self, inquiry: Inquiry, reply: Reply) -> None:
        self.stdout.write(f"{inquiry.adapter.label}, account {inquiry.account.label}: {reply.verdict} {reply.status}")
        if reply.words:
            self.stdout.write(reply.words)
        self.stdout.write(reply.body.decode("utf-8", errors="replace")[:SHOWN_AT_MOST])
