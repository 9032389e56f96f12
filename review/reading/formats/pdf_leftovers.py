"""What a PDF page with text shows besides text and large pictures: letters drawn as outlines, small strips of pictures."""

import ctypes
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pypdfium2.raw as pdfium
from PIL import Image

from review.reading.extraction import Options
from review.reading.formats import pdf_calls as calls
from review.reading.formats import pdf_outlines, pdf_scan
from review.reading.formats.pdf_objects import Painted
from review.reading.formats.pdf_text import Frame
from review.reading.ocr_ink import is_flat, is_text_like
from review.reading.ocr_text import Placing, Sight, read_picture
from review.types import BBox, BlockKind, Gap, GapReason

#: Letters lower than this (points) are read by nobody: ten pixels at 150 dpi.
_MIN_HIGH = 4.8
#: A single picture that is hardly wider than high is an icon or a bullet.
_ASPECT = 1.5
_MARGIN = 3.0
_PATH = pdfium.FPDF_PAGEOBJ_PATH
#: The colour that pdfium names for a coloured tiling pattern; a real grey of this tone is flat where it is drawn.
_PATTERN_COLOUR = [0xBF, 0xBF, 0xBF]
_PATTERN_WIDE, _PATTERN_HIGH, _INSET = 30.0, 10.0, 2.0
#: More boxes, or more small pictures, than this: the page is read as a whole.
_MAX_BOXES, _MAX_STRIPS = 400, 2000
#: An ornament that is taken for a few letters is not worth a person's look.
_FEW_LETTERS = 4
_UNSEEN = "这一页有画成图形的内容（可能是文字），在页面上看不见，未检查。请人工查看原件。"


def read(
    page: ctypes.c_void_p, painted: Painted, frame: Frame, number: int, options: Options, seen: set[str]
) -> Sight | None:
    """The text in outlines and small pictures, read in one go; None where there is nothing. Changes the page."""
    outlines = pdf_outlines.boxes_of(painted.shapes, frame)
    strips, skipped = _strips(painted, frame)
    options.allowance.small_pictures += skipped
    patterned = _patterned(painted, frame)
    if not (outlines or strips or patterned):
        return None
    large = [s.handle for s in pdf_scan.large_pictures(painted, frame)]
    for handle in [*(text.handle for text in painted.texts), *large]:
        calls.set_active(handle, 0)
    shown, scale = pdf_scan.drawn(page, frame)
    for handle in large:
        calls.set_active(handle, 1)
    strips = [b for b in strips if is_text_like(shown.crop(_pixels(b, scale, shown.size)))]
    strips += [b for b in patterned if not _is_lost(shown, b, scale)]
    boxes = [*outlines, *strips]
    if len(boxes) > _MAX_BOXES:
        boxes = [BBox(0.0, 0.0, frame.width, frame.height)]
    canvas, corner = _only(shown, boxes, scale)
    gaps = (
        (Gap(GapReason.NO_TEXT, f"第{number}页", _UNSEEN),) if any(_is_lost(shown, b, scale) for b in outlines) else ()
    )
    if canvas is None:
        return Sight(gaps=gaps) if gaps else None
    digest = hashlib.sha256(canvas.tobytes()).hexdigest()
    if digest in seen:
        return Sight(gaps=gaps) if gaps else None
    seen.add(digest)
    placing = Placing(
        number,
        f"第{number}页 图形",
        1 / scale,
        corner[0] / scale,
        corner[1] / scale,
        frame.width,
        frame.height,
        BlockKind.IMAGE,
        has_marks=number == 1,
    )
    sight = read_picture(canvas, placing, options)
    if sight.was_read and len("".join(sight.text.split())) < _FEW_LETTERS:
        sight = replace(sight, gaps=())
    return replace(sight, gaps=(*sight.gaps, *gaps))


