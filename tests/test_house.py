"""The rules of the house that no linter knows."""

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import TextChoices
from django.test.utils import CaptureQueriesContext

from logistics_portal.kernel.events import TYPES, EventType
from merchants.models import Merchant
from tests import build
from tests.races import aftership
from tracking.models import CarrierPayload
from tracking.services import keep_payload, read_payloads

ROOT = Path(settings.BASE_DIR)
OWN = (
    "aftersales",
    "customers",
    "dispatch",
    "insights",
    "inventory",
    "merchants",
    "notifications",
    "orders",
    "tracking",
)


@cache
def sources() -> list[tuple[Path, ast.Module]]:
    folders = [ROOT / name for name in (*OWN, "logistics_portal")]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts]
    return [(path, ast.parse(path.read_text())) for path in paths]


def found(wanted: Any) -> list[str]:
    """Where a node of our code is what is not wanted."""
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if wanted(path, node)
    ]


# Events are documented.


def described() -> str:
    """What docs/events.md must hold."""
    parts = [
        "# Events",
        "What the apps publish. An event is written in the transaction of the change that it tells of, and\n"
        "delivered at least once. Its subject is the row that it is about; `merchant_id` names the tenant. The\n"
        "payload holds ids and codes only: look the rest up.",
    ]
    by_app = groupby(sorted(TYPES.values(), key=lambda kind: kind.name), key=lambda kind: kind.name.split(".")[0])
    for app, kinds in by_app:
        rows = "\n".join(map(_row, kinds))
        parts += [f"## {app}", f"| event | tells | payload |\n|---|---|---|\n{rows}"]
    return "\n\n".join(parts) + "\n"


def _row(kind: EventType) -> str:
    return f"| `{kind.name}` | {kind.tells} | {', '.join(f'`{key}`' for key in kind.payload) or '–'} |"


def test_the_events_are_documented() -> None:
    written = ROOT / "docs" / "events.md"
    assert written.exists() and written.read_text() == described(), f"{written} must hold:\n\n{described()}"


def test_events_are_named_after_their_app_and_the_past() -> None:
    for name in TYPES:
        app, _, fact = name.partition(".")
        assert app in OWN
        assert fact.replace("_", "").isalpha(), name


# How models and services are written.


def test_no_model_orders_itself() -> None:
    def orders(_: Path, node: ast.AST) -> bool:
        is_meta = isinstance(node, ast.ClassDef) and node.name == "Meta"
        return is_meta and any(
            isinstance(line, ast.Assign) and "ordering" in [getattr(target, "id", "") for target in line.targets]
            for line in node.body
        )

    assert found(orders) == []


def test_saving_does_no_more_than_save() -> None:
    assert found(lambda _, node: isinstance(node, ast.FunctionDef) and node.name in ("save", "delete")) == []


def test_no_signals() -> None:
    def is_signal(_: Path, node: ast.AST) -> bool:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        module = getattr(node, "module", "") or ""
        return any(f"{module}.{name}".startswith(("django.dispatch", "django.db.models.signals")) for name in names)

    assert found(is_signal) == []


def test_no_app_swallows_errors() -> None:
    def is_blind(path: Path, node: ast.AST) -> bool:
        is_an_apps = path.relative_to(ROOT).parts[0] in OWN
        if not isinstance(node, ast.ExceptHandler) or not is_an_apps:
            return False
        return node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")

    assert found(is_blind) == []


def test_imports_stand_at_the_top() -> None:
    def hides_an_import(_: Path, node: ast.AST) -> bool:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name == "ready":
            return False
        return any(isinstance(line, ast.Import | ast.ImportFrom) for line in ast.walk(node))

    assert found(hides_an_import) == []


def test_no_drawers_for_odds_and_ends() -> None:
    dust = {"utils", "helpers", "common", "mixins", "misc", "managers"}
    assert [path for path, _ in sources() if path.stem in dust or path.parent.name in dust] == []


def transition_tables() -> dict[str, dict]:
    modules = [importlib.import_module(f"{app}.models") for app in OWN]
    for module in list(modules):
        for inner in pkgutil.iter_modules(getattr(module, "__path__", [])):
            modules.append(importlib.import_module(f"{module.__name__}.{inner.name}"))
    return {
        f"{module.__name__}.{name}": table
        for module in modules
        for name, table in vars(module).items()
        if name.endswith("_TRANSITIONS")
    }


def test_every_status_has_its_steps() -> None:
    tables = transition_tables()
    assert {"orders.models.ORDER_TRANSITIONS", "aftersales.models.RETURN_TRANSITIONS"} <= set(tables)
    for name, table in tables.items():
        kind = type(next(iter(table)))
        assert issubclass(kind, TextChoices), name
        assert set(table) == set(kind), f"{name} forgets a status"
        assert {to for steps in table.values() for to in steps} <= set(kind), name
        assert all(came_from not in steps for came_from, steps in table.items()), (
            f"{name} has a step to where it stands"
        )


def test_every_planned_status_has_a_table() -> None:
    """A status that is a plan's is moved by `transition`, which needs the table; a fact's is computed."""
    tabled = {type(next(iter(table))) for table in transition_tables().values()}
    plans = [
        model._meta.label
        for app in OWN
        for model in apps.get_app_config(app).get_models()
        if isinstance(getattr(model, "Status", None), type) and model.Status not in tabled
    ]
    assert plans == []


# What it costs.


@pytest.mark.django_db
def test_a_larger_batch_of_payloads_takes_no_more_statements(acme: Merchant) -> None:
    numbers = [build.shipment(build.order(merchant=acme)).parcels.get().tracking_number for _ in range(55)]
    account = build.carrier_account("aftership")

    def statements(numbers: list[str]) -> int:
        payloads = [
            keep_payload(
                carrier="aftership",
                body=aftership.body(number, [aftership.checkpoint(1), aftership.checkpoint(2, tag="Delivered")]),
                content_type="application/json",
                account=account,
            )
            for number in numbers
        ]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            read_payloads(payloads)
        assert {payload.outcome for payload in payloads} == {CarrierPayload.Outcome.READ}
        return len(queries)

    few, many = statements(numbers[:5]), statements(numbers[5:])
    assert few == many
    assert few < 40


# What it can do without.


FRONT_DOORS = """
import django
django.setup()
from django.test import Client
front = Client().get("/")
assert front.status_code == 200
assert "/track/" in front.content.decode()
assert "/warehouse/" not in front.content.decode() and "/courier/" not in front.content.decode()
assert Client().get("/warehouse/").status_code == 404
"""


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check", "--fail-level", "WARNING"],
        ["-c", FRONT_DOORS],
        [
            *("-m", "pytest", "-p", "no:cacheprovider", "--ds=tests.settings_small"),
            *("tests/journeys/test_order_to_refund.py", "tests/orders/test_api.py", "-k", "refund or placed or link"),
        ],
    ],
)
def test_the_portal_stands_without_dispatch_and_insights(command: list[str]) -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings_small", "PORTAL_ENV": "test"}
    answer = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=400)
    assert answer.returncode == 0, answer.stdout + answer.stderr
