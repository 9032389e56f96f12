"""Tiny binary Office files made in the test: an OLE file of given streams, a doc, an xls, a ppt, a msg, property sets."""

import io
import struct

import olefile

from review.reading.formats.ole_rebuild import Storage, write

_SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
_DOCUMENT = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
_CUSTOM = bytes.fromhex("05d5cdd59c2e1b10939708002b2cf9ae")


def ole(streams: dict[str, bytes], storages: dict[str, Storage] | None = None) -> bytes:
    """An OLE file; a name with slashes is a stream in storages."""
    root = Storage(storages=dict(storages or {}))
    for path, content in streams.items():
        *folders, name = path.split("/")
        folder = root
        for part in folders:
            folder = folder.storages.setdefault(part, Storage())
        folder.streams[name] = content
    return write(root)


def streams_of(data: bytes) -> dict[str, bytes]:
    """The top streams of an OLE file."""
    with olefile.OleFileIO(io.BytesIO(data)) as found:
        return {path[0]: found.openstream(path).read() for path in found.listdir() if len(path) == 1}


# --------------------------------------------------------------------------------------------------------- properties


def _value(value: str | int, code_page: int) -> bytes:
    if isinstance(value, int):
        return struct.pack("<Ii", 3, value)
    if code_page == 1200:
        raw = value.encode("utf-16-le") + b"\0\0"
    else:
        raw = value.encode("gb18030" if code_page == 936 else f"cp{code_page}") + b"\0"
    return struct.pack("<II", 0x1E, len(raw)) + raw + bytes(-len(raw) % 4)


def _section(values: dict[int, bytes]) -> bytes:
    table, body = b"", b""
    start = 8 + 8 * len(values)
    for identifier, raw in values.items():
        table += struct.pack("<II", identifier, start + len(body))
        body += raw
    return struct.pack("<II", start + len(body), len(values)) + table + body


def _stream(sections: list[tuple[bytes, bytes]]) -> bytes:
    out = struct.pack("<HHI16sI", 0xFFFE, 0, 0, bytes(16), len(sections))
    at = len(out) + 20 * len(sections)
    body = b""
    for identifier, section in sections:
        out += identifier + struct.pack("<I", at + len(body))
        body += section
    return out + body


def summary(values: dict[int, str | int], code_page: int = 936) -> bytes:
    """A \\x05SummaryInformation stream."""
    found = {1: struct.pack("<Ihh", 2, code_page if code_page < 32768 else code_page - 65536, 0)}
    return _stream([(_SUMMARY, _section(found | {i: _value(v, code_page) for i, v in values.items()}))])


def document_summary(values: dict[int, str], custom: dict[str, str], code_page: int = 936) -> bytes:
    """A \\x05DocumentSummaryInformation stream with custom properties."""
    page = {1: struct.pack("<Ihh", 2, code_page, 0)}
    first = _section(page | {i: _value(v, code_page) for i, v in values.items()})
    names = struct.pack("<I", len(custom))
    for number, name in enumerate(custom, 2):
        raw = name.encode("gb18030") + b"\0"
        names += struct.pack("<II", number, len(raw)) + raw
    names += bytes(-len(names) % 4)
    second = _section({0: names} | page | {n: _value(v, code_page) for n, v in enumerate(custom.values(), 2)})
    return _stream([(_DOCUMENT, first), (_CUSTOM, second)])


# ------------------------------------------------------------------------------------------------------------------ doc

#: Where the text of a built document begins.
_TEXT_AT = 0x800


