import os
import signal

from django_q.management.commands import qcluster

from logistics_portal.processes import end_with_parent


class Command(qcluster.Command):
    """The queue's own command, except that no process of a cluster outlives the one that started it.

    A killed watchdog would else leave a cluster behind, and a killed cluster its workers, which work on beside their
    successors and which nobody ends any more.
    """

    def handle(self, *args: object, **options: object) -> None:
        watchdog = os.environ.get("PORTAL_WATCHDOG_PID", "")
        if watchdog.isdecimal():  # else a person started it in a shell, which may go
            end_with_parent(signal.SIGKILL, parent=int(watchdog))()
        end_forks_with_parent()
        super().handle(*args, **options)


def end_forks_with_parent() -> None:
    """Have every process that is forked from here on end with its parent, and its forks with it."""
    arrange = []
    os.register_at_fork(
        before=lambda: arrange.append(end_with_parent(signal.SIGKILL)),
        after_in_parent=arrange.clear,
        after_in_child=lambda: arrange.pop()(),
    )
