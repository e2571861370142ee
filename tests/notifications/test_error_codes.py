"""What is done about each error that Twilio answers, as a table."""

import csv
import json
import lzma
from pathlib import Path

import pytest
from django.conf import settings

from notifications.channels import sms
from notifications.channels.base import DeadAddress, OptedOut, TryLater, Undeliverable

# Codes of what the portal never uses: media, templates, scheduling, short links, limits of price, other channels.
NOT_OURS = {
    *(11200, 11205, 11210, 11215, 11220, 11237, 11751, 12300, 19023, 21620, 21621, 21624, 21627, 21654),
    *(30011, 30015, 30019, 30101, 30102, 30103, 30107, 35111, 35114, 35118),
    *(63001, 63002, 63005, 63015, 63016, 63019, 63021, 63027, 63028, 63030, 63031, 63032, 63034, 63036),
    *(63040, 63041, 63042),
}
SORTED = {*sms.DEAD_NUMBERS, *sms.OPTED_OUT, *sms.NEVER, *sms.ACCOUNT, *sms.BUSY}


@pytest.mark.parametrize("code", sorted(sms.DEAD_NUMBERS))
def test_dead_numbers_are_given_up(code: int) -> None:
    assert type(sms.refusal(code, 400)) is DeadAddress


@pytest.mark.parametrize("code", sorted(sms.OPTED_OUT))
def test_who_answered_stop_is_left_alone(code: int) -> None:
    assert type(sms.refusal(code, 400)) is OptedOut


@pytest.mark.parametrize("code", sorted(sms.NEVER))
def test_what_would_be_refused_again_is_given_up(code: int) -> None:
    assert type(sms.refusal(code, 400)) is Undeliverable


@pytest.mark.parametrize(
    ("code", "status"), [(None, 503), (99999, 400), *((code, 400) for code in sorted(sms.ACCOUNT | sms.BUSY))]
)
def test_anything_else_is_tried_again(code: int | None, status: int) -> None:
    assert type(sms.refusal(code, status)) is TryLater


def test_no_code_is_sorted_twice() -> None:
    tables = (sms.DEAD_NUMBERS, sms.OPTED_OUT, sms.NEVER, sms.ACCOUNT, sms.BUSY)
    assert sum(len(table) for table in tables) == len(SORTED)
    assert not SORTED & NOT_OURS


def published() -> dict[int, str]:
    """Twilio's codes and their categories; empty without the recorded data."""
    path = Path(settings.CORPUS_DIR) / "twilio" / "error_codes.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {int(row["code"]): row["category"] for row in csv.DictReader(file)}


@pytest.mark.corpus
@pytest.mark.parametrize(("code", "category"), published().items())
def test_every_published_code_is_sorted_or_of_what_is_not_used(code: int, category: str) -> None:
    assert code in SORTED | NOT_OURS
    if category in ("limits_and_queuing", "internal_and_provider"):
        assert code not in sms.DEAD_NUMBERS, "a queue says nothing of a number"


@pytest.mark.corpus
@pytest.mark.parametrize("codes", [set(published())] if published() else [])
def test_no_code_is_made_up(codes: set[int]) -> None:
    assert codes >= SORTED | NOT_OURS


def statuses() -> list[str]:
    """What Twilio's contract calls the states of a message."""
    path = Path(settings.CORPUS_DIR) / "twilio" / "oai" / "twilio_api_v2010.json.xz"
    if not path.exists():
        return []
    with lzma.open(path) as packed:
        return json.load(packed)["components"]["schemas"]["message_enum_status"]["enum"]


@pytest.mark.corpus
@pytest.mark.parametrize("status", statuses())
def test_every_state_of_the_contract_is_known(status: str) -> None:
    assert status in {*sms.OUTCOMES, "receiving", "received"}, "those two are of messages that come in"
