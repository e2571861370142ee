"""How calls to merchants' endpoints are made."""

from logistics_portal.kernel.calls import Calls
from logistics_portal.kernel.work import calls_peers

from ..models import WebhookCall
from .calls import AT_ONCE, gather_calls, make_calls, record_calls

calls_peers(
    WebhookCall,
    Calls(gather=gather_calls, call=make_calls, record=record_calls, at_once=AT_ONCE),
    batch=200,
    repeats=True,
    workers=1,
)
