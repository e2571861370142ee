"""Every test that the table of rules names is there."""

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TABLE = Path(__file__).with_name("README.md")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def collected(path: str) -> set[str]:
    """The tests of a module, as pytest collects them: its functions whose names begin so."""
    file = ROOT / path
    body = ast.parse(file.read_text()).body if file.exists() else []
    return {node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_of_the_table_is_there() -> None:
    named = TEST.findall(TABLE.read_text())
    assert len(named) > 70
    assert [f"{path}::{test}" for path, test in named if test not in collected(path)] == []


def test_every_case_of_this_folder_is_in_the_table() -> None:
    named = set(TEST.findall(TABLE.read_text()))
    for module in sorted(Path(__file__).parent.glob("test_*.py")):
        if module.name != Path(__file__).name:
            path = str(module.relative_to(ROOT))
            assert [test for test in sorted(collected(path)) if (path, test) not in named] == [], path


def test_every_rule_has_its_test() -> None:
    rows = [
        line for line in TABLE.read_text().split("## ")[0].splitlines() if line.startswith("| ") and "---" not in line
    ]
    assert [row for row in rows[1:] if not TEST.search(row)] == []
