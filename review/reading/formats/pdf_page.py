"""One PDF page: its visible paragraphs and tables, and what on it is not seen."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium

from review.reading.assembly import Piece
from review.reading.formats import pdf_hidden, pdf_objects, pdf_paragraphs, pdf_text
from review.reading.formats.pdf_text import Frame, Line
from review.types import BBox, BlockKind


@dataclass(frozen=True, slots=True)
class Content:
    """What was read of one page; ``is_scan_layer``: the text lies under or over a picture of the page."""

    frame: Frame
    pieces: tuple[Piece, ...] = field(repr=False)
    characters: int
    unknown: float  # share of characters without a meaning
    is_scan_layer: bool
    is_empty: bool  # nothing at all is painted


class PageReader:
    """Reads the pages of one document."""

    def __init__(self, has_layers: bool) -> None:
        self._has_layers = has_layers

    def read(self, page: ctypes.c_void_p, number: int) -> Content:
        """The content of a loaded page, which must be closed afterwards (drawing may have changed it)."""
        frame = pdf_text.frame_of(page)
        text_page = pdfium.FPDFText_LoadPage(page)
        try:
            characters = pdf_text.characters_of(text_page)
            painted = pdf_objects.painted_on(page)
            lines = pdf_text.lines_of(text_page, characters, frame)
            odd = any(_is_odd(line.bbox, frame) for line in lines)
            media = _media_of(page, frame)
            suspects = pdf_hidden.suspects_of(page, painted, frame, media, self._has_layers, odd)
            is_scan = False
            if suspects:
                reasons = pdf_hidden.reasons_of(page, text_page, characters, painted, suspects, frame)
                is_scan = pdf_hidden.SCAN_LAYER in reasons.values()
                hidden = {i: reason for i, reason in reasons.items() if reason != pdf_hidden.SCAN_LAYER}
                if hidden:
                    lines = pdf_text.lines_of(text_page, characters, frame, hidden)
        finally:
            pdfium.FPDFText_ClosePage(text_page)
        seen = [line for line in lines if not line.concealed]
        pieces = pdf_paragraphs.paragraphs(seen, number, frame.width, frame.height)
        pieces += hidden_pieces([line for line in lines if line.concealed], number)
        return Content(
            frame,
            tuple(pieces),
            sum(len(line.text) for line in seen),
            pdf_text.unknown_share(characters),
            is_scan,
            not painted.texts and not painted.shapes,
        )


def _is_odd(box: BBox, frame: Frame) -> bool:
    """Whether a line stands partly outside the page or is too small to be read."""
    outside = box.x0 < -1 or box.top < -1 or box.x1 > frame.width + 1 or box.bottom > frame.height + 1
    return outside or min(box.bottom - box.top, box.x1 - box.x0) < 2.5


def hidden_pieces(lines: Sequence[Line], page: int) -> list[Piece]:
    """What is not seen: neighbouring lines of one reason are one piece."""
    pieces: list[Piece] = []
    group: list[Line] = []
    for line in lines:
        if group and (group[-1].concealed != line.concealed or line.start - group[-1].end > 4):
            pieces.append(pdf_paragraphs.joined(group, page, BlockKind.HIDDEN, group[0].concealed))
            group = []
        group.append(line)
    if group:
        pieces.append(pdf_paragraphs.joined(group, page, BlockKind.HIDDEN, group[0].concealed))
    return pieces


def _media_of(page: ctypes.c_void_p, frame: Frame) -> pdf_objects.Rectangle:
    """The media box, or what is visible where none is given."""
    corners = tuple(ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPage_GetMediaBox(page, *(ctypes.byref(corner) for corner in corners)):
        return frame.left, frame.bottom, frame.right, frame.top
    left, bottom, right, top = (corner.value for corner in corners)
    return left, bottom, right, top
