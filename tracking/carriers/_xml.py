"""Reading XML that was written by someone else into the same plain shapes as JSON, refusing DTDs and entities."""

from collections.abc import Mapping
from xml.parsers import expat

from tracking.carriers.base import Unreadable

_DEEPEST = 100


def load(body: bytes) -> tuple[str, dict[str, object]]:
    """Parse an XML body into (name of the root, its fields).

    An element without children or attributes becomes its text; any other becomes a dict of its children by local name
    (a repeated child becomes a list), its attributes as "@name", and its own text as "#text". Namespace prefixes are
    dropped.

    Raises:
        Unreadable: not well-formed, truncated, wrongly encoded, nested too deep, or carrying a document type.
    """
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    try:
        parser.Parse(body.removeprefix(b"\xef\xbb\xbf").strip(), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unreadable(f"The body is not XML: {error}.") from error
    root = builder.root
    return builder.root_name, root if isinstance(root, dict) else {"#text": root}


def looks_like(body: bytes) -> bool:
    """Whether a body is meant as XML, by its first character."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or body[:2] in (b"\xff\xfe", b"\xfe\xff")


def unwrap(root: str, document: Mapping[str, object]) -> Mapping[str, object]:
    """The fields inside a SOAP envelope (or a wrapper around one), else the document under its root's name."""
    inner: object = {root: document}
    for name in ("wrapper", "Envelope", "Body"):
        if isinstance(inner, Mapping) and name in inner:
            inner = inner[name]
    return inner if isinstance(inner, Mapping) else {}


def _refuse_doctype(*_: object) -> None:
    raise Unreadable("The XML carries a document type declaration.")


class _Builder:
    def __init__(self) -> None:
        self.root_name = ""
        self.root: object = ""
        self._open: list[tuple[str, dict[str, object], list[str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise Unreadable("The XML is nested too deep.")
        found: dict[str, object] = {f"@{_local(key)}": value for key, value in attributes.items()}
        self._open.append((_local(name), found, []))

    def characters(self, characters: str) -> None:
        self._open[-1][2].append(characters)

    def end(self, _: str) -> None:
        name, found, parts = self._open.pop()
        words = "".join(parts).strip()
        value: object = words
        if found:
            value = found | ({"#text": words} if words else {})
        if not self._open:
            self.root_name, self.root = name, value
            return
        siblings = self._open[-1][1]
        if name not in siblings:
            siblings[name] = value
        else:
            known = siblings[name]
            siblings[name] = [*known, value] if isinstance(known, list) else [known, value]


def _local(name: str) -> str:
    return name.rpartition(":")[2]
