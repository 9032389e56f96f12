"""What a metafile draws, as far as it can be read: strings with their place, pictures, outlines; and their reading order.

Places are in device units (x to the right, y down), whatever mapping, rotation and alignment the file uses.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from review.reading.formats.page_lines import Line, Stretch, union
from review.types import BBox

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
#: Beyond this a coordinate is damage or malice.
_FAR = 1e7
#: Outlines are kept up to so many points; the rest is only counted.
MAX_POINTS = 400_000
#: Characters of one drawing.
MAX_CHARACTERS = 5_000_000
#: Bitmaps of one drawing; printers' drivers cut a picture into many strips.
MAX_BITMAPS = 20_000
#: Saved states of a drawing context; more is a loop of a hostile file.
MAX_SAVED = 500
_UPDATE_POSITION, _RIGHT, _CENTRE, _BOTTOM, _BASELINE = 1, 2, 6, 8, 24
_Y_UP_MODES = frozenset({2, 3, 4, 5, 6})
_SCALING_MODES = frozenset({7, 8})
#: LOGFONT charsets ([MS-WMF] 2.1.1.5) and their Windows code pages.
_CODE_PAGES = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}


@dataclass(frozen=True, slots=True)
class Font:
    """A selected font: height in logical units, tenths of degrees counter-clockwise, charset of its byte strings."""

    height: float = 12.0
    escapement: int = 0
    charset: int = 1


@dataclass(slots=True)
class Device:
    """The state of a drawing context that says where text lands."""

    font: Font = field(default_factory=Font)
    align: int = 0
    world: Matrix = IDENTITY
    mode: int = 1
    window_origin: Point = (0.0, 0.0)
    window: Point = (1.0, 1.0)
    view_origin: Point = (0.0, 0.0)
    view: Point = (1.0, 1.0)
    at: Point = (0.0, 0.0)

    def matrix(self) -> Matrix:
        """From logical to device units."""
        sx = sy = 1.0
        if self.mode in _SCALING_MODES:
            sx = self.view[0] / self.window[0] if self.window[0] else 1.0
            sy = self.view[1] / self.window[1] if self.window[1] else 1.0
        elif self.mode in _Y_UP_MODES:
            sy = -1.0
        dx = self.view_origin[0] - self.window_origin[0] * sx
        dy = self.view_origin[1] - self.window_origin[1] * sy
        return multiplied(self.world, (sx, 0.0, 0.0, sy, dx, dy))


@dataclass(frozen=True, slots=True)
class Placed:
    """A string: where its baseline begins, its size, and the direction it runs (radians, clockwise)."""

    text: str = field(repr=False)
    x: float
    y: float
    height: float
    width: float
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class Outline:
    """One shape: its rings of device points, filled or only stroked."""

    rings: tuple[tuple[Point, ...], ...] = field(repr=False)
    is_filled: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A bitmap as a file, its pixels, and where the drawing shows it in logical units."""

    file: bytes = field(repr=False)
    width: int
    height: int
    x: float = 0.0
    y: float = 0.0
    wide: float = 0.0
    high: float = 0.0


@dataclass(slots=True)
class Scene:
    """What was collected of one metafile."""

    strings: list[Placed] = field(default_factory=list)
    pictures: list[Shown] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)
    characters: int = 0
    outlines: list[Outline] = field(default_factory=list)
    points: int = 0
    glyph_runs: int = 0  # strings of which only the numbers of the glyphs are there
    lost_pictures: int = 0  # bitmaps of a kind nobody reads
    is_damaged: bool = False
    is_cut: bool = False  # more records than are read

    def write(self, device: Device, text: str, x: float, y: float, advance: float = 0.0) -> None:
        """Text shown at a logical point, aligned as the device says; ``advance`` is its length in logical units, 0: guess."""
        text = text.replace("\0", "")
        follows = bool(device.align & _UPDATE_POSITION)
        if follows:
            x, y = device.at
        height = abs(device.font.height) or 12.0
        length = abs(advance) or guessed_width(text, height)
        if follows:
            device.at = (x + length, y)
        if not text.strip():
            return
        m = device.matrix()
        px, py = moved(m, x, y)
        tall = height * math.hypot(m[2], m[3])
        wide = length * math.hypot(m[0], m[1])
        turn = math.atan2(m[1], m[0]) if abs(m[1]) > 1e-6 * (abs(m[0]) + 1e-12) else 0.0
        turn -= math.radians(device.font.escapement / 10)
        back = {_RIGHT: wide, _CENTRE: wide / 2}.get(device.align & 6, 0.0)
        down = {_BASELINE: 0.0, _BOTTOM: -0.2 * tall}.get(device.align & 24, 0.8 * tall)
        px += -back * math.cos(turn) - down * math.sin(turn)
        py += -back * math.sin(turn) + down * math.cos(turn)
        self.strings.append(Placed(text, sane(px), sane(py), max(sane(tall), 1e-3), max(sane(wide), 0.0), turn))

    def has_room(self, characters: int) -> bool:
        """Whether so many characters more may be read: records may point at the same bytes over and over."""
        self.characters += characters
        if self.characters > MAX_CHARACTERS:
            self.is_cut = True
        return not self.is_cut

    def show(self, file: bytes | None, size: tuple[int, int], place: Sequence[float] = (0.0, 0.0, 0.0, 0.0)) -> None:
        """A bitmap (None: of a kind nobody reads) of so many pixels, shown at x, y with this width and height."""
        if file is None:
            self.lost_pictures += 1
        elif len(self.pictures) < MAX_BITMAPS:
            self.pictures.append(Shown(file, *size, *map(sane, place)))
        else:
            self.is_cut = True

    def draw(self, rings: Sequence[list[Point]], is_filled: bool) -> None:
        """An outline of device points; beyond the room for them only counted."""
        rings = [ring for ring in rings if len(ring) > 1]
        self.points += sum(len(ring) for ring in rings)
        if rings and self.points <= MAX_POINTS:
            self.outlines.append(Outline(tuple(map(tuple, rings)), is_filled))


