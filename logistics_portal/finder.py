"""Finds orders by whatever somebody has of them: a number, a phone or its end, an email, a name.

What was typed is read first (`readings`, which asks nobody): each key that it can be is looked up by its own index, all
in one statement. Only when nothing is exactly so, beginnings of numbers and addresses are looked for.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection

import customers.services
import tracking.services
from logistics_portal.kernel.statements import Prepared

FOUND_AT_MOST = 20
TERM_MAX = 120
BEGINNING_MIN = 4  # shorter beginnings are everybody's
WORDS_MAX = 6

# Letters without their marks, as the database's name_words() has them: one for one, so that both sides agree.
_MARKED = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿšžćčđğıłńőřśşťůűźżß"
_PLAIN = "aaaaaaceeeeiiiinoooooouuuuyyszccdgilnorsstuuzzs"
_UNMARKED = str.maketrans(_MARKED, _PLAIN)
_CHARACTER = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # Japanese, Chinese and Korean: each one stands alone
_WORD = re.compile(rf"{_CHARACTER}+|[^\W_]+")
_SPELLED_OUT = re.compile("([aou])e")  # how people write ä, ö, ü where they can't type them

# What each key looks up: the order, the key's code and what matched. $1 are the merchants that may be seen.
_EXACT: dict[str, tuple[str, str]] = {
    "order_number": (
        "text[]",
        "SELECT id, 'order_number', number FROM orders_order WHERE merchant_id = ANY($1) AND number = ANY({})",
    ),
    "tracking_number": (
        "text",
        "SELECT s.order_id, 'tracking_number', p.tracking_number FROM tracking_parcel p"
        " JOIN tracking_shipment s ON s.id = p.shipment_id WHERE p.merchant_id = ANY($1) AND p.tracking_number = {}",
    ),
    "return_number": (
        "text[]",
        "SELECT order_id, 'return_number', number FROM aftersales_return"
        " WHERE merchant_id = ANY($1) AND number = ANY({})",
    ),
    "phone": (
        "text[]",
        "SELECT id, 'phone', phone FROM orders_order WHERE merchant_id = ANY($1) AND phone = ANY({})",
    ),
    "earlier_phone": (
        "text[]",
        "SELECT o.id, 'earlier_phone', n.number FROM customers_phonenumber n"
        " JOIN orders_order o ON o.customer_id = n.customer_id WHERE o.merchant_id = ANY($1) AND n.number = ANY({})",
    ),
    "receiver_phone": (
        "text[]",
        "SELECT d.order_id, 'receiver_phone', d.phone FROM orders_delegate d"
        " JOIN orders_order o ON o.id = d.order_id WHERE o.merchant_id = ANY($1) AND d.phone = ANY({})",
    ),
    "last_four": (
        "text",
        "SELECT id, 'last_four', phone FROM orders_order WHERE merchant_id = ANY($1) AND right(phone, 4) = {}",
    ),
    "email": ("text", "SELECT id, 'email', email FROM orders_order WHERE merchant_id = ANY($1) AND email = {}"),
}
# Looked up with the values in the text: how many rows they match decides which way is quick.
_LOOSE: dict[str, str] = {
    "name": "SELECT id, 'name', consignee FROM orders_order"
    " WHERE merchant_id = ANY($1) AND name_words(consignee) @@ {}::tsquery",
    "order_number": "SELECT id, 'order_number', number FROM orders_order"
    " WHERE merchant_id = ANY($1) AND number LIKE {}",
    "email": "SELECT id, 'email', email FROM orders_order WHERE merchant_id = ANY($1) AND email LIKE {}",
}
_SHOWN = (
    "SELECT o.id, f.key, f.matched, o.number, o.consignee, o.status, o.placed_at, m.name"
    " FROM ({}) f (order_id, key, matched) JOIN orders_order o ON o.id = f.order_id"
    " JOIN merchants_merchant m ON m.id = o.merchant_id ORDER BY o.id DESC"
)
# A row that matches by several keys is shown with the first of these.
_TELLING = ("tracking_number", "return_number", "order_number", "phone", "last_four", "email", "name")


@dataclass(frozen=True, slots=True)
class Found:
    """An order, and by which key it was found."""

    order_id: UUID
    key: str
    matched: str
    number: str
    consignee: str
    status: str
    placed_at: datetime
    merchant: str


@dataclass(frozen=True, slots=True)
class Readings:
    """What a term can be: the values of each exact key, words of a name, beginnings."""

    exact: Mapping[str, str | list[str]]
    name: str = ""  # as the database's tsquery
    beginnings: Mapping[str, str] | None = None  # as LIKE patterns


def readings(term: str, regions: Collection[str]) -> Readings:
    """What ``term`` can be; ``regions`` are the countries that a phone number without its code may belong to."""
    term = " ".join(term.split())[:TERM_MAX]
    if not term or "\0" in term:
        return Readings({})
    if "@" in term:
        address = term.lower()
        return Readings({"email": address}, beginnings={"email": _beginning(address)})
    exact: dict[str, str | list[str]] = {}
    has_digit = any(map(str.isdigit, term))
    if numbers := customers.services.possible_numbers(term, regions):
        exact |= {"phone": numbers, "earlier_phone": numbers, "receiver_phone": numbers}
    if len(term) == 4 and term.isascii() and term.isdigit():
        exact["last_four"] = term
    if has_digit or " " not in term:
        cases = list({term, term.upper()})
        exact |= {"order_number": cases, "return_number": cases}
        exact["tracking_number"] = tracking.services.normalize_number(term)
    beginnings = {"order_number": _beginning(term)} if has_digit and len(term) >= BEGINNING_MIN else {}
    return Readings(exact, "" if has_digit else name_query(term), beginnings)


def name_query(term: str) -> str:
    """A tsquery that finds names with a word for each of the term's, begun alike, whatever the order and the marks."""
    asked = [_asked(word) for word in _WORD.findall(term.lower())[:WORDS_MAX]]
    return " & ".join(asked)


