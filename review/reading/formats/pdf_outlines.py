"""Where a page may show letters that are no text: drawn as outlines. Found by how densely the corners of paths lie.

A letter has many corners on little room, a ruled table four per crossing, an underline four in all. Used for PDF and OFD.
"""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from review.reading.formats import pdf_calls as calls
from review.reading.formats.pdf_objects import Rectangle, Shape, matrix_of, point_at, times
from review.reading.formats.pdf_text import Frame
from review.types import BBox

#: (side of a cell in points, corners in three cells square that are dense): half a small Latin letter, a third of a
#: small Chinese one; then a third of a Chinese letter of 48 points, in which corners lie sixteen times thinner.
_SMALL, _LARGE = (3.0, 12), (8.0, 18)
#: A shorter word has fewer corners than this in no typeface.
_LEAST = 60
_MIN_HIGH, _MIN_WIDE = 4.0, 6.0
_SIMPLE = 6
#: So far outside the page (points) corners are still looked at; so many cells a page has at most in one direction.
_OUTSIDE, _MAX_CELLS = 1500.0, 1500
_MAX_POINTS = 60_000
_PATH = pdfium.FPDF_PAGEOBJ_PATH


def boxes_of(shapes: Sequence[Shape], frame: Frame) -> list[BBox]:
    """The boxes (points, top-left origin) that may hold letters drawn as outlines; nearly always none."""
    paths = [s for s in shapes if s.kind == _PATH and (s.is_stroked or (s.is_filled and s.colour[3] > 12))]
    counts = [calls.path_count(s.handle) for s in paths]
    if sum(counts) < _LEAST:
        return []
    plain: list[Rectangle] = []
    drawn: list[tuple[float, float]] = []
    for shape, count in zip(paths, counts, strict=True):
        if count <= _SIMPLE:
            plain.append(shape.bounds)
        else:
            drawn += _corners(shape, min(count, _MAX_POINTS - len(drawn)))
        if len(drawn) >= _MAX_POINTS:
            # a map or a drawing: all of it is looked at
            return [BBox(0.0, 0.0, frame.width, frame.height)]
    bounds = np.array(plain).reshape(-1, 4)
    simple = np.concatenate([bounds[:, [x, y]] for x in (0, 2) for y in (1, 3)])
    size = frame.width, frame.height
    return letters(_placed(simple, frame), _placed(np.array(drawn).reshape(-1, 2), frame), size)


def _placed(points: np.ndarray, frame: Frame) -> np.ndarray:
    """Points of PDF space as a person sees them, all at once."""
    x: Any = points[:, 0]
    y: Any = points[:, 1]
    box: Any = frame.box(x, y, x, y)
    return np.stack([box.x0, box.top], axis=1)


def letters(simple: np.ndarray, drawn: np.ndarray, size: tuple[float, float]) -> list[BBox]:
    """The boxes that may hold letters: small ones of any paths, large ones of paths with more corners than a box.

    The corners are rows of x and y in points on a page of this size.
    """
    small = _dense(np.concatenate([simple, drawn]), size, *_SMALL)
    large = [box for box in _dense(drawn, size, *_LARGE) if not any(_is_inside(box, other) for other in small)]
    return [*small, *large]


def _is_inside(box: BBox, other: BBox) -> bool:
    return box.x0 >= other.x0 and box.top >= other.top and box.x1 <= other.x1 and box.bottom <= other.bottom


def _corners(shape: Shape, count: int) -> Iterator[tuple[float, float]]:
    matrix = times(matrix_of(shape.handle), shape.matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    to_x, to_y = ctypes.addressof(x), ctypes.addressof(y)
    for index in range(count):
        segment = calls.path_segment(shape.handle, index)
        if segment and calls.segment_point(segment, to_x, to_y):
            yield point_at(x.value, y.value, matrix)


def _dense(places: np.ndarray, size: tuple[float, float], cell: float, least: int) -> list[BBox]:
    """The boxes around the dense parts of these corners that are large enough for a word."""
    # far outside nobody looks, and a grid as wide as that would not fit into memory
    near = (
        np.isfinite(places).all(axis=1)
        & (places > -_OUTSIDE).all(axis=1)
        & (places < np.array(size) + _OUTSIDE).all(axis=1)
    )
    places = places[near]
    if len(places) < _LEAST:
        return []
    cells = np.floor(places / max(cell, max(size) / _MAX_CELLS)).astype(np.int64)
    cells -= cells.min(axis=0)
    columns, rows = (cells.max(axis=0) + 1).tolist()
    grid = np.zeros((rows + 2, columns + 2), np.int32)
    np.add.at(grid, (cells[:, 1] + 1, cells[:, 0] + 1), 1)
    window = sum(grid[1 + dy : rows + 1 + dy, 1 + dx : columns + 1 + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1))
    busy = np.argwhere((np.asarray(window) >= least) & (grid[1:-1, 1:-1] > 0))
    label = _labels([(int(y), int(x)) for y, x in busy])
    groups: dict[int, list[int]] = {}
    for index, (column, row) in enumerate(cells.tolist()):
        if (row, column) in label:
            groups.setdefault(label[row, column], []).append(index)
    return list(filter(None, (_box(places[indices]) for indices in groups.values())))


def _labels(busy: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Busy cell → its group: cells less than four steps apart sideways and two up or down (letters of a word)."""
    left = set(busy)
    label: dict[tuple[int, int], int] = {}
    number = 0
    while left:
        stack = [left.pop()]
        number += 1
        while stack:
            row, column = stack.pop()
            label[row, column] = number
            for near in [(row + dy, column + dx) for dy in range(-2, 3) for dx in range(-4, 5)]:
                if near in left:
                    left.remove(near)
                    stack.append(near)
    return label


def _box(points: np.ndarray) -> BBox | None:
    (x0, top), (x1, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    if len(points) < _LEAST or x1 - x0 < _MIN_WIDE or bottom - top < _MIN_HIGH:
        return None
    return BBox(x0, top, x1, bottom)
