import os

from django.core.management.base import BaseCommand

from logistics_portal.kernel.watchdog import Watchdog


class Command(BaseCommand):
    help = "Runs the django-q2 workers under a watchdog that starts them anew when they make no progress."

    def handle(self, *args: object, **options: object) -> None:
        parent = os.environ.get("PORTAL_PARENT_PID", "")
        self.stdout.write("workers starting")
        Watchdog(parent_pid=int(parent) if parent.isdecimal() else None).run()
        self.stdout.write("workers ended")
