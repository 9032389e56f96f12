"""The bitmaps inside a metafile as files that a picture reader opens: BMP of device-independent ones, PNG of EMF+ pixels.

[MS-WMF] 2.2.2.9 (DeviceIndependentBitmap), [MS-EMFPLUS] 2.2.2.2 (EmfPlusBitmap).
"""

import io
import struct
from collections.abc import Sequence

from PIL import Image

from review.reading.formats.metafile_scene import Shown

#: Below this a bitmap is an icon, a line or a hatching (as in ``image.py``).
_SMALL_SIDE, _SMALL_AREA = 28, 4_000
_CORE_HEADER = 12
_MAX_HEADER = 200
_BITFIELDS = 3
_JPEG, _PNG = 4, 5
#: EMF+ pixel formats → how PIL unpacks them.
_PIXELS = {
    0x00021808: ("RGB", "BGR"),
    0x00022009: ("RGB", "BGRX"),
    0x0026200A: ("RGBA", "BGRA"),
    0x000E200B: ("RGBA", "BGRa"),
    0x00021005: ("RGB", "BGR;15"),
    0x00021006: ("RGB", "BGR;16"),
}
_INDEXED = {0x00030101: "P;1", 0x00030402: "P;4", 0x00030803: "P"}


def is_small(width: int, height: int) -> bool:
    """Whether a bitmap of this size is too small to hold words."""
    width, height = abs(width), abs(height)
    return min(width, height) < _SMALL_SIDE or width * height < _SMALL_AREA


def size_of(info: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as the header of a DIB says, None when it is none."""
    if len(info) < _CORE_HEADER:
        return None
    (length,) = struct.unpack_from("<I", info)
    if length == _CORE_HEADER:
        width, height = struct.unpack_from("<HH", info, 4)
    elif 40 <= length <= _MAX_HEADER and len(info) >= 40:
        width, height = struct.unpack_from("<ii", info, 4)
    else:
        return None
    return (abs(width), abs(height)) if width and height else None


def dib_file(info: bytes, bits: bytes) -> bytes | None:
    """A file of a DIB: its header with colour table, and its pixels; None when the header is none."""
    if size_of(info) is None:
        return None
    if len(info) >= 40 and struct.unpack_from("<I", info, 16)[0] in (_JPEG, _PNG) and info[0] != _CORE_HEADER:
        return bits
    offset = 14 + len(info)
    return struct.pack("<2sIHHI", b"BM", offset + len(bits), 0, 0, offset) + info + bits


def packed_dib_file(data: bytes) -> bytes | None:
    """A file of a DIB whose pixels follow its colour table at once."""
    if size_of(data) is None:
        return None
    (length,) = struct.unpack_from("<I", data)
    if length == _CORE_HEADER:
        depth, entry, used, masks = struct.unpack_from("<H", data, 10)[0], 3, 0, 0
    else:
        depth, entry = struct.unpack_from("<H", data, 14)[0], 4
        (used,) = struct.unpack_from("<I", data, 32)
        (compression,) = struct.unpack_from("<I", data, 16)
        masks = 12 if compression == _BITFIELDS and length == 40 else 0
    colours = min(used or (1 << depth if depth <= 8 else 0), 256)
    split = length + masks + colours * entry
    return dib_file(data[:split], data[split:])


def pixels_file(width: int, height: int, stride: int, pixel_format: int, data: bytes) -> bytes | None:
    """A PNG of uncompressed EMF+ pixels; None for formats that do not occur in documents. ``data`` holds the palette first."""
    rows = abs(stride) * height
    if rows > len(data) or abs(stride) * 8 < width:
        return None  # so large a picture would be made room for before its pixels are missed
    try:
        if pixel_format in _INDEXED:
            (count,) = struct.unpack_from("<I", data, 4)
            entries = data[8 : 8 + 4 * min(count, 256)]
            raw = data[8 + 4 * count : 8 + 4 * count + rows]
            image = Image.frombytes("P", (width, height), raw, "raw", _INDEXED[pixel_format], abs(stride), 1)
            image.putpalette(
                b"".join(
                    entries[i + 2 : i + 3] + entries[i + 1 : i + 2] + entries[i : i + 1]
                    for i in range(0, len(entries), 4)
                )
            )
        elif pixel_format in _PIXELS:
            mode, raw_mode = _PIXELS[pixel_format]
            image = Image.frombytes(mode, (width, height), data[:rows], "raw", raw_mode, abs(stride), 1)
        else:
            return None
    except (ValueError, struct.error, OverflowError):
        return None
    return _png(image)


def alpha_file(info: bytes, bits: bytes) -> bytes | None:
    """A PNG of a DIB of 32 bits whose fourth byte is its transparency (premultiplied); None for any other."""
    size = size_of(info)
    if size is None or len(info) < 40 or struct.unpack_from("<H", info, 14)[0] != 32:
        return None
    (height,) = struct.unpack_from("<i", info, 8)
    if 4 * size[0] * size[1] > len(bits):
        return None
    try:
        image = Image.frombytes("RGBA", size, bits, "raw", "BGRa", 4 * size[0], -1 if height > 0 else 1)
    except (ValueError, OverflowError):
        return None
    return _png(image)


def mono_file(width: int, height: int, stride: int, bits: bytes) -> bytes | None:
    """A PNG of a device-dependent bitmap of one bit ([MS-WMF] 2.2.2.1); None when its bytes do not suffice."""
    if stride * height > len(bits) or stride * 8 < width:
        return None
    try:
        image = Image.frombytes("1", (width, height), bits, "raw", "1", stride, 1)
    except (ValueError, OverflowError):
        return None
    return _png(image)


def whole(shown: Sequence[Shown], most_pixels: int) -> tuple[list[Shown], int]:
    """The bitmaps in their order, and how many could not be joined: strips one upon the other are one picture again."""
    found: list[Shown] = []
    lost = 0
    for group in _groups(shown, most_pixels):
        if len(group) == 1:
            found += group
            continue
        try:
            found.append(_stacked(group))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            lost += 1
    return found, lost


def _groups(shown: Sequence[Shown], most_pixels: int) -> list[list[Shown]]:
    groups: list[list[Shown]] = []
    height = 0
    for item in shown:
        height += item.height
        if groups and item.width * height <= most_pixels and _goes_on(groups[-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
            height = item.height
    return groups


def _goes_on(group: Sequence[Shown], item: Shown) -> bool:
    last = group[-1]
    if not item.high or not item.width or (item.x, item.wide, item.width) != (last.x, last.wide, last.width):
        return False
    is_below, is_above = abs(last.y + last.high - item.y) <= 1, abs(item.y + item.high - last.y) <= 1
    if len(group) > 1:
        return is_below if last.y > group[0].y else is_above
    return is_below or is_above


def _stacked(group: Sequence[Shown]) -> Shown:
    strips = sorted(group, key=lambda strip: strip.y)
    image = Image.new("RGB", (strips[0].width, sum(strip.height for strip in strips)), "white")
    at = 0
    for strip in strips:
        with Image.open(io.BytesIO(strip.file)) as part:
            image.paste(part.convert("RGB"), (0, at))
        at += strip.height
    return Shown(_png(image), image.width, image.height)


def _png(image: Image.Image) -> bytes:
    sink = io.BytesIO()
    image.save(sink, "PNG", compress_level=1)
    return sink.getvalue()
