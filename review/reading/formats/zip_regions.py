"""What of a zip file its directory does not account for: other files, text before, between or after the entries.

Programs show what the directory lists (APPNOTE.TXT 4.3); anything else is invisible to a person and still travels along.
"""

import io
import struct
import zipfile
import zlib

from review.reading.assembly import Embedded

WARNING = "压缩结构之外还有数据（打开时看不见），可能藏有内容。请解压后用原程序另存、重新压缩后提交。"
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_SALVAGED_BYTES = 64 * 1024 * 1024
_CENTRAL = 46
_DESCRIPTOR = 8  # flag bit 3: sizes follow the data
#: Shorter left-overs are padding.
_TRIVIAL = 8


def unlisted(data: bytes, bundle: zipfile.ZipFile) -> list[bytes]:
    """The stretches of the file that belong to no listed entry and not to the directory, without mere padding."""
    taken = [_entry(data, info) for info in bundle.infolist()]
    taken += _directory(data, bundle.start_dir)
    found = []
    at = 0
    for start, end in sorted(taken):
        found.append(data[at:start])
        at = max(at, end)
    found.append(data[at:])
    return [stretch for stretch in (part.strip(b"\0") for part in found) if len(stretch) > _TRIVIAL]


def as_files(stretches: list[bytes], entries: int, expanded_bytes: int) -> list[Embedded]:
    """The stretches as files inside the file: entries without a place in the directory are put into a zip of their own."""
    files = []
    for number, stretch in enumerate(stretches[:100], 1):
        rest = salvage(stretch, entries, expanded_bytes) if b"PK\x03\x04" in stretch else None
        name = f"未列出的数据{number}"
        files.append(Embedded(f"{name}.zip", rest, "") if rest else Embedded(name, stretch, ""))
    return files


def _entry(data: bytes, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Start and end of an entry: its own header, its data, the descriptor that may follow."""
    start = info.header_offset
    if not 0 <= start <= len(data) - _LOCAL.size:
        return 0, 0
    *_, name_size, extra_size = _LOCAL.unpack_from(data, start)
    end = start + _LOCAL.size + name_size + extra_size + info.compress_size
    if info.flag_bits & _DESCRIPTOR:
        end += 4 if data[end : end + 4] == b"PK\x07\x08" else 0
        end += 12 if data[end + 12 : end + 14] == b"PK" or data[end + 20 : end + 22] != b"PK" else 20
    return start, end


def _directory(data: bytes, start: int) -> list[tuple[int, int]]:
    """The central directory and the records behind it, up to the end of the archive's comment."""
    at = max(start, 0)
    while data[at : at + 4] == b"PK\x01\x02" and at + _CENTRAL <= len(data):
        at += _CENTRAL + sum(struct.unpack_from("<HHH", data, at + 28))
    if data[at : at + 4] == b"PK\x05\x05" and at + 6 <= len(data):  # a digital signature
        at += 6 + struct.unpack_from("<H", data, at + 4)[0]
    if data[at : at + 4] == b"PK\x06\x06" and at + 12 <= len(data):
        at += 12 + min(struct.unpack_from("<Q", data, at + 4)[0], 1 << 16)
    at += 20 if data[at : at + 4] == b"PK\x06\x07" else 0
    taken = [(max(start, 0), at)]
    last = data.rfind(b"PK\x05\x06")
    if 0 <= last <= len(data) - 22:
        taken.append((last, last + 22 + struct.unpack_from("<H", data, last + 20)[0]))
    return taken


def salvage(data: bytes, entries: int, expanded_bytes: int) -> bytes | None:
    """A new zip of the entries whose beginnings can still be inflated; None when there is none.

    Goes by the local headers (APPNOTE.TXT 4.3.7); an entry that is cut off keeps what came before the cut.
    """
    target = io.BytesIO()
    count, at = 0, data.find(b"PK\x03\x04")
    with zipfile.ZipFile(target, "w") as bundle:
        while 0 <= at <= len(data) - _LOCAL.size and count < entries:
            _, _, flags, method, _, _, _, size, _, name_size, extra_size = _LOCAL.unpack_from(data, at)
            start = at + _LOCAL.size + name_size
            name = data[at + _LOCAL.size : start].decode("utf-8" if flags & 0x800 else "cp437", "replace")
            is_known = method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED) and not flags & 1
            if is_known and name and not name.endswith("/"):
                begin, limit = start + extra_size, min(_SALVAGED_BYTES, expanded_bytes)
                is_packed = method == zipfile.ZIP_DEFLATED
                content = _inflated(data, begin, limit) if is_packed else data[begin : begin + min(size, limit)]
                expanded_bytes -= len(content)
                if content and name not in bundle.NameToInfo:
                    bundle.writestr(name, content)
                    count += 1
            at = data.find(b"PK\x03\x04", start)
    return target.getvalue() if count else None


def _inflated(data: bytes, start: int, limit: int) -> bytes:
    """What can be inflated from ``start`` on, up to the limit or the damage."""
    stream = zlib.decompressobj(-15)
    found = bytearray()
    while start < len(data) and len(found) < limit and not stream.eof:
        try:
            found += stream.decompress(data[start : start + 4096], limit - len(found))
            while stream.unconsumed_tail and len(found) < limit:
                found += stream.decompress(stream.unconsumed_tail, limit - len(found))
        except zlib.error:
            break
        start += 4096
    return bytes(found)
