"""What broken programs and curious people send."""

import json
from typing import Any

from django.conf import settings
from hypothesis import strategies as st

DEEP = 100_000
JSON = "application/json"

# name: (content type, body); none of them is the JSON object that a door asks for.
BODIES: dict[str, tuple[str, bytes]] = {
    "empty": (JSON, b""),
    "truncated": (JSON, b'{"number": "A-1", "lines": [{"sku"'),
    "null": (JSON, b"null"),
    "a number": (JSON, b"17"),
    "a text": (JSON, b'"order"'),
    "a list": (JSON, b'[{"number": "A-1"}]'),
    "two documents": (JSON, b"{}{}"),
    "not json": (JSON, b"number=A-1&phone=1"),
    "html": (JSON, b"<html><body>502 Bad Gateway</body></html>"),
    "invalid utf-8": (JSON, b'{"number": "\xff\xfe\xfa"}'),
    "latin-1": (JSON, '{"number": "Straße"}'.encode("latin-1")),
    "utf-16": (JSON, '{"number": "A-1"}'.encode("utf-16")),
    "utf-16 as declared": ("application/json; charset=utf-16", '{"number": "A-1"}'.encode("utf-16")),
    "an unknown charset": ("application/json; charset=klingon", b'{"number": "A-1"'),
    "a charset that is no text": ("application/json; charset=hex", b'{"number": "A-1"'),
    "a charset that explodes": ("application/json; charset=zlib", b'{"number": "A-1"'),
    "nul bytes": (JSON, b"\0" * 64),
    "a nul in a text": (JSON, b'{"number": "A\0B"}'),
    "an escaped nul": (JSON, rb'{"number": "A\u0000B", "order": "\u0000", "sku": "\u0000", "carrier": "\u0000"}'),
    "half a surrogate pair": (JSON, rb'{"number": "\ud800", "phone": "\ud800", "language": "\udfff", "sku": "\ud800"}'),
    "half a pair in a name": (JSON, rb'{"\ud800": 1}'),
    "deep lists": (JSON, b"[" * DEEP + b"]" * DEEP),
    "deep objects": (JSON, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "deep in a field": (JSON, b'{"number": ' + b"[" * 900 + b"]" * 900 + b"}"),
    "not a number": (JSON, b'{"number": "A-1", "shipping_total": NaN}'),
    "infinity": (JSON, b'{"number": "A-1", "shipping_total": -Infinity}'),
    "a number of 5000 digits": (JSON, b'{"number": ' + b"9" * 5000 + b"}"),
    "an overflowing number": (JSON, b'{"shipping_total": 1e400, "number": 1e400, "on_hand": 1e400}'),
    "plain text": ("text/plain", b'{"number": "A-1"}'),
    "a form": ("application/x-www-form-urlencoded", b"number=A-1"),
    "a broken form": ("multipart/form-data; boundary=x", b"--y\r\nContent-Disposition: form-data; name"),
    "xml": ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    "no content type": ("", b'{"number": "A-1"}'),
    "a strange content type": ("application/\xe9;;;=", b'{"number": "A-1"}'),
    "compressed": (JSON, b"\x1f\x8b\x08\x00" + bytes(range(256))),
}
TOO_LARGE = b'{"number": "' + b"A" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'

TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\x1b[31m",
    "\ud800",
    "x\udfffx",
    "\u202eevil",
    "𝔘𝔫𝔦" * 30,
    "x" * 100_000,
    "' OR 1=1 --",
    "%00%0a",
    "{{7*7}}",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "٣٤٥٦٧٨٩٠",
    "１２３４５６７８",
    "NaN",
    "1e400",
    "-0",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "10000-01-01",
    "2026-02-30",
    "2026-13-01T25:61:61Z",
    "+999999999999999999999",
)
VALUES: tuple[Any, ...] = (
    *TEXTS,
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    10**18,
    10**40,
    [],
    [[]],
    [None],
    {},
    {"a": {"b": []}},
    ["x"] * 300,
)
values = st.sampled_from(VALUES) | st.text(max_size=30) | st.integers() | st.floats() | st.binary(max_size=9).map(repr)


def paths_of(document: Any, before: tuple = ()) -> list[tuple]:
    """Where in a document there is a value to replace."""
    children = document.items() if isinstance(document, dict) else enumerate(document)
    found = []
    for key, value in children:
        found.append((*before, key))
        if isinstance(value, dict | list):
            found += paths_of(value, (*before, key))
    return found


def replaced(document: Any, path: tuple, value: Any) -> Any:
    """A copy of a document with another value at a path."""
    copy = json.loads(json.dumps(document))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def as_json(document: Any) -> bytes:
    """As a careless program writes it: surrogates escaped, NaN and infinity as they are."""
    return json.dumps(document).encode()
