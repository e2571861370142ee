"""As it was seen at a moment: the page of staff who must answer what a customer could have known."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from logistics_portal.admin_as_of import Side
from merchants.models import Merchant
from notifications.models import Message
from tests import build
from tests.visitors import text_of

from .conftest import World

pytestmark = pytest.mark.django_db


def look(client: Client, world: World, at: object = "") -> object:
    given = {"at": at.isoformat() if isinstance(at, datetime) else at} if at else {}
    return client.get(reverse("admin:as_of", args=[world.order.pk]), given)


def side_of(response: object) -> Side:
    assert response.status_code == 200
    return response.context["sides"][0]


def facts(side: Side) -> dict[str, tuple[str, str]]:
    return {str(fact.label): (fact.then, fact.now) for fact in side.facts}


@pytest.fixture
def before(own: World) -> datetime:
    """A moment between what the world has, and a delivery attempt that is learned of after it."""
    moment = timezone.now()
    parcel = build.shipment(own.order, at=moment - timedelta(days=3), number="LATER0000001").parcels.get()
    build.scan(parcel, "attempt_failed", at=moment - timedelta(days=1), description="Nobody opened")
    return moment


def test_what_was_learned_later_is_marked(support: Client, own: World, before: datetime) -> None:
    side = look(support, own, before).context["sides"][1]
    assert facts(side)["Status"] == ("Waiting for the carrier", "Delivery attempt failed")
    told = side.parcels[0][1][0]
    assert (told.was_known, told.differs) == (False, True)
    said = text_of(look(support, own, before))
    assert "not yet" in said
    assert "Nobody opened" in said


def test_without_a_moment_then_is_now(support: Client, own: World, before: datetime) -> None:
    response = look(support, own)
    assert not any(fact.differs for side in response.context["sides"] for fact in side.facts)
    assert not any(told.differs for side in response.context["sides"] for _, events in side.parcels for told in events)
    assert response.context["after"] is None


def test_stepping_goes_through_every_change_and_ends(support: Client, own: World) -> None:
    response, seen = look(support, own), []
    while step := response.context["before"]:
        seen.append(step)
        assert len(seen) < 50
        response = look(support, own, step)
        assert response.context["at"] == step
        assert f"?at={step:%Y-%m-%d}" not in (response.context["before"] or "")
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == response.context["steps"]
    assert response.context["step"] == 1
    forth = []
    while step := response.context["after"]:
        forth.append(step)
        response = look(support, own, step)
    assert forth == seen[::-1][1:]


def test_the_links_lead_to_the_steps(support: Client, own: World, before: datetime) -> None:
    page = look(support, own, before)
    html = page.content.decode()
    link = html.split('rel="next" href="')[1].split('"')[0]
    assert support.get(page.request["PATH_INFO"] + link).context["at"] == page.context["after"]


def test_messages_had_the_state_of_the_moment(support: Client, own: World) -> None:
    now = timezone.now()
    Message.objects.filter(pk=own.message.pk).update(
        queued_at=now - timedelta(hours=4), sent_at=now - timedelta(hours=3), delivered_at=now - timedelta(hours=2)
    )
    hours = {5: "not written yet", 3.5: "Queued", 2.5: "Sent", 1: "Delivered"}
    for ago, label in hours.items():
        sent = look(support, own, now - timedelta(hours=ago)).context["sent"][0]
        assert sent.label == label
        assert sent.differs == (ago > 2)
    assert "acme words" not in text_of(look(support, own, now - timedelta(hours=3.5)))
    assert "acme words" in text_of(look(support, own, now - timedelta(hours=2.5)))
    assert "<Message" not in text_of(look(support, own, now))


@pytest.mark.parametrize(
    ("status", "field"),
    [("failed", "failed_at"), ("withdrawn", "done_at"), ("sent", "sent_at"), ("queued", "queued_at")],
)
def test_a_message_ends_as_it_ended(own: World, status: str, field: str) -> None:
    now = timezone.now()
    times = dict.fromkeys(("sent_at", "delivered_at", "failed_at", "done_at"))
    Message.objects.update(**times | {"queued_at": now - timedelta(hours=2), "status": status})
    Message.objects.update(**{field: now - timedelta(hours=1)})
    row = Message.objects.get(pk=own.message.pk)
    assert row.status_at(now) == status
    assert row.status_at(now - timedelta(minutes=90)) == ("queued" if field != "queued_at" else "")


def test_the_field_is_on_the_staffs_clock(support: Client, own: World) -> None:
    Merchant.objects.update(time_zone="Asia/Kolkata")
    response = look(support, own, "2026-05-04T12:00:00")
    assert response.context["at"].isoformat() == "2026-05-04T12:00:00+05:30"
    assert 'value="2026-05-04T12:00:00"' in response.content.decode()
    assert "Asia/Kolkata" in response.content.decode()


@pytest.mark.parametrize(
    "at", ["yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59", "<script>", "2026-13-01"]
)
def test_what_is_no_moment_is_told(support: Client, own: World, at: str) -> None:
    response = look(support, own, at)
    assert response.status_code == 200
    assert "This is no date with a time." in text_of(response)


def test_the_order_and_the_dispute_lead_there(support: Client, own: World) -> None:
    url = reverse("admin:as_of", args=[own.order.pk])
    order = support.get(reverse("admin:orders_order_change", args=[own.order.pk])).content.decode()
    assert f'href="{url}"' in order
    dispute = support.get(reverse("admin:aftersales_dispute_change", args=[own.dispute.pk])).content.decode()
    link = dispute.split(f'href="{url}')[1].split('"')[0]
    assert support.get(url + link).context["at"] == own.dispute.opened_at


def test_others_see_nothing(support: Client, client: Client, own: World, foreign: World) -> None:
    assert look(support, foreign).status_code == 404
    assert look(client, own).status_code == 302
    client.force_login(build.staff(own.merchant, name="nobody"))
    assert look(client, own).status_code == 403


def test_it_costs_the_same_whatever_there_is(support: Client, own: World) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            look(support, own, timezone.now())
        return len(asked)

    cost()
    few = cost()
    for number in range(3):
        parcel = build.shipment(own.order, number=f"MORE000000{number}").parcels.get()
        for hours in range(4):
            build.scan(parcel, "in_transit", at=timezone.now() - timedelta(hours=hours))
    assert cost() == few <= 25
