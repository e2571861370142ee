"""Questions, refunds that fail, goods that are not accepted: told to whom they concern, while they are so."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import aftersales.services
import orders.services
from aftersales.models import OrderCheck, Refund, Return
from logistics_portal.kernel import work
from merchants.models import Merchant, Policy
from notifications import services, words
from notifications.facts import Overtaken, gather
from notifications.models import Message
from notifications.services import CHANNELS, Way
from orders.models import Order
from tests import build
from tests.notifications.story import CHAPTERS, Story

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]


@pytest.fixture
def story(acme: Merchant, staff: User) -> Story:
    Policy.objects.update(auto_approve_returns=False)
    return Story(acme, "en", staff)


def queue_all() -> None:
    """Deliver the events, and leave the messages for later."""
    work.answer("kernel.event")


def queued(kind: str) -> list[Message]:
    queue_all()
    return list(Message.objects.filter(kind=kind).order_by("channel"))


def said(message: Message) -> str:
    facts = gather(message, now=timezone.now())
    return words.render(message.kind, CHANNELS[message.channel], message.language, facts).text


def test_the_letter_about_an_address_shows_the_new_one(story: Story) -> None:
    CHAPTERS["address_changed"](story)
    letter, text = queued("address_changed")
    assert "Ann Archer\nAhornweg 3\n14467 Potsdam" in said(letter)
    assert "Ahornweg" not in said(text), "a text may be read over a shoulder"


def test_each_change_of_an_address_is_told(story: Story) -> None:
    order = story.order()
    for line1 in ("Ahornweg 3", "Ahornweg 4"):
        given = {"line1": line1, "line2": "", "city": "Potsdam", "region": "", "postal_code": "14467"}
        orders.services.change_address(order=order, by="customer", **given)
    assert len(queued("address_changed")) == 4


def test_a_question_ends_with_its_answer(story: Story) -> None:
    CHAPTERS["question"](story)
    letter, _text = queued("question")
    check = OrderCheck.objects.get(asked_of="customer")
    assert aftersales.services.question_of(OrderCheck.objects.select_related("decision").get()) in said(letter)
    aftersales.services.answer_check(check=check, answer="as_is")
    with pytest.raises(Overtaken):
        gather(letter, now=timezone.now())


def test_a_refund_that_was_sent_again_is_no_news(story: Story) -> None:
    CHAPTERS["refund_failed"](story)
    letter, text = queued("refund_failed")
    assert text.due_at > timezone.now() + timedelta(hours=23), "most are sent again within a day"
    assert "€19.90" in said(letter)
    aftersales.services.retry_refund(refund=Refund.objects.get())
    with pytest.raises(Overtaken):
        gather(letter, now=timezone.now())


def test_only_what_was_declined_is_listed(story: Story, acme: Merchant) -> None:
    line = build.line(1, quantity=3)
    order = build.order(merchant=acme, lines=[line])
    build.delivered(order)
    case = aftersales.services.request_return(
        order=order, reason="too_small", comment="", quantities={order.lines.get().pk: 3}
    )
    if case.status == Return.Status.REQUESTED:
        aftersales.services.approve_return(return_case=case, by=story.by, note="")
    counts = {case.lines.get().pk: aftersales.services.Count(resellable=2, damaged=1)}
    aftersales.services.receive_return(return_case=case, counts=counts)
    aftersales.services.judge_goods(return_case=case, accept=False, note="A hole.", by=story.by)
    letter, _text = queued("goods_declined")
    assert "\n\n1 × Thing 1\n\nThe reason: A hole." in said(letter)


def test_a_declined_reorder_says_why_and_a_placed_one_is_told_by_its_order(story: Story) -> None:
    CHAPTERS["reorder_answered"](story)
    reorder = Order.objects.get().reorders.get()
    offer = queued("reorder_answered")
    assert len(offer) == 2
    assert "Pay now" in said(offer[0])
    orders.services.decline_reorder(reorder=reorder, note="It is sold out.")
    assert len(queued("reorder_answered")) == 4
    declined = Message.objects.filter(kind="reorder_answered").exclude(pk__in=[one.pk for one in offer])
    assert "It is sold out." in said(declined.get(channel="email"))
    with pytest.raises(Overtaken):
        gather(offer[0], now=timezone.now())


def test_a_placed_reorder_is_confirmed_and_nothing_else(story: Story) -> None:
    CHAPTERS["reorder_answered"](story)
    before = len(queued("reorder_answered"))
    orders.services.place_reorder(reorder=Order.objects.get().reorders.get(), number="AGAIN-1")
    assert len(queued("reorder_answered")) == before
    assert Message.objects.filter(kind="order_confirmed", order__number="AGAIN-1").exists()


def test_merchants_may_switch_each_off(story: Story, acme: Merchant) -> None:
    way = Way(False, (), (), delay=timedelta(), digest=timedelta(), at_any_hour=True)
    services.set_trigger(merchant=acme, kind="address_changed", way=way)
    CHAPTERS["address_changed"](story)
    assert queued("address_changed") == []
