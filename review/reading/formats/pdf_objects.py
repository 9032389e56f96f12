"""What is painted on a PDF page, in painting order: texts with colour and mode, filled areas, pictures, ruling lines."""

import ctypes
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium

from review.reading.formats import pdf_calls as calls

#: left, bottom, right, top in PDF space.
Rectangle = tuple[float, float, float, float]
#: a b c d e f of a transformation.
Matrix = tuple[float, float, float, float, float, float]

_INVISIBLE = frozenset({pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP})
_TEXT = pdfium.FPDF_PAGEOBJ_TEXT
_BLACK = [0, 0, 0, 255]
_MAX_DEPTH = 24
#: Beyond so many objects a page is a drawing; the rest is not looked at one by one.
_MAX_OBJECTS = 60_000


@dataclass(slots=True)
class Text:
    """A text object; its bounds are asked for only where they matter (``bounds_of``)."""

    handle: int
    order: int
    colour: list[int]  # red green blue alpha
    is_invisible: bool
    matrix: Matrix | None  # of the form it stands in


@dataclass(slots=True)
class Shape:
    """A path, picture or shading."""

    handle: int
    order: int
    bounds: Rectangle
    kind: int  # FPDF_PAGEOBJ_PATH | IMAGE | SHADING
    is_filled: bool
    colour: list[int]
    matrix: Matrix | None  # of the form it stands in
    is_stroked: bool = False

    @property
    def width(self) -> float:
        return self.bounds[2] - self.bounds[0]

    @property
    def height(self) -> float:
        return self.bounds[3] - self.bounds[1]


@dataclass(slots=True)
class Painted:
    """Everything painted on one page."""

    texts: list[Text] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    forms: int = 0
    is_cut: bool = False
    is_deep: bool = False  # forms stand in one another deeper than we look


def painted_on(page: ctypes.c_void_p) -> Painted:
    """The objects of the page and of the forms on it, in the order in which they are painted."""
    found = Painted()
    count = pdfium.FPDFPage_CountObjects(page)
    _Walk(found).walk(calls.address_of(page), count, calls.page_object, None, 0)
    return found


class _Walk:
    """Goes through the objects; holds the numbers that pdfium writes into."""

    def __init__(self, found: Painted) -> None:
        self._found = found
        self._order = 0
        self._colour = (ctypes.c_uint * 4)()
        self._to_colour = calls.addresses(self._colour)
        self._mode = (ctypes.c_int * 2)()
        self._to_mode = calls.addresses(self._mode)
        self._bounds = Bounds()

    def walk(
        self, container: int, count: int, get: Callable[[int, int], int | None], matrix: Matrix | None, depth: int
    ) -> None:
        """Look at every object of a page or form. The branch for texts is written out: pages hold thousands."""
        kind_of, mode_of, colour_of = calls.object_type, calls.text_mode, calls.fill_colour
        to_red, to_green, to_blue, to_alpha = self._to_colour
        colours = memoryview(self._colour).cast("B").cast("I")
        add, order = self._found.texts.append, self._order
        for index in range(count):
            if order > _MAX_OBJECTS:
                self._found.is_cut = True
                break
            order += 1
            handle = get(container, index)
            if not handle:
                continue
            kind = kind_of(handle)
            if kind == _TEXT:
                known = colour_of(handle, to_red, to_green, to_blue, to_alpha)
                colour = colours.tolist() if known else _BLACK
                add(Text(handle, order, colour, mode_of(handle) in _INVISIBLE, matrix))
            elif kind == pdfium.FPDF_PAGEOBJ_FORM:
                self._found.forms += 1
                if depth >= _MAX_DEPTH:
                    self._found.is_deep = True
                else:
                    self._order = order
                    inner = times(matrix_of(handle), matrix)
                    self.walk(handle, calls.form_count(handle), calls.form_object, inner, depth + 1)
                    order = self._order
            else:
                self._add_shape(handle, kind, order, matrix)
        self._order = order

    def _add_shape(self, handle: int, kind: int, order: int, matrix: Matrix | None) -> None:
        filled, colour, stroked = True, _BLACK, False
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            calls.path_mode(handle, *self._to_mode)
            filled, stroked = self._mode[0] != 0, self._mode[1] != 0
            if filled and calls.fill_colour(handle, *self._to_colour):
                colour = list(self._colour)
        bounds = self._bounds.of(handle, matrix)
        self._found.shapes.append(Shape(handle, order, bounds, kind, filled, colour, matrix, stroked))


class Bounds:
    """Asks pdfium for the bounds of objects."""

    def __init__(self) -> None:
        self._corners = (ctypes.c_float * 4)()
        self._to_corners = calls.addresses(self._corners)

    def of(self, handle: int, matrix: Matrix | None) -> Rectangle:
        """The upright bounds in page space; all zero where there are none."""
        if not calls.object_bounds(handle, *self._to_corners):
            return 0.0, 0.0, 0.0, 0.0
        left, bottom, right, top = self._corners
        if not math.isfinite(left + bottom + right + top):
            return 0.0, 0.0, 0.0, 0.0
        bounds = (left, bottom, right, top)
        return bounds if matrix is None else moved(bounds, matrix)


def matrix_of(handle: int) -> Matrix:
    """The transformation of an object; the identity where there is none."""
    m = pdfium.FS_MATRIX()
    if not calls.object_matrix(handle, ctypes.addressof(m)):
        return 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    return m.a, m.b, m.c, m.d, m.e, m.f


def times(inner: Matrix, outer: Matrix | None) -> Matrix:
    if outer is None:
        return inner
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def point_at(x: float, y: float, matrix: Matrix | None) -> tuple[float, float]:
    """The point after the transformation."""
    if matrix is None:
        return x, y
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def moved(bounds: Rectangle, matrix: Matrix) -> Rectangle:
    """The upright rectangle around the transformed one."""
    left, bottom, right, top = bounds
    points = [point_at(x, y, matrix) for x in (left, right) for y in (bottom, top)]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs), max(ys)
