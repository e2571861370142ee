"""Reads tables as shops and warehouses export them: CSV, plain or compressed, row by row."""

import csv
import gzip
import hashlib
import lzma
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

FIELD_MAX = 1_000_000  # characters; a quote that nobody closed must not swallow a whole file
_OPENERS = {".xz": lzma.open, ".gz": gzip.open}


class UnreadableFile(Exception):
    """The file is no table: it has no header, or can't be decompressed."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file, with the number of its last line there. ``fault`` says why it is no row."""

    number: int
    row: Mapping[str, str]
    fault: str = ""


def open_text(path: Path, *, encoding: str) -> IO[str]:
    """Open a file that may be compressed. Bytes of another encoding survive as surrogates, for the row to tell."""
    opener: Callable[..., IO[str]] = _OPENERS.get(path.suffix, Path.open)  # type: ignore[assignment]
    return opener(path, "rt", encoding=encoding, errors="surrogateescape", newline="")


def read_lines(path: Path, *, encoding: str, delimiter: str) -> Iterator[Line]:
    """Every row below the header; a row that can't be one comes with its fault.

    Raises:
        UnreadableFile: no header, a column named twice, or a broken archive.
    """
    csv.field_size_limit(FIELD_MAX)
    try:
        with open_text(path, encoding=encoding) as file:
            reader = csv.reader(file, delimiter=delimiter)
            header = _header(reader, path)
            while (line := _next(reader, header)) is not None:
                yield line
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise UnreadableFile(f"{path.name} can't be decompressed: {error}") from error


def _header(reader: Iterator[list[str]], path: Path) -> list[str]:
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        raise UnreadableFile(f"{path.name} has no header: the first line must name the columns.")
    if len(set(header)) < len(header):
        raise UnreadableFile(f"{path.name} names a column twice.")
    return header


def _next(reader: Iterator[list[str]], header: Sequence[str]) -> Line | None:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except csv.Error as error:
            return Line(_line_number(reader), {}, f"This is no row of a table: {error}.")
        if cells:  # an empty line is no row
            return _line(_line_number(reader), header, cells)


def _line_number(reader: Iterator[list[str]]) -> int:
    return reader.line_num  # type: ignore[attr-defined]  # csv's readers have it, their type doesn't say so


def _line(number: int, header: Sequence[str], cells: list[str]) -> Line:
    row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
    if len(cells) != len(header):
        return Line(number, row, f"It has {len(cells)} columns, the header has {len(header)}.")
    text = "".join(cells)
    if not text.isprintable() and (fault := _unstorable(text)):
        return Line(number, row, fault)
    return Line(number, row)


def _unstorable(text: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return "It holds bytes that are not of the file's encoding."
    if any(letter < " " and letter not in "\t\r\n" for letter in text):
        return "It holds control characters."
    return ""


def digest_of(paths: Sequence[Path], *more: bytes) -> str:
    """SHA-256 over the files' bytes and ``more``."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    for piece in more:
        digest.update(hashlib.sha256(piece).digest())
    return digest.hexdigest()
