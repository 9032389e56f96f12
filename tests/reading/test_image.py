"""Pictures: frames, properties, sizes; letters are read in test_ocr.py."""

import io

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from review.reading.extraction import Allowance, Options, Unreadable
from review.reading.formats import image
from review.types import BlockKind, GapReason, Limits, PageReading

OFF = Options(ocr="off")


def packed(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def blank(width: int = 300, height: int = 200, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), "white")


def properties(data: bytes) -> list[str]:
    return [piece.text for piece in image.extract(data, OFF).pieces if piece.kind is BlockKind.PROPERTY]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP"])
def test_every_kind_of_picture_is_opened(kind: str) -> None:
    reading = image.extract(packed(blank(), kind), OFF)
    assert [(p.width, p.height, p.unit, p.reading) for p in reading.pages] == [(300, 200, "px", PageReading.UNREAD)]
    assert [gap.reason for gap in reading.gaps] == [GapReason.NO_OCR]


def test_every_page_of_a_fax_is_a_page() -> None:
    pages = [Image.new("L", (300, 200), grey) for grey in (255, 200, 150)]
    data = packed(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert [page.number for page in image.extract(data, OFF).pages] == [1, 2, 3]


def test_frames_over_the_limit_are_said() -> None:
    pages = [Image.new("L", (300, 200), grey) for grey in (255, 200, 150)]
    data = packed(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    reading = image.extract(data, Options(Limits(pages=2), ocr="off"))
    assert GapReason.TOO_LARGE in [gap.reason for gap in reading.gaps]


def test_a_turned_photo_is_measured_as_it_is_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    page = image.extract(packed(blank(), "JPEG", exif=exif), OFF).pages[0]
    assert (page.width, page.height) == (200, 300)


def test_camera_author_and_place_are_properties() -> None:
    exif = Image.Exif()
    exif[0x010E] = "invented description"
    exif[0x0110] = "Camera X"
    exif[0x013B] = "Photographer Wang"
    gps = exif.get_ifd(0x8825)
    gps.update({1: "N", 2: (30.0, 56.0, 24.0), 3: "E", 4: (118.0, 45.0, 36.0)})
    texts = properties(packed(blank(), "JPEG", exif=exif))
    assert "图片说明：invented description" in texts
    assert "相机型号：Camera X" in texts and "作者：Photographer Wang" in texts
    assert any(t.startswith("GPS位置：30 deg 56'") and "30.940000, 118.760000" in t for t in texts)


def test_chinese_properties_are_read_in_either_encoding() -> None:
    exif = Image.Exif()
    exif[0x9C9B] = "内部照片".encode("utf-16-le") + b"\0\0"
    assert "标题：内部照片" in properties(packed(blank(), "JPEG", exif=exif))
    chunk = PngImagePlugin.PngInfo()
    chunk.add_itxt("Comment", "某项目现场")
    assert "Comment：某项目现场" in properties(packed(blank(), "PNG", pnginfo=chunk))


def test_too_many_pixels_are_refused() -> None:
    with pytest.raises(Unreadable) as caught:
        image.extract(packed(blank(1000, 1000, "1"), "PNG"), Options(Limits(image_pixels=500_000), ocr="off"))
    assert caught.value.reason is GapReason.TOO_LARGE


def test_what_is_no_picture_is_corrupt() -> None:
    with pytest.raises(Unreadable) as caught:
        image.extract(b"\x89PNG\r\n\x1a\n" + b"x" * 99, OFF)
    assert caught.value.reason is GapReason.CORRUPT


def test_a_truncated_picture_is_read_as_far_as_it_goes_and_said() -> None:
    whole = packed(Image.effect_noise((400, 400), 80).convert("RGB"), "JPEG")
    reading = image.extract(whole[: len(whole) // 2], OFF)
    assert GapReason.CORRUPT in [gap.reason for gap in reading.gaps]
    assert len(reading.pages) == 1


def test_an_icon_inside_a_document_is_counted_not_read() -> None:
    allowance = Allowance()
    reading = image.extract(packed(blank(20, 20), "PNG"), Options(is_part=True, allowance=allowance))
    assert (reading.gaps, allowance.small_pictures, allowance.ocr_pages) == ((), 1, 200)


def test_the_preview_of_an_office_file_is_not_read() -> None:
    allowance = Allowance()
    options = Options(is_part=True, allowance=allowance, name="thumbnail.jpeg")
    assert image.extract(packed(blank(256, 180), "JPEG"), options).gaps == ()
    assert (allowance.small_pictures, allowance.ocr_pages) == (1, 200)


def test_white_letters_on_transparency_get_dark_paper() -> None:
    layer = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    layer.paste((255, 255, 255, 255), (10, 10, 30, 30))
    shown = image.upright(layer)
    assert shown.getpixel((0, 0)) == (0, 0, 0) and shown.getpixel((20, 20)) == (255, 255, 255)


def test_a_zip_hanging_behind_the_picture_is_handed_on() -> None:
    import zipfile

    tail = io.BytesIO()
    with zipfile.ZipFile(tail, "w") as archive:
        archive.writestr("名单.txt", "王某")
    reading = image.extract(packed(blank(), "JPEG") + tail.getvalue(), OFF)
    assert [item.data for item in reading.embedded] == [tail.getvalue()]


def test_a_small_strip_with_the_ink_of_a_line_is_looked_at() -> None:
    picture = blank(77, 21)
    ImageDraw.Draw(picture).text((4, 2), "SAMPLE 26", fill="black", font_size=14)
    reading = image.extract(packed(picture, "PNG"), Options(ocr="off", is_part=True))
    assert [gap.reason for gap in reading.gaps] == [GapReason.NO_OCR]


@pytest.mark.parametrize("box", [(0, 10, 76, 12), (30, 3, 46, 18)])
def test_a_rule_and_a_bullet_are_not_looked_at(box: tuple[int, int, int, int]) -> None:
    picture = blank(77, 21)
    ImageDraw.Draw(picture).rectangle(box, fill="black")
    options = Options(ocr="off", is_part=True)
    assert not image.extract(packed(picture, "PNG"), options).gaps and options.allowance.small_pictures == 1
