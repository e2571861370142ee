"""What is done about each error that Twilio answers, as a table."""

import csv
from pathlib import Path

import pytest
from django.conf import settings

from notifications.channels import sms
from notifications.channels.base import DeadAddress, TryLater, Undeliverable


@pytest.mark.parametrize("code", sorted(sms.DEAD_NUMBERS))
def test_dead_numbers_are_given_up(code: int) -> None:
    assert type(sms.refusal(code, 400)) is DeadAddress


@pytest.mark.parametrize("code", sorted(sms.NEVER))
def test_what_would_be_refused_again_is_given_up(code: int) -> None:
    assert type(sms.refusal(code, 400)) is Undeliverable


@pytest.mark.parametrize(
    ("code", "status"),
    [(None, 503), (20429, 429), (20500, 500), (99999, 400), (30001, 400), *((c, 400) for c in sms.ACCOUNT)],
)
def test_anything_else_is_tried_again(code: int | None, status: int) -> None:
    assert type(sms.refusal(code, status)) is TryLater


@pytest.mark.corpus
def test_every_code_about_numbers_was_thought_of() -> None:
    path = Path(settings.CORPUS_DIR) / "twilio" / "error_codes.csv"
    if not path.exists():
        pytest.skip("needs the recorded error codes")
    with path.open(newline="") as file:
        category = {int(row["code"]): row["category"] for row in csv.DictReader(file)}
    decided = {*sms.DEAD_NUMBERS, *sms.NEVER, *sms.ACCOUNT}
    assert decided <= set(category), "a code that Twilio doesn't publish"
    not_sms = {30011, 30042}  # pictures, and names as senders
    assert {code for code, kind in category.items() if kind == "invalid_numbers"} <= decided | not_sms
    assert not [code for code in sms.DEAD_NUMBERS if category[code] in ("limits_and_queuing", "internal_and_provider")]
