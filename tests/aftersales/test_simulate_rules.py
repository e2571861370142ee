"""What other rules would have decided: counted, told case by case, and nothing written."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import aftersales.services
from aftersales.models import Decision, Return
from aftersales.services.simulation import simulate
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db


def asked(merchant: Merchant, *, phone: str = build.ANNS_PHONE, unit_price: str = "12.00") -> Return:
    placed = timezone.now() - timedelta(days=6)
    lines = [build.line(1, quantity=1, unit_price=unit_price)]
    order = build.order(merchant=merchant, placed_at=placed, lines=lines, phone=phone)
    build.delivered(order, at=timezone.now() - timedelta(days=1))
    order = Order.objects.get(pk=order.pk)
    wanted = {line.pk: 1 for line in order.lines.all()}
    return aftersales.services.request_return(order=order, reason="too_small", comment="", quantities=wanted)


def ran(*arguments: str) -> str:
    out = StringIO()
    since = (timezone.now() - timedelta(days=30)).date().isoformat()
    call_command("simulate_rules", f"--since={since}", *arguments, stdout=out)
    return out.getvalue()


def test_unchanged_rules_decide_the_same(acme: Merchant) -> None:
    asked(acme)
    said = ran()
    assert "approve (in_policy)  approve (in_policy)  1" in said
    assert "Nothing changes." in said


def test_a_supposed_policy_shows_each_case_that_changes(acme: Merchant) -> None:
    little, much = asked(acme), asked(acme, unit_price="80.00", phone="+4915198765432")
    said = ran("--set=keep_goods_up_to=20")
    assert "refund (keep_goods)" in said
    assert little.order.number in said
    assert much.order.number not in said
    assert "1 cases change" in said
    assert "the same" in said, "the same money goes back, without the goods"


def test_money_is_told(acme: Merchant) -> None:
    asked(acme)
    assert "-12.00 EUR" in ran("--set=auto_approve_up_to=5")


def test_merchants_rules_and_times_are_chosen(acme: Merchant, rival: Merchant) -> None:
    asked(acme)
    asked(rival, phone="+4915198765432")
    assert "in_policy)  1" in ran("--merchant=acme")
    assert "in_policy)  2" in ran()
    assert "in_policy" not in ran("--rule=keep_goods")
    yesterday = (timezone.now() - timedelta(days=1)).date().isoformat()
    assert "in_policy" not in ran(f"--until={yesterday}")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--since=soon"], "no day"),
        (["--since=2026-10-01", "--rule=none"], "There is no rule"),
        (["--since=2026-10-01", "--merchant=none"], "There is no merchant"),
        (["--since=2026-10-01", "--set=keep_goods_up_to"], "no setting"),
        (["--since=2026-10-01", "--set=color=red"], "There is no setting"),
        (["--since=2026-10-01", "--set=keep_goods_up_to=much"], "no value"),
        (["--since=2026-10-01", "--set=delay_days=-1"], "no value"),
        (["--since=2026-10-01", "--set=refund_lost=perhaps"], "no value"),
    ],
)
def test_what_can_not_be_understood_is_told(acme: Merchant, arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("simulate_rules", *arguments, stdout=StringIO())


def test_delays_are_seen_that_no_policy_paid_then(acme: Merchant) -> None:
    arrived = timezone.now() - timedelta(days=1)
    order = build.order(
        merchant=acme, placed_at=arrived - timedelta(days=9), promised_on=(arrived - timedelta(days=5)).date()
    )
    build.delivered(order, at=arrived)
    said = ran("--set=delay_percent=100", "--rule=delayed")
    assert "propose (delayed)" in said
    assert "+4.90 EUR" in said


def test_orders_are_seen_as_the_rules_see_them_today(acme: Merchant) -> None:
    build.order(merchant=acme, line1="Lindenstraße")
    assert "ask (house_number)" in ran("--rule=house_number")


def test_nothing_is_written(acme: Merchant) -> None:
    asked(acme)
    before = Decision.objects.count()
    now = timezone.now()
    with CaptureQueriesContext(
        connection,
    ) as asked_for:
        told = simulate(since=now - timedelta(days=9), until=now, settings={"keep_goods_up_to": "20"})
    assert told.changed
    assert told.money["EUR"] == Decimal(0)
    assert Decision.objects.count() == before
    verbs = {query["sql"].split()[0] for query in asked_for.captured_queries}
    assert verbs <= {"SELECT", "SET", "SAVEPOINT", "ROLLBACK", "RELEASE", "DECLARE", "FETCH", "CLOSE"}
    Policy.objects.update(return_days=31)  # the connection can write again
