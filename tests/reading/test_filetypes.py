"""What a file is, by its first bytes and its structure, never by its suffix."""

import io
import zipfile

import pytest

from review.reading import filetypes


def bundle(**parts: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return packed.getvalue()


def office(main: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="application/{main}.main+xml"/></Types>')
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "format_name"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"\r\njunk of a gateway\r\n%PDF-1.4\n", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0", "jpg"),
        (b"GIF89a", "gif"),
        (b"II*\0\x08\0\0\0", "tif"),
        (b"MM\0*\0\0\0\x08", "tif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"BM" + b"\0" * 12 + b"\x28\0\0\0" + b"\0" * 20, "bmp"),
        ("BM 部门情况".encode(), "txt"),
        (b"{\\rtf1\\ansi", "rtf"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07\x00", "rar"),
        (b"\x1f\x8b\x08", "gz"),
        (b"Founder CEB 2.0", "ceb"),
        (office("vnd.openxmlformats-officedocument.wordprocessingml.document"), "docx"),
        (office("vnd.ms-word.document.macroEnabled"), "docx"),
        (office("vnd.openxmlformats-officedocument.spreadsheetml.sheet"), "xlsx"),
        (office("vnd.openxmlformats-officedocument.presentationml.presentation"), "pptx"),
        (bundle(OFD_dot_xml="<OFD/>"), "ofd"),
        (bundle(a="x"), "zip"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"\xef\xbb\xbf<html><body>", "html"),
        ("\ufeff<html><table>".encode("utf-16-le"), "html"),
        (b"<?xml version='1.0'?><a/>", "xml"),
        (b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\n", "eml"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n", "mht"),
        ("姓名,电话\n王某,1".encode(), "txt"),
        ("姓名：王某\n电话：无\n".encode(), "txt"),
        ("名单".encode("gb18030") * 30, "txt"),
        ("名单名单abc\n".encode("utf-16-le") * 30, "txt"),
        (bytes(range(1, 32)) * 40, "unknown"),
    ],
)
def test_the_first_bytes_decide(data: bytes, format_name: str) -> None:
    assert filetypes.identify(data) == format_name


def test_a_truncated_office_file_is_still_one() -> None:
    whole = bundle(**{"[Content_Types]_dot_xml": "<a/>" * 50, "word__document_dot_xml": "<w/>" * 500})
    assert filetypes.identify(whole[: len(whole) // 2]) == "docx"


@pytest.mark.parametrize(
    ("name", "found", "says"),
    [
        ("通知.doc", "html", True),
        ("通知.wps", "docx", True),
        ("通知.docx", "docx", False),
        ("通知.docm", "docx", False),
        ("名单.et", "xls", False),
        ("名单", "xls", False),
        (".pdf", "docx", False),
        ("照片.jpeg", "jpg", False),
        ("照片.jpg", "png", True),
        ("文件.ceb", "unknown", False),
    ],
)
def test_a_suffix_that_promises_something_else_is_said(name: str, found: str, says: bool) -> None:
    assert bool(filetypes.mismatch(name, found)) is says


def test_a_guess_in_the_parent_never_looks_inside() -> None:
    assert filetypes.guess(b"PK\x03\x04" + b"\0" * 10) == "zip"
    assert filetypes.guess(b"") == "unknown"
