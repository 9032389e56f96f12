"""Which streams of a PDF's pages cannot be unpacked to their end: pdfium paints what it gets of them and says nothing."""

import time
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

from review.types import Gap, GapReason

_CHUNK = 1 << 20
#: More than this unpacked is not checked further: the page reader has its own limits.
_MOST = 64 << 20
_MAX_DEPTH = 32
_MAX_STREAMS = 50_000
_FILTERS = frozenset(
    "/FlateDecode /Fl /LZWDecode /LZW /ASCII85Decode /A85 /ASCIIHexDecode /AHx /RunLengthDecode /RL /Crypt".split()
)
_JPEG = ("/DCTDecode", "/DCT")
#: Some programs write a few bytes behind the end of a JPEG.
_JPEG_TAIL = 4096
_CONTENT = "这一页的内容有一部分损坏，未能读取。请用原程序重新导出 PDF 后提交，或由人工查看。"
_PICTURE = "这一页有图片损坏，未能完整读取。请用原程序重新导出 PDF 后提交，或由人工查看。"
_LATE = "读取用时过长，其余页的内容是否损坏没有核对。请拆分后重新提交。"


def gaps_of(pdf: pikepdf.Pdf, max_pages: int, deadline: float) -> list[Gap]:
    """One Gap per page whose content, forms or pictures cannot be unpacked, or end too early."""
    gaps: list[Gap] = []
    known: dict[Any, str] = {}
    for index, page in enumerate(pdf.pages):
        if index >= max_pages:
            break
        if time.monotonic() > deadline:
            gaps.append(Gap(GapReason.TIMEOUT, f"第{index + 1}页起", _LATE))
            break
        for detail in dict.fromkeys(filter(None, (_fault(s, known) for s in _streams(page, known)))):
            gaps.append(Gap(GapReason.CORRUPT, f"第{index + 1}页", detail))
    return gaps


def _streams(page: pikepdf.Page, known: dict[Any, str]) -> Iterator[pikepdf.Stream]:
    """The content of a page, then the forms and pictures it names; what an earlier page had is looked at once."""
    for stream in _members(page.obj.get("/Contents")):
        if isinstance(stream, pikepdf.Stream):
            yield stream
    # an inherited dictionary of resources is found at the parent
    node: Any = page.obj
    steps = 0
    while "/Resources" not in node and "/Parent" in node and steps < _MAX_DEPTH:
        node, steps = node.Parent, steps + 1
    stack = [(node.get("/Resources"), 0)]
    seen: set[Any] = set()
    while stack and len(known) < _MAX_STREAMS:
        resources, depth = stack.pop()
        named = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
        for _, stream in named.items() if isinstance(named, pikepdf.Dictionary) else ():
            if not isinstance(stream, pikepdf.Stream) or stream.objgen in seen:
                continue
            seen.add(stream.objgen)
            yield stream
            if depth < _MAX_DEPTH and "/Resources" in stream:
                stack.append((stream.get("/Resources"), depth + 1))


def _fault(stream: pikepdf.Stream, known: dict[Any, str]) -> str:
    """What is wrong with a stream, "" when nothing; a page that shows a known one again is told nothing new."""
    key = stream.objgen
    if key not in known:
        is_picture = str(stream.get("/Subtype", "")) == "/Image"
        known[key] = "" if _is_whole(stream, is_picture) else (_PICTURE if is_picture else _CONTENT)
    return known[key]


def _is_whole(stream: pikepdf.Stream, is_picture: bool) -> bool:
    names = [str(name) for name in _members(stream.get("/Filter"))]
    try:
        if names in (["/FlateDecode"], ["/Fl"]):
            return _is_inflated(stream.read_raw_bytes())
        if is_picture:
            return names[-1:] not in ([n] for n in _JPEG) or len(names) > 1 or _is_ended(stream.read_raw_bytes())
        if not names:
            return True
        if not set(names) <= _FILTERS:
            return False
        stream.read_bytes()
        return True
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError):
        return False


def _is_inflated(data: bytes) -> bool:
    """Whether the compressed data has an end. Its check sum does not matter: readers ignore it."""
    if not data.strip():
        return True
    unpacker = zlib.decompressobj(-15)
    data = data[2:]
    size = 0
    try:
        while size < _MOST:
            part = unpacker.decompress(data, _CHUNK)
            size += len(part)
            if unpacker.eof:
                return True
            data = unpacker.unconsumed_tail
            if not data and not part:
                return False
        return True
    except zlib.error:
        return False


def _is_ended(data: bytes) -> bool:
    """Whether a JPEG has its end mark."""
    return data.rfind(b"\xff\xd9", max(len(data) - _JPEG_TAIL, 0)) >= 0


def _members(value: Any) -> list[Any]:
    """The members of an array, or the value itself."""
    if isinstance(value, pikepdf.Array):
        return list(value)[:_MAX_STREAMS]
    return [] if value is None else [value]
