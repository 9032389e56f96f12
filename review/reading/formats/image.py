"""Pictures (png, jpg, tif with several pages, bmp, gif, webp): text by OCR, and what the file says besides its pixels."""

import hashlib
import io
import warnings
from collections.abc import Iterator

from PIL import ExifTags, Image, ImageFile, ImageOps, IptcImagePlugin, UnidentifiedImageError

from review.reading import filetypes
from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.ocr_ink import is_text_like
from review.reading.ocr_text import Placing, read_picture
from review.types import BlockKind, Gap, GapReason, Page, PageReading

#: A picture inside a document below this is an icon or a line, unless its ink has the shape of a line of text.
_SMALL_SIDE, _SMALL_AREA = 28, 4_000
_PREVIEW_SIDE = 600
#: Small pictures are enlarged to this many pixels.
_SMALL_HIGH = 48
_BROKEN = "图片损坏，未能完整读取。请重新导出图片后提交，或由人工查看。"
_TOO_LARGE = "图片像素超过限制，未检查。请缩小后重新提交。"
_THUMBNAIL = "图片内含缩略图（可能保留裁剪、涂改前的画面），请人工核对"
_MAX_TEXT = 20_000
_TAGS = {
    "ImageDescription": "图片说明",
    "Make": "相机厂商",
    "Model": "相机型号",
    "Software": "软件",
    "DateTime": "修改时间",
    "DateTimeOriginal": "拍摄时间",
    "Artist": "作者",
    "Copyright": "版权",
    "UserComment": "备注",
    "XPTitle": "标题",
    "XPComment": "备注",
    "XPAuthor": "作者",
    "XPKeywords": "关键词",
    "XPSubject": "主题",
    "CameraOwnerName": "相机所有者",
    "BodySerialNumber": "机身序列号",
    "HostComputer": "计算机",
    "DocumentName": "文档名称",
    "PageName": "页名",
}
_IPTC = {(2, 5): "标题", (2, 25): "关键词", (2, 80): "作者", (2, 105): "标题", (2, 116): "版权", (2, 120): "说明"}


def extract(data: bytes, options: Options) -> Reading:
    """The text of every frame with boxes in pixels, and the properties; Unreadable when it is no picture or too large."""
    image = _open(data, options)
    pieces: list[Piece] = []
    pages: list[Page] = []
    gaps: list[Gap] = []
    remarks: list[str] = []
    if options.is_part and (_is_icon(image) or _is_preview(image, options.name)):
        options.allowance.small_pictures += 1
        pages.append(Page(1, float(image.width), float(image.height), "px", PageReading.UNREAD))
    else:
        _read_frames(image, options, pieces, pages, gaps)
    properties, said = _properties(image)
    remarks += said
    embedded = tuple(_appended(data, image.format or ""))
    return Reading((*pieces, *properties), tuple(pages), (), tuple(gaps), embedded, tuple(remarks))


def _open(data: bytes, options: Options) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
    except Image.DecompressionBombError:
        raise Unreadable(GapReason.TOO_LARGE, _TOO_LARGE) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise Unreadable(GapReason.CORRUPT, _BROKEN) from None
    if image.width * image.height > options.limits.image_pixels:
        raise Unreadable(GapReason.TOO_LARGE, _TOO_LARGE)
    return image


def _is_icon(image: Image.Image) -> bool:
    """Whether a picture is too small for a line of text: by its size, and then by its ink."""
    if not _is_small(image):
        return False
    try:
        return not is_text_like(upright(image))
    except (OSError, ValueError, SyntaxError, EOFError):
        return False  # the reading of its frames says what is wrong with it


def _is_small(image: Image.Image) -> bool:
    return min(image.size) < _SMALL_SIDE or image.width * image.height < _SMALL_AREA


def _enlarged(frame: Image.Image) -> tuple[Image.Image, float]:
    """A small picture made larger for the engine, and how many of its pixels one of the new ones is."""
    factor = _SMALL_HIGH / min(frame.size)
    if factor <= 1 or max(frame.size) * factor > 2 * _PREVIEW_SIDE:
        return frame, 1.0
    size = max(round(frame.width * factor), 1), max(round(frame.height * factor), 1)
    return frame.resize(size, Image.Resampling.LANCZOS), 1 / factor


