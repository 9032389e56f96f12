"""Whether a small picture could hold a line of text, by its ink alone; decides what is worth the time of the engine."""

from PIL import Image

_FLAT = 16  # of 255
#: Letters lower than so many pixels cannot be read by the engine, nor by a person without guessing.
_MIN_HIGH = 8
#: A picture whose ink is hardly longer than high is an icon, a bullet or one letter.
_ASPECT = 1.5


def is_flat(image: Image.Image) -> bool:
    """Whether all of the picture has one tone."""
    low, high = image.convert("L").getextrema()
    return float(high) - float(low) < _FLAT  # type: ignore[arg-type]


def is_text_like(image: Image.Image) -> bool:
    """Whether the ink of a picture is as high as letters and longer than high, or wider than long for upright lines."""
    grey = image.convert("L")
    low, high = (float(v) for v in grey.getextrema())  # type: ignore[arg-type]
    if high - low < _FLAT:
        return False
    middle = (low + high) / 2
    # the ground is what most of the picture is
    is_on_dark = sum(grey.histogram()[: int(middle)]) > grey.width * grey.height / 2
    ink = grey.point(lambda v: 255 if (v > middle) is is_on_dark else 0).getbbox()
    if ink is None:
        return False
    wide, tall = ink[2] - ink[0], ink[3] - ink[1]
    return min(wide, tall) >= _MIN_HIGH and max(wide, tall) >= _ASPECT * min(wide, tall)
