"""A plug-in is a file; a broken one stops the start and is named."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from logistics_portal.kernel.discover import BrokenPlugin, discover

GOOD = "class Plug:\n    label = 'good'\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "plugs_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "base.py").write_text("raise RuntimeError('base is no plug-in')")
    (folder / "_codes.py").write_text("raise RuntimeError('neither is this')")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("plugs_of_a_test")]:
        del sys.modules[name]


def test_the_files_name_is_the_code(package: Path) -> None:
    (package / "zebra.py").write_text(GOOD)
    (package / "ant.py").write_text(GOOD)
    found = discover("plugs_of_a_test", "Plug")
    assert list(found) == ["ant", "zebra"]
    assert [plug.code for plug in found.values()] == ["ant", "zebra"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import no_such_module_anywhere\n", "no_such_module_anywhere"),
        ("class Other: pass\n", "Plug"),
        ("class Plug:\n    def __init__(self, needed): pass\n", "needed"),
        ("raise SystemError('at import')\n", "at import"),
    ],
)
def test_a_broken_file_is_named_with_the_reason(package: Path, source: str, why: str) -> None:
    (package / "good.py").write_text(GOOD)
    (package / "shaky.py").write_text(source)
    with pytest.raises(BrokenPlugin, match=r"plugs_of_a_test/shaky\.py") as broken:
        discover("plugs_of_a_test", "Plug")
    assert why in str(broken.value)
