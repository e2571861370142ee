"""Plug-ins by file: every module of a package is one plug-in, and its file name is its code."""

import importlib
import pkgutil
from typing import Any


class BrokenPlugin(Exception):
    """A plug-in file can't serve; the server must not start with it."""


def discover(package_name: str, class_name: str) -> dict[str, Any]:
    """Return ``{code: instance}`` for every module of ``package_name`` but ``base``.

    Each module must define ``class_name`` and it must be callable without arguments. The instance gets ``code`` set to
    the module's name, which is what the database stores.

    Raises:
        BrokenPlugin: a module can't be imported or lacks the class; the message names the file.
    """
    package = importlib.import_module(package_name)
    plugins: dict[str, Any] = {}
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        if found.name == "base" or found.name.startswith("_"):
            continue
        plugins[found.name] = _load(f"{package_name}.{found.name}", class_name, found.name)
    return plugins


def _load(module_name: str, class_name: str, code: str) -> Any:
    try:
        plugin = getattr(importlib.import_module(module_name), class_name)()
    except Exception as error:  # whatever a broken file raises, the answer is the same: name the file and stop
        path = module_name.replace(".", "/") + ".py"
        raise BrokenPlugin(f"{path} must define a working class {class_name}: {error!r}") from error
    plugin.code = code
    return plugin
