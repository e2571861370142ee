"""Settings from the environment that can't be meant are refused at the start."""

import pytest

from logistics_portal import environment


@pytest.mark.parametrize("said", ["six", "-9", "6", "1.5"])
def test_a_number_that_can_not_be_meant_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_OPENINGS_DAYS", said)
    with pytest.raises(environment.WrongSetting, match="PORTAL_OPENINGS_DAYS"):
        environment.number("PORTAL_OPENINGS_DAYS", 90, least=7)


def test_a_number_that_is_not_given_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_OPENINGS_DAYS", raising=False)
    assert environment.number("PORTAL_OPENINGS_DAYS", 90, least=7) == 90
    monkeypatch.setenv("PORTAL_OPENINGS_DAYS", "7")
    assert environment.number("PORTAL_OPENINGS_DAYS", 90, least=7) == 7
