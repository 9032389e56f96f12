"""PDF: text with boxes and everything hidden in it. The pages come from pdfium, the structure from pikepdf."""

import re
from dataclasses import replace

import pypdfium2 as pdfium_document
import pypdfium2.raw as pdfium

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import page_lines, pdf_notes, pdf_page, pdf_revisions, pdf_structure
from review.types import BlockKind, Gap, GapReason, Page, PageReading

_ENCRYPTED = "PDF 设有打开密码，无法检查。请去掉密码后重新提交。"
_BROKEN = "PDF 结构损坏，无法打开。请用原程序重新导出 PDF 后提交。"
_BROKEN_PAGE = "这一页损坏，未能读取。请人工查看。"
#: Mail gateways and scanners put junk before the header; pdfium only forgives one kilobyte of it.
_HEADER_BYTES = 4096
_BLANKS = re.compile(r"\s+")
_LATE = "读取用时过长，其余页未检查。请拆分后重新提交。"


def extract(data: bytes, options: Options) -> Reading:
    """Every page's text in reading order with boxes, what is hidden, and the structure; Unreadable when it cannot be opened."""
    data = without_junk(data)
    document = open_document(data)
    try:
        structure = pdf_structure.structure_of(
            data,
            options.limits.pages,
            options.limits.file_bytes,
            with_keys=data.count(b"%%EOF") > 1,
            deadline=options.allowance.deadline,
        )
        reading = _read_pages(document, options, structure)
    finally:
        document.close()
    if structure.noted:
        told = (*reading.pieces, *structure.pieces)
        painted, lost = _read_notes(data, structure.noted, told, options, structure.has_layers)
        reading = replace(reading, pieces=(*reading.pieces, *painted), gaps=(*reading.gaps, *lost))
    pieces = (*reading.pieces, *_without_echo(structure.pieces, reading.pieces))
    earlier, gaps, count = pdf_revisions.earlier_pieces(
        data, pieces, structure.keys, options.limits.pages, options.allowance.deadline
    )
    remarks = [*reading.remarks, *structure.remarks]
    if count:
        said = "，其中有现已删去的文字" if earlier else ""
        remarks.append(f"文件经过增量保存，保留了 {count} 个以前的版本{said}")
    sections = data.count(b"%%EOF")
    if sections > 1:
        pieces = (*pieces, Piece(f"文件分段：{sections} %%EOF sections", BlockKind.PROPERTY, "文件结构"))
    return replace(
        reading,
        pieces=(*pieces, *earlier),
        gaps=(*reading.gaps, *structure.gaps, *gaps),
        embedded=(*structure.embedded, *_appended(data)),
        remarks=tuple(remarks),
    )


def _appended(data: bytes) -> list[Embedded]:
    """A zip that hangs behind the end of the document: the file is both."""
    start = data.find(b"PK\x03\x04", data.rfind(b"%%EOF") + 1)
    if b"%%EOF" not in data or start < 0 or data.rfind(b"PK\x05\x06") < start:
        return []
    return [Embedded("PDF 尾部附加的文件.zip", data[start:], "")]


def without_junk(data: bytes) -> bytes:
    """The file from its header on."""
    return data[max(data.find(b"%PDF-", 0, _HEADER_BYTES), 0) :]


def open_document(data: bytes) -> pdfium_document.PdfDocument:
    """The document as pdfium opens it (an owner password alone does not hinder); Unreadable otherwise."""
    try:
        return pdfium_document.PdfDocument(data)
    except pdfium_document.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Unreadable(GapReason.ENCRYPTED, _ENCRYPTED) from None
        raise Unreadable(GapReason.CORRUPT, _BROKEN) from None


