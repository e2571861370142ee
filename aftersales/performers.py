"""What aftersales does with work that is due."""

from logistics_portal.kernel.work import performs

from .models import ReplyClock
from .services.reply_clocks import keep_clocks

performs(ReplyClock, batch=200, repeats=True)(keep_clocks)
