"""Companion files: what stands in other tables about the orders of one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from .mapping import Join, OrderMap
from .table import read_lines

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Companions:
    """The companions of a table, read into memory and found by key."""

    order_joins: Sequence[tuple[str, Mapping[str, Row]]] = ()
    line_joins: Sequence[tuple[str, Mapping[str, Row]]] = ()
    lines: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    files: Sequence[Path] = ()

    def complete(self, row: Row) -> Row:
        """A row with the columns that the companions hold about it."""
        return _joined(row, self.order_joins)

    def lines_of(self, key: str) -> Iterator[Row]:
        """The items of an order, with the columns that the companions hold about each."""
        return (_joined(line, self.line_joins) for line in self.lines.get(key, ()))


def load_companions(spec: OrderMap, folder: Path) -> Companions:
    """Read every companion of the map that lies in ``folder``; one that doesn't is done without."""
    found: list[Path] = []

    def rows(pattern: str) -> Iterator[Row]:
        for path in sorted(folder.glob(pattern)):
            found.append(path)
            lines = read_lines(path, encoding=spec.encoding, delimiter=spec.delimiter)
            yield from (line.row for line in lines if not line.fault)

    joins = {to: [(join.key, _index(join, rows(join.file))) for join in spec.joins if join.to == to] for to in _TO}
    items: dict[str, list[Row]] = defaultdict(list)
    if spec.lines:
        for row in rows(spec.lines.file):
            items[row.get(spec.lines.key, "")].append(row)
    return Companions(joins["order"], joins["line"], dict(items), tuple(found))


_TO = ("order", "line")


def _index(join: Join, rows: Iterator[Row]) -> dict[str, Row]:
    """The rows by key. Of several with one key the first has the word, and the columns of ``sum`` are added up."""
    index: dict[str, dict[str, str]] = {}
    for row in rows:
        key = row.get(join.key, "")
        if key not in index:
            index[key] = dict(row)
            continue
        for column in join.sum:
            index[key][column] = _added(index[key].get(column, ""), row.get(column, ""))
    return dict(index)


def _added(left: str, right: str) -> str:
    try:
        return str(Decimal(left) + Decimal(right))
    except InvalidOperation:
        return "not a number"  # the order that it belongs to is reported for it


def _joined(row: Row, joins: Sequence[tuple[str, Mapping[str, Row]]]) -> Row:
    for key, index in joins:
        if more := index.get(row.get(key, "")):
            row = {**more, **row}
    return row
