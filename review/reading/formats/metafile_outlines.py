"""Letters that a metafile draws as outlines, painted for OCR: words turned into curves, fonts of plotted lines.

Colours are left out. Every filled ring turns over what lies below it, so that letters stand out from any ground and keep
their holes, whatever the order of the shapes.
"""

from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw

from review.reading.formats.metafile_scene import MAX_POINTS, Scene

Pixel = tuple[int, int]

#: Letters are many shapes, each with many corners; beside written text only filled ones, and more of them, are suspect.
_FEWEST_SHAPES, _FEWEST_CORNERS, _FEWEST_BESIDE_TEXT = 3, 9, 16
_SIDE, _EDGE = 1920, 40
#: Pixels that may be painted in all, so that a hostile file does not take minutes.
_MOST_PIXELS = 400_000_000
_MOST_RINGS = 60_000


def may_be_letters(scene: Scene, has_text: bool) -> bool:
    """Whether the shapes are too many and too bent to be nothing but boxes, lines and arrows."""
    if scene.points > MAX_POINTS:
        return True
    outlines = [outline for outline in scene.outlines if outline.is_filled or not has_text]
    bent = sum(len(set(ring)) >= _FEWEST_CORNERS for outline in outlines for ring in outline.rings)
    return bent >= (_FEWEST_BESIDE_TEXT if has_text else _FEWEST_SHAPES)


def painted(scene: Scene) -> Image.Image | None:
    """The outlines black on white, the longer side 1,920 pixels; None when there are too many to be painted."""
    rings = [ring for outline in scene.outlines for ring in outline.rings]
    if scene.points > MAX_POINTS or len(rings) > _MOST_RINGS:
        return None
    xs, ys = [x for ring in rings for x, _ in ring], [y for ring in rings for _, y in ring]
    left, top = min(xs), min(ys)
    scale = _SIDE / max(max(xs) - left, max(ys) - top, 1e-6)
    size = (round((max(xs) - left) * scale) + 2 * _EDGE, round((max(ys) - top) * scale) + 2 * _EDGE)
    image = Image.new("1", size, 1)
    pen = ImageDraw.Draw(image)
    seen: set[tuple[Pixel, ...]] = set()
    spent = 0
    for outline in scene.outlines:
        for ring in outline.rings:
            pixels = tuple((round((x - left) * scale) + _EDGE, round((y - top) * scale) + _EDGE) for x, y in ring)
            if pixels in seen:
                continue  # turned over twice it would be gone
            seen.add(pixels)
            if outline.is_filled and len(pixels) > 2:
                spent += _turn_over(image, pixels)
            else:
                pen.line(pixels, fill=0, width=2)
            if spent > _MOST_PIXELS:
                return None
    return image.convert("L")


def _turn_over(image: Image.Image, ring: Sequence[Pixel]) -> int:
    """Turn black into white and white into black inside the ring; the pixels touched."""
    left, top = min(x for x, _ in ring), min(y for _, y in ring)
    box = (left, top, max(x for x, _ in ring) + 1, max(y for _, y in ring) + 1)
    mask = Image.new("1", (box[2] - left, box[3] - top), 0)
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in ring], fill=1)
    image.paste(ImageChops.logical_xor(image.crop(box), mask), (left, top))
    return mask.width * mask.height
