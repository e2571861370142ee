"""How messages are sent."""

from logistics_portal.kernel.calls import Calls
from logistics_portal.kernel.work import calls_peers

from .models import Message
from .services.sending import AT_ONCE, BATCH, gather_messages, record_messages, send_one

calls_peers(
    Message,
    Calls(gather=gather_messages, call=send_one, record=record_messages, at_once=AT_ONCE),
    batch=BATCH,
    workers=2,
    first="is_urgent",
)
