"""What staff do calls the services; what a service refuses is told, and changes nothing."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import aftersales.services
from aftersales.models import Dispute, Macro, Refund, Return
from inventory.models import StockLevel, StockMovement
from logistics_portal.kernel import tokens
from merchants.models import ApiKey, Merchant
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.visitors import text_of
from tracking.models import CarrierPayload

from .conftest import World

pytestmark = pytest.mark.django_db


def do(client: Client, row: object, name: str, **given: str) -> HttpResponse:
    opts = row._meta
    return client.post(reverse(f"admin:{opts.app_label}_{opts.model_name}_deed", args=[row.pk, name]), given)


def said(response: HttpResponse) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def test_an_order_goes_through_the_warehouse(support: Client, own: World) -> None:
    order = build.order(merchant=own.merchant)
    page = reverse("admin:orders_order_change", args=[order.pk])
    assert [deed.name for deed, _url in support.get(page).context["deeds"]] == [
        "start-picking",
        "pack",
        "cancel",
        "revoke-links",
    ]
    assert do(support, order, "start-picking").url == page
    order.refresh_from_db()
    assert order.status == Order.Status.PICKING
    do(support, order, "pack")
    order.refresh_from_db()
    assert order.status == Order.Status.PACKED
    assert order.packed_at is not None


def test_canceling_asks_first(support: Client, own: World) -> None:
    order = build.order(merchant=own.merchant)
    url = reverse("admin:orders_order_deed", args=[order.pk, "cancel"])
    assert "can&#x27;t be taken back" in support.get(url).content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED
    assert support.post(url).status_code == 302
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELED


def test_a_refusal_is_told_and_is_no_error(support: Client, own: World) -> None:
    assert own.order.status == Order.Status.COMPLETED
    response = do(support, own.order, "cancel")
    assert response.status_code == 302
    assert said(response) == [
        ("error", "This can't be done: the status is “Delivered”, and “Canceled” can't follow it.")
    ]


def test_a_deed_by_get_changes_nothing(support: Client, own: World) -> None:
    order = build.order(merchant=own.merchant)
    assert support.get(reverse("admin:orders_order_deed", args=[order.pk, "start-picking"])).status_code == 200
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED


def test_deeds_need_the_form_token(own: World, support: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = support.cookies
    order = build.order(merchant=own.merchant)
    assert do(strict, order, "start-picking").status_code == 403


def test_many_orders_at_once(support: Client, own: World) -> None:
    fresh = [build.order(merchant=own.merchant) for _ in range(2)]
    ticked = [str(row.pk) for row in (*fresh, own.order)]
    given = {"action": "start-picking", "_selected_action": ticked, "index": "0"}
    response = support.post(reverse("admin:orders_order_changelist"), given)
    assert [level for level, _text in said(response)] == ["error", "success"]
    assert Order.objects.filter(status=Order.Status.PICKING).count() == 2


def test_what_a_deed_asks_is_asked_before_it_is_done_with_many(support: Client, own: World) -> None:
    cases = [coming_back(own.merchant) for _ in range(2)]
    url = reverse("admin:aftersales_return_changelist")
    ticked = {"action": "receive", "_selected_action": [str(case.pk) for case in cases], "index": "0"}
    asked = support.post(url, ticked)
    assert asked.status_code == 200
    page = text_of(asked)
    assert "The goods are in your hands and complete" in page
    assert all(case.number in page for case in cases)
    assert not Return.objects.filter(received_at__isnull=False, pk__in=[case.pk for case in cases]).exists()
    sent = dict(re.findall(r'<input type="hidden" name="(action|index|sure)" value="([^"]*)"', asked.content.decode()))
    keys = re.findall(r'name="_selected_action" value="([^"]*)"', asked.content.decode())
    assert set(keys) == set(ticked["_selected_action"])
    done = support.post(url, {**sent, "_selected_action": keys})
    assert said(done) == [("success", "2 × The goods are received; a refund waits to be paid.")]
    assert Return.objects.filter(received_at__isnull=False, pk__in=[case.pk for case in cases]).count() == 2


def test_the_question_before_deleting_has_a_way_back_without_scripts(boss: Client, own: World) -> None:
    macro = Macro.objects.create(merchant=own.merchant, name="Sorry", text="We are sorry.")
    many = reverse("admin:aftersales_macro_changelist")
    asked = boss.post(many, {"action": "delete_selected", "_selected_action": [str(macro.pk)], "index": "0"})
    assert f'href="{many}"' in asked.content.decode()
    one = boss.get(reverse("admin:aftersales_macro_delete", args=[macro.pk]))
    assert f'href="{reverse("admin:aftersales_macro_change", args=[macro.pk])}"' in one.content.decode()


def test_a_return_is_approved_received_and_paid(support: Client, own: World) -> None:
    Refund.objects.filter(pk=own.refund.pk).delete()
    case = own.return_case
    do(support, case, "approve", note="Send it soon")
    case.refresh_from_db()
    assert (case.status, case.decided_by.username, case.decision_note) == ("approved", "support", "Send it soon")
    do(support, case, "receive")
    refund = Refund.objects.get(return_case=case)
    assert do(support, refund, "pay", reference="").status_code == 200
    refund.refresh_from_db()
    assert refund.status == Refund.Status.PENDING
    do(support, refund, "pay", reference="re_123")
    refund.refresh_from_db()
    case.refresh_from_db()
    assert (refund.status, refund.reference, case.status) == ("paid", "re_123", Return.Status.CLOSED)


def test_declining_a_return_needs_a_reason(support: Client, own: World) -> None:
    assert do(support, own.return_case, "reject", note="").status_code == 200
    own.return_case.refresh_from_db()
    assert own.return_case.status == Return.Status.REQUESTED
    do(support, own.return_case, "reject", note="It was worn")
    own.return_case.refresh_from_db()
    assert (own.return_case.status, own.return_case.decision_note) == ("rejected", "It was worn")


@pytest.mark.parametrize(("deed", "status"), [("accept", "accepted"), ("reject", "rejected")])
def test_a_dispute_is_decided(deed: str, status: str, support: Client, own: World) -> None:
    assert do(support, own.dispute, deed, note="  ").status_code == 200
    do(support, own.dispute, deed, note="We looked into it")
    own.dispute.refresh_from_db()
    assert (own.dispute.status, own.dispute.decided_by.username) == (status, "support")
    assert Refund.objects.filter(dispute=own.dispute).exists() == (status == "accepted")
    again = do(support, own.dispute, deed, note="Once more")
    assert again.status_code == 200
    label = Dispute.Status(status).label
    assert f"This can&#x27;t be done: the status is “{label}”" in again.content.decode()
    assert Dispute.objects.get(pk=own.dispute.pk).decision_note == "We looked into it"


def test_a_key_is_shown_once(support: Client, own: World) -> None:
    given = {"merchant": own.merchant.pk, "label": "warehouse"}
    response = support.post(reverse("admin:merchants_apikey_add"), given)
    assert response.status_code == 302
    shown = next(text for level, text in said(response) if level == "warning")
    key = shown.rsplit(" ", 1)[1]
    row = ApiKey.objects.get(label="warehouse")
    assert row.digest == tokens.digest(key)
    page = support.get(reverse("admin:merchants_apikey_change", args=[row.pk])).content.decode()
    assert page.count(key) == 1  # the message; the page itself has the first characters only
    assert key not in support.get(reverse("admin:merchants_apikey_change", args=[row.pk])).content.decode()


def test_a_key_is_revoked(support: Client, own: World) -> None:
    do(support, own.key, "revoke")
    own.key.refresh_from_db()
    assert own.key.revoked_at is not None
    assert do(support, own.key, "revoke").status_code == 302


def test_a_secret_is_never_shown_and_kept_when_left_empty(support: Client, own: World) -> None:
    url = reverse("admin:tracking_carrieraccount_change", args=[own.account.pk])
    assert "acme-secret" not in support.get(url).content.decode()
    given = {"merchant": own.merchant.pk, "carrier": "dhl", "label": "new", "webhook_secret": "", "is_active": "on"}
    assert support.post(url, given).status_code == 302
    own.account.refresh_from_db()
    assert (own.account.label, own.account.webhook_secret) == ("new", "acme-secret")


def test_stuck_work_is_tried_again(support: Client, own: World) -> None:
    stuck = reverse("admin:tracking_carrierpayload_changelist")
    assert support.get(stuck, {"work": "stuck"}).context["cl"].result_count == 1
    given = {"action": "try_all_again", "_selected_action": [str(own.payload.pk)], "index": "0"}
    response = support.post(f"{stuck}?work=stuck", given)
    assert said(response) == [("success", "1 row is tried again now.")]
    own.payload.refresh_from_db()
    assert own.payload.attempts == 0
    assert own.payload.due_at is not None
    assert support.get(stuck, {"work": "stuck"}).context["cl"].result_count == 0


def test_a_payload_is_read_again(support: Client, own: World) -> None:
    do(support, own.payload, "read-again")
    own.payload.refresh_from_db()
    assert (own.payload.outcome, own.payload.done_at) == (CarrierPayload.Outcome.WAITING, None)


def test_a_message_is_tried_again(support: Client, own: World) -> None:
    Message.objects.filter(pk=own.message.pk).update(done_at=None, due_at=None, attempts=9, last_error="no network")
    do(support, own.message, "try-again")
    own.message.refresh_from_db()
    assert (own.message.attempts, own.message.due_at is None) == (0, False)


def test_a_count_becomes_a_movement(support: Client, own: World) -> None:
    level = StockLevel.objects.get(item__merchant=own.merchant)
    do(support, level, "count", on_hand="7")
    level.refresh_from_db()
    assert level.on_hand == 7
    movement = StockMovement.objects.order_by("-pk").first()
    assert (movement.kind, level.item) == ("counted", movement.item)


# Goods that came back: their line is chosen.


def coming_back(merchant: Merchant, *, quantities: tuple[int, ...] = (2, 1)) -> Return:
    """An approved return of one or more lines, of an order that was bought in twos and holds one line more."""
    order = build.order(merchant=merchant, lines=len(quantities) + 1)
    build.delivered(order, at=timezone.now() - timedelta(days=1))
    lines = order.lines.order_by("pk")
    wanted = {line.pk: quantity for line, quantity in zip(lines, quantities, strict=False)}
    case = aftersales.services.request_return(order=order, reason="too_small", comment="", quantities=wanted)
    if case.status == Return.Status.REQUESTED:
        aftersales.services.approve_return(return_case=case, by=None)
    case.refresh_from_db()
    return case


def asked_lines(client: Client, row: Return, name: str) -> tuple[list[tuple[str, str]], str]:
    """The items that a deed's page offers, and the one that is chosen from the start."""
    form = client.get(reverse("admin:aftersales_return_deed", args=[row.pk, name])).context["form"]
    return list(form.fields["line"].choices), form["line"].value()


