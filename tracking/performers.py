"""What tracking does with work that is due."""

from logistics_portal.kernel.calls import Calls
from logistics_portal.kernel.work import calls_peers, performs

from .models import CarrierPayload, Poll, Watch
from .services import gather_questions, put_question, read_payloads, record_answers, watch

performs(CarrierPayload, batch=1000)(read_payloads)
performs(Watch, batch=500, repeats=True)(watch)
# One process asks with many threads: the lane's other workers are left to those who send.
calls_peers(
    Poll,
    Calls(gather=gather_questions, call=put_question, record=record_answers, at_once=32),
    batch=200,
    repeats=True,
    workers=1,
)
