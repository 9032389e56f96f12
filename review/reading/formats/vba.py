"""The source of macros: the compressed module streams of a VBA project ([MS-OVBA] 2.4.1), as text.

Macros are part of the file that would be published; what stands in them is text like any other.
"""

import io
import struct

from review.reading.formats.text import decode

#: Every module's source begins with this word, one byte after the first flag byte of its container.
_BEGINNING = b"Attribut\x00e "
_NOT_MODULES = frozenset({"dir", "_vba_project", "project", "projectwm"})
_MAX_SOURCE = 8 * 1024 * 1024


def modules(data: bytes) -> tuple[list[tuple[str, str]], bool]:
    """(module name, source without its attributes) of a vbaProject.bin, and whether every module could be read."""
    import olefile  # only for files with macros

    found: list[tuple[str, str]] = []
    is_whole = True
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            for path in ole.listdir(streams=True, storages=False):
                name = path[-1]
                if (
                    name.lower() in _NOT_MODULES
                    or name.lower().startswith("__srp")
                    or "vba" not in map(str.lower, path)
                ):
                    continue
                stream = ole.openstream(path).read()
                at = stream.find(_BEGINNING)
                source = decompress(stream, at - 4) if at >= 4 else None
                if source is None:
                    is_whole = False
                    continue
                text = decode(source)[0]
                lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Attribute ")]
                if lines:
                    found.append((name, "\n".join(lines)))
    except Exception:  # noqa: BLE001 - olefile fails in many ways on damaged files; the caller says the macros were not read
        return found, False
    return found, is_whole


def decompress(data: bytes, start: int) -> bytes | None:
    """The bytes of a compressed container that begins at ``start`` ([MS-OVBA] 2.4.1.3.1); None when it is none."""
    if start < 0 or start >= len(data) or data[start] != 1:
        return None
    out = bytearray()
    at = start + 1
    while at + 2 <= len(data) and len(out) < _MAX_SOURCE:
        (header,) = struct.unpack_from("<H", data, at)
        size = (header & 0x0FFF) + 3
        if header >> 12 & 7 != 3:
            break
        chunk = data[at + 2 : at + size]
        if header & 0x8000:
            out += _chunk(chunk)
        else:
            out += chunk[:4096]
        at += size
    return bytes(out)


def _chunk(chunk: bytes) -> bytes:
    """One compressed chunk: literals and copies of what came before in it."""
    out = bytearray()
    at = 0
    while at < len(chunk):
        flags = chunk[at]
        at += 1
        for bit in range(8):
            if at >= len(chunk):
                break
            if not flags >> bit & 1:
                out.append(chunk[at])
                at += 1
                continue
            if at + 2 > len(chunk) or not out:
                return bytes(out)
            (token,) = struct.unpack_from("<H", chunk, at)
            at += 2
            offset_bits = max((len(out) - 1).bit_length(), 4)
            length = (token & (0xFFFF >> offset_bits)) + 3
            offset = (token >> (16 - offset_bits)) + 1
            if offset > len(out):
                return bytes(out)
            for _ in range(length):
                out.append(out[-offset])
    return bytes(out)
