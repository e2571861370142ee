"""What counts as an opening of an order's link."""

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

import orders.services


def note_opening(request: HttpRequest, *, order_id: UUID, link: str, has_proof: bool) -> None:
    """Keep that a person or a program opened the page; what an open page reads anew by itself is no opening."""
    is_script = request.headers.get("Sec-Fetch-Dest", "document") == "empty"
    if request.method != "GET" or is_script:
        return
    orders.services.record_opening(
        order_id=order_id,
        link=link,
        address=request.META["REMOTE_ADDR"],
        agent=request.headers.get("User-Agent", ""),
        has_proof=has_proof,
        now=timezone.now(),
    )
