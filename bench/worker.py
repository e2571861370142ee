"""A worker of one kind of work as a process of its own, without the queue: it looks for what is due until it ends."""

import argparse
import signal
import sys
import time

from bench import portal  # noqa: F401 - sets Django up

# isort: split
from logistics_portal.kernel import work


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("kind", help="for example notifications.message")
    kind = arguments.parse_args().kind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    while True:
        if not work.answer(kind):
            time.sleep(0.05)


if __name__ == "__main__":
    main()
