"""How often a thing may be done, counted right by many processes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from logistics_portal.kernel import limits
from logistics_portal.kernel.errors import TooOften
from logistics_portal.kernel.limits import Limit, spend
from logistics_portal.kernel.models import Allowance
from tests.races.at_once import at_once

pytestmark = pytest.mark.django_db
THREE = Limit("tests", 3, 60)


def use(who: str = "ann", limit: Limit = THREE) -> None:
    spend(limit, who, message="Too often.")


def test_the_use_after_the_last_is_refused_with_the_seconds_to_wait() -> None:
    for _ in range(3):
        use()
    with pytest.raises(TooOften) as refused:
        use()
    assert 55 <= refused.value.retry_after <= 60
    assert (refused.value.status, refused.value.message) == (429, "Too often.")


def test_others_and_other_limits_are_not_touched() -> None:
    for _ in range(3):
        use()
    use("bob")
    use(limit=Limit("other", 1, 60))


def test_a_window_that_ended_opens_anew() -> None:
    for _ in range(3):
        use()
    Allowance.objects.update(window_ends_at=timezone.now() - timedelta(seconds=1))
    for _ in range(3):
        use()
    with pytest.raises(TooOften):
        use()


def test_refused_uses_do_not_move_the_window() -> None:
    for _ in range(3):
        use()
    ends_at = Allowance.objects.get().window_ends_at
    with pytest.raises(TooOften):
        use()
    assert Allowance.objects.get().window_ends_at == ends_at


@pytest.mark.django_db(transaction=True)
def test_parallel_uses_are_all_counted() -> None:
    outcomes = at_once([use] * 12)
    assert outcomes.count(None) == 3
    assert sum(isinstance(outcome, TooOften) for outcome in outcomes) == 9
    assert Allowance.objects.get().used == 12


def test_forgetting_gives_a_fresh_window() -> None:
    for _ in range(3):
        use()
    limits.forget(THREE, "ann")
    use()


def test_old_windows_are_removed_and_open_ones_kept() -> None:
    use("old")
    Allowance.objects.update(window_ends_at=timezone.now() - timedelta(days=2))
    use("new")
    limits.forget_old()
    assert [row.key for row in Allowance.objects.all()] == ["tests:new"]
