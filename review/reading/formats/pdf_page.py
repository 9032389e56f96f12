"""One PDF page: its visible paragraphs, what on it is not seen, and its pictures read by OCR."""

import ctypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pypdfium2.raw as pdfium

from review.reading.assembly import Piece
from review.reading.extraction import Options
from review.reading.formats import (
    page_lines,
    pdf_covered,
    pdf_hidden,
    pdf_leftovers,
    pdf_objects,
    pdf_scan,
    pdf_tables,
    pdf_text,
    pdf_trust,
)
from review.reading.formats import pdf_calls as calls
from review.reading.formats.page_lines import Line
from review.reading.formats.pdf_objects import Painted
from review.reading.formats.pdf_text import Frame
from review.reading.ocr_text import Sight
from review.types import BBox, BlockKind, Gap, GapReason, PageReading

#: Fewer characters than this beside a picture that fills the page: a scan with a page number or a stamp of text.
_THIN = 40
_SCAN_SHARE = 0.5
_GARBAGE_SHARE = 0.3
_BLANKS = re.compile(r"\s+")
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严"
)

_ENCODING = "这一页有文字的编码无法识别，未能可靠读取。请用原程序重新导出 PDF，或由人工查看。"
_FEW = 6
_DEEP = "这一页的内容层层嵌套过深，里层没有读取。请用原程序重新导出 PDF 后提交，或由人工查看。"
SCAN_REMARK = "部分页是带文字层的扫描件，文字取自文字层"
MISMATCH = "与扫描画面不符的文字层"


