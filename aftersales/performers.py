"""What aftersales does with work that is due."""

from logistics_portal.kernel.calls import Calls
from logistics_portal.kernel.work import calls_peers, performs

from .models import DisputeClock, RefundSending, ReplyClock, ReturnClock
from .services.paying import gather_refunds, record_refunds, send_to_gateway
from .services.reply_clocks import keep_clocks
from .services.return_clocks import look_at_clocks
from .services.turns import pass_deadlines

performs(ReplyClock, batch=200, repeats=True)(keep_clocks)
performs(DisputeClock, batch=200, repeats=True)(pass_deadlines)
performs(ReturnClock, batch=200, repeats=True)(look_at_clocks)
calls_peers(
    RefundSending,
    Calls(gather=gather_refunds, call=send_to_gateway, record=record_refunds, at_once=8),
    batch=50,
    workers=1,
)
