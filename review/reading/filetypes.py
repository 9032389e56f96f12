"""What is this file? Decided by its first bytes and its structure, never by its suffix.

``SIGNATURES`` is the magic table (add a row for a new format). Containers that several formats share (OLE, zip) and texts
are told apart by looking inside. Runs in the sandboxed child, except ``guess``, which looks at first bytes only.
"""

import io
import re
import zipfile

from review.reading.formats import charset

#: (offset, bytes, format); first match wins. "ole" and "zip" are looked into; "%PDF" may also stand after junk (``identify``).
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PK\x07\x08", "zip"),
    (0, b"%PDF-", "pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"GIF8", "gif"),
    (0, b"II*\0", "tif"),
    (0, b"MM\0*", "tif"),
    (0, b"BM", "bmp"),
    (8, b"WEBP", "webp"),
    (0, b"{\\rtf", "rtf"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"\x1f\x8b", "gz"),
    (0, b"BZh", "bz2"),
    (0, b"\xfd7zXZ\0", "xz"),
    (257, b"ustar", "tar"),
    (0, b"Founder CEB", "ceb"),
    (40, b" EMF", "emf"),
    (0, b"\xd7\xcd\xc6\x9a", "wmf"),
    (0, b"\x01\x00\x09\x00\x00\x03", "wmf"),
)

#: Suffixes that say what a person expects, and the formats that fulfil it.
SUFFIXES: dict[str, frozenset[str]] = {
    suffix: frozenset(formats.split())
    for formats, suffixes in (
        ("docx", "docx docm dotx dotm"),
        ("doc", "doc dot wps wpt"),
        ("xlsx", "xlsx xlsm xltx"),
        ("xls", "xls et xlt"),
        ("pptx", "pptx pptm ppsx potx"),
        ("ppt", "ppt pps dps"),
        ("pdf", "pdf"),
        ("ofd", "ofd"),
        ("rtf", "rtf"),
        ("html xml", "html htm xhtml"),
        ("svg", "svg"),
        ("mht", "mht mhtml"),
        ("txt", "txt csv md log"),
        ("jpg", "jpg jpeg"),
        ("png", "png"),
        ("tif", "tif tiff"),
        ("bmp", "bmp"),
        ("webp", "webp"),
        ("gif", "gif"),
        ("eml", "eml"),
        ("msg", "msg"),
        ("zip", "zip"),
        ("tar", "tar"),
        ("gz", "gz tgz emz wmz"),
        ("bz2", "bz2 tbz"),
        ("xz", "xz txz"),
        ("emf", "emf"),
        ("wmf", "wmf"),
        ("7z", "7z"),
        ("rar", "rar"),
    )
    for suffix in suffixes.split()
}

_OLE_STREAMS = (
    ("EncryptedPackage", "encrypted_office"),
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
    ("__properties_version1.0", "msg"),
)
_CONTENT_TYPES = (
    (b"ms-excel.sheet.binary", "xlsb"),
    (b"wordprocessingml", "docx"),
    (b"ms-word.", "docx"),
    (b"spreadsheetml", "xlsx"),
    (b"ms-excel.", "xlsx"),
    (b"presentationml", "pptx"),
    (b"ms-powerpoint.", "pptx"),
)
_OOXML_FOLDERS = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_MAIL_HEADER = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{1,40}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n)*){2}")
_MAIL_NAMES = re.compile(
    rb"(?im)^(?:from|received|mime-version|message-id|return-path|content-type|delivered-to|x-[a-z-]+): "
)
_HTML_START = re.compile(rb"(?i)<(?:!doctype html|html|head|body|table|meta)[\s>]")
_XML_START = re.compile(rb"(?i)^\s*<\?xml\s")
_PROLOG_STEPS = ((b"<?xml", b"?>"), (b"<!--", b"-->"), (b"<!entity", b">"), (b"<!doctype svg", b">"), (b"]", b">"))
_FIRST = 4096
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def guess(data: bytes) -> str:
    """The format by first bytes alone, without looking inside; "unknown" when they say nothing. Safe in the parent."""
    for offset, magic, name in SIGNATURES:
        if data[offset : offset + len(magic)] == magic and (name != "bmp" or _is_bitmap(data)):
            return name
    return "unknown"


def identify(data: bytes) -> str:
    """The format of these bytes: a key of ``FORMATS``, or a name that has no reader (encrypted_office, 7z, rar, unknown …)."""
    name = guess(data)
    if name == "ole":
        return _identify_ole(data)
    if name == "zip":
        return _identify_zip(data)
    if name != "unknown":
        return name
    if b"%PDF-" in data[:_FIRST]:
        return "pdf"
    return _identify_text(data)


