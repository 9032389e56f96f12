"""A picture → lines of text with boxes and confidence. The only importer of the OCR engine (RapidOCR, models in its wheel).

The engine's parts are called one by one (find lines, turn them, read them), because what they know on the way is needed:
which lines stood upside down says how the page lies. Secrecy marks are looked at in ``ocr_marks.py``.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from review.types import BBox

#: The engine finds nothing better above this, only slower.
_MAX_SIDE = 2000
_MIN_SIDE = 64
_LOWEST = 736
_MIN_SCORE = 0.5
#: Below this mean the page is read a second time, otherwise prepared.
DOUBTFUL = 0.86
#: Below this mean a person must look.
UNRELIABLE = 0.75
_TALL = 1.5
_TURNED_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One line: box in pixels of the picture as given, ``row`` counts from the top of the upright page."""

    text: str = field(repr=False)
    bbox: BBox
    score: float
    row: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """The lines of a picture in reading order, their mean score (by length) and the quarter turns that stand it upright."""

    lines: tuple[OcrLine, ...] = field(default=(), repr=False)
    score: float = 1.0
    turns: int = 0
    skew: float = 0.0  # degrees, clockwise positive, of the upright page

    @property
    def characters(self) -> int:
        return sum(len(line.text) for line in self.lines)


def is_available() -> bool:
    """Whether an engine is installed and can be loaded."""
    return _engine() is not None


@lru_cache(maxsize=1)
def _engine() -> Any:
    """The engine, loaded when first needed and kept; None when there is none. Threads: the cores this process may use."""
    threads = max(min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4), 1)
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError:
        return None
    return RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1)


def recognise(image: Image.Image) -> Recognised:
    """What stands in the picture, whichever way it lies; a doubtful reading is tried once more and the better one kept.

    The engine must be there (``is_available``). Pictures beyond 2,000 pixels are made smaller first.
    """
    image = image.convert("RGB")
    first = _read_upright(image)
    if not first.lines:
        return first if _is_uniform(image) else _better(first, _read_once(_prepared(image), 0))
    if first.score < DOUBTFUL:
        second = _read_once(turned(_prepared(image), first.turns), first.turns)
        first = _better(first, moved_back(second, image.size))
    return first


def _read_upright(image: Image.Image) -> Recognised:
    found = _read_once(image, 0)
    if found.turns == 0:
        return found
    if found.turns == 2:
        # every line was read the right way round already; only their order and the row numbers were upside down
        return found
    upright = [_read_once(turned(image, turns), turns) for turns in (found.turns,)]
    best = max(upright, key=lambda r: r.characters * r.score)
    best = moved_back(best, image.size)
    return best if best.characters * best.score >= found.characters * found.score * 0.9 else replace(found, turns=0)


def turned(image: Image.Image, turns: int) -> Image.Image:
    """The picture after so many quarter turns clockwise."""
    return image.rotate(-90 * turns, expand=True) if turns % 4 else image


def moved_back(found: Recognised, size: tuple[int, int]) -> Recognised:
    """Boxes of the turned picture in pixels of the picture as given (``size``)."""
    return replace(found, lines=tuple(moved_back_line(line, found.turns, size) for line in found.lines))


def moved_back_line(line: OcrLine, turns: int, size: tuple[int, int]) -> OcrLine:
    """The line with its box in the picture of this size, before its quarter turns."""
    width, height = size
    b = line.bbox
    if turns % 4 == 1:
        return replace(line, bbox=BBox(b.top, height - b.x1, b.bottom, height - b.x0))
    if turns % 4 == 2:
        return replace(line, bbox=BBox(width - b.x1, height - b.bottom, width - b.x0, height - b.top))
    if turns % 4 == 3:
        return replace(line, bbox=BBox(width - b.bottom, b.x0, width - b.top, b.x1))
    return line


def moved_on(found: Recognised, size: tuple[int, int]) -> list[OcrLine]:
    """The lines with their boxes in the upright picture."""
    back = -found.turns % 4
    upright = (size[1], size[0]) if found.turns % 2 else size
    return [moved_back_line(line, back, upright) for line in found.lines]


def _better(one: Recognised, other: Recognised) -> Recognised:
    def worth(found: Recognised) -> float:
        return sum(len(line.text) * max(line.score - 0.4, 0.0) for line in found.lines)

    return other if worth(other) > worth(one) * 1.02 else one


def _prepared(image: Image.Image) -> Image.Image:
    """The picture with its contrast stretched and its noise softened, for a second reading."""
    grey = ImageOps.autocontrast(ImageOps.grayscale(image), cutoff=(1, 20))
    return grey.filter(ImageFilter.MedianFilter(3)).convert("RGB")


def _is_uniform(image: Image.Image) -> bool:
    low, high = ImageOps.grayscale(image).getextrema()
    return float(high) - float(low) < 24  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------- one reading


def _read_once(image: Image.Image, turns: int) -> Recognised:
    """One pass of the engine; ``turns`` is kept, or says how the page lies when it was given as 0."""
    engine = _engine()
    pixels, scale, shift = _fitted(image)
    quads, _ = engine.text_det(pixels)
    if quads is None or len(quads) == 0:
        return Recognised(turns=turns)
    if turns == 0 and _is_lying(quads):
        # lines that stand on end: which way round shows when they are read
        return replace(_assembled(engine, pixels, quads, scale, shift), turns=_side(engine, pixels, quads))
    found = _assembled(engine, pixels, quads, scale, shift, may_flip=turns == 0)
    return replace(found, turns=turns or found.turns)


