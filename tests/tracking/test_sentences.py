"""The customers' words: complete, honest, and never guessed."""

import pytest

from orders.models import Order
from tracking.carriers.base import REASONS
from tracking.models import Shipment, TrackingStatus
from tracking.reasons import REASON_LABELS, REASON_WORDS
from tracking.sentences import ORDER_WORDS, RETURN_WORDS, STATUS_WORDS, cause, is_trouble, sentence


def shipment(status: str, reason: str = "", direction: str = Shipment.Direction.OUTBOUND) -> Shipment:
    return Shipment(status=status, reason=reason, direction=direction)


def test_every_status_and_reason_has_words() -> None:
    assert set(STATUS_WORDS) == set(RETURN_WORDS) == set(TrackingStatus.values)
    assert set(REASON_WORDS) == set(REASON_LABELS) == REASONS
    assert set(ORDER_WORDS) == set(Order.Status.values)


@pytest.mark.parametrize("words", [*STATUS_WORDS.values(), *RETURN_WORDS.values(), *REASON_WORDS.values()])
def test_words_are_one_short_sentence_each(words: object) -> None:
    assert str(words.headline).endswith(".")
    assert str(words.headline).count(".") == 1
    assert len(str(words.headline)) <= 70
    assert str(words.you).endswith((".", "!"))


def test_no_two_statuses_say_the_same() -> None:
    headlines = [str(words.headline) for words in (*STATUS_WORDS.values(), *RETURN_WORDS.values())]
    assert len(set(headlines)) == len(headlines)


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("exception", "carrier_parcel_lost", "The carrier has lost your parcel."),
        ("attempt_failed", "consignee_not_home", "The courier came, but nobody was home."),
        ("in_transit", "weather_delay", "Your parcel is delayed by the weather."),
        ("delivered", "weather_delay", "Your parcel was delivered."),
        ("returning", "consignee_refused", "Your parcel is going back to the sender."),
        ("out_for_delivery", "carrier_delay", "Your parcel is out for delivery."),
        ("exception", "a_reason_of_tomorrow", "Something went wrong with your parcel."),
        ("a_status_of_tomorrow", "", "The carrier sent a status that we can't read yet."),
    ],
)
def test_the_reason_tells_what_the_status_does_not(status: str, reason: str, said: str) -> None:
    assert sentence(shipment(status, reason)) == said


def test_a_delay_in_demand_is_not_called_a_return() -> None:
    assert "sender" not in sentence(shipment("in_transit", "carrier_capacity_exceeded"))


def test_a_reason_is_told_once() -> None:
    assert cause(shipment("returned", "consignee_refused")) == "Refused"
    assert cause(shipment("exception", "customs_inspection")) == ""
    assert cause(shipment("delivered", "weather_delay")) == ""
    assert cause(shipment("exception", "carrier_damaged_parcel", Shipment.Direction.RETURN)) == "Damaged"


def test_trouble_is_what_the_customer_must_see_first() -> None:
    assert is_trouble(shipment("exception"))
    assert is_trouble(shipment("in_transit", "customs_duties_unpaid"))
    assert not is_trouble(shipment("in_transit"))
    assert not is_trouble(shipment("delivered", "weather_delay"))
    assert not is_trouble(shipment("unknown"))


def test_a_return_speaks_of_the_return() -> None:
    assert (
        sentence(shipment("delivered", direction=Shipment.Direction.RETURN)) == "Your return has arrived at the sender."
    )
