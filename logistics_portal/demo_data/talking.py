"""What people say to each other in tales: to support, by SMS, to who receives a gift, and that they want it again."""

from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import aftersales.services
import notifications.inbound.texts
import orders.services
from aftersales.models import Conversation
from aftersales.services import Upload, Writer
from notifications.channels.base import Inbound
from orders.models import By

from .lives import Deed, Live, Stage, conversation_of, order_of
from .photos import crushed_box
from .sayings import say

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
RECEIVER_PHONE = "+4917604069055"  # of the numbers that Germany keeps for films
RECEIVER_NETWORK = "203.0.113.24"


def ask_support(stage: Stage, live: Live) -> None:
    uploads = [Upload("karton.jpg", crushed_box(2))] if live.tale.plot.name == "talk_waiting" else []
    aftersales.services.write_message(order=order_of(live), text=say(live, live.tale.plot.name), uploads=uploads)


def answer_support(stage: Stage, live: Live) -> None:
    text = say(live, f"{live.tale.plot.name}_answer")
    talk, by = conversation_of(live), stage.cast.users["support"]
    aftersales.services.assign_conversation(conversation=talk, to=by)
    aftersales.services.reply(conversation=talk, text=text, writer=Writer(by))


def thank_support(stage: Stage, live: Live) -> None:
    aftersales.services.write_message(order=order_of(live), text=say(live, "thanks"))


def solve_support(stage: Stage, live: Live) -> None:
    writer = Writer(stage.cast.users["support"])
    aftersales.services.reply(
        conversation=conversation_of(live), text=say(live, "welcome"), writer=writer, then=Conversation.Status.SOLVED
    )


def rate_support(stage: Stage, live: Live) -> None:
    aftersales.services.rate_conversation(conversation=conversation_of(live), rating=Conversation.Rating.GOOD)


def text_where(stage: Stage, live: Live) -> None:
    _text(live, "1")


def text_later(stage: Stage, live: Live) -> None:
    _text(live, say(live, "text_later"))


def _text(live: Live, text: str) -> None:
    provider_id = f"demo-{live.tale.number.lower()}-{timezone.now():%d%H%M}"
    inbound = Inbound(provider_id=provider_id, address=live.tale.person.phone, text=text)
    notifications.inbound.texts.note_text(channel="sms", inbound=inbound)


def add_receiver(stage: Stage, live: Live) -> None:
    draft = orders.services.DelegateDraft(
        name=say(live, "receiver"),
        phone=PhoneNumber.from_string(RECEIVER_PHONE),
        language=live.tale.person.language,
        sees_items=False,
    )
    live.delegate = orders.services.add_delegate(order=order_of(live), draft=draft, by=By.CUSTOMER)


def open_receivers_link(stage: Stage, live: Live) -> None:
    assert live.delegate
    orders.services.record_opening(
        order_id=live.delegate.order_id,
        link=str(live.delegate.pk),
        address=RECEIVER_NETWORK,
        agent=IPHONE,
        has_proof=False,
        now=timezone.now(),
    )


def order_again(stage: Stage, live: Live) -> None:
    order = order_of(live)
    seen = orders.services.order_today(order).seen
    orders.services.request_reorder(order=order, form_id=f"demo-{live.tale.number.lower()}", seen=seen)


TALKING: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (
        *(ask_support, answer_support, thank_support, solve_support, rate_support, text_where, text_later),
        *(add_receiver, open_receivers_link, order_again),
    )
}
