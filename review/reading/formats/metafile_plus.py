"""The EMF+ records of an EMF into a Scene ([MS-EMFPLUS] 2.3): strings with their place, images, outlines."""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from review.reading.formats import metafile_bitmap
from review.reading.formats.metafile_scene import (
    IDENTITY,
    MAX_POINTS,
    MAX_SAVED,
    Device,
    Font,
    Matrix,
    Point,
    Scene,
    flattened,
    guessed_width,
    moved,
    multiplied,
    sane,
)

_END = 0x4002
_CONTINUES = 0x8000
_PATH, _IMAGE, _FONT, _FORMAT = 3, 5, 6, 7
_BITMAP, _METAFILE = 1, 2
_RAW_PIXELS = 0
_UNICODE = 0x1  # the "glyphs" are characters
_COMPRESSED, _RELATIVE = 0x4000, 0x0800
#: Units ([MS-EMFPLUS] 2.1.1.33) in pixels at 96 dpi.
_UNITS = {3: 96 / 72, 4: 96.0, 5: 96 / 300, 6: 96 / 25.4}
_BEZIER = 3
_DUAL = 0x1


@dataclass(slots=True)
class Layout:
    """How a string stands in its box: 0 near, 1 centre, 2 far."""

    across: int = 0
    down: int = 0


