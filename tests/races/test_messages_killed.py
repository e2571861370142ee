"""Workers that are killed while they send: no message is lost, and what goes out twice carries one key."""

import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest
from django.conf import settings
from django.db import close_old_connections

from bench.texting import KIND, Provider, place_orders, provider, tell
from logistics_portal.kernel import work
from notifications.models import Message
from tests import build
from tests.races.portal_processes import database_of_its_own, kill

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform != "linux", reason="kills processes"),
]
# The whole size: PORTAL_CRASH_MESSAGES=20000 PORTAL_CRASH_KILLS=50. `-s` shows what came of it.
MESSAGES = int(os.environ.get("PORTAL_CRASH_MESSAGES", "400"))
KILLS = int(os.environ.get("PORTAL_CRASH_KILLS", "3"))
WORKERS = 2
LIMIT_SECONDS = 150 + MESSAGES / 10


def test_nothing_is_lost_and_nothing_is_sent_twice_under_two_keys() -> None:
    with database_of_its_own() as database_url, provider(delay_ms=20) as account:
        merchant = build.merchant()
        tell(place_orders(merchant, MESSAGES, prefix="K"))
        while work.answer("kernel.event"):
            pass
        assert Message.objects.filter(channel="sms").count() == MESSAGES
        kills = _send_and_kill(database_url, account)
        keys = Counter(one.key for one in account.taken())
        rows = {str(key): name for key, name in Message.objects.values_list("pk", "provider_id")}
        twice = [key for key, times in keys.items() if times > 1]
        print(f"\n{MESSAGES} messages, {kills} workers killed: {len(twice)} went out twice, each under one key.")
        assert set(Message.objects.values_list("status", flat=True)) == {Message.Status.SENT}
        assert keys.keys() == rows.keys(), "each message was taken, and nothing that is no message"
        assert all(rows.values()), "each message knows its name at the provider"
        assert kills == KILLS
        assert len(twice) <= KILLS, "asking the provider first leaves hardly any"


def _send_and_kill(database_url: str, account: Provider) -> int:
    """Workers that are started anew as often as they are killed, at random, spread over the messages."""
    dice, kills = random.Random(4), 0
    marks = sorted(dice.uniform(0.02, 0.9) * MESSAGES for _ in range(KILLS))
    running = [_start(database_url, account) for _ in range(WORKERS)]
    ends = time.monotonic() + LIMIT_SECONDS
    try:
        while (sent := _sent()) < MESSAGES:
            assert time.monotonic() < ends, _what_is_open()
            if kills < KILLS and sent >= marks[kills]:
                time.sleep(dice.uniform(0, 0.2))
                place = dice.randrange(WORKERS)
                kills += kill(running[place].pid)
                running[place].wait()
                running[place] = _start(database_url, account)
            time.sleep(0.05)
        return kills
    finally:
        for process in running:
            process.kill()
            process.wait()


def _start(database_url: str, account: Provider) -> subprocess.Popen:
    env = {
        **os.environ,
        **account.settings,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings_races",
        "PORTAL_ENV": "test",
        "PORTAL_LOG_LEVEL": "ERROR",
        "PORTAL_SECRET_KEY": settings.SECRET_KEY,
    }
    return subprocess.Popen([sys.executable, "-m", "bench.worker", KIND], cwd=settings.BASE_DIR, env=env)


def _sent() -> int:
    close_old_connections()
    return Message.objects.filter(status=Message.Status.SENT).exclude(provider_id="").count()


def _what_is_open() -> str:
    return f"{_sent()} of {MESSAGES} sent; " + str(
        list(Message.objects.open().values("attempts", "due_at", "status", "last_error")[:5])
    )
