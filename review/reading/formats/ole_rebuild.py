"""A storage inside an OLE file written out as an OLE file of its own ([MS-CFB]), so that it can be read like any other."""

import struct
from dataclasses import dataclass, field

_SECTOR = 512
_SMALL = 64
_CUT_OFF = 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_DIFAT_IN_HEADER = 109
_ENTRIES_PER_SECTOR = _SECTOR // 4


@dataclass
class Storage:
    """A folder of streams and folders, by name."""

    streams: dict[str, bytes] = field(default_factory=dict, repr=False)
    storages: "dict[str, Storage]" = field(default_factory=dict, repr=False)


@dataclass
class _Entry:
    name: str
    kind: int  # 5 root, 1 storage, 2 stream
    data: bytes = field(default=b"", repr=False)
    left: int = _FREE
    right: int = _FREE
    child: int = _FREE
    start: int = _END


def write(root: Storage) -> bytes:
    """The compound file of a storage."""
    entries = [_Entry("Root Entry", 5)]
    _add_children(entries, 0, root)
    chains: list[bytes] = []
    fat: list[int] = []
    small_chains: list[bytes] = []
    small_fat: list[int] = []
    for entry in entries:
        if entry.kind == 2 and entry.data:
            is_small = len(entry.data) < _CUT_OFF
            entry.start = (
                _chain(small_fat, small_chains, entry.data, _SMALL) if is_small else _chain(fat, chains, entry.data)
            )
    small_start = _END
    if small_fat:
        entries[0].data = b"".join(small_chains)
        entries[0].start = _chain(fat, chains, entries[0].data)
        small_start = _chain(fat, chains, _table(small_fat))
    directory = b"".join(map(_directory_entry, entries))
    directory += bytes(-len(directory) % _SECTOR)
    directory_start = _chain(fat, chains, directory)
    return _file(fat, chains, directory_start, small_start, -(-len(small_fat) // _ENTRIES_PER_SECTOR))


def _table(numbers: list[int]) -> bytes:
    filled = numbers + [_FREE] * (-len(numbers) % _ENTRIES_PER_SECTOR)
    return struct.pack(f"<{len(filled)}I", *filled)


def _add_children(entries: list[_Entry], parent: int, storage: Storage) -> None:
    children: list[int] = []
    names = sorted([*storage.streams, *storage.storages], key=lambda name: (len(name), name.upper()))
    for name in names:
        children.append(len(entries))
        if name in storage.streams:
            entries.append(_Entry(name[:31], 2, storage.streams[name]))
        else:
            entries.append(_Entry(name[:31], 1))
            _add_children(entries, children[-1], storage.storages[name])
    entries[parent].child = _balance(entries, children)


def _balance(entries: list[_Entry], children: list[int]) -> int:
    """The root of a search tree over the sorted children, halved at every step."""
    if not children:
        return _FREE
    middle = len(children) // 2
    entry = entries[children[middle]]
    entry.left = _balance(entries, children[:middle])
    entry.right = _balance(entries, children[middle + 1 :])
    return children[middle]


def _chain(fat: list[int], chains: list[bytes], data: bytes, sector: int = _SECTOR) -> int:
    start = len(fat)
    count = -(-len(data) // sector)
    fat += [*range(start + 1, start + count), _END]
    chains.append(data.ljust(count * sector, b"\0"))
    return start


def _directory_entry(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le")[:62]
    links = struct.pack("<BBIII", entry.kind, 1, entry.left, entry.right, entry.child)
    return (
        name.ljust(64, b"\0")
        + struct.pack("<H", len(name) + 2)
        + links
        + bytes(16 + 4 + 16)
        + struct.pack("<IQ", 0 if entry.kind == 1 else entry.start, len(entry.data))
    )


def _file(fat: list[int], chains: list[bytes], directory_start: int, small_start: int, small_tables: int) -> bytes:
    used = len(fat)
    tables = difat_tables = 0
    while True:  # the tables describe themselves as well
        total = used + tables + difat_tables
        needed = -(-total // _ENTRIES_PER_SECTOR)
        difat_needed = max(0, -(-(needed - _DIFAT_IN_HEADER) // (_ENTRIES_PER_SECTOR - 1)))
        if (needed, difat_needed) == (tables, difat_tables):
            break
        tables, difat_tables = needed, difat_needed
    places = list(range(used, used + tables))
    table = [*fat, *[_FAT] * tables, *[0xFFFFFFFC] * difat_tables]
    table += [_FREE] * (tables * _ENTRIES_PER_SECTOR - len(table))
    first_difat = used + tables if difat_tables else _END
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        bytes(16),
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        bytes(6),
        0,
        tables,
        directory_start,
        0,
        _CUT_OFF,
        small_start,
        small_tables,
        first_difat,
        difat_tables,
    )
    in_header = (places + [_FREE] * _DIFAT_IN_HEADER)[:_DIFAT_IN_HEADER]
    out = [header, struct.pack(f"<{_DIFAT_IN_HEADER}I", *in_header), *chains, _table(table)]
    rest = places[_DIFAT_IN_HEADER:]
    for index in range(difat_tables):
        part = rest[index * 127 : (index + 1) * 127]
        following = used + tables + index + 1 if index + 1 < difat_tables else _END
        out.append(struct.pack("<128I", *(part + [_FREE] * 127)[:127], following))
    return b"".join(out)
