"""After "delivered" one tap tells whether the parcel is there; silence stays silence."""

from datetime import timedelta

import pytest
from django.db import Error, transaction
from django.test import Client
from django.utils import timezone

import aftersales.services
from aftersales.models import Confirmation, Dispute, Evidence
from aftersales.services import UnableToConfirm
from aftersales.services.evidence import COLLECTORS
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of
from tracking.models import Shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipment(order: Order) -> Shipment:
    return build.delivered(order)


def url_of(shipment: Shipment) -> str:
    return f"/t/{shipment.order.token}/arrived/{shipment.pk}/"


def tap(client: Client, shipment: Shipment, answer: str) -> str:
    return text_of(client.post(url_of(shipment), {"answer": answer}, follow=True))


def test_one_tap_on_the_orders_page_is_kept_with_its_proof(shipment: Shipment) -> None:
    client = holder()
    assert "Do you have your parcel?" in text_of(client.get(f"/t/{shipment.order.token}/"))
    assert "It is good to know that you have it." in tap(client, shipment, "has_it")
    said = Confirmation.objects.get()
    assert (said.answer, said.proof) == ("has_it", "phone")
    assert "You said: I have it" in text_of(client.get(f"/t/{shipment.order.token}/"))
    event = Event.objects.get(name="aftersales.delivery_answered")
    assert (event.subject_id, event.payload["answer"]) == (shipment.pk, "has_it")


def test_the_link_is_enough_and_is_told_apart(shipment: Shipment) -> None:
    tap(Client(), shipment, "has_it")
    tap(holder(), shipment, "has_it")
    assert list(Confirmation.objects.order_by("pk").values_list("proof", flat=True)) == ["link", "phone"]


def test_opening_the_page_records_nothing(shipment: Shipment) -> None:
    page = text_of(Client().get(url_of(shipment)))
    assert "never as a yes" in page
    assert Client().head(url_of(shipment)).status_code == 200
    assert not Confirmation.objects.exists()


def test_a_double_tap_is_one_answer_and_a_change_of_mind_another(shipment: Shipment) -> None:
    client = holder()
    for answer in ("not_here", "not_here", "has_it"):
        tap(client, shipment, answer)
    assert list(Confirmation.objects.order_by("pk").values_list("answer", flat=True)) == ["not_here", "has_it"]
    assert aftersales.services.last_confirmations([shipment.pk])[shipment.pk].answer == "has_it"


@pytest.mark.parametrize(("answer", "words"), [("not_here", "It is not here"), ("not_me", "Somebody else took it")])
def test_not_here_leads_to_the_dispute_with_what_was_said(shipment: Shipment, answer: str, words: str) -> None:
    client = holder()
    page = tap(client, shipment, answer)
    assert f"You said: {words}" in page
    assert "What is wrong?" in page
    client.post(f"/t/{shipment.order.token}/dispute/{shipment.pk}/", {"kind": "not_received"})
    content = Dispute.objects.get().evidence.get(kind="confirmation").content
    assert [one["answer"] for one in content["answers"]] == [answer]
    assert content["is_silent"] is False


def test_a_stranger_with_the_link_proves_the_phone_before_a_dispute(shipment: Shipment) -> None:
    answer = Client().post(url_of(shipment), {"answer": "not_here"}, follow=True)
    assert "/verify/" in answer.redirect_chain[-1][0]
    assert Confirmation.objects.get().proof == "link"
    assert not Dispute.objects.exists()


def test_silence_is_recorded_as_silence(shipment: Shipment) -> None:
    row = Shipment.objects.select_related("order__merchant__policy").get(pk=shipment.pk)
    dispute = aftersales.services.open_dispute(shipment=row, statement="")
    content = dispute.evidence.get(kind="confirmation").content
    assert (content["is_silent"], content["answers"]) == (True, [])


def test_nothing_is_asked_before_it_arrived_or_of_a_return(order: Order, acme: Merchant) -> None:
    on_its_way = build.shipment(order)
    assert Client().get(url_of(on_its_way)).status_code == 404
    with pytest.raises(UnableToConfirm):
        aftersales.services.confirm_delivery(shipment=on_its_way, answer="has_it", proof="link")
    back = build.shipment(build.order(merchant=acme), direction=Shipment.Direction.RETURN)
    build.scan(back.parcels.get(), "delivered", at=timezone.now() - timedelta(hours=1))
    back.refresh_from_db()
    assert not aftersales.services.can_confirm(back)


def test_unknown_answers_and_other_orders_are_refused(shipment: Shipment, acme: Merchant) -> None:
    assert Client().post(url_of(shipment), {"answer": "maybe"}).status_code == 409
    other = build.order(merchant=acme)
    assert Client().get(f"/t/{other.token}/arrived/{shipment.pk}/").status_code == 404
    assert not Confirmation.objects.exists()


def test_somebody_who_taps_for_ever_is_stopped(shipment: Shipment) -> None:
    client = Client()
    codes = [client.post(url_of(shipment), {"answer": answer}).status_code for answer in ("has_it", "not_here") * 8]
    assert codes.count(429) == 4
    assert Confirmation.objects.count() == 12


def test_the_database_keeps_answers_as_they_were(shipment: Shipment) -> None:
    aftersales.services.confirm_delivery(shipment=shipment, answer="not_here", proof="phone")
    for change in (lambda: Confirmation.objects.update(answer="has_it"), Confirmation.objects.all().delete):
        with pytest.raises(Error), transaction.atomic():
            change()
    assert Evidence.Kind.CONFIRMATION in COLLECTORS


@pytest.mark.parametrize("status", ["returning", "returned"])
def test_nothing_is_asked_of_a_parcel_that_went_back_after_its_delivery(shipment: Shipment, status: str) -> None:
    build.scan(shipment.parcels.get(), status, at=timezone.now() + timedelta(minutes=1))
    shipment.refresh_from_db()
    assert shipment.delivered_at
    assert "Do you have your parcel?" not in text_of(holder().get(f"/t/{shipment.order.token}/"))
    for answered in (Client().get(url_of(shipment)), Client().post(url_of(shipment), {"answer": "not_here"})):
        assert (answered.status_code, answered.headers["Location"]) == (302, f"/t/{shipment.order.token}/")
    with pytest.raises(UnableToConfirm):
        aftersales.services.confirm_delivery(shipment=shipment, answer="not_here", proof="link")
    aftersales.services.note_receivers_answer(order_id=shipment.order_id, answer="missing")
    assert not Confirmation.objects.exists()
