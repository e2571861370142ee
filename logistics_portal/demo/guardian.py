"""Ends a killed supervisor's children: their ids come by standard input, which closes when the supervisor goes."""

import signal
import sys

from logistics_portal.demo.supervisor import PATIENCE
from logistics_portal.processes import end_groups, is_alive


def main(marker: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    leaders = [int(line) for line in sys.stdin]
    running = [pid for pid in leaders if is_alive(pid)]  # after an orderly end there are none
    end_groups(running, marker, lambda: not any(is_alive(pid) for pid in running), PATIENCE)


if __name__ == "__main__":
    main(sys.argv[1])