def _without_echo(structure: list[Piece], pages: tuple[Piece, ...]) -> list[Piece]:
    """The structure without alternative texts that only repeat the text of the pages (tagged files do, word by word)."""
    if not any(piece.kind is BlockKind.ALT_TEXT for piece in structure):
        return structure
    text = _BLANKS.sub("", "".join(piece.text for piece in pages))
    kept: dict[tuple[str, BlockKind, str, int | None], Piece] = {}
    for piece in structure:
        if piece.kind is not BlockKind.ALT_TEXT or _BLANKS.sub("", piece.text) not in text:
            kept.setdefault((piece.text, piece.kind, piece.locator, piece.page), piece)
    return list(kept.values())


def _read_notes(
    data: bytes, numbers: list[int], told: tuple[Piece, ...], options: Options, has_layers: bool
) -> tuple[list[Piece], list[Gap]]:
    """What annotations paint on these pages, without what ``told`` of the same page says already."""
    found = pdf_notes.appearances_of(data, numbers)
    if not found.pages:
        return [], found.gaps
    gaps, pieces = list(found.gaps), []
    said: dict[tuple[int | None, bool], str] = {}
    for piece in told:
        for is_top in {False, piece.top_of_first_page}:
            key = (piece.page, is_top)
            said[key] = said.get(key, "") + _BLANKS.sub("", piece.text)
    reader = pdf_page.PageReader(has_layers, options)
    document = open_document(found.data)
    try:
        for index, note in enumerate(found.pages):
            page = pdfium.FPDF_LoadPage(document.raw, index)
            if not page:
                gaps.append(Gap(GapReason.CORRUPT, note.locator, _BROKEN_PAGE))
                continue
            try:
                content = reader.read(page, note.page)
            finally:
                pdfium.FPDF_ClosePage(page)
            gaps += [replace(gap, locator=note.locator) for gap in content.gaps]
            for piece in content.pieces:
                words = _BLANKS.sub("", piece.text)
                if words in said.get((note.page, piece.top_of_first_page), "") + said.get((None, False), ""):
                    continue
                if note.concealed:
                    piece = replace(piece, kind=BlockKind.HIDDEN, concealed=note.concealed, top_of_first_page=False)
                pieces.append(replace(piece, locator=note.locator))
    finally:
        document.close()
    return pieces, gaps


def _read_pages(document: pdfium_document.PdfDocument, options: Options, structure: pdf_structure.Structure) -> Reading:
    pieces: list[Piece] = []
    pages: list[Page] = []
    gaps: list[Gap] = []
    remarks: dict[str, None] = {}
    total = len(document)
    reader = pdf_page.PageReader(structure.has_layers, options, min(total, options.limits.pages), structure.doubtful)
    for index in range(min(total, options.limits.pages)):
        if index % 10 == 0 or (pages and pages[-1].reading is not PageReading.TEXT):
            options.progress(index, total)
        number = index + 1
        if options.allowance.is_late and index % 50 == 0 and index:
            # text is cheap; only a file that is slow by itself gets here
            gaps.append(Gap(GapReason.TIMEOUT, f"第{number}页起", _LATE))
            break
        page = pdfium.FPDF_LoadPage(document.raw, index)
        if not page:
            gaps.append(Gap(GapReason.CORRUPT, f"第{number}页", _BROKEN_PAGE))
            pages.append(Page(number, 0.0, 0.0, "pt", PageReading.UNREAD))
            continue
        try:
            content = reader.read(page, number)
        finally:
            pdfium.FPDF_ClosePage(page)
        pieces += content.pieces
        gaps += content.gaps
        remarks |= dict.fromkeys(content.remarks)
        pages.append(Page(number, content.frame.width, content.frame.height, "pt", content.reading))
    if total > options.limits.pages:
        gaps.append(Gap(GapReason.TOO_LARGE, "", f"超过 {options.limits.pages} 页，其余未检查。请拆分后提交。"))
    pieces = page_lines.with_running_titles(pieces, pages)
    doubts, said = reader.findings()
    return Reading(tuple(pieces), tuple(pages), gaps=(*gaps, *doubts), remarks=(*remarks, *said))