def doc(
    runs: list[tuple[str, bytes]],
    flags: int = 0,
    extra: dict[str, bytes] | None = None,
    fast: list[bytes] | None = None,
) -> bytes:
    """A Word document whose main text is the runs; each has its operations (sprm), b"" for none.

    ``fast``: operations of the piece instead (as a quick save writes them), one per run; every run is a piece.
    """
    text = "".join(run for run, _ in runs).encode("utf-16-le")
    body = bytearray(_TEXT_AT) + text
    body += bytes(-len(body) % 512)
    page_number = len(body) // 512
    body += _formatting_page([(len(run.encode("utf-16-le")), changes) for run, changes in runs])
    characters = len(text) // 2
    end = _TEXT_AT + len(text)
    table = bytearray()
    places = {12: struct.pack("<III", _TEXT_AT, end, page_number), 33: _pieces(runs, fast)}
    struct.pack_into("<HH", body, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", body, 0x0A, 0x200 | flags)
    struct.pack_into("<II", body, 0x18, _TEXT_AT, end)
    struct.pack_into("<i", body, 0x4C, characters)
    struct.pack_into("<H", body, 0x98, 0x5D)
    for index, content in places.items():
        struct.pack_into("<II", body, 0x9A + 8 * index, len(table), len(content))
        table += content
    return ole({"WordDocument": bytes(body), "1Table": bytes(table), **(extra or {})})


def _formatting_page(runs: list[tuple[int, bytes]]) -> bytes:
    page = bytearray(512)
    at, end = _TEXT_AT, 510
    for index, (size, changes) in enumerate(runs):
        struct.pack_into("<I", page, 4 * index, at)
        at += size
        if changes:
            end = (end - len(changes) - 1) // 2 * 2
            page[end] = len(changes)
            page[end + 1 : end + 1 + len(changes)] = changes
            page[4 * (len(runs) + 1) + index] = end // 2
    struct.pack_into("<I", page, 4 * len(runs), at)
    page[511] = len(runs)
    return bytes(page)


def _pieces(runs: list[tuple[str, bytes]], fast: list[bytes] | None) -> bytes:
    sizes = (
        [len(run.encode("utf-16-le")) // 2 for run, _ in runs]
        if fast
        else [sum(len(run.encode("utf-16-le")) // 2 for run, _ in runs)]
    )
    bounds, places, at = [0], b"", _TEXT_AT
    for index, size in enumerate(sizes):
        bounds.append(bounds[-1] + size)
        places += struct.pack("<HIH", 0, at, (index << 1 | 1) if fast else 0)
        at += 2 * size
    plc = struct.pack(f"<{len(bounds)}I", *bounds) + places
    changes = b"".join(b"\1" + struct.pack("<H", len(c)) + c for c in fast or ())
    return changes + b"\2" + struct.pack("<I", len(plc)) + plc


# ------------------------------------------------------------------------------------------------------------------ xls


def biff(kind: int, data: bytes) -> bytes:
    """One record."""
    return struct.pack("<HH", kind, len(data)) + data


def wide(text: str, byte_length: bool = False) -> bytes:
    """A Unicode string of a workbook."""
    raw = text.encode("utf-16-le")
    return struct.pack("<B" if byte_length else "<H", len(raw) // 2) + b"\1" + raw


def xls(sheets: list[tuple[str, int, bytes]], before: bytes = b"", extra: dict[str, bytes] | None = None) -> bytes:
    """A workbook of (name, state, records of the sheet)."""
    names = [struct.pack("<BB", state, 0) + wide(name, True) for name, state, _ in sheets]
    head = biff(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 6)) + before
    at = len(head) + sum(4 + 4 + len(name) for name in names) + 4
    bodies = [
        biff(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6)) + records + biff(0x0A, b"")
        for _, _, records in sheets
    ]
    for name, body in zip(names, bodies, strict=True):
        head += biff(0x85, struct.pack("<I", at) + name)
        at += len(body)
    return ole({"Workbook": head + biff(0x0A, b"") + b"".join(bodies), **(extra or {})})


def label(row: int, column: int, text: str) -> bytes:
    """A cell of text."""
    return biff(0x204, struct.pack("<HHH", row, column, 0) + wide(text))


def number(row: int, column: int, value: float) -> bytes:
    """A cell with a number."""
    return biff(0x203, struct.pack("<HHHd", row, column, 0, value))


# ------------------------------------------------------------------------------------------------------------------ ppt


def atom(kind: int, data: bytes, instance: int = 0) -> bytes:
    """One atom of a presentation."""
    return struct.pack("<HHI", instance << 4, kind, len(data)) + data


def container(kind: int, *children: bytes, instance: int = 0) -> bytes:
    """One container of a presentation."""
    data = b"".join(children)
    return struct.pack("<HHI", instance << 4 | 0xF, kind, len(data)) + data


def chars(text: str) -> bytes:
    """A text header and its text."""
    return atom(3999, struct.pack("<I", 4)) + atom(4000, text.encode("utf-16-le"))


def comment(author: str, text: str) -> bytes:
    """A comment on a slide, in the tag PowerPoint keeps it in."""
    strings = atom(4026, author.encode("utf-16-le"), 0) + atom(4026, text.encode("utf-16-le"), 1)
    return container(5000, container(5002, atom(5003, container(12000, strings))))


def ppt(
    slides: list[tuple[bool, bytes]],
    old: tuple[bytes, ...] | list[bytes] = (),
    extra: dict[str, bytes] | None = None,
    token: int = 0xE391C05F,
    objects: tuple[bytes, ...] | list[bytes] = (),
) -> bytes:
    """A presentation of (hidden, records of the slide); ``old``: slides an earlier save left; ``objects``: embedded."""
    numbers = range(2, 2 + len(slides))
    listed = b"".join(atom(1011, struct.pack("<IIIII", number, 0, 0, 254 + number, 0)) for number in numbers)
    live = [container(1000, atom(1001, struct.pack("<ii", 5760, 4320) + bytes(32)), container(4080, listed))]
    for is_hidden, records in slides:
        info = atom(1017, struct.pack("<iIBBHI", 0, 0, 0, 0, 4 if is_hidden else 0, 0))
        live.append(container(1006, atom(1007, bytes(24)), info, container(0xF00D, records)))
    live += objects
    stream = b"".join(container(1006, container(0xF00D, records)) for records in old)
    places = []
    for content in live:
        places.append(len(stream))
        stream += content
    directory = len(stream)
    stream += atom(6002, struct.pack(f"<I{len(places)}I", len(places) << 20 | 1, *places))
    edit = len(stream)
    stream += atom(4085, struct.pack("<IIIIIIHH", 0, 0, 0, directory, 1, len(places) + 1, 0, 0))
    user = struct.pack("<HHIIIIHHBBH", 0, 4086, 20, 20, token, edit, 0, 1012, 3, 0, 0)
    return ole({"PowerPoint Document": stream, "Current User": user, **(extra or {})})
