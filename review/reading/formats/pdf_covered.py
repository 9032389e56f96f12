"""Pictures of a PDF page of which a reader sees less than the file holds: under boxes, cut off, or not to be decoded."""

import ctypes
import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from review.reading.assembly import Piece
from review.reading.extraction import Options
from review.reading.formats import pdf_calls as calls
from review.reading.formats import pdf_scan
from review.reading.formats.pdf_objects import Painted, Rectangle, Shape
from review.reading.formats.pdf_text import Frame
from review.reading.ocr_ink import is_flat
from review.reading.ocr_text import Placing, Sight, read_picture
from review.types import BBox, BlockKind, Gap, GapReason

COVERED = "被遮盖的图片"
_BROKEN = "图片损坏或格式特殊，画不出来，未检查。请用原程序重新导出 PDF 后提交，或由人工查看。"
_IMAGE = pdfium.FPDF_PAGEOBJ_IMAGE
_DPI = 72.0
#: A smaller picture holds no line of text; a smaller box hides none.
_MIN_WIDE, _MIN_HIGH = 10.0, 5.0
#: So much of a picture may be cut off by the edge of its frame without anything being lost.
_CUT_SHARE = 0.9
_OPAQUE = 100  # of 255
_MAX_PICTURES = 200
_MAX_COVERS = 4000


def look(
    page: ctypes.c_void_p, painted: Painted, frame: Frame, number: int, options: Options, seen: set[str]
) -> list[Sight]:
    """What pictures hold that is not seen, as hidden pieces, and Gaps for what cannot be decoded. Changes the page."""
    pictures = [s for s in painted.shapes if s.kind == _IMAGE and _is_large(frame.box(*s.bounds))][:_MAX_PICTURES]
    if not pictures:
        return []
    covers = _covers_of(painted.shapes, pictures)
    cut = [s for s in pictures if _is_cut(s, frame)]
    if len(pictures) == 1 and not covers and not cut and pdf_scan.is_decoded(pictures[0]):
        return []
    for text in painted.texts:
        calls.set_active(text.handle, 0)
    shown, scale = pdf_scan.drawn(page, frame, _DPI)
    sights = [_broken(s, shown, scale, frame, number) for s in pictures]
    found = [s for s in sights if s is not None]
    found += [sight for s in cut if (sight := _read_own(s, frame, number, options, seen)) is not None]
    if covers:
        found += _uncovered(page, shown, scale, pictures, covers, frame, number, options, seen)
    return found


def _is_large(box: BBox) -> bool:
    return box.x1 - box.x0 >= _MIN_WIDE and box.bottom - box.top >= _MIN_HIGH


# ------------------------------------------------------------------------------------------------------------ decoding


def _broken(shape: Shape, shown: Image.Image, scale: float, frame: Frame, number: int) -> Sight | None:
    """A Gap when nothing of the picture is painted although it holds something, because it cannot be decoded."""
    crop = _crop(shown, frame, shape.bounds, scale)
    if crop is None or not is_flat(crop) or pdf_scan.is_decoded(shape):
        return None
    return Sight(gaps=(Gap(GapReason.CORRUPT, f"第{number}页 图片", _BROKEN),), was_read=False)


def _crop(shown: Image.Image, frame: Frame, bounds: Rectangle, scale: float) -> Image.Image | None:
    box = frame.box(*bounds)
    left, top = max(round(box.x0 * scale), 0), max(round(box.top * scale), 0)
    right, bottom = min(round(box.x1 * scale), shown.width), min(round(box.bottom * scale), shown.height)
    return shown.crop((left, top, right, bottom)) if right - left > 2 and bottom - top > 2 else None


# ------------------------------------------------------------------------------------------------------------- cut off


def _is_cut(shape: Shape, frame: Frame) -> bool:
    """Whether the page's edge or a clipping path hides a good part of the picture."""
    if shape.width <= 0 or shape.height <= 0:
        return False
    window = (frame.left, frame.bottom, frame.right, frame.top)
    if shape.matrix is None:
        window = _within(window, _clip_of(shape.handle))
    return _area(_within(window, shape.bounds)) < _CUT_SHARE * shape.width * shape.height


def _clip_of(handle: int) -> Rectangle:
    """The bounds of the clipping paths of an object; everything when there are none."""
    window = (-math.inf, -math.inf, math.inf, math.inf)
    clip = pdfium.FPDFPageObj_GetClipPath(ctypes.cast(handle, pdfium.FPDF_PAGEOBJECT))
    x, y = ctypes.c_float(), ctypes.c_float()
    for path in range(max(pdfium.FPDFClipPath_CountPaths(clip), 0) if clip else 0):
        xs, ys = [], []
        for index in range(min(pdfium.FPDFClipPath_CountPathSegments(clip, path), 400)):
            segment = pdfium.FPDFClipPath_GetPathSegment(clip, path, index)
            if segment and pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
                xs.append(x.value)
                ys.append(y.value)
        if xs:
            window = _within(window, (min(xs), min(ys), max(xs), max(ys)))
    return window


