"""Rows written by the batch are what Django reads back, whatever stands in them."""

import gc
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics_portal.kernel.bulk import any_of, insert_rows, uncollected, update_rows
from logistics_portal.kernel.models import Allowance, Event
from tracking.models import CarrierPayload

pytestmark = pytest.mark.django_db

storable = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
awkward = storable | st.sampled_from(["\\N", "\\.", "\\", "a\tb\r\nc", '"', "{", "}", "NULL", "", ",", "{}", "'"])
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1990, 1, 2), datetime(2199, 1, 1), timezones=offsets)  # noqa: DTZ001
any_rows = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def payload(**changes: object) -> CarrierPayload:
    return CarrierPayload(**{"carrier": "dhl", "body": b"", **changes})


@any_rows
@given(text=awkward, numbers=st.lists(awkward, max_size=4), at=moments, done_at=st.none() | moments)
def test_what_is_inserted_and_updated_is_read_back(
    text: str, numbers: list[str], at: datetime, done_at: datetime | None
) -> None:
    one, other = payload(note=text, tracking_numbers=numbers, received_at=at, done_at=done_at), payload()
    insert_rows(CarrierPayload, [one, other])
    for written in ("note", "tracking_numbers", "received_at", "done_at"):
        setattr(other, written, getattr(one, written))
    update_rows(CarrierPayload, [other], ("note", "tracking_numbers", "received_at", "done_at"))
    found = CarrierPayload.objects.filter(any_of("pk", {one.pk, other.pk}))
    told = set(found.values_list("note", "received_at", "done_at"))
    assert told == {(text, at, done_at)}
    assert [list(numbers_read) for (numbers_read,) in found.values_list("tracking_numbers")] == [numbers, numbers]


@any_rows
@given(content=st.dictionaries(storable, awkward | st.none() | st.booleans() | st.integers(-(2**70), 2**70)))
def test_documents_are_read_back(content: dict[str, object]) -> None:
    event = Event(name="tests.written", subject_id=uuid4(), payload=content)
    insert_rows(Event, [event])
    assert Event.objects.get(pk=event.pk).payload == content


def test_every_kind_of_text_is_text() -> None:
    content = {
        "safe": mark_safe("<b>"),
        "lazy": gettext_lazy("Yes"),
        "id": UUID(int=1),
        "at": datetime(2026, 11, 22, tzinfo=UTC),
    }
    event = Event(name="tests.written", subject_id=uuid4(), payload=content)
    insert_rows(Event, [event])
    read = Event.objects.get(pk=event.pk).payload
    assert read == {"safe": "<b>", "lazy": "Yes", "id": str(UUID(int=1)), "at": "2026-11-22T00:00:00Z"}


def test_rows_need_not_be_models_and_come_with_one_statement() -> None:
    ends = datetime(2026, 11, 22, 12, tzinfo=UTC)
    rows = [SimpleNamespace(key=f"light {number}", window_ends_at=ends, used=number) for number in range(50)]
    with CaptureQueriesContext(connection) as queries:
        assert insert_rows(Allowance, rows) == 50
    assert len(queries) == 1
    assert Allowance.objects.filter(key__startswith="light", window_ends_at=ends).count() == 50
    assert insert_rows(Allowance, []) == 0


def test_a_row_that_is_there_is_refused_or_left_out() -> None:
    ends = datetime(2026, 11, 22, 12, tzinfo=UTC)
    known, new = (Allowance(key=key, window_ends_at=ends) for key in ("known", "new"))
    insert_rows(Allowance, [known])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Allowance, [new, known])
    assert not Allowance.objects.filter(key="new").exists()
    assert insert_rows(Allowance, [new, known], ignore_conflicts=True) == 1
    assert Allowance.objects.count() == 2


def test_any_of_none_is_none() -> None:
    insert_rows(Event, [Event(name="tests.written", subject_id=uuid4())])
    assert not Event.objects.filter(any_of("pk", [])).exists()


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_left_as_it_was(was_on: bool) -> None:
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(ZeroDivisionError), uncollected():
            assert not gc.isenabled()
            _ = 1 / 0
        assert gc.isenabled() == was_on
    finally:
        gc.enable()
