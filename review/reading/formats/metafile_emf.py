"""The records of an enhanced metafile into a Scene ([MS-EMF] 2.3); the EMF+ comments are joined for ``metafile_plus``."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from review.reading.formats import metafile_bitmap
from review.reading.formats.metafile_scene import (
    IDENTITY,
    MAX_SAVED,
    Device,
    Font,
    Matrix,
    Point,
    Scene,
    decoded,
    flattened,
    moved,
    multiplied,
    sane,
)

_END = 14
_GLYPH_INDEX = 0x10
_NO_RECT, _SMALL_CHARS = 0x100, 0x200
_COMMENT_PLUS, _COMMENT_PUBLIC = b"EMF+", b"GDIC"
_BEGIN_GROUP = 2
_MAX_STRING = 100_000
_OBJECTS = 65_536


class Player:
    """Plays the records of one EMF; ``scene`` holds what they draw, ``plus`` the EMF+ records among them."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.plus = bytearray()
        self._device = Device()
        self._saved: list[Device] = []
        self._fonts: dict[int, Font] = {}
        self._path: list[list[Point]] = []

    def play(self, data: bytes, most_records: int) -> None:
        """Every record up to the end mark; what does not fit ends the play and marks the scene as damaged."""
        at = count = 0
        while at + 8 <= len(data):
            kind, size = struct.unpack_from("<II", data, at)
            count += 1
            if count > most_records:
                self.scene.is_cut = True
                return
            if size < 8 or at + size > len(data):
                break
            if kind == _END:
                self.end_path(b"", is_filled=False)
                return
            act = _ACTS.get(kind)
            if act is not None:
                self._do(act, data[at : at + size])
            at += size
        self.scene.is_damaged = True

    def _do(self, act: Callable[["Player", bytes], None], record: bytes) -> None:
        try:
            act(self, record)
        except (struct.error, IndexError):
            self.scene.is_damaged = True  # a record shorter than its kind must be

    # ---------------------------------------------------------------------------------------------------------- state

    def header(self, r: bytes) -> None:
        """The description: who drew it and its title, parted by NUL."""
        count, offset = struct.unpack_from("<II", r, 60)
        if 0 < count < _MAX_STRING and 0 < offset < len(r):
            text = r[offset : offset + 2 * count].decode("utf-16-le", "replace")
            self.scene.properties += [part for part in text.split("\0") if part.strip()]

    def _set(self, **changes: object) -> None:
        self._device = replace(self._device, **changes)  # type: ignore[arg-type]

    def pair(self, r: bytes, name: str) -> None:
        """A point or an extent of the mapping."""
        x, y = struct.unpack_from("<ii", r, 8)
        self._set(**{name: (sane(x), sane(y))})

    def number(self, r: bytes, name: str) -> None:
        """A mode."""
        self._set(**{name: struct.unpack_from("<I", r, 8)[0]})

    def save(self, _: bytes) -> None:
        if len(self._saved) < MAX_SAVED:
            self._saved.append(replace(self._device))

    def restore(self, r: bytes) -> None:
        (which,) = struct.unpack_from("<i", r, 8)
        for _ in range(min(-which if which < 0 else max(len(self._saved) - which + 1, 0), len(self._saved))):
            self._device = self._saved.pop()

    def world(self, r: bytes) -> None:
        self._set(world=_matrix(r, 8))

    def change_world(self, r: bytes) -> None:
        (how,) = struct.unpack_from("<I", r, 32)
        change = _matrix(r, 8)
        old = self._device.world
        new = {1: IDENTITY, 2: multiplied(change, old), 3: multiplied(old, change), 4: change}.get(how, old)
        self._set(world=new)

    def font(self, r: bytes) -> None:
        handle, height, _, escapement = struct.unpack_from("<Iiii", r, 8)
        if handle < _OBJECTS:
            self._fonts[handle] = Font(sane(height) or 12.0, escapement, r[35])

    def select(self, r: bytes) -> None:
        (handle,) = struct.unpack_from("<I", r, 8)
        if handle in self._fonts:
            self._set(font=self._fonts[handle])

    def forget(self, r: bytes) -> None:
        self._fonts.pop(struct.unpack_from("<I", r, 8)[0], None)

    # ----------------------------------------------------------------------------------------------------------- text

    def text_w(self, r: bytes) -> None:
        self._text(r, 36, is_wide=True)

    def text_a(self, r: bytes) -> None:
        self._text(r, 36, is_wide=False)

    def many_w(self, r: bytes) -> None:
        self._many(r, is_wide=True)

    def many_a(self, r: bytes) -> None:
        self._many(r, is_wide=False)

    def _many(self, r: bytes, is_wide: bool) -> None:
        (count,) = struct.unpack_from("<I", r, 36)
        for index in range(min(count, len(r) // 40)):
            self._text(r, 40 + 40 * index, is_wide)

    def _text(self, r: bytes, at: int, is_wide: bool) -> None:
        """An EmrText object ([MS-EMF] 2.2.5) at this offset of the record."""
        x, y, count, offset, how = struct.unpack_from("<iiIII", r, at)
        if count == 0 or not self.scene.has_room(min(count, len(r))):
            return
        length = count * (2 if is_wide else 1)
        if offset < at or offset + length > len(r):
            self.scene.is_damaged = True
            length = max(len(r) - offset, 0)
        raw = r[offset : offset + length]
        (spacing,) = struct.unpack_from("<I", r, at + 36) if at + 40 <= len(r) else (0,)
        advance = 0.0
        if spacing and spacing + 4 * count <= len(r) and not how & 0x2000:
            advance = float(sum(struct.unpack_from(f"<{count}i", r, spacing)))
        self._write(raw, x, y, how, is_wide, advance)

    def small_text(self, r: bytes) -> None:
        x, y, count, how = struct.unpack_from("<iiII", r, 8)
        at = 36 if how & _NO_RECT else 52
        is_wide = not how & _SMALL_CHARS
        length = count * (2 if is_wide else 1)
        if at + length > len(r):
            self.scene.is_damaged = True
        raw = r[at : at + length]
        if not is_wide:
            raw, is_wide = raw.decode("latin-1").encode("utf-16-le"), True  # low bytes of UTF-16
        self._write(raw, x, y, how, is_wide)

    def _write(self, raw: bytes, x: float, y: float, how: int, is_wide: bool, advance: float = 0.0) -> None:
        if how & _GLYPH_INDEX:
            self.scene.glyph_runs += bool(raw.strip(b"\0"))
            return
        text = raw.decode("utf-16-le", "replace") if is_wide else decoded(raw, self._device.font.charset)
        self.scene.write(self._device, text, x, y, advance)

    # -------------------------------------------------------------------------------------------------------- bitmaps

    def bitmap(self, r: bytes, at: int, extent_at: int = 32, has_alpha: bool = False) -> None:
        """The bitmap of a record whose offsets of header and pixels stand at this place."""
        info_at, info_size, bits_at, bits_size = struct.unpack_from("<IIII", r, at)
        if info_size == 0 or bits_size == 0:
            return
        info, bits = r[info_at : info_at + info_size], r[bits_at : bits_at + bits_size]
        if len(info) < info_size or len(bits) < bits_size:
            self.scene.is_damaged = True
        is_see_through = has_alpha and r[43] == 1
        found = metafile_bitmap.alpha_file(info, bits) if is_see_through else None
        found = found or metafile_bitmap.dib_file(info, bits)
        x, y = struct.unpack_from("<ii", r, 24)
        wide, high = struct.unpack_from("<ii", r, extent_at)
        self.scene.show(found, metafile_bitmap.size_of(info) or (0, 0), (x, y, wide, high))

    # ------------------------------------------------------------------------------------------------------- comments

    def comment(self, r: bytes) -> None:
        (size,) = struct.unpack_from("<I", r, 8)
        mark, body = r[12:16], r[16 : 12 + size]
        if mark == _COMMENT_PLUS:
            self.plus += body
        elif mark == _COMMENT_PUBLIC and struct.unpack_from("<I", r, 16)[0] == _BEGIN_GROUP:
            (count,) = struct.unpack_from("<I", r, 36)
            text = r[40 : 40 + 2 * min(count, _MAX_STRING)].decode("utf-16-le", "replace").strip("\0 ")
            self.scene.properties += [text] if text else []

    # ------------------------------------------------------------------------------------------------------- outlines

    def outline(self, r: bytes, form: str, is_filled: bool, is_curved: bool) -> None:
        (count,) = struct.unpack_from("<I", r, 24)
        points = self._points(r, 28, count, form)
        self.scene.draw([flattened(points) if is_curved else points], is_filled)

    def outlines(self, r: bytes, form: str, is_filled: bool) -> None:
        (rings,) = struct.unpack_from("<I", r, 24)
        counts = struct.unpack_from(f"<{min(rings, len(r) // 4)}I", r, 32)
        points = self._points(r, 32 + 4 * rings, sum(counts), form)
        found: list[list[Point]] = []
        at = 0
        for count in counts:
            found.append(points[at : at + count])
            at += count
        self.scene.draw(found, is_filled)

    def onward(self, r: bytes, form: str, is_curved: bool) -> None:
        """Lines or curves from the current point on."""
        (count,) = struct.unpack_from("<I", r, 24)
        points = self._points(r, 28, count, form)
        self._path = self._path or [[self._here()]]
        self._path[-1] += flattened([self._path[-1][-1], *points])[1:] if is_curved else points

    def line(self, r: bytes) -> None:
        point = moved(self._device.matrix(), *struct.unpack_from("<ii", r, 8))
        self._path = self._path or [[self._here()]]
        self._path[-1].append(point)

    def move(self, r: bytes) -> None:
        x, y = struct.unpack_from("<ii", r, 8)
        self._set(at=(sane(x), sane(y)))
        if self._path and len(self._path[-1]) == 1:
            self._path.pop()
        self._path.append([self._here()])

    def begin_path(self, _: bytes) -> None:
        self.end_path(b"", is_filled=False)
        self._path = [[self._here()]]

    def end_path(self, _: bytes, is_filled: bool) -> None:
        """The path so far is painted and a new one begins."""
        self.scene.draw(self._path, is_filled)
        self._path = []

    def _here(self) -> Point:
        return moved(self._device.matrix(), *self._device.at)

    def _points(self, r: bytes, at: int, count: int, form: str) -> list[Point]:
        count = max(min(count, (len(r) - at) // (2 * struct.calcsize(form))), 0)
        values = struct.unpack_from(f"<{2 * count}{form}", r, at)
        m = self._device.matrix()
        return [moved(m, x, y) for x, y in zip(values[::2], values[1::2], strict=True)]


def _matrix(r: bytes, at: int) -> Matrix:
    a, b, c, d, e, f = (sane(value) for value in struct.unpack_from("<6f", r, at))
    return a, b, c, d, e, f


_Act = Callable[[Player, bytes], None]
_ACTS: dict[int, _Act] = {
    1: Player.header,
    9: partial(Player.pair, name="window"),
    10: partial(Player.pair, name="window_origin"),
    11: partial(Player.pair, name="view"),
    12: partial(Player.pair, name="view_origin"),
    17: partial(Player.number, name="mode"),
    22: partial(Player.number, name="align"),
    27: Player.move,
    33: Player.save,
    34: Player.restore,
    35: Player.world,
    36: Player.change_world,
    37: Player.select,
    40: Player.forget,
    54: Player.line,
    59: Player.begin_path,
    62: partial(Player.end_path, is_filled=True),
    63: partial(Player.end_path, is_filled=True),
    64: partial(Player.end_path, is_filled=False),
    70: Player.comment,
    76: partial(Player.bitmap, at=84),  # BITBLT
    77: partial(Player.bitmap, at=84),  # STRETCHBLT
    78: partial(Player.bitmap, at=84),  # MASKBLT
    79: partial(Player.bitmap, at=96),  # PLGBLT
    80: partial(Player.bitmap, at=48, extent_at=40),  # SETDIBITSTODEVICE
    81: partial(Player.bitmap, at=48, extent_at=72),  # STRETCHDIBITS
    82: Player.font,
    83: Player.text_a,
    84: Player.text_w,
    96: Player.many_a,
    97: Player.many_w,
    108: Player.small_text,
    114: partial(Player.bitmap, at=84, has_alpha=True),  # ALPHABLEND
    116: partial(Player.bitmap, at=84),  # TRANSPARENTBLT
}


def _drawn() -> Iterator[tuple[int, _Act]]:
    """The records of points: each in a form of 32 and one of 16 bits."""
    for long, short, act in (
        (2, 85, partial(Player.outline, is_filled=False, is_curved=True)),
        (3, 86, partial(Player.outline, is_filled=True, is_curved=False)),
        (4, 87, partial(Player.outline, is_filled=False, is_curved=False)),
        (5, 88, partial(Player.onward, is_curved=True)),
        (6, 89, partial(Player.onward, is_curved=False)),
        (7, 90, partial(Player.outlines, is_filled=False)),
        (8, 91, partial(Player.outlines, is_filled=True)),
    ):
        yield long, partial(act, form="i")
        yield short, partial(act, form="h")


_ACTS |= _drawn()
