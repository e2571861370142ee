"""The command behind bin/demo."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from logistics_portal.demo.console import leave_on_signals, say
from logistics_portal.demo.portal import Portal, StartError, remove_data
from logistics_portal.demo.supervisor import ROOT, ChildError
from logistics_portal.embedded_postgres import PostgresError

PAGES = (
    ("Front page", "/"),
    ("Track a parcel", "/track/"),
    ("Orders and returns", "/orders/"),
    ("Warehouse", "/warehouse/"),
    ("Courier", "/courier/"),
    ("Staff", "/admin/"),
    ("Phone (sent SMS)", "/demo/phone/"),
    ("Mail (sent mail)", "/demo/mail/"),
    ("Notices (sent push)", "/demo/push/"),
    ("API documentation", "/api/docs/"),
)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    if options.check:  # its own program, which walks through the story and ends
        os.execv(sys.executable, [sys.executable, "-m", "logistics_portal.demo.check"])  # noqa: S606
    leave_on_signals()
    portal = Portal(options.data, options.host, options.port, say)
    try:
        if options.fresh:
            remove_data(options.data)
        with portal:
            say(welcome(portal))
            portal.watch()
    except (StartError, ChildError, PostgresError) as error:
        say(f"\n{error}")
        return 1
    except SystemExit:
        say("\nEnded.")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/demo",
        description="Run the portal on this machine with sample data until Ctrl-C. A second start keeps the data.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=ROOT / "var" / "demo", help="data folder (default: var/demo)")
    parser.add_argument("--fresh", action="store_true", help="forget the data of an earlier demo first")
    parser.add_argument(
        "--check",
        action="store_true",
        help="walk through the portal's story on free ports and a fresh folder, then end",
    )
    return parser.parse_args(arguments)


def welcome(portal: Portal) -> str:
    links = [(name, portal.base_url + path) for name, path in PAGES]
    links += [(link["label"], portal.base_url + link["path"]) for link in portal.info.get("sample_links", [])]
    logins = [
        (name.capitalize(), f"{login['username']}  /  {login['password']}")
        for name, login in portal.info.items()
        if isinstance(login, dict) and {"username", "password"} <= login.keys()
    ]
    keys = [("API key", str(portal.info["api_key"]))] if "api_key" in portal.info else []
    width = max(len(name) for name, _ in [*links, *logins, *keys]) + 2
    tables = [
        "\n".join(f"  {name:<{width}}{value}" for name, value in rows) for rows in (links, [*logins, *keys]) if rows
    ]
    return "\n\n".join(
        ["\nLogistics Portal is running.", *tables, f"Logs are in {portal.data / 'logs'}. Ctrl-C ends it.\n"]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