def _fitted(image: Image.Image) -> tuple[np.ndarray, float, tuple[float, float]]:
    """BGR pixels within the engine's sizes, the factor and the shift that lead back to the picture."""
    longest, shortest = max(image.size), min(image.size)
    scale = min(1.0, _MAX_SIDE / longest)
    if shortest * scale < _MIN_SIDE and longest * 2 <= _MAX_SIDE:
        scale = min(_MIN_SIDE / shortest, _MAX_SIDE / longest)
    if scale != 1.0:
        size = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
        image = image.resize(size, Image.Resampling.LANCZOS)
    shift = (0.0, 0.0)
    if max(image.size) > 4 * min(image.size) or min(image.size) < 160:
        # a single line, lying or upright: the engine wants paper around it, and enlarges what is narrow until it is slow
        side = 32
        beside = max((min(_LOWEST, image.height // 2) - image.width) // 2, side)
        above = max((min(_LOWEST, image.width // 2) - image.height) // 2, side)
        image = ImageOps.expand(image, (beside, above), fill=_paper(image))
        shift = (float(beside), float(above))
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1]), scale, shift


def _paper(image: Image.Image) -> tuple[int, int, int]:
    """The commonest colour along the edge of the picture."""
    edge = np.asarray(image)
    border = np.concatenate([edge[0], edge[-1], edge[:, 0], edge[:, -1]])
    red, green, blue = (int(v) for v in np.median(border, axis=0))
    return red, green, blue


def _sides(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wide = np.linalg.norm(quads[:, 0] - quads[:, 1], axis=1)
    high = np.linalg.norm(quads[:, 0] - quads[:, 3], axis=1)
    return wide, high


def _is_lying(quads: np.ndarray) -> bool:
    wide, high = _sides(quads)
    tall = high > _TALL * wide
    return bool(len(quads) >= 3 and tall.sum() > _TURNED_SHARE * (tall.sum() + (wide > _TALL * high).sum()))


def _side(engine: Any, pixels: np.ndarray, quads: np.ndarray) -> int:
    """1 or 3: the quarter turns clockwise that stand a lying page upright, by the direction of its longest lines."""
    _, high = _sides(quads)
    longest = quads[np.argsort(-high)[:8]]
    crops = engine.get_crop_img_list(pixels, list(longest.astype(np.float32)))
    # the engine turns tall crops counter-clockwise; where they then stand on their head, the page must turn clockwise
    _, labels, _ = engine.text_cls(crops)
    upside_down = sum("180" in label for label, _ in labels)
    return 1 if upside_down > len(crops) / 2 else 3


def _assembled(
    engine: Any,
    pixels: np.ndarray,
    quads: np.ndarray,
    scale: float,
    shift: tuple[float, float],
    may_flip: bool = False,
) -> Recognised:
    crops = engine.get_crop_img_list(pixels, list(quads.astype(np.float32)))
    crops, labels, _ = engine.text_cls(crops)
    results, _ = engine.text_rec(crops)
    is_flipped = may_flip and sum("180" in label and s > 0.9 for label, s in labels) > 0.7 * len(labels)
    kept = [index for index, result in enumerate(results) if float(result[1]) >= _MIN_SCORE and result[0].strip()]
    if not kept:
        return Recognised(score=0.0)
    quads = quads[kept]
    skew = _skew(quads)
    order = _reading_order(quads, skew, is_flipped, pixels.shape)
    lines = []
    for index, row in order:
        text, score = results[kept[index]][0], float(results[kept[index]][1])
        x, y = quads[index][:, 0], quads[index][:, 1]
        box = BBox(*(float(v) for v in (x.min(), y.min(), x.max(), y.max())))
        lines.append(OcrLine(text, _unfitted(box, scale, shift), min(score, 1.0), row))
    length = sum(len(line.text) for line in lines)
    mean = sum(line.score * len(line.text) for line in lines) / length
    return Recognised(tuple(lines), mean, 2 if is_flipped else 0, skew)


def _unfitted(box: BBox, scale: float, shift: tuple[float, float]) -> BBox:
    left, top = shift
    return BBox(
        max((box.x0 - left) / scale, 0.0),
        max((box.top - top) / scale, 0.0),
        max((box.x1 - left) / scale, 0.0),
        max((box.bottom - top) / scale, 0.0),
    )


def _skew(quads: np.ndarray) -> float:
    """Degrees by which the lines fall to the right, from the long ones; 0 without any."""
    wide, high = _sides(quads)
    long = quads[wide > 4 * high]
    if len(long) == 0:
        return 0.0
    run = (long[:, 1] - long[:, 0]) + (long[:, 2] - long[:, 3])
    angles = np.degrees(np.arctan2(run[:, 1], run[:, 0]))
    return float(np.median(angles))


def _reading_order(quads: np.ndarray, skew: float, is_flipped: bool, shape: Sequence[int]) -> list[tuple[int, int]]:
    """(index, row) from top to bottom and left to right on the page as it stands upright and straight."""
    centres = quads.mean(axis=1) - np.array([shape[1] / 2, shape[0] / 2])
    angle = -np.radians(skew)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centres = centres @ turn.T
    if is_flipped:
        centres = -centres
    wide, high = _sides(quads)
    heights = np.minimum(wide, high)
    order: list[tuple[int, int]] = []
    row: list[int] = []
    count = 0
    for index in np.argsort(centres[:, 1], kind="stable").tolist():
        if row and centres[index, 1] - centres[row, 1].mean() > 0.5 * min(heights[index], heights[row].mean()):
            order += [(i, count) for i in sorted(row, key=lambda i: centres[i, 0])]
            count += 1
            row = []
        row.append(index)
    return order + [(i, count) for i in sorted(row, key=lambda i: centres[i, 0])]
