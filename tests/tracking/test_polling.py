"""Carriers that are asked: a real server of theirs on loopback, the real work loop, and what the rows say after it."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import tracking.services
from logistics_portal.kernel import work
from merchants.models import Merchant
from tests import build
from tests.servers.carrier_server import API_KEY, CLIENT
from tests.servers.processes import Running, running
from tracking.carriers.base import Verdict
from tracking.models import (
    Asking,
    CarrierAccount,
    CarrierPayload,
    Parcel,
    Poll,
    Shipment,
    TrackingEvent,
    TrackingStatus,
)
from tracking.services import UnableToAsk, ask_now, follow_account
from tracking.services.tokens import TOKENS

pytestmark = pytest.mark.django_db(transaction=True)
POLLS, PAYLOADS = "tracking.poll", "tracking.carrierpayload"


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("carrier_server", tmp_path_factory.mktemp("carrier") / "journal", "--min-interval", "0") as server:
        yield server


@pytest.fixture(autouse=True)
def _well(carrier: Running) -> None:
    set_mood(carrier, mood="well", delay=0, told=None, retry_after="2")
    carrier.journal.write_text("")
    TOKENS.held.clear()


def set_mood(carrier: Running, **mood: object) -> None:
    request = urllib.request.Request(f"{carrier.url}/mood", json.dumps(mood).encode(), method="POST")
    urllib.request.urlopen(request).close()


def asked_numbers(carrier: Running) -> Counter:
    return Counter(number for line in carrier.told() for number in line["numbers"])


def account(carrier: Running, code: str = "dhl", *, merchant: Merchant | None = None, **changes: Any) -> CarrierAccount:
    secrets = {"dhl": {"api_key": API_KEY}, "fedex": {"client_id": CLIENT[0], "client_secret": CLIENT[1]}}
    given = {
        "carrier": code,
        "merchant": merchant,
        "label": "asks",
        "credentials": {**secrets[code], "base_url": carrier.url},
        "polls_per_minute": 6000,
    }
    return CarrierAccount.objects.create(**{**given, **changes})


def parcel(merchant: Merchant, *, carrier: str = "dhl", number: str = "", **changes: object) -> Parcel:
    order = build.order(merchant=merchant)
    return build.shipment(order, carrier=carrier, number=number, **changes).parcels.get()


def time_passes(by: timedelta) -> None:
    """Everything of polls lies further back by so much."""
    for poll in Poll.objects.all():
        for name in ("due_at", "asked_at", "news_at", "turn_at"):
            if moment := getattr(poll, name):
                setattr(poll, name, moment - by)
        poll.save()
    for asking in Asking.objects.all():
        for name in ("next_turn_at", "paused_until", "refused_at", "troubled_at"):
            if moment := getattr(asking, name):
                setattr(asking, name, moment - by)
        asking.save()


def ask() -> int:
    done = work.answer(POLLS)
    work.drain()
    return done


# Who is asked about


def test_a_parcel_is_asked_about_from_its_birth_and_the_answer_is_folded(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    sent = parcel(acme)
    assert ask() == 1
    [line] = carrier.told()
    assert (line["numbers"], line["outcome"]) == ([sent.tracking_number], 200)
    sent.refresh_from_db()
    assert sent.status == TrackingStatus.DELIVERED
    assert sent.events.count() == 3
    [payload] = CarrierPayload.objects.all()
    assert (payload.outcome, payload.asked_number, payload.carrier) == ("read", sent.tracking_number, "dhl")
    poll = Poll.objects.get()
    assert poll.asked_at is not None
    assert poll.due_at > timezone.now() + timedelta(hours=6), "what was delivered is asked about seldom"
    assert poll.empty_answers == 0


def test_nobody_asks_without_an_account_that_may(carrier: Running, acme: Merchant, rival: Merchant) -> None:
    account(carrier, merchant=rival)
    account(carrier, is_active=False)
    account(carrier, is_polled=False)
    account(carrier, credentials={"base_url": carrier.url})
    account(carrier, credentials={"api_key": API_KEY, "base_url": "http://carrier.example"})
    parcel(acme)
    assert not Poll.objects.exists()
    parcel(rival, carrier="hand_delivered")
    assert not Poll.objects.exists()


def test_the_merchants_own_account_comes_before_the_portals(carrier: Running, acme: Merchant) -> None:
    account(carrier, credentials={"api_key": "of the portal", "base_url": carrier.url})
    own = account(carrier, merchant=acme)
    parcel(acme)
    ask()
    assert [line["outcome"] for line in carrier.told()] == [200]
    assert CarrierPayload.objects.get().account == own


def test_an_account_that_comes_later_asks_for_the_parcels_under_way(carrier: Running, acme: Merchant) -> None:
    waiting = parcel(acme)
    ended = build.delivered(build.order(merchant=acme), at=timezone.now() - timedelta(days=9))
    stranger = parcel(acme, carrier="ups")
    follow_account(account=account(carrier))
    assert {poll.parcel_id for poll in Poll.objects.all()} == {waiting.pk}
    assert ended.parcels.get().pk != stranger.pk
    ask()
    assert asked_numbers(carrier) == {waiting.tracking_number: 1}


def test_a_corrected_carrier_is_asked(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    sent = parcel(acme, carrier="gls")
    assert not Poll.objects.exists()
    body = json.loads(Path("tests/carriers/payloads/dhl/unified_push.json").read_text())
    body["shipments"] = body["shipments"][:1]
    body["shipments"][0]["id"] = sent.tracking_number
    for event in body["shipments"][0]["events"]:
        event["timestamp"] = timezone.now().isoformat()
    pushed = build.carrier_account("dhl")
    tracking.services.keep_payload(carrier="dhl", body=json.dumps(body).encode(), content_type="", account=pushed)
    work.answer(PAYLOADS)
    sent.refresh_from_db()
    assert (sent.carrier, sent.stated_carrier) == ("dhl", "gls")
    assert Poll.objects.get().parcel == sent


# What is kept of answers


def test_the_same_answer_is_kept_once_and_counted(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    set_mood(carrier, told=1)
    parcel(acme)
    ask()
    for empty in (1, 2):
        time_passes(timedelta(hours=25))
        assert ask() == 1
        assert Poll.objects.get().empty_answers == empty
    assert CarrierPayload.objects.count() == 1
    set_mood(carrier, told=2)
    time_passes(timedelta(hours=25))
    ask()
    assert CarrierPayload.objects.count() == 2
    assert TrackingEvent.objects.count() == 2
    assert Poll.objects.get().empty_answers == 0


def test_an_unknown_number_is_no_tracking_kept_once(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    set_mood(carrier, mood="unknown")
    sent = parcel(acme)
    for _ in range(3):
        ask()
        time_passes(timedelta(hours=25))
    [payload] = CarrierPayload.objects.all()
    assert (payload.outcome, payload.tracking_numbers) == ("no_tracking", [sent.tracking_number])
    assert payload.done_at is not None
    poll = Poll.objects.get()
    assert (poll.empty_answers, poll.stopped_for) == (3, "")
    assert "tells nothing of this number (404)" in poll.last_error
    sent.refresh_from_db()
    assert sent.status == TrackingStatus.PENDING


# How often


def test_a_number_is_never_asked_about_sooner_than_its_carrier_allows(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    set_mood(carrier, told=1)
    parcel(acme)
    ask()
    poll = Poll.objects.get()
    Poll.objects.update(due_at=timezone.now())
    assert ask() == 0
    again = ask_now(poll=poll)
    assert again == poll.asked_at + timedelta(minutes=30)
    assert ask() == 0
    assert asked_numbers(carrier).total() == 1
    time_passes(timedelta(minutes=31))
    assert ask() == 1
    assert asked_numbers(carrier).total() == 2


def test_a_budget_spaces_the_questions(carrier: Running, acme: Merchant) -> None:
    account(carrier, polls_per_minute=60)
    for _ in range(12):
        parcel(acme)
    before = timezone.now()
    work.answer(POLLS)
    asked = asked_numbers(carrier).total()
    seconds = (timezone.now() - before).total_seconds()
    assert 1 <= asked <= seconds + 3
    waiting = sorted(Poll.objects.filter(asked_at=None).values_list("turn_at", flat=True))
    assert len(waiting) == 12 - asked
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(waiting)]
    assert gaps == pytest.approx([1.0] * len(gaps), abs=0.01)


def test_what_exceeds_the_budget_of_the_next_minutes_waits_without_a_turn(carrier: Running, acme: Merchant) -> None:
    account(carrier, polls_per_minute=1)
    for _ in range(10):
        parcel(acme)
    work.answer(POLLS)
    polls = list(Poll.objects.all())
    assert asked_numbers(carrier).total() == 1
    assert sum(poll.turn_at is not None for poll in polls) == 5
    late = [poll for poll in polls if poll.turn_at is None and poll.asked_at is None]
    assert len(late) == 4
    for poll in late:
        assert timedelta(minutes=2) < poll.due_at - timezone.now() <= timedelta(minutes=5)


def test_the_urgent_come_first_when_there_is_not_enough_for_all(carrier: Running, acme: Merchant) -> None:
    slow, near = parcel(acme), parcel(acme)
    build.scan(slow, "in_transit")
    build.scan(near, "out_for_delivery")
    account(carrier, polls_per_minute=1)
    now = timezone.now()
    for one in (slow, near):
        Poll.objects.create(parcel=one, due_at=now, asked_at=now - timedelta(hours=3), news_at=now)
    work.answer(POLLS)
    assert asked_numbers(carrier) == {near.tracking_number: 1}


def test_many_numbers_travel_in_one_question(carrier: Running, acme: Merchant) -> None:
    account(carrier, "fedex")
    for number in range(65):
        parcel(acme, carrier="fedex", number=f"7711223{number:05d}")
    assert ask() == 65
    questions = [line for line in carrier.told() if line["peer"] == "fedex"]
    assert sorted(len(line["numbers"]) for line in questions) == [5, 30, 30]
    assert CarrierPayload.objects.count() == 3
    assert Parcel.objects.exclude(events=None).distinct().count() == 65


# Trouble


def test_a_busy_carrier_is_left_alone_for_as_long_as_it_wishes(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    set_mood(carrier, mood="busy", retry_after="120")
    for _ in range(3):
        parcel(acme)
    now = timezone.now()
    work.answer(POLLS)
    asking = Asking.objects.get()
    assert asking.paused_until - now == pytest.approx(timedelta(seconds=120), abs=timedelta(seconds=5))
    assert asking.trouble == "DHL was asked too often (429)."
    before = len(carrier.told())
    parcel(acme)
    assert work.answer(POLLS) == 0
    assert len(carrier.told()) == before, "a carrier that asked for peace was asked again"
    assert CarrierPayload.objects.count() == 0


@pytest.mark.parametrize("mood", ["broken", "cut"])
def test_a_carrier_that_is_not_well_is_probed_by_one_question_at_growing_distances(
    carrier: Running, acme: Merchant, mood: str
) -> None:
    account(carrier)
    set_mood(carrier, mood=mood)
    for _ in range(6):
        parcel(acme)
    pauses = []
    for round_number in range(4):
        before, now = len(carrier.told()), timezone.now()
        work.answer(POLLS)
        asked = len(carrier.told()) - before
        assert asked == 1 if round_number else asked >= 1
        asking = Asking.objects.get()
        assert asking.failures == round_number + 1
        pauses.append((asking.paused_until - now).total_seconds())
        time_passes(timedelta(hours=2))
    assert pauses == sorted(pauses)
    assert pauses[-1] > 100
    set_mood(carrier, mood="well")
    work.drain()
    assert Asking.objects.get().failures == 0
    time_passes(timedelta(minutes=10))
    work.drain()
    assert TrackingEvent.objects.count() == 18
    assert not Poll.objects.filter(asked_at=None).exists()


def test_refused_credentials_stop_the_account_until_they_are_put_right(carrier: Running, acme: Merchant) -> None:
    row = account(carrier, credentials={"api_key": "wrong", "base_url": carrier.url})
    for _ in range(60):
        parcel(acme)
    work.answer(POLLS)
    asking = Asking.objects.get()
    assert asking.refused_at is not None
    assert asking.trouble == "DHL does not accept the credentials (401)."
    asked = len(carrier.told())
    assert asked <= 36, "the questions under way, and no more"
    assert Poll.objects.filter(asked_at=None).count() == 60 - asked
    for hours in (1, 5, 24):
        time_passes(timedelta(hours=hours))
        work.answer(POLLS)
    assert len(carrier.told()) == asked
    row.credentials = {"api_key": API_KEY, "base_url": carrier.url}
    row.save()
    follow_account(account=row)
    work.drain()
    assert Asking.objects.get().refused_at is None
    assert TrackingEvent.objects.count() == 180


def test_a_token_is_fetched_once_and_anew_when_it_ends(carrier: Running, acme: Merchant) -> None:
    account(carrier, "fedex")
    for number in range(61):
        parcel(acme, carrier="fedex", number=f"7711224{number:05d}")
    work.answer(POLLS)
    assert sum(line["peer"] == "fedex token" for line in carrier.told()) == 1
    [held] = TOKENS.held.values()
    urllib.request.urlopen(
        urllib.request.Request(
            f"{carrier.url}/oauth/token",
            f"client_id={CLIENT[0]}&client_secret={CLIENT[1]}".encode(),
            method="POST",
        )
    ).close()  # somebody else gets one: ours is not known any more
    time_passes(timedelta(hours=24))
    assert work.answer(POLLS) == 61
    assert Asking.objects.get().refused_at is None
    [newer] = TOKENS.held.values()
    assert newer.token.value != held.token.value


def test_credentials_that_lend_no_token_stop_the_account(carrier: Running, acme: Merchant) -> None:
    account(carrier, "fedex", credentials={"client_id": "x", "client_secret": "y", "base_url": carrier.url})
    parcel(acme, carrier="fedex", number="771122500001")
    work.answer(POLLS)
    assert "lends no token" in Asking.objects.get().trouble
    assert Asking.objects.get().refused_at is not None


# Stops and restarts


def test_an_ended_parcel_stops_and_a_correction_starts_it_again(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    sent = parcel(acme)
    ask()
    time_passes(timedelta(days=5))
    days_ago = timezone.now() - timedelta(days=5)
    Parcel.objects.update(delivered_at=days_ago)
    Shipment.objects.update(created_at=days_ago)
    ask()
    poll = Poll.objects.get()
    assert (poll.stopped_for, poll.due_at) == ("ended", None)
    assert poll.done_at is not None
    build.scan(sent, "exception", at=timezone.now())
    poll.refresh_from_db()
    assert (poll.stopped_for, poll.done_at) == ("", None)
    assert poll.due_at is not None


def test_staff_may_ask_now_and_start_what_stopped(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    parcel(acme)
    Poll.objects.update(stopped_for="silent", due_at=None, done_at=timezone.now())
    ask_now(poll=Poll.objects.get())
    assert ask() == 1
    assert asked_numbers(carrier).total() == 1
    CarrierAccount.objects.update(is_active=False)
    with pytest.raises(UnableToAsk, match="No active account"):
        ask_now(poll=Poll.objects.get())


def test_an_account_that_goes_stops_its_polls_and_a_new_one_starts_them(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    parcel(acme)
    CarrierAccount.objects.update(is_polled=False)
    ask()
    assert Poll.objects.get().stopped_for == "no_account"
    follow_account(account=account(carrier))
    assert Poll.objects.get().stopped_for == ""
    ask()
    assert asked_numbers(carrier).total() == 1


# Cost


def test_the_statements_do_not_grow_with_the_parcels(carrier: Running, acme: Merchant) -> None:
    account(carrier, polls_per_minute=600_000)
    kind = work.KINDS[POLLS]
    counts = []
    for number in (4, 24):
        for _ in range(number):
            parcel(acme)
        polls = work.claim(kind)
        assert len(polls) == number
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            assert len(kind.calls.gather(polls).errands) == number
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_shipments_without_polls_cost_the_fold_one_statement(acme: Merchant) -> None:
    sent = parcel(acme)
    with CaptureQueriesContext(connection) as queries:
        build.scan(sent, "in_transit")
    assert sum("tracking_poll" in query["sql"] for query in queries) == 1


def test_a_parcel_in_hand_is_not_taken_from_its_worker_by_a_fold(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    sent = parcel(acme)
    [poll] = work.claim(work.KINDS[POLLS])
    build.scan(sent, "in_transit")
    again = Poll.objects.get()
    assert again.due_at == poll.due_at
    assert again.news_at is not None


def test_verdicts_by_status() -> None:
    adapter = tracking.services.CARRIERS["dhl"]
    judged = {
        status: adapter.judge_answer(status, b"{}")
        for status in (200, 204, 400, 401, 403, 404, 422, 429, 500, 503, 302)
    }
    assert judged == {
        200: Verdict.TOLD,
        204: Verdict.TOLD,
        302: Verdict.FAILED,
        400: Verdict.NOTHING,
        401: Verdict.REFUSED,
        403: Verdict.REFUSED,
        404: Verdict.NOTHING,
        422: Verdict.NOTHING,
        429: Verdict.TOO_OFTEN,
        500: Verdict.FAILED,
        503: Verdict.FAILED,
    }
    assert adapter.judge_answer(204, b"") is Verdict.NOTHING


# The command


def test_the_command_asks_about_one_number_and_shows_what_came(carrier: Running, acme: Merchant) -> None:
    account(carrier)
    sent, other = parcel(acme), parcel(acme)
    said = StringIO()
    call_command("poll_carriers", number=f"{sent.tracking_number[:4]} {sent.tracking_number[4:]}", stdout=said)
    assert "DHL, account asks: told 200" in said.getvalue()
    assert f'"id": "{sent.tracking_number}"' in said.getvalue()
    assert asked_numbers(carrier) == {sent.tracking_number: 1}
    assert Poll.objects.get(parcel=other).asked_at is None
    work.answer(PAYLOADS)
    assert sent.events.count() == 3
    with pytest.raises(CommandError, match="allows the next question"):
        call_command("poll_carriers", number=sent.tracking_number)
    with pytest.raises(CommandError, match="No parcel"):
        call_command("poll_carriers", number="NOBODYS1")
    CarrierAccount.objects.update(is_active=False)
    with pytest.raises(CommandError, match="No active account"):
        call_command("poll_carriers", number=other.tracking_number)
