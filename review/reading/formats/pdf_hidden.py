"""Which characters of a PDF page a reader does not see, and why.

Suspects come cheaply from the painted objects (colour, mode, size, place, what is painted later). Whether a suspect is
really not to be seen is then looked at: the page is drawn with and without it, and where nothing changes, nothing is seen.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pypdfium2.raw as pdfium

from review.reading.formats import pdf_calls as calls
from review.reading.formats.pdf_objects import Bounds, Painted, Rectangle, Shape, Text, matrix_of
from review.reading.formats.pdf_text import Frame, character_boxes

WHITE, MODE, CLEAR, TINY = "白色文字", "不可见文字（渲染模式3）", "透明文字（不透明度为0）", "微小文字（小于1.5磅）"
OUTSIDE, CROPPED, LAYER = "页面之外", "裁剪框之外", "关闭的图层"
BY_BOX, BY_IMAGE, BY_NOTE, SAME_COLOUR = "被色块遮盖", "被图片遮盖", "被注释遮盖", "与背景同色"
#: Not hidden: the text that a scanner's program laid under its picture.
SCAN_LAYER = "扫描件文字层"

_TINY_POINTS = 1.5
_PATH = pdfium.FPDF_PAGEOBJ_PATH
_CLEAR = 12  # of 255
_NEAR = 26  # of 255: nobody sees the difference
_SCAN_SHARE = 0.6  # a picture over so much of the page is a scan
_SEEN_PIXEL = 28  # of 255
_SEEN_SHARE = 0.012  # of a character's box must change for it to be seen
_MAX_SIDE = 1800
_COVERING_NOTES = frozenset(
    {
        pdfium.FPDF_ANNOT_SQUARE,
        pdfium.FPDF_ANNOT_CIRCLE,
        pdfium.FPDF_ANNOT_POLYGON,
        pdfium.FPDF_ANNOT_STAMP,
        pdfium.FPDF_ANNOT_FREETEXT,
        pdfium.FPDF_ANNOT_INK,
        pdfium.FPDF_ANNOT_LINE,
        pdfium.FPDF_ANNOT_REDACT,
        pdfium.FPDF_ANNOT_WIDGET,
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_POPUP,
    }
)


@dataclass(slots=True)
class Suspects:
    """Text objects to look at: ``sure`` by their reason, ``doubtful`` to be drawn, with the reason if they turn out unseen."""

    sure: list[tuple[Text, str]] = field(default_factory=list)
    doubtful: list[tuple[Text, str]] = field(default_factory=list)
    scan: Rectangle | None = None

    def __bool__(self) -> bool:
        return bool(self.sure or self.doubtful)


def suspects_of(
    page: ctypes.c_void_p,
    painted: Painted,
    frame: Frame,
    media: Rectangle,
    has_layers: bool,
    has_odd_places: bool,
) -> Suspects:
    """The text objects of the page that may be unseen; empty for an ordinary page.

    ``has_odd_places``: some characters stand outside the frame or are tiny, so that every object's bounds are looked at.
    """
    found = Suspects()
    texts = painted.texts
    grounds = [s for s in painted.shapes if s.is_filled and s.colour[3] > 100 and s.width > 3 and s.height > 3]
    notes = _covering_notes(page)
    pale = 255 - _NEAR
    if not (grounds or notes or has_odd_places or has_layers):
        # only the colour and the mode can hide a text; nearly every page ends here
        for text in texts:
            red, green, blue, alpha = text.colour
            if text.is_invisible or alpha <= _CLEAR:
                found.sure.append((text, MODE if text.is_invisible else CLEAR))
            elif red >= pale and green >= pale and blue >= pale:
                found.doubtful.append((text, WHITE))
        return found
    found.scan = _scan_of(painted, frame)
    measure = Bounds()
    bounds = [measure.of(text.handle, text.matrix) for text in texts]
    visible = (frame.left, frame.bottom, frame.right, frame.top)
    layers = _Layers(texts, bounds, grounds, notes)
    for index, text in enumerate(texts):
        reason = _plain_reason(text, bounds[index], visible, media)
        if reason:
            found.sure.append((text, reason))
            continue
        reason = layers.reason(index, text)
        if not reason and has_layers and (text.matrix or calls.mark_count(text.handle) > 0):
            reason = LAYER
        if reason:
            found.doubtful.append((text, reason))
    return found


def _plain_reason(text: Text, bounds: Rectangle, visible: Rectangle, media: Rectangle) -> str:
    left, bottom, right, top = bounds
    if text.is_invisible:
        return MODE
    if text.colour[3] <= _CLEAR:
        return CLEAR
    if right <= left and top <= bottom:
        return ""
    if left >= visible[2] or right <= visible[0] or bottom >= visible[3] or top <= visible[1]:
        inside = left < media[2] and right > media[0] and bottom < media[3] and top > media[1]
        return CROPPED if inside else OUTSIDE
    if (top - bottom < _TINY_POINTS or right - left < _TINY_POINTS) and _is_tiny(text):
        return TINY
    return ""


def _is_tiny(text: Text) -> bool:
    size = ctypes.c_float()
    calls.font_size(text.handle, ctypes.addressof(size))
    _, b, c, d, _, _ = matrix_of(text.handle)
    return 0 < abs(size.value) * max(abs(d), abs(b), abs(c)) < _TINY_POINTS


class _Layers:
    """What is painted under and over each text: by numbers for all texts of a page at once."""

    def __init__(
        self, texts: Sequence[Text], bounds: Sequence[Rectangle], grounds: Sequence[Shape], notes: Sequence[Rectangle]
    ) -> None:
        boxes = np.array(bounds).reshape(-1, 4)
        orders = np.array([t.order for t in texts])
        height = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
        half = 0.5 * (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        character = 0.2 * height * height
        self._grounds = grounds
        self._over: dict[int, str] = {}
        under = np.full(len(texts), -1)
        for rectangle in notes:
            self._mark(_overlap(boxes, rectangle) > character, BY_NOTE)
        for index, shape in enumerate(grounds):
            overlap = _overlap(boxes, shape.bounds)
            is_before = orders < shape.order
            under[~is_before & (overlap > half)] = index
            self._mark(is_before & (overlap > character), BY_BOX if shape.kind == _PATH else BY_IMAGE)
        self._under = under.tolist()

    def _mark(self, where: np.ndarray, reason: str) -> None:
        for index in np.flatnonzero(where).tolist():
            self._over[index] = reason

    def reason(self, index: int, text: Text) -> str:
        """Why the text could be covered or lost against its ground; "" for dark text on white paper."""
        if index in self._over:
            return self._over[index]
        pale = min(text.colour[:3]) >= 255 - _NEAR
        if self._under[index] < 0:
            return WHITE if pale else ""
        ground = self._grounds[self._under[index]]
        if ground.kind != _PATH:
            return WHITE if pale else SAME_COLOUR
        near = max(abs(a - b) for a, b in zip(text.colour[:3], ground.colour[:3], strict=True)) <= _NEAR
        return (WHITE if pale else SAME_COLOUR) if near else ""


def _overlap(boxes: np.ndarray, rectangle: Rectangle) -> np.ndarray:
    wide = np.minimum(boxes[:, 2], rectangle[2]) - np.maximum(boxes[:, 0], rectangle[0])
    high = np.minimum(boxes[:, 3], rectangle[3]) - np.maximum(boxes[:, 1], rectangle[1])
    return np.maximum(wide, 0) * np.maximum(high, 0)


def _share(inner: Rectangle, outer: Rectangle) -> float:
    wide = min(inner[2], outer[2]) - max(inner[0], outer[0])
    high = min(inner[3], outer[3]) - max(inner[1], outer[1])
    area = (inner[2] - inner[0]) * (inner[3] - inner[1])
    return wide * high / area if wide > 0 and high > 0 and area > 0 else 0.0


def _scan_of(painted: Painted, frame: Frame) -> Rectangle | None:
    """The rectangle of the pictures that cover the page, when they do."""
    visible = (frame.left, frame.bottom, frame.right, frame.top)
    pictures = [s.bounds for s in painted.shapes if s.kind == pdfium.FPDF_PAGEOBJ_IMAGE]
    if not pictures or len(pictures) > 400:
        return None
    if sum(_share(visible, picture) for picture in pictures) < _SCAN_SHARE:
        return None
    return (
        min(p[0] for p in pictures),
        min(p[1] for p in pictures),
        max(p[2] for p in pictures),
        max(p[3] for p in pictures),
    )


def _covering_notes(page: ctypes.c_void_p) -> list[Rectangle]:
    found = []
    rectangle = pdfium.FS_RECTF()
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), 2000)):
        note = pdfium.FPDFPage_GetAnnot(page, index)
        if not note:
            continue
        covering = pdfium.FPDFAnnot_GetSubtype(note) in _COVERING_NOTES
        if covering and pdfium.FPDFAnnot_GetRect(note, ctypes.byref(rectangle)):
            found.append((rectangle.left, rectangle.bottom, rectangle.right, rectangle.top))
        pdfium.FPDFPage_CloseAnnot(note)
    return found


# ------------------------------------------------------------------------------------------------------- looking at it


def reasons_of(
    page: ctypes.c_void_p,
    text_page: ctypes.c_void_p,
    characters: str,
    painted: Painted,
    suspects: Suspects,
    frame: Frame,
) -> dict[int, str]:
    """Character index → why it is not seen (or SCAN_LAYER). ``page`` is left changed: close it afterwards."""
    owner = _owners(text_page, len(characters))
    found: dict[int, str] = {}
    measure = Bounds()
    for text, reason in suspects.sure:
        scanned = (
            reason in (MODE, CLEAR)
            and suspects.scan
            and _share(measure.of(text.handle, text.matrix), suspects.scan) > 0.5
        )
        for index in owner.get(text.handle, ()):
            found[index] = SCAN_LAYER if scanned else reason
    if suspects.doubtful:
        found |= _unseen(page, text_page, characters, painted, suspects, frame, owner)
    return {index: reason for index, reason in found.items() if not characters[index].isspace()}


def _unseen(
    page: ctypes.c_void_p,
    text_page: ctypes.c_void_p,
    characters: str,
    painted: Painted,
    suspects: Suspects,
    frame: Frame,
    owner: dict[int, list[int]],
) -> dict[int, str]:
    canvas = _Canvas(page, frame)
    handles = [text.handle for text, _ in suspects.doubtful]
    change = canvas.change(handles, notes=True)
    unseen = []
    for text, reason in suspects.doubtful:
        for index in owner.get(text.handle, ()):
            box = character_boxes(text_page, index, index + 1)[0]
            if not characters[index].isspace() and box and not canvas.is_changed(change, box):
                unseen.append((text, index, box, reason))
    found: dict[int, str] = {}
    # a glyph that its font does not have is never seen: only what shows once nothing lies over or under it was hidden
    proof, measure = None, Bounds()
    for text, index, box, reason in unseen:
        if reason not in (WHITE, LAYER):
            if proof is None:
                canvas.set_active([shape.handle for shape in painted.shapes], False)
                proof = canvas.change(handles, notes=False)
            if not canvas.is_changed(proof, box):
                if min(text.colour[:3]) < 255 - _NEAR:
                    continue
                reason = WHITE
        is_scan = (
            suspects.scan is not None
            and reason == BY_IMAGE
            and _share(measure.of(text.handle, text.matrix), suspects.scan) > 0.5
        )
        found[index] = SCAN_LAYER if is_scan else reason
    return found


class _Canvas:
    """Draws the page with and without some of its objects."""

    def __init__(self, page: ctypes.c_void_p, frame: Frame) -> None:
        self._page, self._frame = page, frame
        longest = max(frame.width, frame.height, 1.0)
        self._scale = min(1.6, _MAX_SIDE / longest)
        self._size = max(round(frame.width * self._scale), 1), max(round(frame.height * self._scale), 1)

    def set_active(self, handles: Sequence[int], is_active: bool) -> None:
        for handle in handles:
            calls.set_active(handle, is_active)

    def change(self, handles: Sequence[int], notes: bool) -> "_Drawings":
        """The page with and without these objects."""
        with_them = self._draw(notes)
        self.set_active(handles, False)
        without = self._draw(notes)
        self.set_active(handles, True)
        return with_them, without

    def is_changed(self, change: "_Drawings", box: Rectangle) -> bool:
        """Whether enough pixels of this box changed for a person to have seen something there."""
        seen = self._frame.box(*box)
        x0, x1 = int(seen.x0 * self._scale), int(seen.x1 * self._scale) + 1
        y0, y1 = int(seen.top * self._scale), int(seen.bottom * self._scale) + 1
        region = np.s_[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
        one, other = change[0][region], change[1][region]
        if one.size == 0:
            return False
        difference = np.maximum(one, other) - np.minimum(one, other)
        return float((difference.max(axis=2) > _SEEN_PIXEL).mean()) > _SEEN_SHARE

    def _draw(self, notes: bool) -> np.ndarray:
        width, height = self._size
        bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGRx, None, 0)
        if not bitmap:
            raise MemoryError
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
            flags = pdfium.FPDF_ANNOT if notes else 0
            pdfium.FPDF_RenderPageBitmap(bitmap, self._page, 0, 0, width, height, 0, flags)
            stride = pdfium.FPDFBitmap_GetStride(bitmap)
            buffer = pdfium.FPDFBitmap_GetBuffer(bitmap)
            raw = ctypes.string_at(buffer, stride * height)
            return np.frombuffer(raw, np.uint8).reshape(height, stride // 4, 4)[:, :width, :3]
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)


#: The page drawn twice: rows, columns, blue green red.
_Drawings = tuple[np.ndarray, np.ndarray]


def _owners(text_page: ctypes.c_void_p, count: int) -> dict[int, list[int]]:
    """Handle of a text object → the indices of its characters."""
    owner: dict[int, list[int]] = {}
    page = calls.address_of(text_page)
    for index in range(count):
        handle = calls.character_object(page, index)
        if handle:
            owner.setdefault(handle, []).append(index)
    return owner
