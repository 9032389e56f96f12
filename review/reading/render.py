"""One page as a picture for the screen (WebP), drawn in the sandboxed child. Office files are drawn from their PDF."""

import io

import pypdfium2.raw as pdfium
from PIL import Image, UnidentifiedImageError

from review.reading import filetypes
from review.reading.extraction import Options, Unreadable
from review.types import GapReason

#: What one picture may hold: enough for a page at 200 dpi, too little to hurt a browser.
_MAX_PIXELS = 6_000_000
_MAX_SIDE = 4000
_SMALLEST, _LARGEST = 0.2, 4.0
_QUALITY = 80
_NO_PAGE = "没有这一页。"
_NO_PICTURE = "这种文件不能按版面显示，请对照文字查看，或用原程序打开。"
_TOO_LARGE = "图片像素超过限制，不能显示。请用原程序打开查看。"
_BROKEN = "这一页损坏，不能显示。请用原程序打开查看。"
_PICTURES = frozenset({"png", "jpg", "tif", "bmp", "gif", "webp"})


def render(data: bytes, page: int, scale: float, options: Options) -> bytes:
    """The page (1-based) as WebP; ``scale`` 1.0 is 72 dpi for a PDF and the own size for a picture, both capped.

    Unreadable with advice in Chinese when there is no such page or the format has no pages to be drawn.
    """
    scale = min(max(scale, _SMALLEST), _LARGEST) if scale == scale else 1.0
    found = filetypes.identify(data)
    if found == "pdf":
        image = _pdf_page(data, page, scale)
    elif found in _PICTURES:
        image = _picture(data, page, scale, options)
    else:
        raise Unreadable(GapReason.UNSUPPORTED, _NO_PICTURE)
    packed = io.BytesIO()
    image.save(packed, "WEBP", quality=_QUALITY, method=2)
    return packed.getvalue()


def _pdf_page(data: bytes, number: int, scale: float) -> Image.Image:
    from review.reading.formats import pdf, pdf_scan, pdf_text  # only a PDF pays for the PDF libraries

    document = pdf.open_document(pdf.without_junk(data))
    try:
        if not 1 <= number <= len(document):
            raise Unreadable(GapReason.NO_TEXT, _NO_PAGE)
        handle = pdfium.FPDF_LoadPage(document.raw, number - 1)
        if not handle:
            raise Unreadable(GapReason.CORRUPT, _BROKEN)
        try:
            frame = pdf_text.frame_of(handle)
            longest = max(frame.width, frame.height, 1.0)
            area = max(frame.width * frame.height, 1.0)
            factor = min(scale, (_MAX_PIXELS / area) ** 0.5, _MAX_SIDE / longest)
            image, _ = pdf_scan.drawn(handle, frame, 72 * factor)
            return image
        finally:
            pdfium.FPDF_ClosePage(handle)
    finally:
        document.close()


def _picture(data: bytes, number: int, scale: float, options: Options) -> Image.Image:
    from review.reading.formats.image import upright  # keeps EXIF turns and transparency as the reader sees them

    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > options.limits.image_pixels:
            raise Unreadable(GapReason.TOO_LARGE, _TOO_LARGE)
        if not 1 <= number <= getattr(image, "n_frames", 1):
            raise Unreadable(GapReason.NO_TEXT, _NO_PAGE)
        image.seek(number - 1)
        frame = upright(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise Unreadable(GapReason.CORRUPT, _BROKEN) from None
    factor = min(scale, (_MAX_PIXELS / (frame.width * frame.height)) ** 0.5, _MAX_SIDE / max(frame.size))
    target = max(round(frame.width * factor), 1), max(round(frame.height * factor), 1)
    return frame.resize(target, Image.Resampling.LANCZOS) if frame.size != target else frame