def test_staff_choose_what_came_from_the_lines_of_the_return(support: Client, own: World) -> None:
    case = coming_back(own.merchant)
    first, second = case.lines.order_by("pk")
    choices, chosen = asked_lines(support, case, "count")
    assert choices == [
        ("", "Choose an item"),
        (str(first.pk), "Thing 1 · SKU-1 · announced: 2"),
        (str(second.pk), "Thing 2 · SKU-2 · announced: 1"),
    ]
    assert chosen == ""
    found = {"resellable": "2", "damaged": "0", "disposition": "write_off"}
    assert do(support, case, "count", **found).status_code == 200, "nothing was chosen"
    assert do(support, case, "count", line=str(first.pk), **found).status_code == 302
    first.refresh_from_db()
    assert (first.received_quantity, first.resellable_quantity) == (2, 2)
    assert asked_lines(support, case, "count")[1] == str(second.pk), "only this one is still to come"


def test_the_only_line_is_chosen_already(support: Client, own: World) -> None:
    case = coming_back(own.merchant, quantities=(2,))
    line = case.lines.get()
    aftersales.services.note_arrival(return_case=case)
    assert asked_lines(support, case, "inspect") == ([(str(line.pk), "Thing 1 · SKU-1 · announced: 2")], str(line.pk))
    counted = {"line": str(line.pk), "resellable": "1", "damaged": "0", "missing": "1", "disposition": "write_off"}
    assert do(support, case, "inspect", **counted).status_code == 302
    line.refresh_from_db()
    assert (line.received_quantity, line.resellable_quantity) == (1, 1)


def test_a_line_of_another_return_is_no_choice(support: Client, own: World, rival: Merchant) -> None:
    case, strange = coming_back(own.merchant), coming_back(rival)
    given = {"line": str(strange.lines.first().pk), "resellable": "1", "damaged": "0", "disposition": "write_off"}
    assert do(support, case, "count", **given).status_code == 200
    assert not any(line.received_quantity for line in [*case.lines.all(), *strange.lines.all()])


def test_what_is_no_line_of_the_return_has_a_way_of_its_own(support: Client, own: World) -> None:
    case = coming_back(own.merchant)
    page = support.get(reverse("admin:aftersales_return_deed", args=[case.pk, "count"])).content.decode()
    assert reverse("admin:aftersales_return_unannounced", args=[case.order_id]) in page
    order = build.order(merchant=own.merchant)
    build.shipment(order)
    refused = aftersales.services.open_refused(shipment=build.shipment(order))
    page = support.get(reverse("admin:aftersales_return_deed", args=[refused.pk, "count"])).content.decode()
    assert reverse("admin:aftersales_return_found", args=[refused.pk]) in page
