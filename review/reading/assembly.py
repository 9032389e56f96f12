"""From what a format yields to one Document: pieces of text are joined, offsets computed, embedded files appended.

A format module returns a ``Reading``; it never recurses and never counts offsets of the whole. ``worker.py`` reads each
``Embedded`` by its own first bytes, with the same limits, and appends its pieces as a ``Part`` of the same text, so that
one offset space, one list of findings and one verdict cover the bundle.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from review.types import BBox, Block, BlockKind, Cell, Document, Gap, Page, Part, Run, Sheet, Span


@dataclass(frozen=True, slots=True)
class PieceRun:
    """Box of ``text[start:end]`` of its piece (offsets local to the piece)."""

    start: int
    end: int
    page: int
    bbox: BBox


@dataclass(frozen=True, slots=True)
class Piece:
    """One block before its offsets are known; ``text`` may be empty (the piece is then dropped)."""

    text: str = field(repr=False)
    kind: BlockKind = BlockKind.PARAGRAPH
    locator: str = field(default="", repr=False)
    page: int | None = None
    runs: tuple[PieceRun, ...] = field(default=(), repr=False)
    ocr_confidence: float | None = None
    concealed: str = ""
    cell: Cell | None = None
    top_of_first_page: bool = False


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file found inside another; ``locator`` says where (第3页附件, 嵌入对象1)."""

    name: str = field(repr=False)
    data: bytes = field(repr=False)
    locator: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one format module read of one file; ``Cell.table`` counts from 0 within the reading."""

    pieces: tuple[Piece, ...] = field(default=(), repr=False)
    pages: tuple[Page, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    gaps: tuple[Gap, ...] = ()
    embedded: tuple[Embedded, ...] = field(default=(), repr=False)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartReading:
    """A read part in document order: its name path, format, bytes' hash and reading; ``parent`` indexes the part list."""

    name: str = field(repr=False)
    format: str
    sha256: str
    size: int
    reading: Reading
    parent: int | None = None


def assemble(data: bytes, name: str, format_name: str, reading: Reading, parts: Sequence[PartReading] = ()) -> Document:
    """The Document of one file and everything inside it; blocks in order, joined by one newline."""
    blocks: list[Block] = []
    texts: list[str] = []
    at = _append(blocks, texts, 0, reading.pieces, None, 0)
    pages, sheets, gaps = list(reading.pages), list(reading.sheets), list(reading.gaps)
    remarks = list(reading.remarks)
    tables = _table_count(reading.pieces)
    listed: list[Part] = []
    for index, part in enumerate(parts):
        start = at
        at = _append(blocks, texts, at, part.reading.pieces, index, tables, f"{part.name} › ")
        tables += _table_count(part.reading.pieces)
        begin = start + 1 if start else 0
        span = Span(begin, at) if at > begin else None
        listed.append(Part(part.name, part.format, part.sha256, part.size, span, part.parent))
        pages += [replace(page, part=index) for page in part.reading.pages]
        sheets += [replace(sheet, part=index) for sheet in part.reading.sheets]
        gaps += [replace(gap, locator=" › ".join(filter(None, (part.name, gap.locator)))) for gap in part.reading.gaps]
        remarks += part.reading.remarks
    return Document(
        sha256=hashlib.sha256(data).hexdigest(),
        name=name,
        format=format_name,
        size=len(data),
        text="\n".join(texts),
        blocks=tuple(blocks),
        pages=tuple(pages),
        sheets=tuple(sheets),
        parts=tuple(listed),
        gaps=tuple(gaps),
        remarks=tuple(remarks),
    )


def _append(
    blocks: list[Block],
    texts: list[str],
    at: int,
    pieces: Sequence[Piece],
    part: int | None,
    first_table: int,
    prefix: str = "",
) -> int:
    for piece in pieces:
        if not piece.text:
            continue
        start = at + 1 if texts else 0
        span = Span(start, start + len(piece.text))
        runs = tuple(Run(Span(start + r.start, start + r.end), r.page, r.bbox) for r in piece.runs if r.end > r.start)
        cell = replace(piece.cell, table=piece.cell.table + first_table) if piece.cell else None
        blocks.append(
            Block(
                span,
                piece.kind,
                prefix + piece.locator,
                piece.page,
                runs,
                piece.ocr_confidence,
                piece.concealed,
                cell,
                part,
                piece.top_of_first_page,
            )
        )
        texts.append(piece.text)
        at = span.end
    return at


def _table_count(pieces: Sequence[Piece]) -> int:
    return max((piece.cell.table for piece in pieces if piece.cell), default=-1) + 1