def _is_preview(image: Image.Image, name: str) -> bool:
    """Whether this is the little preview of the first page that office programs save: letters in it cannot be read."""
    return name.lower().startswith("thumbnail") and max(image.size) <= _PREVIEW_SIDE


def _read_frames(image: Image.Image, options: Options, pieces: list[Piece], pages: list[Page], gaps: list[Gap]) -> None:
    total = getattr(image, "n_frames", 1)
    seen: set[str] = set()
    for number in range(1, total + 1):
        locator = f"第{number}页" if total > 1 else ("图片" if options.is_part else "")
        if number > options.limits.pages:
            gaps.append(Gap(GapReason.TOO_LARGE, locator, f"超过 {options.limits.pages} 页，其余未检查。"))
            return
        if total > 1:
            options.progress(number - 1, total)
        try:
            image.seek(number - 1)
            if image.width * image.height > options.limits.image_pixels:
                gaps.append(Gap(GapReason.TOO_LARGE, locator, _TOO_LARGE))
                pages.append(Page(number, float(image.width), float(image.height), "px", PageReading.UNREAD))
                continue
            is_whole = _load(image)
            frame = upright(image)
            if not is_whole:
                gaps.append(Gap(GapReason.CORRUPT, locator, _BROKEN))
        except (OSError, ValueError, SyntaxError, EOFError):
            gaps.append(Gap(GapReason.CORRUPT, locator, _BROKEN))
            pages.append(Page(number, float(image.width), float(image.height), "px", PageReading.UNREAD))
            continue
        digest = hashlib.sha256(frame.tobytes()).hexdigest() if total > 1 else ""
        if digest and digest in seen:
            continue  # the frames of an animation repeat
        seen.add(digest)
        picture, scale = _enlarged(frame) if options.is_part else (frame, 1.0)
        placing = Placing(
            number,
            locator or "图片",
            scale,
            kind=BlockKind.IMAGE if options.is_part else BlockKind.PARAGRAPH,
            has_marks=number == 1,
            width=float(frame.width),
            height=float(frame.height),
        )
        sight = read_picture(picture, placing, options)
        pieces += sight.pieces
        gaps += sight.gaps
        how = PageReading.OCR if sight.pieces else PageReading.BLANK if sight.was_read else PageReading.UNREAD
        pages.append(Page(number, float(frame.width), float(frame.height), "px", how))


def _load(image: Image.Image) -> bool:
    """Decode the frame; False when the file ends too early and only its upper part is there."""
    try:
        image.load()
        return True
    except OSError:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            image.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
        return False


def upright(image: Image.Image) -> Image.Image:
    """The frame as a viewer shows it: turned by its EXIF note, on paper that its letters stand out from."""
    frame = ImageOps.exif_transpose(image)
    if frame.mode in ("RGBA", "LA", "PA") or "transparency" in frame.info:
        frame = frame.convert("RGBA")
        alpha = frame.getchannel("A")
        if alpha.getextrema()[0] == 255:
            return frame.convert("RGB")
        grey = ImageOps.grayscale(frame.convert("RGB"))
        shown = alpha.point(lambda a: 255 if a > 128 else 0)
        histogram = grey.histogram(shown)
        count = sum(histogram) or 1
        mean = sum(level * n for level, n in enumerate(histogram)) / count
        paper = Image.new("RGBA", frame.size, (0, 0, 0, 255) if mean > 170 else (255, 255, 255, 255))
        return Image.alpha_composite(paper, frame).convert("RGB")
    if frame.mode in ("I;16", "I;16B", "I", "F"):
        return ImageOps.autocontrast(frame.point(lambda v: v / 256).convert("L")).convert("RGB")
    return frame.convert("RGB")


# --------------------------------------------------------------------------------------------------------- properties


def _properties(image: Image.Image) -> tuple[list[Piece], list[str]]:
    remarks: list[str] = []
    try:
        texts = list(_exif(image, remarks)) + list(_info(image)) + list(_iptc(image))
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, AttributeError, ZeroDivisionError):
        return [], ["图片的拍摄信息损坏，未能读取"]
    return [Piece(t, BlockKind.PROPERTY, "图片属性") for t in dict.fromkeys(texts)], remarks


