"""XML read as a stream of events: constant memory, any depth, no DTD, no entity, no network.

expat calls the functions a ``Handler`` lists for the elements it knows and skips the rest. Element and attribute names
come with the usual short prefixes of ``PREFIXES`` ("w:t", "r:id"), whatever prefix the file uses; transitional and strict
OOXML namespaces share a prefix (ISO/IEC 29500-1 and -4). XML that is not well formed is read a second time after lxml
has mended it.
"""

import re
from collections.abc import Callable
from typing import TypeVar
from xml.parsers import expat

Start = Callable[[dict[str, str]], None]
End = Callable[[], None]

_OFFICE = "http://schemas.openxmlformats.org/"
_STRICT = "http://purl.oclc.org/ooxml/"
_MICROSOFT = "http://schemas.microsoft.com/office/"
PREFIXES: dict[str, str] = {
    f"{_OFFICE}wordprocessingml/2006/main": "w",
    f"{_STRICT}wordprocessingml/main": "w",
    f"{_MICROSOFT}word/2003/wordml": "w",
    "urn:schemas-microsoft-com:office:spreadsheet": "ss",
    f"{_OFFICE}drawingml/2006/main": "a",
    f"{_STRICT}drawingml/main": "a",
    f"{_OFFICE}drawingml/2006/wordprocessingDrawing": "wp",
    f"{_STRICT}drawingml/wordprocessingDrawing": "wp",
    f"{_OFFICE}drawingml/2006/spreadsheetDrawing": "xdr",
    f"{_STRICT}drawingml/spreadsheetDrawing": "xdr",
    f"{_OFFICE}drawingml/2006/picture": "pic",
    f"{_STRICT}drawingml/picture": "pic",
    f"{_OFFICE}drawingml/2006/chart": "c",
    f"{_STRICT}drawingml/chart": "c",
    f"{_OFFICE}drawingml/2006/diagram": "dgm",
    f"{_STRICT}drawingml/diagram": "dgm",
    f"{_OFFICE}officeDocument/2006/relationships": "r",
    f"{_STRICT}officeDocument/relationships": "r",
    f"{_OFFICE}package/2006/relationships": "rel",
    f"{_OFFICE}officeDocument/2006/math": "m",
    f"{_STRICT}officeDocument/math": "m",
    f"{_OFFICE}spreadsheetml/2006/main": "x",
    f"{_STRICT}spreadsheetml/main": "x",
    f"{_OFFICE}presentationml/2006/main": "p",
    f"{_STRICT}presentationml/main": "p",
    f"{_OFFICE}markup-compatibility/2006": "mc",
    f"{_OFFICE}package/2006/metadata/core-properties": "cp",
    f"{_OFFICE}officeDocument/2006/extended-properties": "ep",
    f"{_STRICT}officeDocument/extendedProperties": "ep",
    f"{_OFFICE}officeDocument/2006/custom-properties": "op",
    f"{_STRICT}officeDocument/customProperties": "op",
    f"{_OFFICE}officeDocument/2006/docPropsVTypes": "vt",
    f"{_STRICT}officeDocument/docPropsVTypes": "vt",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    "urn:schemas-microsoft-com:office:excel": "xvml",
    f"{_MICROSOFT}word/2010/wordprocessingShape": "wps",
    f"{_MICROSOFT}word/2010/wordml": "w14",
    f"{_MICROSOFT}word/2012/wordml": "w15",
    f"{_MICROSOFT}spreadsheetml/2018/threadedcomments": "tc",
    f"{_MICROSOFT}spreadsheetml/2009/9/main": "x14",
    f"{_MICROSOFT}excel/2006/main": "xm",
    f"{_MICROSOFT}powerpoint/2018/8/main": "p188",
    f"{_MICROSOFT}powerpoint/2010/main": "p14",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
_SEPARATOR = "\x1f"
#: Up to so much of a damaged part is mended; lxml builds a tree for it.
_MENDED_BYTES = 32 * 1024 * 1024
_WORDING = re.compile(r"[\u3400-\u9fff]|\d{11}|\d{6}\D\d{4}")
_DOCTYPE = re.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)")


class ForbiddenXml(Exception):
    """The XML declares a document type or an entity; nothing of it was used."""


class TooMuchText(Exception):
    """More characters than one file may have."""


class Handler:
    """What to do at the start and end of elements; ``text`` collects character data while it is a list.

    ``skips`` names elements that are passed over with all they contain; ``skip()`` in a start function does it for one.
    """

    def __init__(self) -> None:
        self.starts: dict[str, Start] = {}
        self.ends: dict[str, End] = {}
        self.skips: frozenset[str] = frozenset()
        self.text: list[str] | None = None
        self.is_skipping = False

    def skip(self) -> None:
        """Pass over the element that just started; its end function is not called."""
        self.is_skipping = True

    def any_start(self, name: str, attributes: dict[str, str]) -> None:
        """Called for elements that ``starts`` does not list, when a subclass overrides it."""

    def stray(self, text: str) -> None:
        """Called for character data that nothing collects, comments and instructions, when a subclass overrides it."""


H = TypeVar("H", bound=Handler)