def _strips(painted: Painted, frame: Frame) -> tuple[list[BBox], int]:
    """The boxes of small pictures that may hold letters, neighbours on a row joined; the number of the others."""
    large = {s.handle for s in pdf_scan.large_pictures(painted, frame)}
    boxes = [
        _within(frame.box(*s.bounds), frame)
        for s in painted.shapes
        if s.kind == pdfium.FPDF_PAGEOBJ_IMAGE and s.handle not in large
    ]
    if len(boxes) > _MAX_STRIPS:
        return [BBox(0.0, 0.0, frame.width, frame.height)], 0
    joined = _in_rows([b for b in boxes if b.bottom - b.top >= _MIN_HIGH and b.x1 - b.x0 >= _MIN_HIGH])
    found = [b for b in joined if _ratio(b) >= _ASPECT]
    return found, len(boxes) - len(found)


def _patterned(painted: Painted, frame: Frame) -> list[BBox]:
    """The areas that may be filled with a pattern, which can hold text, a little inside their edges."""
    found = []
    for shape in painted.shapes:
        if shape.kind == _PATH and shape.is_filled and shape.colour[:3] == _PATTERN_COLOUR:
            box = _within(frame.box(*shape.bounds), frame)
            if box.x1 - box.x0 >= _PATTERN_WIDE and box.bottom - box.top >= _PATTERN_HIGH:
                found.append(BBox(box.x0 + _INSET, box.top + _INSET, box.x1 - _INSET, box.bottom - _INSET))
    return found


def _within(box: BBox, frame: Frame) -> BBox:
    return BBox(max(box.x0, 0.0), max(box.top, 0.0), min(box.x1, frame.width), min(box.bottom, frame.height))


def _ratio(box: BBox) -> float:
    wide, high = box.x1 - box.x0, box.bottom - box.top
    return max(wide, high) / max(min(wide, high), 0.1)


def _in_rows(boxes: Sequence[BBox]) -> list[BBox]:
    """Pictures that stand side by side, or one below the other, no further apart than they are high or wide."""
    found: list[BBox] = []
    for box in sorted(boxes, key=lambda b: (round(b.top / 4), b.x0)):
        for index, other in enumerate(found):
            if _is_next(box, other):
                found[index] = BBox(
                    min(box.x0, other.x0), min(box.top, other.top), max(box.x1, other.x1), max(box.bottom, other.bottom)
                )
                break
        else:
            found.append(box)
    return found


def _is_next(one: BBox, other: BBox) -> bool:
    high = min(one.bottom - one.top, other.bottom - other.top)
    wide = min(one.x1 - one.x0, other.x1 - other.x0)
    across = max(one.x0, other.x0) - min(one.x1, other.x1)
    down = max(one.top, other.top) - min(one.bottom, other.bottom)
    return (down < -0.6 * high and across < high) or (across < -0.6 * wide and down < wide)


def _pixels(box: BBox, scale: float, size: tuple[int, int], margin: float = 0.0) -> tuple[int, int, int, int]:
    return (
        max(int((box.x0 - margin) * scale), 0),
        max(int((box.top - margin) * scale), 0),
        min(int((box.x1 + margin) * scale) + 1, size[0]),
        min(int((box.bottom + margin) * scale) + 1, size[1]),
    )


def _is_lost(shown: Image.Image, box: BBox, scale: float) -> bool:
    """Whether nothing of an outline is seen: outside the page, of the colour of its ground, or covered."""
    left, top, right, bottom = _pixels(box, scale, shown.size)
    return right - left < 3 or bottom - top < 3 or is_flat(shown.crop((left, top, right, bottom)))


def _only(shown: Image.Image, boxes: Sequence[BBox], scale: float) -> tuple[Image.Image | None, tuple[int, int]]:
    """A picture with nothing but these boxes on white, and where its corner lies on the page; None when it is blank."""
    places = [_pixels(b, scale, shown.size, _MARGIN) for b in boxes]
    places = [p for p in places if p[2] - p[0] > 2 and p[3] - p[1] > 2]
    if not places:
        return None, (0, 0)
    canvas = Image.new("RGB", shown.size, "white")
    for place in places:
        canvas.paste(shown.crop(place), place[:2])
    around = (
        max(min(p[0] for p in places) - 10, 0),
        max(min(p[1] for p in places) - 10, 0),
        min(max(p[2] for p in places) + 10, shown.width),
        min(max(p[3] for p in places) + 10, shown.height),
    )
    part = canvas.crop(around)
    return (None if is_flat(part) else part), around[:2]
