"""What earlier revisions of a PDF still say: every save appends, and what was deleted is still in front of the last %%EOF."""

import re
import time
from collections.abc import Iterable, Sequence

import pypdfium2 as pdfium_document
import pypdfium2.raw as pdfium

from review.reading.assembly import Piece
from review.reading.formats import pdf_structure, pdf_text
from review.types import BlockKind, Gap, GapReason

EARLIER = "以前版本"
_END = re.compile(rb"%%EOF[ \t]*\r?\n?")
_MAX_REVISIONS = 20
_BLANKS = re.compile(r"\s+")


def earlier_pieces(
    data: bytes, pieces: Sequence[Piece], keys: Sequence[bytes], max_pages: int, deadline: float
) -> tuple[list[Piece], list[Gap], int]:
    """Text of earlier revisions that the last one no longer has, Gaps, and the number of earlier revisions.

    ``keys``: of the pages of the last revision (``pdf_structure.page_keys``); equal pages are not read again.
    ``deadline``: seconds of ``time.monotonic`` after which the remaining revisions are said instead of read.
    """
    ends = [match.end() for match in _END.finditer(data)][:-1]
    if b"/Linearized" in data[:2048]:
        ends = ends[1:]  # the first mark of a file made for the web ends its first page, not a revision
    if not ends:
        return [], [], 0
    now = _squeezed(piece.text for piece in pieces)
    known = {_BLANKS.sub("", line) for piece in pieces for line in piece.text.split("\n")}
    found: list[Piece] = []
    gaps: list[Gap] = []
    if len(ends) > _MAX_REVISIONS:
        gaps.append(Gap(GapReason.TOO_LARGE, EARLIER, f"以前版本超过 {_MAX_REVISIONS} 个，更早的未检查。"))
    count = 0
    seen = set(keys)
    for end in reversed(ends[-_MAX_REVISIONS:]):
        if time.monotonic() > deadline:
            gaps.append(Gap(GapReason.TIMEOUT, EARLIER, "以前版本过多，未能全部检查。请另存为新文件后重新提交。"))
            break
        lines = _revision_lines(data[:end], seen, max_pages, deadline)
        count += lines is not None
        for line, page in lines or ():
            squeezed = _BLANKS.sub("", line)
            if len(squeezed) < 2 or squeezed in known or squeezed in now:
                continue
            known.add(squeezed)
            place = f"{EARLIER} 第{page}页" if page else EARLIER
            found.append(Piece(line, BlockKind.HIDDEN, place, page, concealed=EARLIER))
    return found, gaps, count


def _squeezed(texts: Iterable[str]) -> str:
    return _BLANKS.sub("", "".join(texts))


def _revision_lines(
    data: bytes, seen: set[bytes], max_pages: int, deadline: float
) -> list[tuple[str, int | None]] | None:
    """The lines of one revision with their pages, then what stands outside its pages; None when it is no document."""
    try:
        document = pdfium_document.PdfDocument(data)
    except pdfium_document.PdfiumError:
        return None
    lines: list[tuple[str, int | None]] = []
    structure = pdf_structure.structure_of(data, max_pages, 0, with_keys=True, is_earlier=True)
    try:
        for index in range(min(len(document), max_pages)):
            if time.monotonic() > deadline:
                break
            key = structure.keys[index] if index < len(structure.keys) else b""
            if key and key in seen:
                continue
            seen.add(key)
            page = pdfium.FPDF_LoadPage(document.raw, index)
            if not page:
                continue
            text_page = pdfium.FPDFText_LoadPage(page)
            text = pdf_text.characters_of(text_page)
            lines += [(line.strip(), index + 1) for line in re.split(r"[\r\n]+", text) if line.strip()]
            pdfium.FPDFText_ClosePage(text_page)
            pdfium.FPDF_ClosePage(page)
    finally:
        document.close()
    return lines + [(piece.text, piece.page) for piece in structure.pieces if not _is_clock(piece)]


def _is_clock(piece: Piece) -> bool:
    """Times and ids change with every save and say nothing."""
    if piece.kind is not BlockKind.PROPERTY:
        return False
    name = piece.text.partition("：")[0]
    return name in ("创建时间", "修改时间") or name.endswith(("Date", "ID", "when", "Tool", "action"))
