"""Secrecy marks on scanned first pages: a second, closer look at the upper left, and the known confusions of OCR.

Mark and place: GB/T 9704-2012 7.2.2 (密级和保密期限, 版心左上角); confusions: domain.md §4.1. A line is only put right when
the whole of it has the shape of a mark; other text is never changed.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from review.reading import ocr
from review.reading.ocr import OcrLine, Recognised
from review.types import BBox

_TOP, _LEFT = 0.3, 0.62
_SURE = 0.93
_ZOOM = 1.6
_INK = 0.0012
#: A red seal is at least this bright in the red channel, as a share of the paper.
_SEAL_SHARE = 0.82

_SECRET = "密蜜宓窓密宻"
_LEVELS = (
    (re.compile(f"[绝絕艳纯][{_SECRET}]"), "绝密"),
    (re.compile(f"[机機杌朸初][{_SECRET}]"), "机密"),
    (re.compile(f"[秘祕泌必秋蜜][{_SECRET}]"), "秘密"),
)
_STAR = "★☆✩✭⭐✪＊*女大太丈文火夫犬又×xX米※·•、☀卡术禾"
_DIGITS = str.maketrans("OoQ〇lI|iZzSsBb", "00001111225588")
_PERIOD = r"(?:[0-9OoQlI|iZzSsBb一二三四五六七八九十〇]{1,4}\s*(?:年|个月|月|天|日)|长期|启用前|解密前|公布前|[^，。；：]{1,12}前)"
_SHAPE = re.compile(
    rf"^([\[【〔（(「]?)\s*([绝絕艳纯机機杌朸初秘祕泌必秋蜜]\s*[{_SECRET}])\s*([{re.escape(_STAR)}]{{1,2}})\s*({_PERIOD})?\s*([\]】〕）)」]?)$"
)
_BARE = re.compile(rf"^([\[【〔（(「]?)\s*([绝絕机機秘祕]\s*[{_SECRET}])\s*([\]】〕）)」]?)$")
#: The star is gone: level and a period alone make the shape.
_STARLESS = re.compile(rf"^([绝絕机機秘祕]\s*[{_SECRET}])\s*([0-9OoQlI|iZzSs]{{1,2}}\s*(?:年|个月))$")
_WHOLE = re.compile(rf"^(?:绝密|机密|秘密)(?:★(?:{_PERIOD})?)?$")
_HINT = re.compile(f"[绝絕机機秘祕泌]|[{_SECRET}]|★|☆")


def normalise(text: str) -> str:
    """The line with its mark put right (``机蜜女1O年`` → ``机密★10年``), or the line as it is when it is no mark."""
    squeezed = text.strip()
    match = _SHAPE.match(squeezed)
    if match:
        opening, level, _, period, closing = match.groups()
        name = _level(level)
        return f"{opening}{name}★{_period(period or '')}{closing}" if name else text
    match = _STARLESS.match(squeezed)
    if match:
        name = _level(match.group(1))
        return f"{name}★{_period(match.group(2))}" if name else text
    match = _BARE.match(squeezed)
    if match:
        name = _level(match.group(2))
        return f"{match.group(1)}{name}{match.group(3)}" if name else text
    return text


def is_mark(text: str) -> bool:
    """Whether this line, put right, is a mark with a level."""
    return bool(_WHOLE.match(normalise(text).strip("[]【】〔〕（）()「」 ")))


def _level(text: str) -> str:
    squeezed = re.sub(r"\s+", "", text)
    return next((name for pattern, name in _LEVELS if pattern.fullmatch(squeezed)), "")


def _period(text: str) -> str:
    number = re.match(r"[0-9OoQlI|iZzSsBb]+", text)
    if not number:
        return text.replace(" ", "")
    return (number.group().translate(_DIGITS) + text[number.end() :]).replace(" ", "")


def with_marks(image: Image.Image, found: Recognised) -> Recognised:
    """The reading with its marks put right, after a closer look at the upper left where the first one leaves doubt."""
    lines = tuple(replace(line, text=normalise(line.text)) for line in found.lines)
    found = replace(found, lines=lines)
    upright = ocr.turned(image.convert("RGB"), found.turns)
    corner = (0, 0, round(upright.width * _LEFT), round(upright.height * _TOP))
    near = [line for line in ocr.moved_on(found, image.size) if _is_inside(line.bbox, corner)]
    if any(is_mark(line.text) for line in near):
        return found
    crop = upright.crop(corner)
    if not _is_worth_a_look(crop, near):
        return found
    mark = _look_closely(crop)
    if mark is None:
        return found
    return _with_line(found, mark, image.size)


def _is_inside(box: BBox, corner: Sequence[int]) -> bool:
    return (box.x0 + box.x1) / 2 < corner[2] and (box.top + box.bottom) / 2 < corner[3]


def _is_worth_a_look(crop: Image.Image, near: Sequence[OcrLine]) -> bool:
    """Doubtful lines, words of a mark, or ink that the first reading made nothing of."""
    if any(line.score < _SURE or _HINT.search(line.text) for line in near):
        return True
    return _ink_outside(crop, [line.bbox for line in near]) > _INK


def _ink_outside(crop: Image.Image, boxes: Sequence[BBox]) -> float:
    """The share of pixels clearly darker than the paper around them that stand in no box."""
    grey = ImageOps.grayscale(crop)
    small = grey.resize((max(grey.width // 2, 1), max(grey.height // 2, 1)), Image.Resampling.BOX)
    paper = small.filter(ImageFilter.BoxBlur(25))
    ink = np.asarray(ImageChops.subtract(paper, small)) > 28
    ink = ink.copy()
    edge = 3
    ink[:edge], ink[-edge:], ink[:, :edge], ink[:, -edge:] = False, False, False, False
    for box in boxes:
        x0, x1 = int(box.x0 / 2) - 3, int(box.x1 / 2) + 4
        y0, y1 = int(box.top / 2) - 3, int(box.bottom / 2) + 4
        ink[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = False
    return float(ink.mean())


def _look_closely(crop: Image.Image) -> OcrLine | None:
    """The mark in the crop, read larger, without the red of stamps and with the contrast stretched; None without one."""
    for picture in _variants(crop):
        found = ocr.recognise(picture)
        factor = picture.width / crop.width
        for line in found.lines:
            if is_mark(line.text):
                b = line.bbox
                box = BBox(b.x0 / factor, b.top / factor, b.x1 / factor, b.bottom / factor)
                return OcrLine(normalise(line.text), box, line.score, -1)
    return None


def _variants(crop: Image.Image) -> list[Image.Image]:
    size = round(crop.width * _ZOOM), round(crop.height * _ZOOM)
    plain = ImageOps.autocontrast(ImageOps.grayscale(crop), cutoff=(0.5, 40)).filter(ImageFilter.MedianFilter(3))
    return [
        without_red(crop).resize(size, Image.Resampling.LANCZOS).convert("RGB"),
        plain.resize(size, Image.Resampling.LANCZOS).convert("RGB"),
    ]


def without_red(picture: Image.Image) -> Image.Image:
    """Only what is dark in the red channel: red seals vanish, black print under them stays, faded print is darkened."""
    red = picture.getchannel("R")
    levels = np.cumsum(red.histogram()) / (red.width * red.height)
    paper = int(np.searchsorted(levels, 0.7))
    white = max(_SEAL_SHARE * paper, 40.0)
    black = min(float(np.searchsorted(levels, 0.002)), white - 20)
    return red.point(lambda v: max(0, min(255, int((v - black) * 255 / (white - black)))))


def _with_line(found: Recognised, mark: OcrLine, size: tuple[int, int]) -> Recognised:
    """The reading with the mark in the place of what was read there before, or as its first line."""
    mark = ocr.moved_back_line(mark, found.turns, size)
    rest = [line for line in found.lines if not _covers(mark.bbox, line.bbox)]
    row = next((line.row for line in found.lines if _covers(mark.bbox, line.bbox)), -1)
    mark = replace(mark, row=row)
    lines = sorted([mark, *rest], key=lambda line: line.row)
    return replace(found, lines=tuple(lines))


def _covers(mark: BBox, other: BBox) -> bool:
    wide = min(mark.x1, other.x1) - max(mark.x0, other.x0)
    high = min(mark.bottom, other.bottom) - max(mark.top, other.top)
    if wide <= 0 or high <= 0:
        return False
    area = (other.x1 - other.x0) * (other.bottom - other.top)
    return wide * high > 0.4 * area