def walk(data: bytes, make: Callable[[], H], characters: int = 30_000_000) -> tuple[H, bool]:
    """The handler after all events, and whether the XML was whole; ForbiddenXml, TooMuchText."""
    handler = make()
    try:
        _feed(data, handler, characters)
        return handler, True
    except expat.ExpatError:
        mended = _mended(data)
    if mended is None:
        return handler, False
    again = make()
    try:
        _feed(mended, again, characters)
    except expat.ExpatError:
        return handler, False
    return again, _is_only_foreign(data)


def _feed(data: bytes, handler: Handler, characters: int) -> None:
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.buffer_size = 65536
    events = _Events(handler, characters)
    parser.StartElementHandler = events.start
    parser.EndElementHandler = events.end
    parser.CharacterDataHandler = events.characters
    if events.sees_strays:
        parser.CommentHandler = events.stray
        parser.ProcessingInstructionHandler = lambda _, text: events.stray(text)
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.Parse(data, True)


def _refuse(*_: object) -> None:
    raise ForbiddenXml


class _Events:
    """Between expat's names and the handler's."""

    def __init__(self, handler: Handler, characters: int) -> None:
        self._handler = handler
        self._left = characters
        self._starts: dict[str, Start | None] = {}
        self._ends: dict[str, End | None] = {}
        self._skipped: set[str] = set()
        self._names: dict[str, str] = {}
        self._plain: set[str] = set()  # names of attributes without a namespace: nothing to rename
        self._depth = 0  # inside a skipped element
        self.sees_strays = type(handler).stray is not Handler.stray
        self._sees_all = type(handler).any_start is not Handler.any_start

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth:
            self._depth += 1
            return
        if name not in self._starts:
            self._learn(name)
        if name in self._skipped:
            self._depth = 1
            return
        function = self._starts[name]
        if function is not None:
            function(attributes if attributes.keys() <= self._plain else self._renamed(attributes))
        elif self._sees_all:
            self._handler.any_start(self._short(name), self._renamed(attributes))
        else:
            return
        if self._handler.is_skipping:
            self._handler.is_skipping = False
            self._depth = 1

    def end(self, name: str) -> None:
        if self._depth:
            self._depth -= 1
            return
        function = self._ends[name]
        if function is not None:
            function()

    def characters(self, data: str) -> None:
        sink = self._handler.text
        if self._depth:
            return
        if sink is not None:
            self._left -= len(data)
            if self._left < 0:
                raise TooMuchText
            sink.append(data)
        elif self.sees_strays and not data.isspace():
            self._handler.stray(data)

    def stray(self, text: str) -> None:
        """A comment or processing instruction: no program shows it, and it stays in the file."""
        self._handler.stray(text)

    def _renamed(self, attributes: dict[str, str]) -> dict[str, str]:
        if len(self._plain) < 1000:
            self._plain.update(key for key in attributes if _SEPARATOR not in key)
        names = self._names
        return {names.get(key) or self._short(key): value for key, value in attributes.items()}

    def _learn(self, name: str) -> None:
        short = self._short(name)
        self._starts[name] = self._handler.starts.get(short)
        self._ends[name] = self._handler.ends.get(short) or self._handler.ends.get("*")
        if short in self._handler.skips:
            self._skipped.add(name)

    def _short(self, name: str) -> str:
        short = self._names.get(name)
        if short is None:
            space, separator, local = name.rpartition(_SEPARATOR)
            short = f"{PREFIXES.get(space, '?')}:{local}" if separator else local
            if len(self._names) < 100_000:
                self._names[name] = short
        return short


def _mended(data: bytes) -> bytes | None:
    """Well-formed XML made of what lxml can save, None when it cannot; ForbiddenXml when there is a DTD."""
    if len(data) > _MENDED_BYTES:
        return None
    if _DOCTYPE.search(data):
        raise ForbiddenXml
    from lxml import etree  # only for damaged parts: a whole file does not pay for it

    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
        if root is None or root.getroottree().docinfo.internalDTD is not None:
            return None
        return etree.tostring(root, encoding="utf-8")
    except (etree.XMLSyntaxError, ValueError):
        return None


def _is_only_foreign(data: bytes) -> bool:
    """Whether the only fault was a character set that expat does not know."""
    match = re.match(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([A-Za-z0-9_-]{1,40})", data)
    if match is None or match[1].lower() in (b"utf-8", b"utf-16", b"us-ascii", b"iso-8859-1"):
        return False
    try:
        data.decode(match[1].decode("ascii"))
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def is_wording(text: str) -> bool:
    """Whether text nobody asked for is worth reading: a Chinese character, or a number too long for a measure."""
    return bool(_WORDING.search(text))


def number(text: str | None, default: int = 0) -> int:
    """The whole number in an attribute, ``default`` when it is none."""
    try:
        return int(text or "")
    except ValueError:
        return default


def is_on(attributes: dict[str, str], name: str = "w:val") -> bool:
    """An on/off property (ISO/IEC 29500-1 §17.17.4): present means on unless it says otherwise."""
    return attributes.get(name, "true") not in ("0", "false", "off", "none")
