"""The graphic objects of an OFD page (GB/T 33190-2016 §8–§11): lines of text with boxes, what hides them, pictures."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from lxml import etree

from review.reading.formats import pdf_outlines
from review.reading.formats.page_lines import Line, Stretch, union
from review.types import BBox

#: Millimetres → points.
POINTS = 72 / 25.4
_TINY_POINTS = 1.5
_MAX_DEPTH = 12
_MAX_OBJECTS = 200_000
_WHITE = 235
_COVER = 0.7
_SIMPLE = 6
_MAX_PATH, _MAX_CORNERS = 2_000_000, 200_000
#: One stroke of a path: its letter and its numbers, of which the last two are its end.
_STROKE = re.compile(r"[MSLQBA]([^A-Za-z]*)")


@dataclass(frozen=True, slots=True)
class Area:
    """The page box in millimetres."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Resource:
    """A picture (its part name) or a composite unit (its element)."""

    name: str
    unit: etree._Element | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and where it stands, in points."""

    name: str
    bbox: BBox


@dataclass
class Drawn:
    """What a content element paints: lines in painting order, pictures, paths; what of it cannot be looked at.

    ``outlines``: boxes in points where letters may be drawn as curves. ``lost``: pictures whose resource is not there.
    ``is_cut``: objects nested too deep or too many.
    """

    lines: list[Line] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    paths: int = 0
    outlines: list[BBox] = field(default_factory=list)
    lost: int = 0
    is_cut: bool = False


@dataclass(slots=True)
class _Code:
    """One TextCode: its characters, box in mm, order of painting and reason to be unseen."""

    text: str
    box: BBox
    size: float
    order: int
    concealed: str
    is_white: bool


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; "" for comments and instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def numbers(text: str | None) -> list[float]:
    """The finite numbers of a blank-separated list; the run-length form ``g 3 5.0`` is written out."""
    found: list[float] = []
    words = (text or "").split()
    at = 0
    while at < len(words) and len(found) < 100_000:
        try:
            if words[at] == "g" and at + 2 < len(words):
                found += [float(words[at + 2])] * min(max(int(words[at + 1]), 0), 10_000)
                at += 3
                continue
            found.append(float(words[at]))
        except (ValueError, OverflowError):
            return []
        at += 1
    return found if all(math.isfinite(n) for n in found) else []


def drawn(
    content: etree._Element | None,
    area: Area,
    resources: Mapping[str, Resource],
    corner: tuple[float, ...] = (0.0, 0.0),
) -> Drawn:
    """What ``content`` paints on a page of this area; ``corner`` (mm) is added to every place."""
    walk = _Walk(area, resources)
    if content is not None:
        walk.walk(content, corner[0], corner[1], True, 0)
    found = Drawn(pictures=walk.pictures, paths=walk.paths, lost=walk.lost, is_cut=walk.is_cut)
    found.outlines = pdf_outlines.letters(
        np.array(walk.simple).reshape(-1, 2),
        np.array(walk.corners).reshape(-1, 2),
        (area.width * POINTS, area.height * POINTS),
    )
    found.lines = _lines(walk.finished())
    return found


class _Walk:
    def __init__(self, area: Area, resources: Mapping[str, Resource]) -> None:
        self._area, self._resources = area, resources
        self._codes: list[_Code] = []
        self._covers: list[tuple[int, BBox, str]] = []
        self._dark: list[BBox] = []
        self.pictures: list[Picture] = []
        self.paths = 0
        self.lost = 0
        self.is_cut = False
        self.corners: list[tuple[float, float]] = []
        self.simple: list[tuple[float, float]] = []
        self._order = 0

    def walk(self, element: etree._Element, dx: float, dy: float, visible: bool, depth: int) -> None:
        for child in element:
            self._order += 1
            if self._order > _MAX_OBJECTS:
                self.is_cut = True
                return
            tag = local(child)
            if not tag:
                continue
            shown = visible and child.get("Visible", "true").lower() != "false"
            if tag == "TextObject":
                self._add_text(child, dx, dy, shown)
            elif tag == "ImageObject":
                self._add_picture(child, dx, dy)
            elif tag == "PathObject":
                self._add_path(child, dx, dy, shown, depth)
            elif depth >= _MAX_DEPTH:
                self.is_cut |= tag in ("Layer", "PageBlock", "Content", "CellContent", "CompositeObject")
            elif tag in ("Layer", "PageBlock", "Content", "CellContent"):
                self.walk(child, dx, dy, shown, depth + 1)
            elif tag == "CompositeObject":
                resource = self._resources.get(child.get("ResourceID", ""))
                box = numbers(child.get("Boundary"))
                self.lost += resource is None and "ResourceID" in child.attrib
                if resource is not None and resource.unit is not None:
                    x, y = (box[0], box[1]) if len(box) == 4 else (0.0, 0.0)
                    self.walk(resource.unit, dx + x, dy + y, shown, depth + 1)

    def _add_text(self, element: etree._Element, dx: float, dy: float, shown: bool) -> None:
        boundary = numbers(element.get("Boundary"))
        if len(boundary) != 4:
            boundary = [0.0, 0.0, self._area.width, self._area.height]
        size = (numbers(element.get("Size")) or [3.5])[0]
        matrix = numbers(element.get("CTM"))
        matrix = matrix if len(matrix) == 6 else [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
        scale = math.hypot(matrix[2], matrix[3]) or 1.0
        reason, is_white = self._look(element, shown, size * scale)
        for code in element:
            if local(code) != "TextCode" or not code.text:
                continue
            for text, box in _code_boxes(code, boundary, size, matrix, dx, dy):
                place = reason or self._place(box)
                self._codes.append(_Code(text.replace("\n", " "), box, size * scale, self._order, place, is_white))

    @staticmethod
    def _look(element: etree._Element, shown: bool, size: float) -> tuple[str, bool]:
        """Why the text is not seen by itself, and whether it is white."""
        if not shown:
            return "不可见文字（Visible=false）", False
        colour = next((child for child in element if local(child) == "FillColor"), None)
        alpha = numbers(element.get("Alpha")) or [255.0]
        inner = numbers(colour.get("Alpha")) if colour is not None else []
        if alpha[0] <= 12 or (inner and inner[0] <= 12):
            return "透明文字（不透明度为0）", False
        if 0 < size * POINTS < _TINY_POINTS:
            return "微小文字（小于1.5磅）", False
        value = numbers(colour.get("Value")) if colour is not None else []
        if len(value) == 4:
            return "", max(value) <= 255 - _WHITE
        return "", bool(value) and min(value) >= _WHITE

    def _place(self, box: BBox) -> str:
        a = self._area
        outside = box.x1 <= a.x or box.bottom <= a.y or box.x0 >= a.x + a.width or box.top >= a.y + a.height
        return "页面之外" if outside else ""

    def _add_picture(self, element: etree._Element, dx: float, dy: float) -> None:
        box = _boundary(element, dx, dy)
        resource = self._resources.get(element.get("ResourceID", ""))
        if box is None or resource is None or not resource.name:
            self.lost += "ResourceID" in element.attrib  # an empty frame paints nothing anywhere
            return
        self.pictures.append(Picture(resource.name, _in_points(box, self._area)))
        opaque = (numbers(element.get("Alpha")) or [255.0])[0] > 200 and not element.get("ImageMask")
        if opaque and resource.name.lower().endswith((".jpg", ".jpeg", ".bmp")):
            self._covers.append((self._order, box, "被图片遮盖"))
        self._dark.append(box)

    def _add_path(self, element: etree._Element, dx: float, dy: float, shown: bool, depth: int) -> None:
        self.paths += 1
        for pattern in element.iter():
            if local(pattern) == "CellContent" and depth < _MAX_DEPTH:
                self.walk(pattern, dx, dy, shown, depth + 1)
        box = _boundary(element, dx, dy)
        data = next((child.text or "" for child in element if local(child) == "AbbreviatedData"), "")
        is_filled = element.get("Fill", "false").lower() == "true"
        if box is not None and (is_filled or element.get("Stroke", "true").lower() != "false"):
            matrix = numbers(element.get("CTM"))
            self._add_corners(data, box, matrix if len(matrix) == 6 else [1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
        if box is None or not shown or not is_filled:
            return
        alpha = (numbers(element.get("Alpha")) or [255.0])[0]
        if alpha < 200 or data.count("L") > 6 or any(curve in data for curve in "QBA"):
            return  # a letter or an ornament, or one can see through it
        colour = next((child for child in element if local(child) == "FillColor"), None)
        if colour is not None and any(local(child) == "Pattern" for child in colour):
            return
        self._covers.append((self._order, box, "被色块遮盖"))
        value = numbers(colour.get("Value")) if colour is not None else [0.0]
        if not value or min(value) < _WHITE:
            self._dark.append(box)

    def _add_corners(self, data: str, box: BBox, matrix: list[float]) -> None:
        """The end points of the strokes of a path (§9.3.2), in points on the page."""
        a, b, c, d, e, f = matrix
        strokes = list(islice(_STROKE.finditer(data[:_MAX_PATH]), _MAX_CORNERS))
        corners = self.corners if len(strokes) > _SIMPLE else self.simple
        for match in strokes:
            values = numbers(match[1])[-2:]
            if len(values) == 2 and len(corners) < _MAX_CORNERS:
                x, y = values
                left, top = a * x + c * y + e + box.x0, b * x + d * y + f + box.top
                corners.append(((left - self._area.x) * POINTS, (top - self._area.y) * POINTS))

    def finished(self) -> list[_Code]:
        """The text codes with everything that hides them."""
        for code in self._codes:
            if code.concealed:
                continue
            cover = next((r for order, box, r in self._covers if order > code.order and _covers(box, code.box)), "")
            if cover:
                code.concealed = cover
            elif code.is_white and not any(_covers(box, code.box) for box in self._dark):
                code.concealed = "白色文字"
        for code in self._codes:
            code.box = _in_points(code.box, self._area)
            code.size *= POINTS
        return self._codes


def _code_boxes(
    code: etree._Element, boundary: list[float], size: float, matrix: list[float], dx: float, dy: float
) -> list[tuple[str, BBox]]:
    """The rows of a TextCode with their boxes in mm: from its start, its steps and the size of its font (§11.3)."""
    text = code.text or ""
    x = (numbers(code.get("X")) or [0.0])[0]
    y = (numbers(code.get("Y")) or [size])[0]
    steps_x, steps_y = numbers(code.get("DeltaX")), numbers(code.get("DeltaY"))
    rows: list[tuple[str, BBox]] = []
    begin, row_x = 0, x
    for index in range(len(text)):
        step_y = steps_y[index] if index < len(steps_y) else 0.0
        is_last = index == len(text) - 1
        # a step back and down is a new row; steps straight down are vertical writing
        is_break = abs(step_y) > 0.3 * size and index < len(steps_x) and steps_x[index] < -0.5 * size
        if is_last or is_break:
            part = text[begin : index + 1]
            across, down = steps_x[begin:index], steps_y[begin:index]
            rows.append((part, _row_box(part, row_x, y, across, down, size, matrix, boundary, dx, dy)))
            row_x += sum(steps_x[begin : index + 1])
            y += sum(steps_y[begin : index + 1])
            begin = index + 1
    return rows


def _row_box(
    text: str,
    x: float,
    y: float,
    across: list[float],
    down: list[float],
    size: float,
    matrix: list[float],
    boundary: list[float],
    dx: float,
    dy: float,
) -> BBox:
    # without steps the characters advance by their widths: full for Chinese, half for Latin
    advance = sum(1.0 if ord(c) > 0x2E7F else 0.5 for c in text) * size
    if across or down:
        advance = sum(across) + size
    low, high = min(y, y + sum(down)), max(y, y + sum(down))
    left, right = min(x, x + advance), max(x, x + advance)
    corners = [(u, v) for u in (left, right) for v in (low - 0.86 * size, high + 0.14 * size)]
    a, b, c, d, e, f = matrix
    places = [(a * u + c * v + e, b * u + d * v + f) for u, v in corners]
    xs = [p[0] + boundary[0] + dx for p in places]
    ys = [p[1] + boundary[1] + dy for p in places]
    return BBox(min(xs), min(ys), max(xs), max(ys))


def _boundary(element: etree._Element, dx: float, dy: float) -> BBox | None:
    box = numbers(element.get("Boundary"))
    if len(box) != 4:
        return None
    return BBox(box[0] + dx, box[1] + dy, box[0] + box[2] + dx, box[1] + box[3] + dy)


def _in_points(box: BBox, area: Area) -> BBox:
    return BBox(
        (box.x0 - area.x) * POINTS,
        (box.top - area.y) * POINTS,
        (box.x1 - area.x) * POINTS,
        (box.bottom - area.y) * POINTS,
    )


def _covers(cover: BBox, box: BBox) -> bool:
    wide = min(cover.x1, box.x1) - max(cover.x0, box.x0)
    high = min(cover.bottom, box.bottom) - max(cover.top, box.top)
    area = (box.x1 - box.x0) * (box.bottom - box.top)
    return wide > 0 and high > 0 and wide * high > _COVER * area


def _lines(codes: list[_Code]) -> list[Line]:
    """The text codes row by row as they stand on the page: forms paint all labels first and all values later.

    Within a row a wide gap becomes a blank and a new stretch; a change of what hides the text ends the line.
    """
    lines: list[Line] = []
    at = 0
    for row in _rows(codes):
        group: list[_Code] = []
        for code in row:
            if group and group[-1].concealed != code.concealed:
                at = _close(group, lines, at)
                group = []
            group.append(code)
        at = _close(group, lines, at)
    return [line for line in lines if line.text.strip()]


def _rows(codes: list[_Code]) -> list[list[_Code]]:
    """Codes whose middles are less than half a letter apart vertically, each row from left to right."""
    rows: list[list[_Code]] = []
    middle = 0.0
    for code in sorted(codes, key=_middle):
        size = max(code.size, 0.5)
        if rows and _middle(code) - middle < 0.5 * min(size, max(rows[-1][0].size, 0.5)):
            rows[-1].append(code)
            continue
        rows.append([code])
        middle = _middle(code)
    return [sorted(row, key=lambda code: code.box.x0) for row in rows]


def _middle(code: _Code) -> float:
    return (code.box.top + code.box.bottom) / 2


def _close(group: list[_Code], lines: list[Line], at: int) -> int:
    text = ""
    stretches: list[Stretch] = []
    begin = at
    boxes: list[BBox] = []
    for code in group:
        if boxes and code.box.x0 - boxes[-1].x1 > 0.5 * code.size:
            stretches.append(Stretch(begin, at + len(text), union(boxes)))
            text += " "
            begin, boxes = at + len(text), []
        text += code.text
        boxes.append(code.box)
    stretches.append(Stretch(begin, at + len(text), union(boxes)))
    box = union([stretch.bbox for stretch in stretches])
    lines.append(Line(at, at + len(text), text, box, tuple(stretches), group[0].concealed))
    return at + len(text) + 1