@dataclass(frozen=True, slots=True)
class Content:
    """What was read of one page."""

    frame: Frame
    pieces: tuple[Piece, ...] = field(repr=False)
    reading: PageReading
    gaps: tuple[Gap, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Layer:
    """The text layer of a page and what was found out about it."""

    frame: Frame
    lines: list[Line]
    painted: Painted
    is_scan: bool
    is_garbage: bool
    pieces: list[Piece]

    @property
    def seen(self) -> list[Line]:
        return [line for line in self.lines if not line.concealed]

    @property
    def characters(self) -> int:
        return sum(len(_BLANKS.sub("", line.text)) for line in self.seen)


class PageReader:
    """Reads the pages of one document; remembers the pictures it has read and whether a scan's text layer can be trusted."""

    def __init__(
        self, has_layers: bool, options: Options, total: int = 1, doubtful: Mapping[int, frozenset[Any]] | None = None
    ) -> None:
        self._has_layers = has_layers
        self._options = options
        self._pictures: set[str] = set()
        self._trust = pdf_trust.Trust(total, options)
        self._doubtful = doubtful or {}
        self._proved: frozenset[Any] = frozenset()
        self._tables = pdf_tables.Tables()

    def read(self, page: ctypes.c_void_p, number: int) -> Content:
        """The content of a loaded page, which must be closed afterwards (drawing may have changed it)."""
        layer = self._text_layer(page, number)
        sight = self._compare_fonts(page, number, layer)
        content = self._read_by_ocr(page, number, layer, sight) if sight else self._read_layer(page, number, layer)
        odd = pdf_trust.mojibake(line.text for line in layer.seen)
        if odd and not layer.is_garbage:
            content = self._with_mojibake(page, number, layer, content, odd)
        behind = pdf_covered.look(page, layer.painted, layer.frame, number, self._options, self._pictures)
        if behind:
            content = _with_hidden(content, behind)
        if layer.painted.is_deep:
            content = replace(content, gaps=(*content.gaps, Gap(GapReason.TOO_LARGE, f"第{number}页", _DEEP)))
        return content

    def _compare_fonts(self, page: ctypes.c_void_p, number: int, layer: _Layer) -> Sight | None:
        """What OCR sees when the page's fonts do not say what their characters mean and it sees something else."""
        fonts = self._doubtful.get(number, frozenset())
        if fonts <= self._proved or layer.characters < _FEW or layer.is_garbage:
            return None
        sight = pdf_scan.read_page(page, layer.frame, number, self._options)
        if sight.was_read and pdf_trust.is_alike("".join(line.text for line in layer.seen), sight.text):
            self._proved |= fonts
            return None
        layer.is_garbage = True
        return sight

    def _with_mojibake(self, page: ctypes.c_void_p, number: int, layer: _Layer, content: Content, odd: int) -> Content:
        """The page with what OCR sees of it, since some of its lines are in a lost encoding."""
        for text in layer.painted.texts:
            calls.set_active(text.handle, 1)
        sight = pdf_scan.read_page(page, layer.frame, number, self._options)
        more = pdf_trust.new_pieces(layer.seen, sight) if sight.was_read else []
        gaps = content.gaps
        if pdf_trust.chinese(piece.text for piece in more) < odd / 4:
            # two or three odd characters stand for one Chinese one: what is seen is no text either
            gaps = (*gaps, Gap(GapReason.ENCODING, f"第{number}页", _ENCODING))
        return replace(content, pieces=(*content.pieces, *more), gaps=gaps)

    def _read_layer(self, page: ctypes.c_void_p, number: int, layer: _Layer) -> Content:
        if layer.is_scan and layer.characters >= _THIN and not layer.is_garbage:
            return self._read_scan_layer(page, number, layer)
        share = pdf_scan.covered_share(layer.painted.shapes, layer.frame)
        is_thin = layer.characters < _THIN and (share > _SCAN_SHARE or self._is_drawn(layer))
        if is_thin or layer.is_garbage:
            return self._read_by_ocr(page, number, layer)
        pieces = list(layer.pieces)
        if not layer.painted.shapes and not layer.painted.texts:
            blank = pdfium.FPDFPage_GetAnnotCount(page) == 0 or pdf_scan.is_blank(page, layer.frame)
            return self._read_by_ocr(page, number, layer) if not blank else _blank(layer, pieces)
        if not pdf_scan.has_pictures(layer.painted, layer.frame) and not layer.seen:
            return self._unseen(page, number, layer, pieces)
        sights = pdf_scan.read_pictures(page, layer.painted, layer.frame, number, self._options, self._pictures)
        rest = pdf_leftovers.read(page, layer.painted, layer.frame, number, self._options, self._pictures)
        if rest is not None:
            sights.append(rest)
        read = [piece for sight in sights for piece in sight.pieces]
        how = PageReading.MIXED if read and layer.seen else PageReading.OCR if read else PageReading.TEXT
        if not layer.seen and not read:
            how = PageReading.UNREAD if any(not s.was_read for s in sights) else PageReading.BLANK
        gaps = tuple(gap for sight in sights for gap in sight.gaps)
        return Content(layer.frame, (*pieces, *read), how, gaps)

    def _unseen(self, page: ctypes.c_void_p, number: int, layer: _Layer, pieces: list[Piece]) -> Content:
        """A page without seen text and large pictures: blank, or drawn in outlines."""
        if pdf_scan.is_blank(page, layer.frame):
            return _blank(layer, pieces)
        return self._read_by_ocr(page, number, layer)

    @staticmethod
    def _is_drawn(layer: _Layer) -> bool:
        """Letters drawn as outlines: hardly any text but very many small filled shapes."""
        return len(layer.painted.shapes) > 300 and layer.characters < _THIN

    def _text_layer(self, page: ctypes.c_void_p, number: int) -> _Layer:
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
            pieces = self._pieces(text_page, lines, painted, frame, number)
        finally:
            pdfium.FPDFText_ClosePage(text_page)
        return _Layer(frame, lines, painted, is_scan, _is_garbage(characters), pieces)

    def _pieces(
        self, text_page: ctypes.c_void_p, lines: list[Line], painted: Painted, frame: Frame, number: int
    ) -> list[Piece]:
        """Paragraphs and ruled tables, then what is hidden."""
        seen = [line for line in lines if not line.concealed]
        grids = pdf_tables.grids_of(painted, frame) if seen else []
        if grids:

            def boxes_of(start: int, end: int) -> list[pdf_objects.Rectangle | None]:
                return pdf_text.character_boxes(text_page, start, end)

            pieces = pdf_tables.pieces_with_tables(seen, grids, self._tables, boxes_of, frame, number)
        else:
            pieces = page_lines.paragraphs(seen, number, frame.width, frame.height)
        return pieces + hidden_pieces([line for line in lines if line.concealed], number)

    def _read_by_ocr(self, page: ctypes.c_void_p, number: int, layer: _Layer, sight: Sight | None = None) -> Content:
        """The page as painted; its own thin text is kept where the picture does not say the same."""
        sight = sight or pdf_scan.read_page(page, layer.frame, number, self._options)
        own = list(layer.pieces)
        if layer.is_garbage and sight.pieces:
            own = [replace(piece, kind=BlockKind.OTHER) for piece in own]
        elif sight.pieces:
            squeezed = _BLANKS.sub("", sight.text)
            own = [p for p in own if p.concealed or _BLANKS.sub("", p.text) not in squeezed]
        gaps = sight.gaps
        if layer.is_garbage and not sight.pieces:
            gaps = (*gaps, Gap(GapReason.ENCODING, f"第{number}页", _ENCODING))
        seen = any(not piece.concealed for piece in own) and not layer.is_garbage
        if sight.pieces:
            how = PageReading.MIXED if seen else PageReading.OCR
        elif not sight.was_read:
            how = PageReading.UNREAD
        else:
            how = PageReading.TEXT if seen else PageReading.BLANK
        return Content(layer.frame, (*sight.pieces, *own), how, gaps)

    def _read_scan_layer(self, page: ctypes.c_void_p, number: int, layer: _Layer) -> Content:
        """A scan with a text layer: pages spread over the document are compared with what OCR sees of them."""
        pieces = list(layer.pieces)
        if not self._trust.is_to_be_compared(number):
            self._trust.pass_by(number)
            return Content(layer.frame, tuple(pieces), PageReading.MIXED, (), (SCAN_REMARK,))
        sight = pdf_scan.read_page(page, layer.frame, number, self._options)
        if not sight.was_read:
            self._trust.pass_by(number)
            return Content(layer.frame, tuple(pieces), PageReading.MIXED, (), (SCAN_REMARK,))
        more = pdf_trust.new_pieces(layer.seen, sight)
        if self._trust.compared(layer.seen, sight, more):
            # both are kept: what OCR sees may be what the layer leaves out, a mark above all
            return Content(layer.frame, (*more, *pieces), PageReading.MIXED, sight.gaps, (SCAN_REMARK,))
        hidden = [
            piece if piece.concealed else replace(piece, kind=BlockKind.HIDDEN, concealed=MISMATCH) for piece in pieces
        ]
        return Content(layer.frame, (*sight.pieces, *hidden), PageReading.OCR, sight.gaps)

    def findings(self) -> tuple[tuple[Gap, ...], tuple[str, ...]]:
        """Gaps and remarks about the document as a whole, once all pages are read."""
        return self._trust.findings()


def _with_hidden(content: Content, behind: Sequence[Sight]) -> Content:
    """The content and what its pictures hold unseen, without what the page says openly."""
    said = _BLANKS.sub("", "".join(piece.text for piece in content.pieces))
    more = [p for sight in behind for p in sight.pieces if _BLANKS.sub("", p.text) not in said]
    gaps = tuple(gap for sight in behind for gap in sight.gaps)
    return replace(content, pieces=(*content.pieces, *more), gaps=(*content.gaps, *gaps))


def _blank(layer: _Layer, pieces: list[Piece]) -> Content:
    return Content(layer.frame, tuple(pieces), PageReading.BLANK)


def _is_garbage(characters: str) -> bool:
    """Characters without a meaning, or Chinese in which hardly a common character occurs."""
    if len(characters) < 20:
        return False
    if pdf_text.unknown_share(characters) > _GARBAGE_SHARE:
        return True
    han = [c for c in characters if "\u4e00" <= c <= "\u9fff"]
    return len(han) >= 60 and sum(c in _COMMON for c in han) < 0.15 * len(han)


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
            pieces.append(page_lines.joined(group, page, BlockKind.HIDDEN, group[0].concealed))
            group = []
        group.append(line)
    if group:
        pieces.append(page_lines.joined(group, page, BlockKind.HIDDEN, group[0].concealed))
    return pieces


def _media_of(page: ctypes.c_void_p, frame: Frame) -> pdf_objects.Rectangle:
    """The media box, or what is visible where none is given."""
    corners = tuple(ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPage_GetMediaBox(page, *(ctypes.byref(corner) for corner in corners)):
        return frame.left, frame.bottom, frame.right, frame.top
    left, bottom, right, top = (corner.value for corner in corners)
    return left, bottom, right, top
