"""Files inside files, limits, and the rule that silence is said."""

import gzip
import io
import zipfile
from dataclasses import replace

import pytest

from review.reading import nesting
from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Allowance, Options, Unreadable
from review.reading.formats import FORMATS, Format, text
from review.types import BlockKind, GapReason, Limits


def options(**limits: int) -> Options:
    return Options(Limits(**limits), ocr="off", name="文件.txt")  # type: ignore[arg-type]


def test_every_format_has_a_module_that_exists_or_says_so() -> None:
    document = nesting.read_document(b"\x1f\x8b" + b"\0" * 20, options())
    assert document.gaps
    assert all(entry.module.startswith("review.reading.formats.") for entry in FORMATS.values())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"7z\xbc\xaf\x27\x1c" + b"\0" * 40, GapReason.UNSUPPORTED),
        (b"Founder CEB" + b"\1" * 40, GapReason.UNSUPPORTED),
        (bytes(range(1, 32)) * 40, GapReason.UNSUPPORTED),
        (b"\0" * 500, GapReason.EMPTY),
        (b" \n \n", GapReason.NO_TEXT),
        (b"%PDF-1.7 nothing more", GapReason.CORRUPT),
        (b"\x89PNG\r\n\x1a\nnothing more", GapReason.CORRUPT),
        (b"PK\x03\x04" + b"[Content_Types].xml word/document.xml", GapReason.CORRUPT),
    ],
)
def test_what_cannot_be_read_is_a_gap_with_advice(data: bytes, reason: GapReason) -> None:
    document = nesting.read_document(data, options())
    assert [gap.reason for gap in document.gaps] == [reason]
    assert all("。" in gap.detail for gap in document.gaps)


def test_text_over_the_limit_of_characters_is_cut_and_said() -> None:
    document = nesting.read_document("甲乙丙丁\n戊己庚辛\n壬癸".encode(), options(characters=8))
    assert document.text == "甲乙丙丁"
    assert [gap.reason for gap in document.gaps] == [GapReason.TOO_LARGE]


def test_a_suffix_that_lies_is_remarked() -> None:
    document = nesting.read_document("正文".encode(), replace(options(), name="文件.pdf"))
    assert any("txt" in remark for remark in document.remarks)


def follow(reading: Reading, limits: Limits) -> tuple[list, list]:
    parts: list = []
    budget = nesting._Budget(limits.entries, limits.expanded_bytes)
    gaps = nesting._follow(reading, "", None, 1, Options(limits, ocr="off"), budget, parts)
    return gaps, parts


def test_embedded_files_become_parts_with_their_path() -> None:
    reading = Reading(embedded=(Embedded("名单.txt", "王某".encode(), "附件"), Embedded("二.txt", b"x")))
    gaps, parts = follow(reading, Limits())
    assert gaps == []
    assert [part.name for part in parts] == ["附件 名单.txt", "二.txt"]
    assert parts[0].reading.pieces[0].text == "王某"


@pytest.mark.parametrize(
    "limits", [Limits(entries=1), Limits(expanded_bytes=7), Limits(depth=0)], ids=["entries", "bytes", "depth"]
)
def test_limits_of_nesting_are_said(limits: Limits) -> None:
    reading = Reading(embedded=(Embedded("一.txt", "甲乙".encode()), Embedded("二.txt", "丙丁".encode())))
    gaps, parts = follow(reading, limits)
    assert GapReason.TOO_LARGE in [gap.reason for gap in gaps]
    assert len(parts) + len(gaps) == 2


def test_a_reader_that_fails_costs_only_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "png", Format("review.reading.formats.does_not_exist"))
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 30
    gaps, parts = follow(Reading(embedded=(Embedded("图.png", png), Embedded("字.txt", "丙".encode()))), Limits())
    assert [part.reading.gaps[0].reason for part in parts if part.reading.gaps] == [GapReason.CORRUPT]
    assert parts[1].reading.pieces[0].text == "丙"


def test_a_file_that_only_describes_itself_is_not_read() -> None:
    silent = nesting._with_silence_said(Reading((Piece("作者：王某", BlockKind.PROPERTY),)), "pdf", 100)
    assert [gap.reason for gap in silent.gaps] == [GapReason.NO_TEXT]


def test_few_characters_for_the_size_are_said() -> None:
    few = nesting._with_silence_said(Reading((Piece("甲乙丙"),)), "docx", 5_000_000)
    assert [gap.reason for gap in few.gaps] == [GapReason.NO_TEXT]
    assert not nesting._with_silence_said(Reading((Piece("甲乙丙"),)), "docx", 9_000).gaps


def test_unreadable_says_its_reason_and_no_more() -> None:
    error = Unreadable(GapReason.ENCRYPTED, "请去掉密码。")
    assert str(error) == "encrypted"


def test_the_allowance_is_late_after_its_deadline() -> None:
    assert Allowance(deadline=0.0).is_late and not Allowance().is_late


def test_a_text_in_a_text_reader_is_never_unpacked() -> None:
    packed = gzip.compress("秘密".encode())
    assert "秘密" not in text.decode(packed)[0]


def test_a_zip_with_a_picture_named_like_a_document_is_no_office_file() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word.txt", "x")
    assert nesting.read_file(packed.getvalue(), options())[0] == "zip"
