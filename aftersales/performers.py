"""What aftersales does with work that is due."""

from logistics_portal.kernel.work import performs

from .models import DisputeClock, ReplyClock
from .services.reply_clocks import keep_clocks
from .services.turns import pass_deadlines

performs(ReplyClock, batch=200, repeats=True)(keep_clocks)
performs(DisputeClock, batch=200, repeats=True)(pass_deadlines)