def suffix_of(name: str) -> str:
    """The suffix in lower case without its dot, "" when there is none."""
    stem, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot and stem and len(suffix) <= 8 else ""


def mismatch(name: str, found: str) -> str:
    """A remark for people when the suffix promises something else than the content is, else ""."""
    suffix = suffix_of(name)
    expected = SUFFIXES.get(suffix)
    if expected is None or found in expected or found in ("unknown", "encrypted_office"):
        return ""
    return f"后缀是 .{suffix}，内容实为 {found}，已按实际内容读取"


def _is_bitmap(data: bytes) -> bool:
    return (
        len(data) > 26
        and data[6:10] == b"\0\0\0\0"
        and data[14:18] in (b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    )


def _identify_ole(data: bytes) -> str:
    import olefile  # only for OLE files: a text check does not pay for it

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            top = {entry[0] for entry in ole.listdir()}
    except Exception:  # noqa: BLE001 - olefile fails in many ways on damaged files; the reader will say so
        return "ole"
    return next((name for stream, name in _OLE_STREAMS if stream in top), "ole")


def _identify_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            names = {info.filename.lstrip("/").lower(): info for info in bundle.infolist()[:20000]}
            if "ofd.xml" in names:
                return "ofd"
            types = names.get("[content_types].xml")
            if types is None:
                return next((f for folder, f in _OOXML_FOLDERS if f"{folder}document.xml" in names), "zip")
            with bundle.open(types) as stream:
                content = stream.read(1 << 20)
    except Exception:  # noqa: BLE001 - any damage: what is left of the structure decides
        return _identify_damaged_zip(data)
    main = content[: content.find(b".main+xml") + 1] or content
    last = max((main.rfind(mark), name) for mark, name in _CONTENT_TYPES)
    if last[0] >= 0:
        return last[1]
    return next((f for folder, f in _OOXML_FOLDERS if any(n.startswith(folder) for n in names)), "zip")


def _identify_damaged_zip(data: bytes) -> str:
    if b"[Content_Types].xml" in data[:_FIRST] or b"word/" in data[:_FIRST] or b"xl/" in data[:_FIRST]:
        found = ((data.find(folder.encode()), name) for folder, name in _OOXML_FOLDERS)
        return min(((at, name) for at, name in found if at >= 0), default=(0, "docx"))[1]
    return "ofd" if b"OFD.xml" in data[:_FIRST] else "zip"


def _identify_text(data: bytes) -> str:
    head = data[:_FIRST]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        decoded = head.decode("utf-16", "replace").encode("utf-8", "replace")
        if _is_svg(decoded.removeprefix(b"\xef\xbb\xbf")):
            return "svg"
        return "html" if _HTML_START.search(decoded[:2048]) else "txt"
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _MAIL_HEADER.match(head.lstrip(b"\r\n").replace(b"\r\n", b"\n")) and _MAIL_NAMES.search(head):
        lower = data[: 4 * _FIRST].lower()
        page = b"multipart/related" in lower and b"\nto:" not in lower and b"received:" not in lower
        return "mht" if page else "eml"
    if _is_svg(head):
        return "svg"
    if _HTML_START.search(head[:2048]):
        return "html"
    if _XML_START.match(head):
        return "xml"
    return "txt" if _is_text(head) else "unknown"


def _is_svg(head: bytes) -> bool:
    """Whether the first element is ``svg``, behind declarations and comments; one pass over the head."""
    lower = head.lower()
    at = 0
    while True:
        at += len(lower[at:]) - len(lower[at:].lstrip())
        if lower.startswith((b"<svg", b"<svg:svg"), at):
            return True
        step = next(((begin, end) for begin, end in _PROLOG_STEPS if lower.startswith(begin, at)), None)
        stop = lower.find(step[1], at + len(step[0])) if step else -1
        if step is None or stop < 0:
            return False
        bracket = lower.find(b"[", at, stop) if step[0].startswith(b"<!doctype") else -1
        at = bracket + 1 if bracket >= 0 else stop + len(step[1])


def _is_text(head: bytes) -> bool:
    """Whether the first bytes are text of any character set: few control characters, also with the NULs of UTF-16."""
    if not head:
        return True
    if 0 in head:
        text, is_whole = charset.decode(head[: len(head) // 4 * 4])
        return is_whole and not _CONTROL.search(text)
    control = sum(c < 9 or 13 < c < 27 or 27 < c < 32 for c in head)
    return control <= len(head) * 0.01
