"""``python -m logistics_portal.live``: the process that holds the streams of open pages."""

import argparse
import os
import resource
import sys
from collections.abc import Sequence
from typing import Any

import uvicorn
from django.conf import settings
from django.utils.log import configure_logging

from logistics_portal.live.application import Application, origin_of
from logistics_portal.live.hub import APPLICATION_NAME, Hub

SPARE_FILES = 64  # for the database, the logs and connections that are just being refused
GRACE_SECONDS = 3


class Server(uvicorn.Server):
    """Ends the streams first, since a server that waits for them to end by themselves never does."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: Any = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m logistics_portal.live", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8001, help="port to listen on (default: %(default)s)")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics_portal.settings")
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    hub = Hub(connection_of(settings.DATABASES["default"]))
    config = uvicorn.Config(
        Application(hub, origin_of(settings.BASE_URL)),
        host=options.host,
        port=options.port,
        backlog=4096,
        limit_concurrency=raise_file_limit() - SPARE_FILES,
        timeout_graceful_shutdown=GRACE_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    Server(config, hub).run()


def connection_of(database: dict[str, Any]) -> dict[str, Any]:
    """psycopg's words for Django's settings of a database; a dead peer is noticed within a minute."""
    words = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {word: database[name] for word, name in words.items() if database[name]}
    patience = {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    return {**patience, **database["OPTIONS"], **given, "application_name": APPLICATION_NAME}


def raise_file_limit() -> int:
    """As many open files as this process may have: each viewer is one."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 65536 if most == resource.RLIM_INFINITY else most
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return wanted


if __name__ == "__main__":
    main(sys.argv[1:])
