"""What an embedded OLE object (``oleObject1.bin``) carries: the file inside, or the whole when it is a document itself.

[MS-OLEDS] 2.3.6 (Ole10Native); Office packages keep theirs in the stream ``Package``.
"""

import io
import struct
from typing import Any

#: Streams of formulas and controls: they hold no file and no text of their own.
_WITHOUT_TEXT = frozenset({"equation native", "\x01ole10itemname"})
_DOCUMENTS = frozenset({"worddocument", "workbook", "book", "powerpoint document"})
_PACKAGES = ("Package", "CONTENTS", "EmbeddedOdf")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def unpack(data: bytes) -> tuple[str, bytes] | None:
    """(name or "", bytes) of the file inside; None when there is nothing to read (a formula); the data itself if unsure."""
    if not data.startswith(_OLE):
        return "", data
    import olefile  # only where there is such an object

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _look_inside(ole, data)
    except Exception:  # noqa: BLE001 - olefile fails in many ways on damaged objects; the whole is then handed on
        return "", data


def _look_inside(ole: Any, data: bytes) -> tuple[str, bytes] | None:
    streams = {entry[0].lower() for entry in ole.listdir() if len(entry) == 1}
    if streams & _DOCUMENTS:
        return "", data
    if "\x01ole10native" in streams:
        return native(ole.openstream("\x01Ole10Native").read())
    for name in _PACKAGES:
        if name.lower() in streams:
            return "", ole.openstream(name).read()
    if streams & _WITHOUT_TEXT:
        return None
    return "", data


def native(stream: bytes) -> tuple[str, bytes]:
    """The file in an Ole10Native stream and the name it was inserted under."""
    try:
        at = 6  # total size, flags
        label_end = stream.index(b"\0", at)
        path_end = stream.index(b"\0", label_end + 1)
        label = stream[at:label_end]
        at = path_end + 1 + 4
        (length,) = struct.unpack_from("<I", stream, at)
        at += 4 + length
        (size,) = struct.unpack_from("<I", stream, at)
        at += 4
    except (ValueError, struct.error):
        return "", stream[4:]
    content = stream[at : at + size]
    if not content or len(content) < size:
        return "", stream[4:]
    try:
        return label.decode("utf-8"), content
    except UnicodeDecodeError:
        return label.decode("gb18030", "replace"), content