def _exif(image: Image.Image, remarks: list[str]) -> Iterator[str]:
    exif = image.getexif()
    tags = dict(exif.items()) | dict(exif.get_ifd(ExifTags.IFD.Exif).items())
    for tag, value in tags.items():
        name = ExifTags.TAGS.get(tag, "")
        text = _tag_text(name, value)
        if text and name in _TAGS:
            yield f"{_TAGS[name]}：{text}"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place = _place(gps)
    if place:
        yield f"GPS位置：{place}"
    if exif.get_ifd(ExifTags.IFD.IFD1):
        remarks.append(_THUMBNAIL)


def _tag_text(name: str, value: object) -> str:
    if isinstance(value, bytes):
        if name.startswith("XP"):
            return value.decode("utf-16-le", "ignore").strip("\0 ")
        for prefix, encoding in ((b"ASCII\0\0\0", "ascii"), (b"UNICODE\0", "utf-16-le"), (b"JIS\0", "iso2022_jp")):
            if value.startswith(prefix):
                return value[8:].decode(encoding, "ignore").strip("\0 ")
        return _decoded(value)
    if isinstance(value, str):
        return _decoded(value.encode("latin-1")) if _is_latin(value) else value.strip("\0 ")
    return "" if value is None or isinstance(value, dict) else str(value)


def _is_latin(value: str) -> bool:
    return not value.isascii() and all(ord(c) < 256 for c in value)


def _decoded(value: bytes) -> str:
    for encoding in ("utf-8", "gb18030", "latin-1"):
        try:
            return value.decode(encoding).strip("\0 ")
        except UnicodeDecodeError:
            continue
    return ""


def _place(gps: dict) -> str:
    """``39 deg 54' 26.40" N, 116 deg 23' 29.00" E（39.907333, 116.391389）``, "" without coordinates."""
    sides = []
    degrees = []
    for reference, value in ((gps.get(1), gps.get(2)), (gps.get(3), gps.get(4))):
        if not value or len(value) != 3:
            return ""
        d, m, s = (float(v) for v in value)
        letter = reference if isinstance(reference, str) else ""
        total = d + m / 60 + s / 3600
        if total != total:
            return ""
        sides.append(f"{d:g} deg {m:g}' {s:.2f}\" {letter}".strip())
        degrees.append(-total if letter in ("S", "W") else total)
    return f"{sides[0]}, {sides[1]}（{degrees[0]:.6f}, {degrees[1]:.6f}）"


def _info(image: Image.Image) -> Iterator[str]:
    """Text chunks of PNG, comments of JPEG and GIF, XMP of all."""
    for key, value in image.info.items():
        if key in ("icc_profile", "exif", "photoshop", "XML:com.adobe.xmp", "xmp", "transparency"):
            continue
        if isinstance(value, str) or (isinstance(value, bytes) and key in ("comment", "Comment")):
            text = value.strip("\0 ") if isinstance(value, str) else _decoded(value)
            if text:
                yield f"{key}：{text[:_MAX_TEXT]}"
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if packet:
        from review.reading.formats.xmp import xml_texts  # only for pictures that carry XMP

        raw = packet.encode("utf-8") if isinstance(packet, str) else packet
        yield from (text[:_MAX_TEXT] for text in xml_texts(raw[:1_000_000]))


def _iptc(image: Image.Image) -> Iterator[str]:
    if not isinstance(image, ImageFile.ImageFile):
        return
    for key, value in (IptcImagePlugin.getiptcinfo(image) or {}).items():
        for item in value if isinstance(value, list) else [value]:
            if key in _IPTC and isinstance(item, bytes):
                yield f"{_IPTC[key]}：{_decoded(item)}"


def _appended(data: bytes, kind: str) -> Iterator[Embedded]:
    """A file that hangs behind the end of the picture."""
    mark = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}.get(kind)
    end = data.find(b"PK\x03\x04", data.find(mark)) if mark and mark in data else -1
    if end > 0 and filetypes.guess(data[end:]) == "zip" and data.rfind(b"PK\x05\x06") > end:
        yield Embedded("图片尾部附加的文件.zip", data[end:], "")
