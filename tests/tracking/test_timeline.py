"""Timelines as customers read them, and what strangers do not."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from logistics_portal.templatetags.portal import happening
from tracking.carriers.base import OffsetSource
from tracking.models import TrackingEvent, TrackingStatus
from tracking.timeline import Moment, timeline

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def event(hours: float | None = 0, status: str = TrackingStatus.IN_TRANSIT, **changes: object) -> TrackingEvent:
    at = None if hours is None else NOON - timedelta(hours=hours)
    given = {"occurred_at": at, "utc_offset_min": 0, "status": status, "description": "Scan"}
    return TrackingEvent(**{**given, **changes})


def texts(events: list[TrackingEvent], secrets: list[str] | None = None) -> list[str]:
    told = timeline(events, secrets=secrets)
    return [moment.original or moment.text for day in (*told.shown, *told.rest) for moment in day.moments]


def test_no_events_are_an_empty_timeline() -> None:
    told = timeline([])
    assert (told.shown, told.rest, told.count) == ((), (), 0)


def test_days_are_those_of_the_place() -> None:
    late = event(0, occurred_at=datetime(2026, 5, 4, 20, tzinfo=UTC), utc_offset_min=480)
    told = timeline([late, event(1)])
    assert [day.on for day in told.shown] == [date(2026, 5, 5), date(2026, 5, 4)]


def test_a_fourth_event_is_shown_and_a_fifth_is_folded() -> None:
    assert timeline([event(hours) for hours in range(4)]).rest == ()
    told = timeline([event(hours) for hours in range(5)])
    assert sum(len(day.moments) for day in told.shown) == 3
    assert sum(len(day.moments) for day in told.rest) == 2


def test_only_a_change_of_status_is_a_milestone() -> None:
    told = timeline([event(0, TrackingStatus.DELIVERED), event(1), event(2), event(None)])
    assert [moment.is_milestone for day in told.shown for moment in day.moments] == [True, False, True, False]


def test_machines_get_the_offset_only_where_the_carrier_stated_it() -> None:
    stated, guessed = event(0, utc_offset_min=120), event(0, utc_offset_min=120, offset_source=OffsetSource.ASSUMED)
    moments = [timeline([one]).shown[0].moments[0] for one in (stated, guessed)]
    assert [moment.machine_time for moment in moments] == ["2026-05-04T14:00+02:00", "2026-05-04T14:00"]


def test_strangers_do_not_see_names_streets_or_numbers_in_the_carriers_words() -> None:
    secrets = ["王小明", "建国路88号", "Ann Archer", "Li"]
    said = texts(
        [
            event(0, description="收件人王小明，地址建国路88号，电话138-1234-5678"),
            event(1, description="Handed to ANN archer, delivery by Li"),
            event(2, TrackingStatus.DELIVERED, description="Left with neighbor Schmidt"),
            event(3, description="Gate code 1234, open 24/7"),
        ],
        secrets,
    )
    assert said[1:] == ["Handed to •••, delivery by •••", "Delivered", "Gate code •••, open 24/7"]
    assert said[0] == "收件人•••，地址•••，电话•••"


def test_the_holder_reads_the_carriers_own_words() -> None:
    assert texts([event(0, TrackingStatus.DELIVERED, description="Left with neighbor Schmidt")]) == [
        "Left with neighbor Schmidt"
    ]


def test_an_event_without_words_is_told_by_its_reason_or_status() -> None:
    said = texts([event(0, "exception", description="", reason="carrier_damaged_parcel"), event(1, description=" ")])
    assert said == ["Damaged", "On its way"]


def moment_in(language: str, **changes: object) -> Moment:
    with translation.override(language):
        return timeline([event(0, **changes)]).shown[0].moments[0]


@pytest.mark.parametrize(
    ("language", "words", "text", "original", "original_language"),
    [
        ("en", "Arrived at hub", "Arrived at hub", "", ""),
        ("de", "Arrived at hub", "Unterwegs", "Arrived at hub", ""),
        ("zh-hans", "Arrived at hub", "运输中", "Arrived at hub", ""),
        ("zh-hans", "快件到达【武汉】", "快件到达【武汉】", "", ""),
        ("en", "快件到达【武汉】", "On its way", "快件到达【武汉】", "zh"),
        ("de", "快件到达【武汉】", "Unterwegs", "快件到达【武汉】", "zh"),
        ("zh-hans", "荷物が到着しました", "运输中", "荷物が到着しました", "ja"),
        ("de", "", "Unterwegs", "", ""),
        ("de", "Unterwegs", "Unterwegs", "", ""),
    ],
)
def test_readers_get_their_own_language_first(
    language: str, words: str, text: str, original: str, original_language: str
) -> None:
    moment = moment_in(language, description=words)
    assert (moment.text, moment.original) == (text, original)
    if original:
        assert moment.original_language == original_language
        assert moment.has_notes


def test_the_carriers_words_are_quoted_with_their_language() -> None:
    said = happening(moment_in("de", description="快件<b>到达</b>", place="武汉"))
    assert '<q dir="auto" lang="zh">快件&lt;b&gt;到达&lt;/b&gt;</q>' in said
    assert "武汉" in said
    assert "lang=" not in happening(moment_in("de", description="Arrived"))


def test_everything_that_others_wrote_is_escaped() -> None:
    given = {"description": "<i>", "place": "<b>", "signed_by": "<u>", "offset_source": OffsetSource.INFERRED.value}
    told = timeline([event(0, **given), event(None, **given)]).shown
    for moment in (one for day in told for one in day.moments):
        said = happening(moment)
        assert "&lt;i&gt;" in said
        assert "&lt;b&gt;" in said
        assert "&lt;u&gt;" in said
        assert not any(tag in said for tag in ("<i>", "<b>", "<u>"))


def test_strangers_see_no_name_in_the_quoted_words_either() -> None:
    with translation.override("de"):
        told = timeline(
            [
                event(0, description="Handed to Ann Archer, 0151 1234567"),
                event(1, TrackingStatus.DELIVERED, description="Left with neighbor Schmidt"),
            ],
            secrets=["Ann Archer"],
        )
    said = " ".join(f"{one.text} {one.original}" for day in told.shown for one in day.moments)
    for secret in ("Archer", "1234567", "Schmidt"):
        assert secret not in said


@pytest.mark.parametrize(("language", "words"), [("en", "Signature"), ("de", "Unterschrift"), ("zh-hans", "签名")])
def test_a_proof_at_the_door_is_told_in_the_readers_language(language: str, words: str) -> None:
    """The courier's page wrote it in the courier's language; it is the portal's own word, and no quotation."""
    proved = event(
        0, "delivered", code="proof_signature", source=TrackingEvent.Source.COURIER, description="Firma (odręcznie)"
    )
    with translation.override(language):
        (day,) = timeline([proved]).shown
    assert (day.moments[0].text, day.moments[0].original) == (words, "")


def test_a_carriers_code_that_looks_like_a_proof_keeps_its_words() -> None:
    assert texts([event(0, "delivered", code="proof_signature", description="Left at the porch")]) == [
        "Left at the porch"
    ]
