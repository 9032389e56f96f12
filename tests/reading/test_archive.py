"""zip, tar, gz: every entry is handed on under its name, tricks and bombs are refused and said."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import archive
from review.reading.nesting import read_document
from review.types import BlockKind, GapReason, Limits

NAMES = st.lists(
    st.text(alphabet="甲乙丙丁戊己庚辛abc0189", min_size=1, max_size=10), min_size=1, max_size=6, unique=True
)


def read(data: bytes, kind: str, **limits: int) -> Reading:
    return archive.extract(data, Options(format=kind, name=f"包.{kind}", limits=Limits(**limits)))


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as bundle:
        for name, content in entries.items():
            bundle.writestr(name, content)
    return target.getvalue()


def with_raw_names(data: bytes, name: str, raw: bytes) -> bytes:
    """The zip of one ASCII-named entry with its name replaced by bytes of the same length."""
    assert len(name) == len(raw)
    return data.replace(name.encode("ascii"), raw)


def tarred(entries: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as bundle:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            bundle.addfile(info, io.BytesIO(content))
        for name, goal in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, goal
            bundle.addfile(info)
    return target.getvalue()


@settings(max_examples=30, deadline=None)
@given(NAMES)
def test_zip_and_tar_give_back_every_name_and_content(names: list[str]) -> None:
    entries = {f"送审/{name}.txt": f"{name}的内容".encode() for name in names}
    for kind, data in (("zip", zipped(entries)), ("tar", tarred(entries))):
        reading = read(data, kind)
        assert [(e.name, e.data) for e in reading.embedded] == list(entries.items())
        assert [p.text for p in reading.pieces] == list(entries)
        assert {p.kind for p in reading.pieces} == {BlockKind.ATTACHMENT}
        assert reading.gaps == ()


@pytest.mark.parametrize("charset", ["gb18030", "utf-8"])
def test_names_without_the_utf8_flag_are_read_in_their_bytes(charset: str) -> None:
    raw = "低保名单.txt".encode(charset)
    plain = "x" * len(raw)
    reading = read(with_raw_names(zipped({plain: b"1"}), plain, raw), "zip")
    assert [e.name for e in reading.embedded] == ["低保名单.txt"]


def test_unicode_path_field_wins_over_the_bytes_of_the_name() -> None:
    info = zipfile.ZipInfo("a.txt")
    name = "张三的材料.txt".encode()
    info.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"a.txt")) + name
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as bundle:
        bundle.writestr(info, b"1")
    assert [e.name for e in read(target.getvalue(), "zip").embedded] == ["张三的材料.txt"]


@pytest.mark.parametrize("name", ["../外面.txt", "/根/外面.txt", "C:\\外面.txt", "甲/../../外面.txt", "..\\外面.txt"])
def test_paths_that_leave_the_archive_are_refused(name: str) -> None:
    for kind, data in (("zip", zipped({name: b"1"})), ("tar", tarred({name: b"1"}))):
        reading = read(data, kind)
        assert reading.embedded == ()
        assert [g.reason for g in reading.gaps] == [GapReason.DANGEROUS]
        assert len(reading.pieces) == 1


def test_links_are_refused() -> None:
    info = zipfile.ZipInfo("链接")
    info.external_attr = 0o120777 << 16
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as bundle:
        bundle.writestr(info, b"/etc/passwd")
    for kind, data in (("zip", target.getvalue()), ("tar", tarred({}, {"链接": "/etc/passwd"}))):
        reading = read(data, kind)
        assert reading.embedded == ()
        assert [g.reason for g in reading.gaps] == [GapReason.DANGEROUS]


def test_a_bomb_is_refused_and_the_rest_is_read() -> None:
    reading = read(zipped({"炸弹.txt": b"\0" * 30_000_000, "正常.txt": b"1"}), "zip")
    assert [e.name for e in reading.embedded] == ["正常.txt"]
    assert [(g.reason, g.locator) for g in reading.gaps] == [(GapReason.DANGEROUS, "炸弹.txt")]
    with pytest.raises(Unreadable) as caught:
        read(gzip.compress(b"\0" * 30_000_000), "gz")
    assert caught.value.reason is GapReason.DANGEROUS


def test_too_many_entries_and_too_much_content_are_said() -> None:
    reading = read(zipped({f"{n}.txt": b"1" for n in range(20)}), "zip", entries=5)
    assert len(reading.embedded) == 5
    assert [g.reason for g in reading.gaps] == [GapReason.TOO_LARGE]
    reading = read(tarred({"甲": b"1" * 3000, "乙": b"1" * 3000}), "tar", expanded_bytes=4000)
    assert [e.name for e in reading.embedded] == ["甲"]
    assert [(g.reason, g.locator) for g in reading.gaps] == [(GapReason.TOO_LARGE, "乙")]


def test_an_encrypted_entry_is_a_gap_of_that_entry() -> None:
    data = bytearray(zipped({"密.txt": b"secret", "明.txt": b"1"}))
    for header in (b"PK\x03\x04", b"PK\x01\x02"):
        data[data.find(header) + (6 if header[2] == 3 else 8)] |= 1
    reading = read(bytes(data), "zip")
    assert [(g.reason, g.locator) for g in reading.gaps] == [(GapReason.ENCRYPTED, "密.txt")]
    assert [e.name for e in reading.embedded] == ["明.txt"]


def test_damaged_archives_are_gaps_and_never_silent() -> None:
    whole = zipped({"一.txt": b"1" * 100, "二.txt": b"2" * 100}, zipfile.ZIP_STORED)
    broken = bytearray(whole)
    broken[broken.find(b"1" * 100) + 5] ^= 255
    reading = read(bytes(broken), "zip")
    assert [g.locator for g in reading.gaps] == ["一.txt"]
    bundle = tarred({"一.txt": b"1" * 2000, "二.txt": b"2" * 2000})
    for data, kind in ((whole[:60], "zip"), (bundle[:3000], "tar"), (gzip.compress(b"abc" * 999)[:-9], "gz")):
        try:
            assert read(data, kind).gaps
        except Unreadable as error:
            assert error.reason is GapReason.CORRUPT
    damaged = bytearray(bundle)
    damaged[3584 : 3584 + 300] = b"\xff" * 300  # the second entry's header, after the first's pax record
    assert [g.reason for g in read(bytes(damaged), "tar").gaps] == [GapReason.CORRUPT]


def test_a_tar_in_a_gz_in_a_zip_is_read_to_the_end() -> None:
    inner = gzip.compress(tarred({"名单.txt": "张三 13800138000".encode()}))
    document = read_document(zipped({"材料.tgz": inner}), Options(name="报送.zip"))
    assert "张三 13800138000" in document.text
    assert [p.format for p in document.parts] == ["gz", "tar", "txt"]
    assert document.gaps == ()


def test_comments_of_the_archive_are_text() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as bundle:
        bundle.writestr("a.txt", b"1")
        bundle.comment = "内部资料".encode("gb18030")
    pieces = read(target.getvalue(), "zip").pieces
    assert [(p.text, p.kind) for p in pieces][0] == ("内部资料", BlockKind.PROPERTY)
    assert [p.text for p in pieces][1:] == ["a.txt"]


def test_an_archive_without_files_is_a_gap() -> None:
    assert [g.reason for g in read(zipped({}), "zip").gaps] == [GapReason.EMPTY]
    assert read(zipped({"空文件夹/": b""}), "zip").gaps


@pytest.mark.parametrize(("kind", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_compressed_streams_are_read_member_by_member(kind: str, pack: Callable[[bytes], bytes]) -> None:
    reading = read(pack("甲".encode() * 400_000) + pack(b"end"), kind)
    assert [(e.name, e.data) for e in reading.embedded] == [("包", "甲".encode() * 400_000 + b"end")]
    assert reading.gaps == ()
    assert [g.reason for g in read(pack(b"abc" * 99)[:-9], kind).gaps] == [GapReason.CORRUPT]
    with pytest.raises(Unreadable) as caught:
        read(pack(b"\0" * 40_000_000), kind)
    assert caught.value.reason is GapReason.DANGEROUS


def without_the_last_entry(data: bytes) -> bytes:
    """The archive whose directory does not list its last entry, though the entry is still there."""
    first, last, end = data.find(b"PK\x01\x02"), data.rfind(b"PK\x01\x02"), data.rfind(b"PK\x05\x06")
    shorter = bytearray(data[:last] + data[end:])
    at = len(shorter) - 22
    struct.pack_into("<HHII", shorter, at + 8, 1, 1, last - first, first)
    return bytes(shorter)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_file_the_directory_does_not_list_is_read_and_said(method: int) -> None:
    hidden = without_the_last_entry(zipped({"一.txt": b"1" * 50, "二.txt": "机密★5年".encode()}, method))
    assert zipfile.ZipFile(io.BytesIO(hidden)).namelist() == ["一.txt"]
    document = read_document(hidden, Options(name="a.zip"))
    assert "机密★5年" in document.text
    assert GapReason.DANGEROUS in {gap.reason for gap in document.gaps}


def test_text_behind_or_before_the_entries_is_read_and_said() -> None:
    whole = zipped({"一.txt": b"1" * 50})
    assert read(whole, "zip").gaps == ()
    for data in (whole + "\n机密★5年".encode(), "机密★5年 ".encode() + whole, whole + b"\0" * 64 + "机密★5年".encode()):
        reading = read(data, "zip")
        assert [gap.reason for gap in reading.gaps] == [GapReason.DANGEROUS]
        assert any("机密★5年".encode() in item.data for item in reading.embedded)


def test_padding_descriptors_and_comments_are_no_hidden_data() -> None:
    target = io.BytesIO()

    class Pipe(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            return target.write(data)  # type: ignore[arg-type]

    with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as bundle:  # cannot seek: descriptors follow the data
        bundle.writestr("一.txt", b"1" * 50)
        with bundle.open("二.txt", "w", force_zip64=True) as entry:
            entry.write(b"2" * 50)
        bundle.comment = "内部资料".encode()
    reading = read(target.getvalue(), "zip")
    assert reading.gaps == () and len(reading.embedded) == 2
