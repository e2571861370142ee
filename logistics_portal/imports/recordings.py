"""Folders of recorded carrier payloads, and which adapter each recording is for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INDEX = "index.jsonl"
EXPECTED = ".expected.json"
BODIES = frozenset({".json", ".xml", ".txt"})

# Our codes for names in an index that differ from them. An aggregator's payload is the aggregator's to read.
_CODES = {"17track": "seventeentrack", "cdek_ru": "cdek", "kdniao-like": "kdniao", "sf": "sf_express"}
_NO_PUSH = {"notification_email": "a mail", "tracking_page_html": "a web page"}


class NoRecordings(Exception):
    """The folder holds nothing that can be replayed."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded payload. ``carrier`` is the code of its format; ``not_sent`` says why no carrier would push it."""

    path: Path
    carrier: str
    not_sent: str = ""

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()


def find_recordings(folder: Path) -> list[Recording]:
    """The recordings of a folder: listed in its ``index.jsonl``, or lying in one subfolder a carrier.

    Raises:
        NoRecordings: there are none.
    """
    index = folder / INDEX
    found = list(_listed(folder, index)) if index.is_file() else list(_lying(folder))
    if not found:
        raise NoRecordings(f"{folder} has neither an {INDEX} nor subfolders with payloads, one for each carrier.")
    return found


def _listed(folder: Path, index: Path) -> Iterator[Recording]:
    for line in index.read_text().splitlines():
        entry = json.loads(line)
        named = entry.get("via") or entry.get("family", "")
        not_sent = _NO_PUSH.get(entry.get("kind", ""), "a web page" if entry.get("format") == "html" else "")
        yield Recording(folder / entry["file"], _CODES.get(named, named), not_sent)


def _lying(folder: Path) -> Iterator[Recording]:
    for path in sorted(folder.glob("*/*")):
        if path.suffix in BODIES and not path.name.endswith(EXPECTED):
            yield Recording(path, path.parent.name)
