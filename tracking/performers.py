"""What tracking does with work that is due."""

from logistics_portal.kernel.work import performs

from .models import CarrierPayload, Watch
from .services import read_payloads, watch

performs(CarrierPayload, batch=500)(read_payloads)
performs(Watch, batch=500, repeats=True)(watch)
