"""What mail providers tell of mails: delivered, bounced, complained of."""

from django.db import transaction

from .. import services
from ..channels.base import Call
from ..models import Receipt


def note_mail_events(*, provider: str, call: Call) -> list[Receipt]:
    """Keep what a provider tells, and close addresses that are dead or whose holders want no mails.

    Raises:
        NotSigned: it wasn't the provider, or mails go through another.
        Unreadable: it was, and it can't be read.
    """
    plugin = services.CHANNELS["email"]
    told = plugin.read_events(provider, call, services.config_of(plugin))
    with transaction.atomic():
        kept = [services.note_callback(channel=plugin.code, callback=callback) for callback in told]
    return [receipt for receipt in kept if receipt]
