"""Pictures on PDF pages that must be read by OCR: whole pages and single pictures, drawn by pdfium."""

import ctypes
import hashlib
from collections.abc import Sequence

import pypdfium2.raw as pdfium
from PIL import Image

from review.reading.extraction import Options
from review.reading.formats import pdf_calls as calls
from review.reading.formats.pdf_objects import Painted, Rectangle, Shape
from review.reading.formats.pdf_text import Frame
from review.reading.ocr_ink import is_flat
from review.reading.ocr_text import Placing, Sight, read_picture
from review.types import BlockKind

#: Points → pixels at 150 dpi: the engine reads nothing better from more (files.md §4).
_DPI = 150
_MAX_PIXELS = 12_000_000
_MAX_SIDE = 6000
_MAX_TILES = 2000
_MAX_OWN_PIXELS = 60_000_000
#: A picture on a page below this many points is read together with the other small ones (``pdf_leftovers``).
_MIN_WIDE, _MIN_HIGH = 60.0, 18.0


def read_page(page: ctypes.c_void_p, frame: Frame, number: int, options: Options) -> Sight:
    """The whole page as it is painted, read by OCR."""
    image, scale = drawn(page, frame)
    placing = Placing(number, f"第{number}页", 1 / scale, width=frame.width, height=frame.height, has_marks=number == 1)
    return read_picture(image, placing, options)


def read_pictures(
    page: ctypes.c_void_p, painted: Painted, frame: Frame, number: int, options: Options, seen: set[str]
) -> list[Sight]:
    """The pictures of a page that also has text, each read once; what lies over them is not painted. Changes the page."""
    pictures = [box for box in _joined(_pictures(painted, frame)) if _is_worth_reading(box)]
    if not pictures:
        return []
    for text in painted.texts:
        calls.set_active(text.handle, 0)
    image, scale = drawn(page, frame)
    sights = []
    for index, box in enumerate(pictures):
        left, top, right, bottom = (round(v * scale) for v in box)
        crop = image.crop((max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height)))
        if crop.width < 8 or crop.height < 8 or is_flat(crop):
            continue
        digest = hashlib.sha256(crop.tobytes()).hexdigest()
        if digest in seen:
            continue  # the same letterhead on every page is read once
        seen.add(digest)
        locator = f"第{number}页 图片{index + 1}"
        place = Placing(
            number,
            locator,
            1 / scale,
            max(left, 0) / scale,
            max(top, 0) / scale,
            frame.width,
            frame.height,
            BlockKind.IMAGE,
            has_marks=number == 1,
        )
        sights.append(read_picture(crop, place, options))
    return sights


def has_pictures(painted: Painted, frame: Frame) -> bool:
    """Whether a picture large enough to hold text stands on the page."""
    return any(_is_worth_reading(box) for box in _joined(_pictures(painted, frame)))


def large_pictures(painted: Painted, frame: Frame) -> list[Shape]:
    """The picture objects that are large, or part of a large picture."""
    boxes = [box for box in _joined(_pictures(painted, frame)) if _is_worth_reading(box)]
    found = []
    for shape in painted.shapes if boxes else ():
        if shape.kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            box = frame.box(*shape.bounds)
            if any(_touches((box.x0, box.top, box.x1, box.bottom), other) for other in boxes):
                found.append(shape)
    return found


def drawn(page: ctypes.c_void_p, frame: Frame, dpi: float = _DPI) -> tuple[Image.Image, float]:
    """The page as an RGB picture, and its pixels per point; never more than 12 million pixels."""
    wide, high = max(frame.width, 1.0), max(frame.height, 1.0)
    scale = min(dpi / 72, (_MAX_PIXELS / (wide * high)) ** 0.5, _MAX_SIDE / max(wide, high))
    width, height = max(round(wide * scale), 1), max(round(high * scale), 1)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGRx, None, 0)
    if not bitmap:
        raise MemoryError
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        raw = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return Image.frombuffer("RGB", (width, height), raw, "raw", "BGRX", stride, 1), scale


def is_blank(page: ctypes.c_void_p, frame: Frame) -> bool:
    """Whether a reader of this page sees nothing."""
    image, _ = drawn(page, frame, 50)
    return is_flat(image)


def _pictures(painted: Painted, frame: Frame) -> list[Rectangle]:
    """The pictures as a person sees them: (x0, top, x1, bottom), cut to the page."""
    boxes = []
    for shape in painted.shapes:
        if shape.kind == pdfium.FPDF_PAGEOBJ_IMAGE and shape.width > 0 and shape.height > 0:
            box = frame.box(*shape.bounds)
            cut = (max(box.x0, 0.0), max(box.top, 0.0), min(box.x1, frame.width), min(box.bottom, frame.height))
            if cut[2] > cut[0] and cut[3] > cut[1]:
                boxes.append(cut)
    return boxes


