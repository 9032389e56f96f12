"""The lines of a fixed page (PDF, OFD, scan) and their paragraphs: by gaps, indents and line ends that stop short."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from review.reading.assembly import Piece, PieceRun
from review.types import BBox, BlockKind, Page

#: A mark stands among so many first lines and in this upper share of the first page (GB/T 9704-2012, 7.2.2; domain.md §4.1).
TOP_LINES = 15
#: Headers and footers stand in so much of the page at its edges.
_EDGE_SHARE = 0.1
_DIGITS = re.compile(r"[0-9０-９一二三四五六七八九十]+")
TOP_SHARE = 0.45


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters ``[start, end)`` of the page that stand in one box."""

    start: int
    end: int
    bbox: BBox


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page: its characters and the stretches it is made of (a wide gap parts two of them)."""

    start: int
    end: int
    text: str = field(repr=False)
    bbox: BBox
    stretches: tuple[Stretch, ...] = field(default=(), repr=False)
    concealed: str = ""
    score: float | None = None  # of OCR


def union(boxes: Sequence[BBox]) -> BBox:
    """The box around all of these."""
    if len(boxes) == 1:
        return boxes[0]
    return BBox(
        min(b.x0 for b in boxes), min(b.top for b in boxes), max(b.x1 for b in boxes), max(b.bottom for b in boxes)
    )


def paragraphs(
    lines: Sequence[Line],
    page: int,
    width: float,
    height: float,
    kind: BlockKind = BlockKind.PARAGRAPH,
    locator: str = "",
    first: int = 0,
) -> list[Piece]:
    """The paragraphs of a page in reading order; their lines are joined by ``\n``, each with its boxes.

    ``first``: so many pieces of the page stand before these.
    """
    pieces: list[Piece] = []
    group: list[Line] = []
    is_top = False
    right = max((line.bbox.x1 for line in lines), default=width)
    for index, line in enumerate(lines):
        top = page == 1 and first + index < TOP_LINES and line.bbox.top < height * TOP_SHARE
        if group and (top != is_top or not _continues(group, line, right)):
            pieces.append(joined(group, page, kind, is_top=is_top, locator=locator))
            group = []
        group.append(line)
        is_top = top
    if group:
        pieces.append(joined(group, page, kind, is_top=is_top, locator=locator))
    return pieces


def _continues(group: list[Line], line: Line, right: float) -> bool:
    """Whether this line belongs to the paragraph of the lines before it."""
    last = group[-1].bbox
    box = line.bbox
    size = max(min(last.bottom - last.top, box.bottom - box.top), 1.0)
    if max(last.bottom - last.top, box.bottom - box.top) > 1.5 * size:
        return False
    gap = box.top - last.bottom
    if gap < -0.5 * size or gap > 1.6 * size:
        return False
    if last.x1 < right - 2.5 * size or box.x0 >= last.x1 or box.x1 <= last.x0 - 3 * size:
        return False
    left = min(member.bbox.x0 for member in group[1:]) if len(group) > 1 else None
    # an indented line opens a new paragraph; the second line of one is further left than its first
    return box.x0 - left < 1.2 * size if left is not None else box.x0 - last.x0 < 1.2 * size


def joined(
    lines: Sequence[Line], page: int, kind: BlockKind, concealed: str = "", is_top: bool = False, locator: str = ""
) -> Piece:
    """One piece of these lines, with the run of every stretch; its confidence is that of its characters."""
    runs = []
    at = 0
    weighed = length = 0.0
    for line in lines:
        shift = at - line.start
        runs += [PieceRun(s.start + shift, s.end + shift, page, s.bbox) for s in line.stretches]
        at += len(line.text) + 1
        if line.score is not None:
            weighed += line.score * len(line.text)
            length += len(line.text)
    text = "\n".join(line.text for line in lines)
    confidence = min(weighed / length, 1.0) if length else None
    return Piece(text, kind, locator or f"第{page}页", page, tuple(runs), confidence, concealed, None, is_top)


def with_running_titles(pieces: Sequence[Piece], pages: Sequence[Page]) -> list[Piece]:
    """The pieces with the lines that repeat at the top or bottom edge of the pages as headers and footers.

    Numbers may differ from page to page. Documents of fewer than three pages have none.
    """
    heights = {page.number: page.height for page in pages}
    places = [_edge(piece, heights.get(piece.page or 0, 0.0)) for piece in pieces]
    counts: dict[tuple[BlockKind, str], set[int]] = {}
    for piece, place in zip(pieces, places, strict=True):
        if place is not None:
            counts.setdefault((place, _DIGITS.sub("0", piece.text)), set()).add(piece.page or 0)
    least = max(3, 0.3 * len(pages))
    found = []
    for piece, place in zip(pieces, places, strict=True):
        is_running = place is not None and len(counts[(place, _DIGITS.sub("0", piece.text))]) >= least
        found.append(replace(piece, kind=place) if is_running and place is not None else piece)
    return found


def _edge(piece: Piece, height: float) -> BlockKind | None:
    if piece.kind is not BlockKind.PARAGRAPH or piece.concealed or not piece.runs or "\n" in piece.text or height <= 0:
        return None
    if max(run.bbox.bottom for run in piece.runs) < _EDGE_SHARE * height:
        return BlockKind.HEADER
    if min(run.bbox.top for run in piece.runs) > (1 - _EDGE_SHARE) * height:
        return BlockKind.FOOTER
    return None