@dataclass(slots=True)
class Player:
    """Plays EMF+ records; ``is_dual``: the EMF around them draws the same once more."""

    scene: Scene = field(default_factory=Scene)
    metafiles: list[bytes] = field(default_factory=list)
    is_dual: bool = False
    _world: Matrix = IDENTITY
    _page: float = 1.0
    _saved: list[tuple[int, Matrix, float]] = field(default_factory=list)
    _objects: dict[int, object] = field(default_factory=dict)
    _pending: bytearray = field(default_factory=bytearray)

    def play(self, data: bytes, most_records: int) -> None:
        """Every record up to the end mark; what does not fit ends the play and marks the scene as damaged."""
        at = count = 0
        while at + 12 <= len(data):
            kind, flags, size, length = struct.unpack_from("<HHII", data, at)
            count += 1
            if count > most_records:
                self.scene.is_cut = True
                return
            if kind == _END:
                return
            if size < 12 or at + size > len(data) or length > size - 12:
                break
            act = _ACTS.get(kind)
            if act is not None:
                try:
                    act(self, flags, data[at + 12 : at + 12 + length])
                except (struct.error, IndexError):
                    self.scene.is_damaged = True  # a record shorter than its kind must be
            at += size
        self.scene.is_damaged = self.scene.is_damaged or at < len(data)

    # ---------------------------------------------------------------------------------------------------------- state

    def header(self, flags: int, _: bytes) -> None:
        self.is_dual = bool(flags & _DUAL)

    def save(self, _: int, r: bytes) -> None:
        (index,) = struct.unpack_from("<I", r, len(r) - 4)  # the index of the stack ends every record that saves
        if len(self._saved) < MAX_SAVED:
            self._saved.append((index, self._world, self._page))

    def restore(self, _: int, r: bytes) -> None:
        (index,) = struct.unpack_from("<I", r)
        while self._saved:
            found, self._world, self._page = self._saved.pop()
            if found == index:
                return

    def set_world(self, _: int, r: bytes) -> None:
        self._world = _matrix(r)

    def reset_world(self, _: int, __: bytes) -> None:
        self._world = IDENTITY

    def change_world(self, flags: int, r: bytes, how: str) -> None:
        if how == "multiply":
            change = _matrix(r)
        elif how == "rotate":
            angle = math.radians(sane(struct.unpack_from("<f", r)[0]))
            change = (math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0.0, 0.0)
        else:
            x, y = (sane(value) for value in struct.unpack_from("<ff", r))
            change = (1.0, 0.0, 0.0, 1.0, x, y) if how == "move" else (x, 0.0, 0.0, y, 0.0, 0.0)
        is_after = bool(flags & 0x2000)
        self._world = multiplied(self._world, change) if is_after else multiplied(change, self._world)

    def page(self, flags: int, r: bytes) -> None:
        self._page = sane(struct.unpack_from("<f", r)[0]) * _UNITS.get(flags & 0xFF, 1.0) or 1.0

    def _matrix(self) -> Matrix:
        return multiplied(self._world, (self._page, 0.0, 0.0, self._page, 0.0, 0.0))

    # -------------------------------------------------------------------------------------------------------- objects

    def object(self, flags: int, r: bytes) -> None:
        """An object of the table, perhaps in several records."""
        kind, number = flags >> 8 & 0x7F, flags & 0xFF
        if flags & _CONTINUES:
            (total,) = struct.unpack_from("<I", r)
            self._pending += r[4:]
            if len(self._pending) < total:
                return
            r = bytes(self._pending[:total])
        elif self._pending:
            r = bytes(self._pending) + r  # the last part of some writers comes without the mark
        self._pending.clear()
        if kind == _IMAGE:
            self._image(r)
        elif kind == _FONT:
            size, unit = struct.unpack_from("<fI", r, 4)
            self._objects[number] = Font(sane(size) * _UNITS.get(unit, 1.0) or 12.0)
        elif kind == _FORMAT:
            across, down = struct.unpack_from("<II", r, 12)
            self._objects[number] = Layout(across, down)
        elif kind == _PATH:
            self._objects[number] = _path(r)
        else:
            self._objects.pop(number, None)

    def _image(self, r: bytes) -> None:
        (kind,) = struct.unpack_from("<I", r, 4)
        if kind == _METAFILE:
            (size,) = struct.unpack_from("<I", r, 12)
            self.metafiles.append(r[16 : 16 + size])
        elif kind == _BITMAP:
            width, height, stride, pixel_format, how = struct.unpack_from("<iiiII", r, 8)
            data = r[28:]
            if how != _RAW_PIXELS:
                self.scene.show(data, (0, 0))
            elif width > 0 and height > 0:
                file = metafile_bitmap.pixels_file(width, height, stride, pixel_format, data)
                self.scene.show(file, (width, height))
        else:
            self.scene.lost_pictures += 1

    # ----------------------------------------------------------------------------------------------------------- text

    def string(self, flags: int, r: bytes) -> None:
        _, layout_id, count, x, y, width, height = struct.unpack_from("<IIIffff", r)
        text = r[28 : 28 + 2 * min(count, len(r))].decode("utf-16-le", "replace")
        font = self._font(flags)
        layout = self._objects.get(layout_id)
        layout = layout if isinstance(layout, Layout) else Layout()
        for index, line in enumerate(text.replace("\r\n", "\n").split("\n")):
            length = guessed_width(line, font.height)
            left = sane(x) + max(sane(width) - length, 0.0) * layout.across / 2
            top = sane(y) + max(sane(height) - font.height, 0.0) * layout.down / 2 + 1.2 * index * font.height
            self._write(font, line, left, top + 0.8 * font.height, length)

    def glyphs(self, flags: int, r: bytes) -> None:
        """Single characters with their places; without the mark of Unicode they are numbers of glyphs."""
        _, how, has_matrix, count = struct.unpack_from("<IIII", r)
        if not 0 < count <= len(r) // 2:
            self.scene.is_damaged = self.scene.is_damaged or count > 0
            return
        if not how & _UNICODE:
            self.scene.glyph_runs += 1
            return
        text = r[16 : 16 + 2 * count].decode("utf-16-le", "replace")
        at = 16 + 2 * count
        places = _positions(r, at, count) or _positions(r, at + 2, count) or [(0.0, 0.0)]
        matrix = _matrix(r[-24:]) if has_matrix and len(r) >= at + 24 else IDENTITY
        font = self._font(flags)
        (x0, y0), (x1, y1) = moved(matrix, *places[0]), moved(matrix, *places[-1])
        on_one_line = abs(y1 - y0) <= 0.3 * font.height
        if len(places) < len(text) or on_one_line and x1 >= x0:
            length = x1 - x0 + guessed_width(text[-1], font.height) if x1 > x0 else guessed_width(text, font.height)
            self._write(font, text, x0, y0, length)
            return
        for character, place in zip(text, places, strict=False):
            self._write(font, character, *moved(matrix, *place), guessed_width(character, font.height))

    def _font(self, flags: int) -> Font:
        font = self._objects.get(flags & 0xFF)
        return font if isinstance(font, Font) else Font()

    def _write(self, font: Font, text: str, x: float, y: float, length: float) -> None:
        self.scene.write(Device(font=font, align=24, world=self._matrix()), text, x, y, length)

    # ------------------------------------------------------------------------------------------------------- outlines

    def path(self, flags: int, _: bytes, is_filled: bool) -> None:
        rings = self._objects.get(flags & 0xFF)
        if isinstance(rings, list) and self.scene.points <= MAX_POINTS:
            m = self._matrix()
            self.scene.draw([[moved(m, *point) for point in ring] for ring in rings], is_filled)

    def polygon(self, flags: int, r: bytes, at: int, is_filled: bool) -> None:
        (count,) = struct.unpack_from("<I", r, at)
        if flags & _RELATIVE:
            return
        m = self._matrix()
        points = [moved(m, *point) for point in _points(r, at + 4, count, bool(flags & _COMPRESSED))]
        self.scene.draw([points], is_filled)


