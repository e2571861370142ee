"""The pages of returns: one line, a second click, photos, exchanges, the withdrawal in two steps."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

import aftersales.services
from aftersales.models import Exchange, Refund, Return
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of, worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def arrived(order: Order) -> Order:
    build.delivered(order)
    return order


def first_line(order: Order) -> str:
    return f"line-{order.lines.order_by('pk').first().pk}"


def photo() -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, "PNG")
    return SimpleUploadedFile("photo.png", file.getvalue(), "image/png")


def test_a_second_click_makes_no_second_return(arrived: Order) -> None:
    client, home = holder(), f"/t/{arrived.token}/"
    wish = {first_line(arrived): 1, "reason": "too_small", "comment": "Short"}
    first, second = client.post(f"{home}return/", wish), client.post(f"{home}return/", wish)
    assert first["Location"] == second["Location"]
    assert Return.objects.count() == 1
    client.post(f"{home}return/", wish | {"comment": "The other one, too"})
    assert Return.objects.count() == 2


def test_photos_are_for_the_holder_and_staff_alone(arrived: Order, acme: Merchant, rival: Merchant) -> None:
    client, home = holder(), f"/t/{arrived.token}/"
    client.post(f"{home}return/", {first_line(arrived): 1, "reason": "damaged", "photos": photo()})
    case = Return.objects.get()
    kept = case.photos.get()
    url = f"{home}returns/{case.pk}/photos/{kept.pk}.jpg"
    assert url in client.get(f"{home}returns/{case.pk}/").content.decode()
    seen = client.get(url)
    assert (seen["Content-Type"], seen.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert Client().get(url).status_code == 302
    desk = f"/desk/returns/photos/{kept.pk}.jpg"
    assert worker(build.staff(superuser=True, name="boss")).get(desk).status_code == 200
    assert worker(build.staff(rival, name="rival")).get(desk).status_code == 404
    assert holder().get(desk).status_code == 302


def test_an_exchange_is_asked_for_what_and_shown_on_one_line(arrived: Order) -> None:
    build.stock(arrived.merchant, sku="SKU-1")
    arrived.lines.order_by("pk").first().item.__class__.objects.filter(sku="SKU-1").update(is_stock_kept=True)
    client, home = holder(), f"/t/{arrived.token}/"
    wish = {first_line(arrived): 1, "reason": "too_large", "resolution": "exchange"}
    asked = client.post(f"{home}return/", wish)
    assert asked.status_code == 200
    assert "Instead of “Thing 1”" in text_of(asked)
    assert "One more thing: choose what you want instead." in text_of(asked)
    assert "Choose what you want for it." not in text_of(asked), "nothing was left out so far"
    assert not Return.objects.exists()
    line = arrived.lines.order_by("pk").first()
    left_out = client.post(f"{home}return/", wish | {f"item-{line.pk}": ""})
    assert left_out.status_code == 422
    assert "Choose what you want for it." in text_of(left_out)
    assert "One more thing" not in text_of(left_out)
    done = client.post(f"{home}return/", wish | {f"item-{line.pk}": str(line.item_id)}, follow=True)
    assert "Put aside for you" in text_of(done)
    case = Return.objects.get()
    aftersales.services.receive_return(return_case=case)
    said = text_of(client.get(f"{home}returns/{case.pk}/"))
    assert f"Replacement {Exchange.objects.get().order.number}" in said
    assert "The sender has the goods. Your replacement is still to come." in said
    build.delivered(Exchange.objects.get().order)
    assert "This return is complete." in text_of(client.get(f"{home}returns/{case.pk}/"))


def test_what_else_is_missing_is_told_beside_the_new_question(arrived: Order) -> None:
    asked = holder().post(
        f"/t/{arrived.token}/return/", {first_line(arrived): 1, "reason": "", "resolution": "exchange"}
    )
    assert asked.status_code == 422
    assert asked.content.decode().count('class="error"') == 1
    assert "Instead of “Thing 1”" in text_of(asked)


def test_the_withdrawal_is_declared_only_by_its_second_step(arrived: Order) -> None:
    client, url = holder(), f"/t/{arrived.token}/withdraw/"
    assert "Withdraw from contract here" in text_of(client.get(f"/t/{arrived.token}/"))
    goods = {f"line-{line.pk}": line.quantity for line in arrived.lines.all()}
    stated = client.post(url, goods)
    assert "I, Ann Archer, withdraw from the contract" in text_of(stated)
    assert not Return.objects.exists()
    assert client.post(url, dict.fromkeys(goods, 0)).status_code == 422
    done = client.post(url, goods | {"step": "confirm"}, follow=True)
    assert "We received your withdrawal" in text_of(done)
    assert "Refund by" in text_of(done)
    again = client.post(url, goods | {"step": "confirm"})
    assert again["Location"] == f"/t/{arrived.token}/returns/{Return.objects.get().pk}/"


@pytest.mark.parametrize(("days", "shown"), [(14, True), (22, False)])
def test_the_function_is_shown_during_the_whole_period(acme: Merchant, days: int, shown: bool) -> None:
    order = build.order(merchant=acme)
    build.delivered(order, at=timezone.now() - timedelta(days=days))
    client = holder()
    assert ("Withdraw from contract here" in text_of(client.get(f"/t/{order.token}/"))) is shown
    answer = client.post(f"/t/{order.token}/withdraw/", {first_line(order): 1, "step": "confirm"})
    assert answer.status_code == (302 if shown else 422)
    assert Return.objects.exists() is shown


def test_after_the_time_for_returns_a_defect_can_be_told(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    build.delivered(order, at=timezone.now() - timedelta(days=90))
    client = holder()
    assert "Report a defect" in text_of(client.get(f"/t/{order.token}/"))
    url = f"/t/{order.token}/return/"
    assert client.post(url, {first_line(order): 1, "reason": "too_small"}).status_code == 422
    client.post(url, {first_line(order): 1, "reason": "stopped_working", "resolution": "repair"})
    assert Return.objects.get().resolution == "repair"


@pytest.mark.parametrize(("way", "says"), [("label", "Open the label"), ("code", "Show the code")])
def test_a_label_or_code_is_there_until_the_parcel_is_sent(arrived: Order, way: str, says: str) -> None:
    Policy.objects.update(return_by=way, return_address="Hafenstraße 8\n20457 Hamburg")
    client, home = holder(), f"/t/{arrived.token}/"
    said = text_of(client.post(f"{home}return/", {first_line(arrived): 1, "reason": "too_small"}, follow=True))
    assert says in said
    assert "Hafenstraße 8" in said
    case = Return.objects.get()
    label = f"{home}returns/{case.pk}/label/"
    assert case.number in text_of(client.get(label))
    client.post(f"{home}returns/{case.pk}/send/", {"carrier": "DHL", "tracking_number": "RET12345"})
    assert client.get(label).status_code == 404


def test_what_became_of_the_money_is_told(arrived: Order) -> None:
    client = holder()
    line = arrived.lines.order_by("pk").first()
    case = aftersales.services.request_return(order=arrived, reason="too_small", quantities={line.pk: 1})
    aftersales.services.receive_return(return_case=case)
    refund = Refund.objects.get()
    url = f"/t/{arrived.token}/returns/{case.pk}/"
    assert "It is the sender's turn to pay." in text_of(client.get(url))
    aftersales.services.fail_refund(refund=refund, why="Account closed")
    assert "could not be paid back yet" in text_of(client.get(url))
    aftersales.services.pay_refund(refund=refund, reference="re_1")
    said = text_of(client.get(url))
    assert "was paid back on" in said
    assert "Refund paid : done" in said or "Refund paid: done" in said
