"""From the lines of a PDF page to its paragraphs: by gaps, indents and line ends that stop short."""

from collections.abc import Sequence

from review.reading.assembly import Piece, PieceRun
from review.reading.formats.pdf_text import Line
from review.types import BlockKind

#: A mark stands among so many first lines and in this upper share of the first page (GB/T 9704-2012, 7.2.2; domain.md §4.1).
TOP_LINES = 15
TOP_SHARE = 0.45


def paragraphs(lines: Sequence[Line], page: int, width: float, height: float) -> list[Piece]:
    """The paragraphs of a page in reading order; their lines are joined by ``\\n``, each with its boxes."""
    pieces: list[Piece] = []
    group: list[Line] = []
    is_top = False
    right = max((line.bbox.x1 for line in lines), default=width)
    for index, line in enumerate(lines):
        top = page == 1 and index < TOP_LINES and line.bbox.top < height * TOP_SHARE
        if group and (top != is_top or not _continues(group, line, right)):
            pieces.append(_piece(group, page, is_top))
            group = []
        group.append(line)
        is_top = top
    if group:
        pieces.append(_piece(group, page, is_top))
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
    if last.x1 < right - 2.5 * size or min(box.x1, last.x1) <= max(box.x0, last.x0):
        return False
    left = min(member.bbox.x0 for member in group[1:]) if len(group) > 1 else None
    # an indented line opens a new paragraph; the second line of one is further left than its first
    return box.x0 - left < 1.2 * size if left is not None else box.x0 - last.x0 < 1.2 * size


def _piece(group: list[Line], page: int, is_top: bool) -> Piece:
    return joined(group, page, BlockKind.PARAGRAPH, is_top=is_top)


def joined(lines: Sequence[Line], page: int, kind: BlockKind, concealed: str = "", is_top: bool = False) -> Piece:
    """One piece of these lines, with the run of every stretch."""
    runs = []
    at = 0
    for line in lines:
        shift = at - line.start
        runs += [PieceRun(s.start + shift, s.end + shift, page, s.bbox) for s in line.stretches]
        at += len(line.text) + 1
    text = "\n".join(line.text for line in lines)
    return Piece(text, kind, f"第{page}页", page, tuple(runs), concealed=concealed, top_of_first_page=is_top)
