"""Choices follow a person to their new number; a STOP stays with the number that sent it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

import customers.services
from customers.models import NumberChange, PhoneNumber, PhoneVerification
from customers.services import verification_code
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Allowance, Event
from merchants.models import Merchant
from notifications import groups, services
from notifications.models import ChannelOrder, Message, PassedChoice, Preference
from orders.models import Order
from tests import build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]
OLD, NEW = build.ANNS_PHONE, "+4915155566677"
EVERY = set(groups.BY_CODE)


def code_to(number: str) -> str:
    return verification_code(PhoneVerification.objects.filter(number=number).latest("id"))


def proved_change(*, merchant: Merchant | None = None) -> NumberChange:
    """Ann changes her number with a code to each end."""
    Allowance.objects.all().delete()
    old, new = Number.from_string(OLD), Number.from_string(NEW)
    change = customers.services.request_number_change(old=old, new=new, language="en", caller="", merchant=merchant)
    customers.services.confirm_number_change(change=change, old_code=code_to(OLD), new_code=code_to(NEW))
    work.drain()
    return change


def choose(number: str = OLD) -> None:
    services.save_wishes(number=number, wanted={"sms": EVERY - {"arriving"}}, first="email")


def wants(number: str, kind: str = "shipped") -> bool:
    return services.wishes_of({number}, ()).is_wanted(number, "sms", kind)


def test_choices_follow_a_change_that_both_numbers_proved(order: Order) -> None:
    choose()
    said = dict(Preference.objects.values_list("kind", "set_at"))
    proved_change()
    assert not wants(NEW)
    assert wants(NEW, "refund_paid")
    assert services.wishes_of({NEW}, ()).orders == {NEW: ("email",)}
    assert dict(Preference.objects.values_list("kind", "set_at")) == said, "said when it was said"
    order.refresh_from_db()
    build.shipment(order)
    work.drain()
    assert not Message.objects.filter(kind="shipped", channel="sms").exists()
    assert Message.objects.filter(kind="shipped", channel="email").exists()


def test_who_gets_the_old_number_next_inherits_no_silence(order: Order) -> None:
    choose()
    proved_change()
    assert wants(OLD)
    assert not services.wishes_of({OLD}, ()).orders


def test_a_stop_stays_with_the_number_that_sent_it(order: Order) -> None:
    choose()
    services.stop_messages(number=OLD, why="STOP")
    proved_change()
    assert services.is_stopped(number=OLD)
    assert not services.is_stopped(number=NEW)
    services.start_messages(number=NEW)
    assert services.is_stopped(number=OLD), "only a START from the old number opens it"
    assert not wants(NEW), "what was chosen is another thing, and followed"


def test_where_another_merchant_still_has_the_old_number_choices_hold_for_both(
    acme: Merchant, rival: Merchant, order: Order
) -> None:
    build.order(merchant=rival)
    choose()
    proved_change(merchant=acme)
    assert PhoneNumber.objects.filter(number=OLD, until__isnull=True).get().merchant == rival
    assert not wants(OLD) and not wants(NEW)
    assert ChannelOrder.objects.count() == 2


def test_they_come_back_when_the_change_is_undone(order: Order) -> None:
    choose()
    change = proved_change()
    customers.services.undo_number_change(change_id=change.pk, proved=[OLD])
    work.drain()
    assert not wants(OLD)
    assert wants(NEW)
    assert services.wishes_of({OLD, NEW}, ()).orders == {OLD: ("email",)}


def test_they_take_the_place_of_what_a_former_holder_of_the_new_number_said(order: Order) -> None:
    services.save_wishes(number=NEW, wanted={"sms": (), "email": ()})
    Preference.objects.update(set_at=timezone.now() - timedelta(days=400))
    choose()
    proved_change()
    assert wants(NEW, "refund_paid")
    assert services.wishes_of({NEW}, ()).is_wanted(NEW, "email", "shipped")


def test_who_chose_nothing_takes_nothing_away(order: Order) -> None:
    choose(NEW)
    proved_change()
    assert not wants(NEW)


def test_what_is_chosen_after_the_change_is_not_undone_by_a_repetition(order: Order) -> None:
    choose()
    change = proved_change()
    services.save_wishes(number=NEW, wanted={"sms": EVERY})
    Preference.objects.create(number=OLD, channel="sms", kind="arriving", is_wanted=False)  # as if it was copied
    told = {"change_id": change.pk, "merchant_ids": [order.merchant_id], "is_undone": False}
    services.follow_number(**told)
    assert wants(NEW)
    event = Event.objects.get(name="customers.phone_changed")
    Event.objects.filter(pk=event.pk).update(done_at=None, due_at=timezone.now())
    work.drain()
    assert wants(NEW)


def test_where_staff_alone_vouch_choices_stay_but_the_merchants_own_word_follows(
    acme: Merchant, rival: Merchant, order: Order, staff: User
) -> None:
    choose()
    for merchant in (acme, rival):
        PassedChoice.objects.create(merchant=merchant, number=OLD, channel="sms", group="trouble", is_wanted=False)
    customers.services.change_number_by_staff(
        customer=order.customer, new=Number.from_string(NEW), by=staff, reason="Lost phone"
    )
    work.drain()
    assert wants(NEW) and not wants(OLD)
    wishes = services.wishes_of({OLD, NEW}, ())
    assert wishes.is_passed_off(acme.pk, NEW, "sms", "delayed")
    assert not wishes.is_passed_off(acme.pk, OLD, "sms", "delayed")
    assert wishes.is_passed_off(rival.pk, OLD, "sms", "delayed"), "in its books the number is the old one"
