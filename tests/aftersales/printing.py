"""Whether this machine can print a case: WeasyPrint's libraries and fonts are no Python packages."""

import shutil
import subprocess
from ctypes.util import find_library

import pytest


def can_print() -> bool:
    fonts = shutil.which("fc-list")
    if not (find_library("pango-1.0") and find_library("pangoft2-1.0") and fonts):
        return False
    return bool(subprocess.run([fonts, ":lang=zh"], capture_output=True, timeout=30).stdout.strip())


needs_printer = pytest.mark.skipif(
    not can_print(),
    reason="no Pango or no Chinese font on this machine (apt-get install libpangoft2-1.0-0 fontconfig fonts-noto-cjk)",
)
