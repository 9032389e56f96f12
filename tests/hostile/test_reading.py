"""One small file per way of hurting a reader: each ends as a Gap (or truly read), in seconds, and the next file is fine."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from review.reading.sandbox import Pool
from review.types import GapReason, Limits
from tests.reading.builders_pdf import Builder, latin, one_page
from tests.reading.test_ofd import NS, document, text


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(Limits(seconds=20, file_bytes=20_000_000), ocr="off") as pool:
        yield pool


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def flate_bomb() -> bytes:
    builder = Builder()
    page = builder.page(latin("shown", 72, 700))
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(120)) + packer.flush()
    page.obj.Contents = pikepdf.Stream(builder.pdf, packed, Filter=Name.FlateDecode)
    return builder.bytes(compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def page_tree_loop() -> bytes:
    return one_page(latin("x", 72, 700)).replace(b"/Kids [ 3 0 R", b"/Kids [ 2 0 R")


def form_in_itself() -> bytes:
    builder = Builder()
    page = builder.page("/F Do\n" + latin("shown", 72, 700))
    form = builder.pdf.make_stream(b"/F Do")
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
    form.Resources = Dictionary(XObject=Dictionary(F=form))
    page.obj.Resources.XObject.F = form
    return builder.bytes()


def huge_page() -> bytes:
    builder = Builder()
    builder.page("0 0 1 rg 0 0 900000 900000 re f\n", MediaBox=Array([0, 0, 1000000, 1000000]))
    return builder.bytes()


def deep_arrays() -> bytes:
    data = one_page(latin("x", 72, 700))
    return data.replace(b"/Contents", b"/Deep " + b"[" * 60_000 + b"]" * 60_000 + b" /Contents", 1)


def xref_loop() -> bytes:
    data = one_page(latin("x", 72, 700))
    start = data.rsplit(b"startxref", 1)[1].split()[0]
    return data.replace(b"trailer <<", b"trailer << /Prev " + start, 1)


def attachment_bomb() -> bytes:
    builder = Builder()
    builder.page(latin("shown", 72, 700))
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(60)) + packer.flush()
    stream = pikepdf.Stream(builder.pdf, packed, Filter=Name.FlateDecode)
    stream.Type = Name.EmbeddedFile
    specification = Dictionary(
        Type=Name.Filespec, F=pikepdf.String("a.txt"), EF=Dictionary(F=builder.pdf.make_indirect(stream))
    )
    builder.pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([pikepdf.String("a.txt"), specification])))
    return builder.bytes(compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def locked_pdf() -> bytes:
    builder = Builder()
    builder.page(latin("x", 72, 700))
    return builder.bytes(encryption=pikepdf.Encryption(owner="o", user="u"))


def ofd_bomb() -> bytes:
    return document(
        text("字", 20, 20),
        D__Res__big_dot_xml="<a>" + " " * 60_000_000 + "</a>",
        tail="<ofd:Extensions>Res/big.xml</ofd:Extensions>",
    )


def ofd_deep() -> bytes:
    return document("<ofd:PageBlock>" * 3000 + text("字", 20, 20) + "</ofd:PageBlock>" * 3000)


def ofd_entities() -> bytes:
    packed = io.BytesIO()
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("OFD.xml", f'<!DOCTYPE o [<!ENTITY e0 "x">{entities}]><ofd:OFD {NS}>&e8;</ofd:OFD>')
    return packed.getvalue()


def tiff_loop() -> bytes:
    # one directory that names itself as the next
    entry = b"".join(struct.pack("<HHII", tag, 3, 1, value) for tag, value in ((256, 9), (257, 9), (258, 1), (262, 1)))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 4) + entry + struct.pack("<I", 8) + b"\0" * 99


WHOLE = one_page(latin("shown text", 72, 700))
#: name → (bytes, reasons one of which must be given; empty: the text must be read)
FILES = {
    "pdf cut in half": (lambda: WHOLE[: len(WHOLE) // 2], {GapReason.CORRUPT, GapReason.NO_TEXT}),
    "pdf without its table": (lambda: WHOLE[: WHOLE.rfind(b"xref\n")], set()),
    "pdf whose pages run in a circle": (page_tree_loop, {GapReason.CORRUPT, GapReason.NO_TEXT}),
    "pdf whose tables run in a circle": (xref_loop, set()),
    "pdf with a form in itself": (form_in_itself, set()),
    "pdf with a page as large as a town": (huge_page, {GapReason.NO_OCR, GapReason.NO_TEXT}),
    "pdf with sixty thousand brackets": (deep_arrays, {GapReason.CORRUPT, GapReason.NO_TEXT}),
    "pdf whose content unpacks to 120 MB": (flate_bomb, {GapReason.NO_TEXT, GapReason.MEMORY, GapReason.TIMEOUT}),
    "pdf whose attachment unpacks to 60 MB": (attachment_bomb, {GapReason.TOO_LARGE}),
    "pdf with a password": (locked_pdf, {GapReason.ENCRYPTED}),
    "png of 400 million pixels": (lambda: png(20_000, 20_000), {GapReason.TOO_LARGE}),
    "png cut after its head": (lambda: png(900, 900)[:40], {GapReason.CORRUPT}),
    "tif whose pages run in a circle": (tiff_loop, {GapReason.CORRUPT, GapReason.TOO_LARGE, GapReason.NO_OCR}),
    "ofd with an entity bomb": (ofd_entities, {GapReason.DANGEROUS}),
    "ofd with a part that unpacks to 60 MB": (ofd_bomb, {GapReason.DANGEROUS, GapReason.TOO_LARGE}),
    "ofd three thousand blocks deep": (ofd_deep, {GapReason.CORRUPT, GapReason.DANGEROUS, GapReason.NO_TEXT}),
    "bytes without sense": (lambda: bytes(range(256)) * 40, {GapReason.UNSUPPORTED}),
    "nothing but zeros": (lambda: b"\0" * 5000, {GapReason.EMPTY}),
    "text with broken bytes": (lambda: b"\xe6\x96\x87\xff\xfe\xff\x81" * 30, {GapReason.ENCODING}),
    "office file that is none": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 2000, {GapReason.UNSUPPORTED}),
    "sealed archive": (lambda: b"7z\xbc\xaf\x27\x1c" + b"\0" * 200, {GapReason.UNSUPPORTED}),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_survived_and_said(pool: Pool, name: str) -> None:
    make, reasons = FILES[name]
    start = time.monotonic()
    found = pool.read(make(), "文件")
    assert time.monotonic() - start < 20
    if reasons:
        assert reasons & {gap.reason for gap in found.gaps}, found.gaps
    else:
        assert found.text.strip()
    assert all(gap.detail for gap in found.gaps)
    assert pool.read("下一份".encode(), "下一份.txt").text == "下一份"


@pytest.mark.parametrize("cut", range(7, 100, 7))
def test_a_pdf_cut_anywhere_is_never_silently_clean(pool: Pool, cut: int) -> None:
    found = pool.read(WHOLE[: max(len(WHOLE) * cut // 100, 1)], "文件.pdf")
    assert found.gaps or "shown text" in found.text


@pytest.mark.parametrize("seed", range(12))
def test_a_pdf_with_flipped_bytes_is_survived(pool: Pool, seed: int) -> None:
    data = bytearray(WHOLE)
    for step in range(30):
        data[(seed * 7919 + step * 104_729) % len(data)] ^= 1 << (step % 8)
    found = pool.read(bytes(data), "文件.pdf")
    assert found.gaps or found.text.strip()
