"""What tracking does with work that is due."""

from logistics_portal.kernel.work import performs

from .models import CarrierPayload
from .services import read_payloads

performs(CarrierPayload, batch=500)(read_payloads)