def _asked(word: str) -> str:
    if re.match(_CHARACTER, word):
        return "(" + " <-> ".join(f"'{character}'" for character in word) + ")"
    plain = word.translate(_UNMARKED)
    short = plain.replace("ss", "s")  # as ß is kept
    spellings = dict.fromkeys((plain, short, _SPELLED_OUT.sub(r"\1", plain), _SPELLED_OUT.sub(r"\1", short)))
    return "(" + " | ".join(f"'{one}':*" for one in spellings) + ")"


def _beginning(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text) + "%"


def find_orders(term: str, *, merchants: Collection[UUID], regions: Collection[str] = ()) -> list[Found]:
    """Orders of these merchants that ``term`` may mean, newest first, at most `FOUND_AT_MOST`; each once."""
    read = readings(term, regions)
    seen = "{" + ",".join(key.hex for key in merchants) + "}"
    rows: list[tuple] = []
    if read.exact:
        keys = tuple(key for key in _EXACT if key in read.exact)
        rows = _exactly(keys).rows(seen, *(read.exact[key] for key in keys))
    if read.name:
        rows += _loosely({"name": read.name}, seen)
    if not rows and read.beginnings:
        rows = _loosely(read.beginnings, seen)
    return _each_once(rows)


@cache
def _exactly(keys: tuple[str, ...]) -> Prepared:
    parts = [_newest(_EXACT[key][1].format(f"${place}")) for place, key in enumerate(keys, start=2)]
    types = [_EXACT[key][0] for key in keys]
    return Prepared(_SHOWN.format(" UNION ALL ".join(parts)), "uuid[]", *types)


def _loosely(wanted: Mapping[str, str], seen: str) -> list[tuple]:
    parts = [_newest(_LOOSE[key].format("%s")).replace("$1", "%s::uuid[]") for key in wanted]
    given = [value for pattern in wanted.values() for value in (seen, pattern)]
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN.format(" UNION ALL ".join(parts)), given)
        return cursor.fetchall()


def _newest(part: str) -> str:
    return f"({part} ORDER BY 1 DESC LIMIT {FOUND_AT_MOST})"


def _each_once(rows: Sequence[tuple]) -> list[Found]:
    best: dict[UUID, Found] = {}
    for row in rows:
        found = Found(*row)
        known = best.get(found.order_id)
        if known is None or _rank(found) < _rank(known):
            best[found.order_id] = found
    newest = sorted(best.values(), key=lambda found: found.order_id, reverse=True)
    return newest[:FOUND_AT_MOST]


def _rank(found: Found) -> int:
    return _TELLING.index(found.key) if found.key in _TELLING else len(_TELLING)
