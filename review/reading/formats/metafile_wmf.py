"""The records of a Windows metafile into a Scene ([MS-WMF] 2.3)."""

import heapq
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from review.reading.formats import metafile_bitmap
from review.reading.formats.metafile_scene import (
    MAX_SAVED,
    Device,
    Font,
    Point,
    Scene,
    decoded,
    moved,
)

PLACEABLE = b"\xd7\xcd\xc6\x9a"
_HEADER, _PLACEABLE_HEADER = 18, 22
_OPAQUE_OR_CLIPPED, _GLYPH_INDEX = 0x06, 0x10
_SELECT, _DELETE = 0x012D, 0x01F0
_COMMENT, _ENHANCED = 15, b"WMFC"
#: Records that take the first free place in the table of objects; of these only fonts matter.
_FONT = 0x02FB
_CREATE = frozenset({0x02FA, 0x02FC, 0x00F7, 0x01F9, 0x0142, 0x06FF, 0x00F8, 0x02FD, 0x06FE, _FONT})
_MAX_OBJECTS = 65_536


class Player:
    """Plays the records of one WMF; ``enhanced`` is the EMF that Office hides in its comments, if there is one."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.enhanced = bytearray()
        self._device = Device(mode=8)
        self._saved: list[Device] = []
        self._objects: list[Font | None | bool] = []  # True: something that is no font; None: a free place
        self._free: list[int] = []

    def play(self, data: bytes, most_records: int) -> None:
        """Every record up to the end mark; what does not fit ends the play and marks the scene as damaged."""
        at = _HEADER + (_PLACEABLE_HEADER if data.startswith(PLACEABLE) else 0)
        count = 0
        while at + 6 <= len(data):
            words, function = struct.unpack_from("<IH", data, at)
            count += 1
            if count > most_records:
                self.scene.is_cut = True
                return
            if function == 0:
                return
            if words < 3 or at + 2 * words > len(data):
                break
            try:
                self._act(function, data[at + 6 : at + 2 * words])
            except (struct.error, IndexError):
                self.scene.is_damaged = True  # a record shorter than its kind must be
            at += 2 * words
        self.scene.is_damaged = True

    def _act(self, function: int, r: bytes) -> None:
        if function in _CREATE:
            self._create(function, r)
            return
        act = _ACTS.get(function)
        if act is not None:
            act(self, r)

    # ---------------------------------------------------------------------------------------------------------- state

    def _create(self, function: int, r: bytes) -> None:
        made: Font | bool = True
        if function == _FONT:
            height, _, escapement = struct.unpack_from("<hhh", r)
            made = Font(float(height) or 12.0, escapement, r[13])
        if self._free:
            self._objects[heapq.heappop(self._free)] = made
        elif len(self._objects) < _MAX_OBJECTS:
            self._objects.append(made)

    def select(self, r: bytes) -> None:
        (handle,) = struct.unpack_from("<H", r)
        chosen = self._objects[handle] if handle < len(self._objects) else None
        if isinstance(chosen, Font):
            self._device.font = chosen

    def forget(self, r: bytes) -> None:
        (handle,) = struct.unpack_from("<H", r)
        if handle < len(self._objects) and self._objects[handle] is not None:
            self._objects[handle] = None
            heapq.heappush(self._free, handle)

    def save(self, _: bytes) -> None:
        if len(self._saved) < MAX_SAVED:
            self._saved.append(replace(self._device))

    def restore(self, r: bytes) -> None:
        (which,) = struct.unpack_from("<h", r)
        for _ in range(min(-which if which < 0 else max(len(self._saved) - which + 1, 0), len(self._saved))):
            self._device = self._saved.pop()

    def align(self, r: bytes) -> None:
        (self._device.align,) = struct.unpack_from("<H", r)

    def window_origin(self, r: bytes) -> None:
        y, x = struct.unpack_from("<hh", r)
        self._device.window_origin = (float(x), float(y))

    def window(self, r: bytes) -> None:
        """The extent; only its signs count, for the drawing keeps its own units."""
        y, x = struct.unpack_from("<hh", r)
        self._device.window = (float(x), float(y))
        self._device.view = (abs(float(x)), abs(float(y)))

    # ----------------------------------------------------------------------------------------------------------- text

    def text(self, r: bytes) -> None:
        (count,) = struct.unpack_from("<h", r)
        count = max(count, 0)
        y, x = struct.unpack_from("<hh", r, 2 + count + count % 2)
        self.scene.write(self._device, decoded(r[2 : 2 + count], self._device.font.charset), x, y)

    def long_text(self, r: bytes) -> None:
        y, x, count, how = struct.unpack_from("<hhhH", r)
        count = max(count, 0)
        at = 16 if how & _OPAQUE_OR_CLIPPED else 8
        raw = r[at : at + count]
        if len(raw) < count:
            self.scene.is_damaged = True
        if how & _GLYPH_INDEX:
            self.scene.glyph_runs += bool(raw.strip(b"\0"))
            return
        spacing = at + count + count % 2
        advance = 0.0
        if count and spacing + 2 * count <= len(r):
            advance = float(sum(struct.unpack_from(f"<{count}h", r, spacing)))
        self.scene.write(self._device, decoded(raw, self._device.font.charset), x, y, advance)

    # -------------------------------------------------------------------------------------------------------- bitmaps

    def dib(self, r: bytes, at: int) -> None:
        """A bitmap that begins here; the records without one are shorter."""
        size = metafile_bitmap.size_of(r[at:])
        if size is not None:
            high, wide, y, x = struct.unpack_from("<4h", r, at - 8)
            self.scene.show(metafile_bitmap.packed_dib_file(r[at:]), size, (x, y, wide, high))

    def old_bitmap(self, r: bytes, at: int) -> None:
        """A device-dependent bitmap: only those of one bit say how they are to be read."""
        if len(r) < at + 10:
            return  # the record without a bitmap
        _, width, height, stride, _, depth = struct.unpack_from("<hhhhBB", r, at)
        if width <= 0 or height <= 0:
            return
        file = metafile_bitmap.mono_file(width, height, stride, r[at + 10 :]) if depth == 1 else None
        if file is not None or not metafile_bitmap.is_small(width, height):
            self.scene.show(file, (width, height))

    # ------------------------------------------------------------------------------------------- comments and outlines

    def escape(self, r: bytes) -> None:
        """Chunks of the EMF of which this WMF is a copy ([MS-WMF] 2.3.6.1)."""
        function, _ = struct.unpack_from("<HH", r)
        if function == _COMMENT and r[4:8] == _ENHANCED:
            (size,) = struct.unpack_from("<I", r, 4 + 22)
            self.enhanced += r[4 + 34 : 4 + 34 + size]

    def move(self, r: bytes) -> None:
        y, x = struct.unpack_from("<hh", r)
        self._device.at = (float(x), float(y))

    def line(self, r: bytes) -> None:
        y, x = struct.unpack_from("<hh", r)
        m = self._device.matrix()
        self.scene.draw([[moved(m, *self._device.at), moved(m, x, y)]], is_filled=False)
        self._device.at = (float(x), float(y))

    def outline(self, r: bytes, is_filled: bool) -> None:
        (count,) = struct.unpack_from("<h", r)
        self.scene.draw([self._points(r, 2, count)], is_filled)

    def outlines(self, r: bytes) -> None:
        (rings,) = struct.unpack_from("<H", r)
        counts = struct.unpack_from(f"<{rings}H", r, 2)
        points = self._points(r, 2 + 2 * rings, sum(counts))
        found: list[list[Point]] = []
        at = 0
        for count in counts:
            found.append(points[at : at + count])
            at += count
        self.scene.draw(found, is_filled=True)

    def _points(self, r: bytes, at: int, count: int) -> list[Point]:
        count = max(min(count, (len(r) - at) // 4), 0)
        values = struct.unpack_from(f"<{2 * count}h", r, at)
        m = self._device.matrix()
        return [moved(m, x, y) for x, y in zip(values[::2], values[1::2], strict=True)]


_ACTS: dict[int, Callable[[Player, bytes], None]] = {
    _SELECT: Player.select,
    _DELETE: Player.forget,
    0x001E: Player.save,
    0x0127: Player.restore,
    0x012E: Player.align,
    0x020B: Player.window_origin,
    0x020C: Player.window,
    0x0213: Player.line,
    0x0214: Player.move,
    0x0324: partial(Player.outline, is_filled=True),
    0x0325: partial(Player.outline, is_filled=False),
    0x0521: Player.text,
    0x0538: Player.outlines,
    0x0626: Player.escape,
    0x0A32: Player.long_text,
    0x0922: partial(Player.old_bitmap, at=16),  # BITBLT
    0x0B23: partial(Player.old_bitmap, at=20),  # STRETCHBLT
    0x0940: partial(Player.dib, at=16),  # DIBBITBLT
    0x0B41: partial(Player.dib, at=20),  # DIBSTRETCHBLT
    0x0D33: partial(Player.dib, at=18),  # SETDIBTODEV
    0x0F43: partial(Player.dib, at=22),  # STRETCHDIB
}
