"""Guessing is hopeless: the limits are run, and the figures of docs/security.md follow from them."""

import pytest
from django.conf import settings
from django.test import Client
from phonenumber_field.phonenumber import PhoneNumber as Number

from customers.models import PhoneVerification
from customers.services import CODE_DIGITS, TRIES_A_CODE, verification_code
from customers.services.verification import SENDS_A_CALLER, TRIES_A_CALLER, TRIES_A_DAY, UNLOCKS
from logistics_portal.kernel.models import Allowance
from merchants.models import Merchant
from orders.services.older import ANSWERS
from tests import build
from tests.visitors import holder, last_code, text_of, worker
from tracking.services.handover import TRIES as HANDOVERS
from tracking.services.lookup import TRIES_A_NUMBER

ANN = Number.from_string(build.ANNS_PHONE)
SPACE = 10**CODE_DIGITS


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % SPACE:0{CODE_DIGITS}d}"


def ask(client: Client) -> None:
    """Ask for a code, as an attacker who has all the time in the world between two of them."""
    Allowance.objects.filter(key__startswith=("code-minute")).delete()
    Allowance.objects.filter(key__startswith=("code-hour")).delete()
    client.post("/orders/sign-in/", {"phone": build.ANNS_PHONE})


def guess_all_day() -> int:
    """How many guesses the sign-in page compares before it is closed for the number."""
    client, guesses = Client(), 0
    for _ in range(20):
        Allowance.objects.filter(key__startswith="code-day").delete()
        ask(client)
        for _ in range(TRIES_A_CODE + 1):
            answer = client.post("/orders/sign-in/code/", {"code": wrong(last_code())})
            guesses += "This is not the code" in text_of(answer)
            if answer.status_code == 429:
                return guesses
    raise AssertionError("nothing stops it")


@pytest.mark.django_db
def test_a_day_of_guessing_is_few_guesses(acme: Merchant) -> None:
    build.order(merchant=acme)
    guesses = guess_all_day()
    assert 0 < guesses <= TRIES_A_DAY.times
    assert guesses / SPACE < 1 / 30_000


@pytest.mark.django_db
def test_a_locked_out_customer_is_let_in_by_support_with_a_code_of_their_own(acme: Merchant) -> None:
    order, desk = build.order(merchant=acme), worker(build.staff(superuser=True))
    guess_all_day()
    customer = Client()
    ask(customer)
    assert customer.post("/orders/sign-in/code/", {"code": last_code()}).status_code == 429
    assert holder().get("/orders/").status_code == 200, "who is signed in stays so"
    url = f"/admin/customers/customer/{order.customer_id}/do/unlock-number/"
    assert "fresh tries" in text_of(desk.post(url, follow=True))
    customer.post("/orders/sign-in/", {"phone": build.ANNS_PHONE})
    code = verification_code(PhoneVerification.objects.filter(number=ANN).latest("id"))
    assert customer.post("/orders/sign-in/code/", {"code": wrong(code)}).status_code == 422, "unlocking opens nothing"
    assert customer.post("/orders/sign-in/code/", {"code": code})["Location"] == "/orders/"


@pytest.mark.django_db
def test_unlocking_is_no_way_around_the_limits(acme: Merchant, rival: Merchant) -> None:
    order, desk = build.order(merchant=acme), worker(build.staff(superuser=True))
    url = f"/admin/customers/customer/{order.customer_id}/do/unlock-number/"
    said = [text_of(desk.post(url, follow=True)) for _ in range(UNLOCKS.times + 1)]
    assert ["unlocked twice today" in page for page in said] == [False] * UNLOCKS.times + [True]
    stranger = worker(build.staff(rival, name="rivals")).post(url)
    assert stranger.status_code in (302, 403, 404)
    assert Allowance.objects.get(key__startswith=UNLOCKS.name).used == UNLOCKS.times + 1


def test_the_figures_of_the_documentation_follow_from_the_limits() -> None:
    told = (settings.BASE_DIR / "docs" / "security.md").read_text()
    a_day = TRIES_A_DAY.times
    unlocked = a_day * (UNLOCKS.times + 1)
    rows = [
        f"10^{CODE_DIGITS} | {TRIES_A_CODE} a code, {a_day} a day for a number | 1 in {SPACE // a_day:,}",
        f"| {a_day * 365 / SPACE:.1%}".replace("%", " %"),
        f"{TRIES_A_NUMBER.times} a day for a number | 1 in {10**4 // TRIES_A_NUMBER.times}",
        f"{ANSWERS[0].times} a day, {ANSWERS[1].times} in 30 days",
        f"{HANDOVERS.times} an hour for a parcel",
        f"{TRIES_A_CALLER.times} tries an hour and {SENDS_A_CALLER.times} codes an hour",
        f"one hit in {SPACE // (TRIES_A_CALLER.times * 24)} days",
        f"after {SPACE // TRIES_A_CODE:,} codes that nobody asked for",
        f"{unlocked} tries a day instead of {a_day}: 1 in {SPACE // unlocked:,}",
    ]
    assert [row for row in rows if row not in told] == []
