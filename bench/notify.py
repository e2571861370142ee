"""Notify: facts to sent SMS, with one and with two workers, at a provider on loopback that answers in 50 ms.

One process turns facts into messages, and one or two send them. The clock runs from the moment at which all of them
may begin until the provider has taken the last text. The reference is the same client code called in a bare loop, with
as many threads as one worker has. A worker's memory is read after the first tenth and at the end.
"""

import argparse
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from bench import portal
from bench.report import tell as report
from bench.texting import EVENT, KIND, Provider, place_orders, provider, resident_mb, tell, workers

# isort: split
from django.conf import settings

from merchants.models import Merchant
from notifications.channels.base import Outgoing
from notifications.models import Message
from notifications.services import CHANNELS, config_of
from notifications.services.sending import AT_ONCE

GOAL, GOAL_TWO = 0.7, 1.6
GROWS_AT_MOST_MB = 20.0
LIMIT_SECONDS = 1800.0
_prefixes = count()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--facts", type=int, default=50_000)
    arguments.add_argument("--bare", type=int, default=5_000, help="calls of the bare loop")
    arguments.add_argument("--delay-ms", type=float, default=50.0)
    given = arguments.parse_args()
    with portal.database():
        merchant = portal.merchant()
        measure(merchant, 200, 1, given.delay_ms)  # statements are planned, modules are read
        before = bare(given.bare, given.delay_ms)
        one, memory = measure(merchant, given.facts, 1, given.delay_ms)
        two, _ = measure(merchant, given.facts, 2, given.delay_ms)
        after = bare(given.bare, given.delay_ms)
    more = {"facts": given.facts, "at_once": AT_ONCE, "delay_ms": given.delay_ms}
    begins, ends = memory
    report(
        "one_worker",
        one,
        "messages/s",
        reference=(before + after) / 2,
        goal=GOAL,
        bare=[round(before, 1), round(after, 1)],
        memory_mb=[round(begins, 1), round(ends, 1)],
        memory_is_flat=ends - begins <= GROWS_AT_MOST_MB,
        **more,
    )
    report("two_workers", two, "messages/s", reference=one, goal=GOAL_TWO, **more)


def measure(merchant: Merchant, facts: int, senders: int, delay_ms: float) -> tuple[float, tuple[float, float]]:
    """Messages a second, and the memory of one worker in MB early and at the end."""
    placed = place_orders(merchant, facts, prefix=f"N{next(_prefixes)}")
    tell(placed)
    portal.vacuum()
    with provider(delay_ms) as account, workers([EVENT, *[KIND] * senders], account) as running:
        started = time.time()
        memory = _wait(facts, running[1])
        taken = account.taken()
        assert len(taken) == len({one.key for one in taken}) == facts, "a text was lost or went out twice"
        last = max(one.at for one in taken)
    return facts / (last + delay_ms / 1000 - started), memory


def _wait(facts: int, worker: subprocess.Popen[str]) -> tuple[float, float]:
    early, ends = 0.0, time.monotonic() + LIMIT_SECONDS
    before = Message.objects.filter(status=Message.Status.SENT).count()
    while (sent := Message.objects.filter(status=Message.Status.SENT).count() - before) < facts:
        assert time.monotonic() < ends, "messages were not sent"
        if not early and sent >= facts / 10:
            early = resident_mb(worker)
        time.sleep(0.5)
    return early or resident_mb(worker), resident_mb(worker)


def bare(calls: int, delay_ms: float) -> float:
    """The client's own rate, with as many threads as a worker has."""
    channel = CHANNELS["sms"]
    with provider(delay_ms) as account, ThreadPoolExecutor(AT_ONCE) as threads:
        config = config_of(channel) | _as_settings(account)

        def call(number: int) -> None:
            link = f"{settings.BASE_URL}/t/{'x' * 38}/"
            text = f"Bench: Thank you! Your order B-{number} is confirmed. Follow it here: {link}"
            channel.send(Outgoing(address=f"+49151{number:08d}", text=text, idempotency_key=str(number)), config)

        list(threads.map(call, range(AT_ONCE)))
        started = time.monotonic()
        list(threads.map(call, range(calls)))
        return calls / (time.monotonic() - started)


def _as_settings(account: Provider) -> dict[str, str]:
    return {name: value for name, value in account.settings.items() if name.startswith("TWILIO_")}


if __name__ == "__main__":
    main()