def _joined(boxes: Sequence[Rectangle]) -> list[Rectangle]:
    """Bands and tiles that touch are one picture: programs cut a scan into strips."""
    if len(boxes) > _MAX_TILES:
        xs, ys = [v for b in boxes for v in (b[0], b[2])], [v for b in boxes for v in (b[1], b[3])]
        return [(min(xs), min(ys), max(xs), max(ys))]
    found: list[Rectangle] = []
    for box in sorted(boxes, key=lambda b: (b[1], b[0])):
        for index, other in enumerate(found):
            if _touches(box, other):
                found[index] = (
                    min(box[0], other[0]),
                    min(box[1], other[1]),
                    max(box[2], other[2]),
                    max(box[3], other[3]),
                )
                break
        else:
            found.append(box)
    return found


def _touches(one: Rectangle, other: Rectangle) -> bool:
    return one[0] <= other[2] + 1 and other[0] <= one[2] + 1 and one[1] <= other[3] + 1 and other[1] <= one[3] + 1


def _is_worth_reading(box: Rectangle) -> bool:
    return box[2] - box[0] >= _MIN_WIDE and box[3] - box[1] >= _MIN_HIGH


def covered_share(shapes: Sequence[Shape], frame: Frame) -> float:
    """The share of the page under pictures, at most 1."""
    area = frame.width * frame.height
    if area <= 0:
        return 0.0
    total = 0.0
    for shape in shapes:
        if shape.kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            box = frame.box(*shape.bounds)
            wide = min(box.x1, frame.width) - max(box.x0, 0)
            high = min(box.bottom, frame.height) - max(box.top, 0)
            total += max(wide, 0) * max(high, 0)
    return min(total / area, 1.0)


# ------------------------------------------------------------------------------------------------ a picture by itself

_MODES = {
    pdfium.FPDFBitmap_Gray: ("L", "L"),
    pdfium.FPDFBitmap_BGR: ("RGB", "BGR"),
    pdfium.FPDFBitmap_BGRx: ("RGB", "BGRX"),
    pdfium.FPDFBitmap_BGRA: ("RGBA", "BGRA"),
}
#: Fax pictures that cannot be decoded come out blank; a blank one is smaller than this many bytes.
_FEW_BYTES = 400
_FAX = (b"JBIG2Decode", b"CCITTFaxDecode")


def own_pixels(shape: Shape) -> Image.Image | None:
    """The pixels of a picture object as the file holds them, on white; None when they cannot be decoded."""
    bitmap = pdfium.FPDFImageObj_GetBitmap(ctypes.cast(shape.handle, pdfium.FPDF_PAGEOBJECT))
    if not bitmap:
        return None
    try:
        mode = _MODES.get(pdfium.FPDFBitmap_GetFormat(bitmap))
        size = pdfium.FPDFBitmap_GetWidth(bitmap), pdfium.FPDFBitmap_GetHeight(bitmap)
        if mode is None or size[0] * size[1] > _MAX_OWN_PIXELS:
            return None
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        raw = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * size[1])
        image = Image.frombuffer(mode[0], size, raw, "raw", mode[1], stride, 1)
        if mode[0] == "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", size, (255, 255, 255, 255)), image)
        return image.convert("RGB")
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)


def is_decoded(shape: Shape) -> bool:
    """Whether pdfium can make pixels of a picture object."""
    handle = ctypes.cast(shape.handle, pdfium.FPDF_PAGEOBJECT)
    bitmap = pdfium.FPDFImageObj_GetBitmap(handle)
    if not bitmap:
        return False
    pdfium.FPDFBitmap_Destroy(bitmap)
    name = ctypes.create_string_buffer(40)
    count = pdfium.FPDFImageObj_GetImageFilterCount(handle)
    pdfium.FPDFImageObj_GetImageFilter(handle, max(count - 1, 0), name, 40)
    if name.value not in _FAX or pdfium.FPDFImageObj_GetImageDataRaw(handle, None, 0) <= _FEW_BYTES:
        return True
    image = own_pixels(shape)
    return image is not None and not is_flat(image)


def is_opaque(shape: Shape) -> bool:
    """Whether a picture hides what lies under it: it has no mask and is none."""
    handle = ctypes.cast(shape.handle, pdfium.FPDF_PAGEOBJECT)
    if pdfium.FPDFPageObj_HasTransparency(handle):
        return False
    data = pdfium.FPDF_IMAGEOBJ_METADATA()
    known = pdfium.FPDFImageObj_GetImageMetadata(handle, None, ctypes.byref(data))
    return not known or data.bits_per_pixel != 1