def _within(one: Rectangle, other: Rectangle) -> Rectangle:
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _area(box: Rectangle) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def _read_own(shape: Shape, frame: Frame, number: int, options: Options, seen: set[str]) -> Sight | None:
    """The text of a picture's own pixels, whatever of them is shown."""
    image = pdf_scan.own_pixels(shape)
    if image is None:
        return Sight(gaps=(Gap(GapReason.CORRUPT, f"第{number}页 图片", _BROKEN),), was_read=False)
    box = frame.box(*shape.bounds)
    placing = Placing(
        number,
        f"第{number}页 图片",
        (box.x1 - box.x0) / max(image.width, 1),
        box.x0,
        box.top,
        frame.width,
        frame.height,
        BlockKind.IMAGE,
    )
    return _read(image, placing, options, seen)


def _read(image: Image.Image, placing: Placing, options: Options, seen: set[str]) -> Sight | None:
    if is_flat(image):
        return None
    digest = hashlib.sha256(image.tobytes()).hexdigest()
    if digest in seen:
        return None
    seen.add(digest)
    sight = read_picture(image, placing, options)
    return replace(sight, pieces=tuple(_hidden(piece) for piece in sight.pieces))


def _hidden(piece: Piece) -> Piece:
    return replace(piece, kind=BlockKind.HIDDEN, concealed=COVERED, top_of_first_page=False)


# ------------------------------------------------------------------------------------------------------------- covered


def _covers_of(shapes: Sequence[Shape], pictures: Sequence[Shape]) -> list[Shape]:
    """The opaque areas and pictures that are painted over one of these pictures."""
    first = min(s.order for s in pictures)
    later = [
        s
        for s in shapes
        if s.order > first
        and s.width >= _MIN_WIDE
        and s.height >= _MIN_HIGH
        and (pdf_scan.is_opaque(s) if s.kind == _IMAGE else s.is_filled and s.colour[3] > _OPAQUE)
    ]
    least = _MIN_WIDE * _MIN_HIGH
    return [
        s
        for s in later[:_MAX_COVERS]
        if any(p.order < s.order and _area(_within(p.bounds, s.bounds)) >= least for p in pictures)
    ]


def _uncovered(
    page: ctypes.c_void_p,
    shown: Image.Image,
    scale: float,
    pictures: Sequence[Shape],
    covers: Sequence[Shape],
    frame: Frame,
    number: int,
    options: Options,
    seen: set[str],
) -> list[Sight]:
    """The pictures under what covers them, where taking it away shows something."""
    handles = [s.handle for s in covers]
    for handle in handles:
        calls.set_active(handle, 0)
    bare, _ = pdf_scan.drawn(page, frame, _DPI)
    difference = ImageChops.difference(shown, bare).convert("L").point(lambda v: 255 if v > 40 else 0)
    found: list[Sight] = []
    fine: tuple[Image.Image, float] | None = None
    inner = [s for s in pictures if s.handle not in handles] or list(pictures)
    for picture in inner:
        hidden = [
            part
            for s in covers
            if s.order > picture.order
            and (part := _hidden_part(_within(picture.bounds, s.bounds), difference, bare, frame, scale)) is not None
        ]
        if not hidden:
            continue
        fine = fine or pdf_scan.drawn(page, frame)
        crop = _crop(fine[0], frame, picture.bounds, fine[1])
        if crop is None:
            continue
        box = frame.box(*picture.bounds)
        corner = max(box.x0, 0.0), max(box.top, 0.0)
        placing = Placing(
            number, f"第{number}页 图片", 1 / fine[1], *corner, frame.width, frame.height, BlockKind.IMAGE
        )
        sight = _read(crop, placing, options, seen)
        if sight is not None:
            found.append(sight)
    for handle in handles:
        calls.set_active(handle, 1)
    return found


def _hidden_part(
    bounds: Rectangle, difference: Image.Image, bare: Image.Image, frame: Frame, scale: float
) -> Image.Image | None:
    """What stands under a cover: None when it is blank, or shows through."""
    if bounds[2] - bounds[0] < _MIN_WIDE or bounds[3] - bounds[1] < _MIN_HIGH:
        return None
    changed, under = _crop(difference, frame, bounds, scale), _crop(bare, frame, bounds, scale)
    if changed is None or under is None or changed.getbbox() is None or is_flat(under):
        return None
    return under
