"""How messages are sent."""

from logistics_portal.kernel.work import NETWORK, performs

from . import services
from .models import Message


@performs(Message, alone=True, batch=10, lane=NETWORK, workers=2)
def send(message: Message) -> str:
    return services.send_message(message=message)