def _matrix(r: bytes) -> Matrix:
    a, b, c, d, e, f = (sane(value) for value in struct.unpack_from("<6f", r))
    return a, b, c, d, e, f


def _points(r: bytes, at: int, count: int, is_short: bool) -> list[Point]:
    form = "h" if is_short else "f"
    count = max(min(count, (len(r) - at) // (2 * struct.calcsize(form))), 0)
    values = struct.unpack_from(f"<{2 * count}{form}", r, at)
    return [(sane(x), sane(y)) for x, y in zip(values[::2], values[1::2], strict=True)]


def _positions(r: bytes, at: int, count: int) -> list[Point]:
    """The places of characters, [] when the numbers here are none (writers differ in filling up to four bytes)."""
    points = _points(r, at, count, is_short=False)
    values = [abs(value) for point in points for value in point]
    return points if values and all(value == 0 or 1e-4 < value < 1e6 for value in values) else []


def _path(r: bytes) -> list[list[Point]]:
    """The rings of a path object ([MS-EMFPLUS] 2.2.1.6), curves as lines; [] for the rare relative form."""
    _, count, flags = struct.unpack_from("<III", r)
    if flags & (_RELATIVE | 0x1000):
        return []
    is_short = bool(flags & _COMPRESSED)
    points = _points(r, 12, count, is_short)
    kinds = r[12 + len(points) * (4 if is_short else 8) :][: len(points)]
    rings: list[list[Point]] = []
    curve: list[Point] = []
    for point, kind in zip(points, kinds, strict=False):
        if kind & 0x7 == 0 or not rings:
            rings.append([point])
            curve = []
        elif kind & 0x7 == _BEZIER:
            curve.append(point)
            if len(curve) == 3:
                rings[-1] += flattened([rings[-1][-1], *curve])[1:]
                curve = []
        else:
            rings[-1].append(point)
    return rings


_ACTS: dict[int, Callable[[Player, int, bytes], None]] = {
    0x4001: Player.header,
    0x4008: Player.object,
    0x400C: partial(Player.polygon, at=4, is_filled=True),
    0x400D: partial(Player.polygon, at=0, is_filled=False),
    0x4014: partial(Player.path, is_filled=True),
    0x4015: partial(Player.path, is_filled=False),
    0x401C: Player.string,
    0x4025: Player.save,
    0x4026: Player.restore,
    0x4027: Player.save,
    0x4028: Player.save,
    0x4029: Player.restore,
    0x402A: Player.set_world,
    0x402B: Player.reset_world,
    0x402C: partial(Player.change_world, how="multiply"),
    0x402D: partial(Player.change_world, how="move"),
    0x402E: partial(Player.change_world, how="scale"),
    0x402F: partial(Player.change_world, how="rotate"),
    0x4030: Player.page,
    0x4036: Player.glyphs,
}
