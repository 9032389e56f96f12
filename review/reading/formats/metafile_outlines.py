"""Letters that a metafile draws as outlines, painted for OCR: words turned into curves, fonts of plotted lines.

Colours are left out. Every filled ring turns over what lies below it, so that letters stand out from any ground and keep
their holes, whatever the order of the shapes.
"""

from PIL import Image, ImageChops, ImageDraw

from review.reading.formats.metafile_scene import MAX_POINTS, Outline, Point, Scene

#: Letters are many shapes, each with many corners.
_FEWEST_SHAPES, _FEWEST_CORNERS = 3, 9
_SIDE, _EDGE = 1600, 40
#: Pixels that may be painted in all, so that a hostile file does not take minutes.
_MOST_PIXELS = 400_000_000
_MOST_RINGS = 60_000


def may_be_letters(scene: Scene) -> bool:
    """Whether the shapes are too many and too bent to be nothing but boxes, lines and arrows."""
    rings = [ring for outline in scene.outlines for ring in outline.rings]
    bent = sum(len(set(ring)) >= _FEWEST_CORNERS for ring in rings)
    return bent >= _FEWEST_SHAPES or scene.points > MAX_POINTS


def painted(scene: Scene) -> Image.Image | None:
    """The outlines black on white, the longer side 1,600 pixels; None when there are too many to be painted."""
    rings = [ring for outline in scene.outlines for ring in outline.rings]
    if scene.points > MAX_POINTS or len(rings) > _MOST_RINGS:
        return None
    xs, ys = [x for ring in rings for x, _ in ring], [y for ring in rings for _, y in ring]
    left, top = min(xs), min(ys)
    scale = _SIDE / max(max(xs) - left, max(ys) - top, 1e-6)
    size = (round((max(xs) - left) * scale) + 2 * _EDGE, round((max(ys) - top) * scale) + 2 * _EDGE)
    image = Image.new("1", size, 1)
    spent = 0
    for outline in scene.outlines:
        moved = [[((x - left) * scale + _EDGE, (y - top) * scale + _EDGE) for x, y in ring] for ring in outline.rings]
        spent += _paint(image, moved, outline)
        if spent > _MOST_PIXELS:
            return None
    return image.convert("L")


def _paint(image: Image.Image, rings: list[list[Point]], outline: Outline) -> int:
    """Paint one outline; the pixels touched."""
    spent = 0
    pen = ImageDraw.Draw(image)
    for ring in rings:
        if not outline.is_filled or len(ring) < 3:
            pen.line(ring, fill=0, width=2)
            continue
        box = (
            int(min(x for x, _ in ring)),
            int(min(y for _, y in ring)),
            int(max(x for x, _ in ring)) + 2,
            int(max(y for _, y in ring)) + 2,
        )
        mask = Image.new("1", (box[2] - box[0], box[3] - box[1]), 0)
        ImageDraw.Draw(mask).polygon([(x - box[0], y - box[1]) for x, y in ring], fill=1)
        image.paste(ImageChops.logical_xor(image.crop(box), mask), box[:2])
        spent += mask.width * mask.height
    return spent
