"""Pages as pictures: WebP, never larger than allowed, refused with advice where there is none."""

import io

import pytest
from pikepdf import Array
from PIL import Image

from review.reading.extraction import Options, Unreadable
from review.reading.render import render
from review.types import GapReason, Limits
from tests.reading.builders_pdf import HEIGHT, WIDTH, Builder, latin, one_page


def drawn(data: bytes, page: int = 1, scale: float = 1.0, options: Options | None = None) -> Image.Image:
    picture = Image.open(io.BytesIO(render(data, page, scale, options or Options())))
    assert picture.format == "WEBP"
    return picture


def picture(width: int, height: int, **options: object) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(packed, "JPEG", **options)
    return packed.getvalue()


@pytest.mark.parametrize(("scale", "size"), [(1.0, (WIDTH, HEIGHT)), (2.0, (2 * WIDTH, 2 * HEIGHT)), (0.5, (298, 421))])
def test_a_page_is_drawn_at_its_scale(scale: float, size: tuple[int, int]) -> None:
    assert drawn(one_page(latin("text", 72, 700)), scale=scale).size == size


def test_what_is_printed_is_seen() -> None:
    shown = drawn(one_page("0 0 0 rg 100 600 200 100 re f\n"))
    assert max(shown.convert("RGB").getpixel((200, HEIGHT - 650))) < 20  # type: ignore[arg-type, type-var]
    assert min(shown.convert("RGB").getpixel((20, 20))) > 235  # type: ignore[arg-type, type-var]


@pytest.mark.parametrize("scale", [1.0, 4.0, 1e9, float("nan"), -3.0])
def test_pixels_are_capped_whatever_is_asked_for(scale: float) -> None:
    builder = Builder()
    builder.page("", MediaBox=Array([0, 0, 14_000, 14_000]))
    shown = drawn(builder.bytes(), scale=scale)
    assert shown.width * shown.height <= 6_100_000


def test_a_turned_photo_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert drawn(picture(300, 200, exif=exif)).size == (200, 300)


@pytest.mark.parametrize(
    ("data", "page", "reason"),
    [
        (one_page(latin("x", 72, 700)), 2, GapReason.NO_TEXT),
        (one_page(latin("x", 72, 700)), 0, GapReason.NO_TEXT),
        (picture(30, 30), 2, GapReason.NO_TEXT),
        ("文字".encode(), 1, GapReason.UNSUPPORTED),
        (b"%PDF-1.4 broken", 1, GapReason.CORRUPT),
        (b"\x89PNG\r\n\x1a\n broken", 1, GapReason.CORRUPT),
    ],
)
def test_no_page_is_said_with_its_reason(data: bytes, page: int, reason: GapReason) -> None:
    with pytest.raises(Unreadable) as caught:
        render(data, page, 1.0, Options())
    assert caught.value.reason is reason and caught.value.detail.endswith("。")


def test_a_picture_over_the_limit_of_pixels_is_refused() -> None:
    with pytest.raises(Unreadable) as caught:
        render(picture(900, 900), 1, 1.0, Options(Limits(image_pixels=10_000)))
    assert caught.value.reason is GapReason.TOO_LARGE
