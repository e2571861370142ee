"""Tables as people export them are read row by row, and what is no row says why."""

import gzip
import lzma
from pathlib import Path

import pytest

from logistics_portal.imports.table import Line, UnreadableFile, digest_of, read_lines


def lines_of(path: Path, content: bytes, *, delimiter: str = ",") -> list[Line]:
    path.write_bytes(content)
    return list(read_lines(path, encoding="utf-8-sig", delimiter=delimiter))


@pytest.mark.parametrize(("name", "pack"), [("a.csv", bytes), ("a.csv.gz", gzip.compress), ("a.csv.xz", lzma.compress)])
def test_reads_plain_and_compressed(tmp_path: Path, name: str, pack: object) -> None:
    found = lines_of(tmp_path / name, pack('\ufeffnumber,city\nA-1, Köln \n\nA-2,"Frank\nfurt"\n'.encode()))
    assert [dict(line.row) for line in found] == [
        {"number": "A-1", "city": "Köln"},
        {"number": "A-2", "city": "Frank\nfurt"},
    ]
    assert [line.number for line in found] == [2, 5]
    assert not any(line.fault for line in found)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (b"A-1", "It has 1 columns, the header has 2."),
        (b"A-1,B,C", "It has 3 columns, the header has 2."),
        (b"A-1,K\xf6ln", "It holds bytes that are not of the file's encoding."),
        (b"A-1,K\x00", "It holds control characters."),
    ],
)
def test_a_row_that_is_none_says_why_and_the_next_is_read(tmp_path: Path, row: bytes, fault: str) -> None:
    found = lines_of(tmp_path / "a.csv", b"number,city\n" + row + b"\nA-2,Bonn\n")
    assert [line.fault for line in found] == [fault, ""]
    assert found[1].row == {"number": "A-2", "city": "Bonn"}


def test_a_quote_that_nobody_closed_does_not_swallow_the_machine(tmp_path: Path) -> None:
    content = b'number,city\nA-1,"' + b"x" * 1_100_000 + b"\nA-2,Bonn\n"
    found = lines_of(tmp_path / "a.csv", content)
    assert "no row of a table" in found[0].fault


@pytest.mark.parametrize("content", [b"", b"\n", b",,\nA,B,C\n", b"number,number\nA,B\n"])
def test_a_file_without_a_header_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        lines_of(tmp_path / "a.csv", content)


def test_a_broken_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="decompressed"):
        lines_of(tmp_path / "a.csv.gz", gzip.compress(b"number,city\n" + b"A-1,Bonn\n" * 900)[:60])


def test_the_digest_follows_every_file_and_the_map(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    digests = {digest_of([one], b"map"), digest_of([one, two], b"map"), digest_of([two, one], b"map"), digest_of([one])}
    assert len(digests) == 4