# ------------------------------------------------------------------------------------------------------------ numbers


def sane(value: float) -> float:
    """The number, 0 where it is none or absurd."""
    return float(value) if -_FAR < value < _FAR else 0.0


def multiplied(one: Matrix, two: Matrix) -> Matrix:
    """First ``one``, then ``two``."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = two
    result = (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)
    return result if all(-1e12 < value < 1e12 for value in result) else IDENTITY


def moved(m: Matrix, x: float, y: float) -> Point:
    """The point after the matrix."""
    return sane(x * m[0] + y * m[2] + m[4]), sane(x * m[1] + y * m[3] + m[5])


def flattened(points: Sequence[Point]) -> list[Point]:
    """The points of a chain of cubic Bézier curves as a line of four steps each."""
    found = list(points[:1])
    for at in range(1, len(points) - 2, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[at - 1 : at + 3]
        for t in (0.25, 0.5, 0.75, 1.0):
            u = 1 - t
            a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
            found.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return found


def guessed_width(text: str, height: float) -> float:
    """About as long as the text runs where the file does not say."""
    return sum(1.0 if ord(c) > 0x2E7F else 0.5 for c in text) * height


def decoded(raw: bytes, charset: int) -> str:
    """Text of a byte string in the charset of its font; of unknown ones Chinese where it fits, else Western."""
    raw = raw.rstrip(b"\0")
    page = _CODE_PAGES.get(charset)
    if page is not None:
        return raw.decode(page, "replace")
    if raw.isascii():
        return raw.decode("ascii")
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


# ------------------------------------------------------------------------------------------------------ reading order


def lines(strings: Iterable[Placed]) -> dict[int, list[Line]]:
    """The lines of every direction of writing (degrees, clockwise), each from top to bottom, left to right."""
    by_angle: dict[int, list[Placed]] = {}
    for placed in strings:
        by_angle.setdefault(round(math.degrees(placed.angle)) % 360, []).append(placed)
    return {angle: _rows(by_angle[angle], math.radians(angle)) for angle in sorted(by_angle)}


def _rows(strings: Iterable[Placed], angle: float) -> list[Line]:
    cos, sin = math.cos(angle), math.sin(angle)
    turned = [
        Placed(s.text, s.x * cos + s.y * sin, s.y * cos - s.x * sin, s.height, s.width) for s in dict.fromkeys(strings)
    ]
    turned.sort(key=lambda s: s.y)
    rows: list[list[Placed]] = []
    for placed in _without_shadows(turned):
        if rows and placed.y - rows[-1][0].y <= 0.4 * min(placed.height, rows[-1][0].height):
            rows[-1].append(placed)
        else:
            rows.append([placed])
    found: list[Line] = []
    at = 0
    for row in rows:
        line = _line(sorted(row, key=lambda s: s.x), at)
        found.append(line)
        at = line.end + 1
    return found


def _without_shadows(strings: Iterable[Placed]) -> Iterator[Placed]:
    """The strings without those printed a second time almost on the same spot (bold by hand, shadows)."""
    seen: dict[tuple[str, int, int], Placed] = {}
    for s in strings:
        near_x, near_y = min(0.45 * s.height, 0.5 * s.width), 0.45 * s.height
        column, row = int(s.x // s.height), int(s.y // s.height)
        neighbours = (seen.get((s.text, column + i, row + j)) for i in (-1, 0, 1) for j in (-1, 0, 1))
        if any(n and abs(n.x - s.x) < near_x and abs(n.y - s.y) < near_y for n in neighbours):
            continue
        seen[s.text, column, row] = s
        yield s


def _line(row: Sequence[Placed], start: int) -> Line:
    """One line of its pieces; a space where a gap shows."""
    text = ""
    stretches: list[Stretch] = []
    last: Placed | None = None
    for piece in row:
        if last is not None:
            has_gap = piece.x - (last.x + last.width) > 0.35 * min(piece.height, last.height)
            if has_gap and not text.endswith(" ") and not piece.text.startswith(" "):
                text += " "
        box = BBox(piece.x, piece.y - piece.height, piece.x + piece.width, piece.y + 0.2 * piece.height)
        stretches.append(Stretch(start + len(text), start + len(text) + len(piece.text), box))
        text += piece.text
        last = piece
    return Line(start, start + len(text), text, union([s.bbox for s in stretches]), tuple(stretches))
