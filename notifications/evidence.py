"""What notifications know for a dispute: which messages went to the customer, and when they arrived."""

from datetime import datetime
from typing import Any

from aftersales.models import Dispute, Evidence
from aftersales.services import collects

from .models import Message

MESSAGES_KEPT = 200  # the newest


@collects(Evidence.Kind.MESSAGES)
def messages(dispute: Dispute) -> dict[str, Any] | None:
    """The order's messages, oldest first, as they were sent: with codes and links blacked out."""
    rows = Message.objects.filter(order=dispute.order_id).order_by("-pk")[:MESSAGES_KEPT]
    told = [_message(row) for row in reversed(rows)]
    return {"messages": told} if told else None


def _message(row: Message) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "channel": row.channel,
        "address": row.address,
        "language": row.language,
        "subject": row.subject,
        "body": row.body,
        "status": row.status,
        "queued_at": _stamp(row.queued_at),
        "sent_at": _stamp(row.sent_at),
        "delivered_at": _stamp(row.delivered_at),
        "failed_at": _stamp(row.failed_at),
        "provider_id": row.provider_id,
        "error_code": row.error_code,
    }


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
