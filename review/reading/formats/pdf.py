"""PDF: text with boxes and everything hidden in it. The pages come from pdfium, the structure from pikepdf."""

import pypdfium2 as pdfium_document
import pypdfium2.raw as pdfium

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import pdf_page
from review.types import Gap, GapReason, Page, PageReading

_ENCRYPTED = "PDF 设有打开密码，无法检查。请去掉密码后重新提交。"
_BROKEN = "PDF 结构损坏，无法打开。请用原程序重新导出 PDF 后提交。"
_BROKEN_PAGE = "这一页损坏，未能读取。请人工查看。"


def extract(data: bytes, options: Options) -> Reading:
    """Every page's text in reading order with boxes; Unreadable when pdfium cannot open the file."""
    document = open_document(data)
    try:
        return _read_pages(document, options)
    finally:
        document.close()


def open_document(data: bytes) -> pdfium_document.PdfDocument:
    """The document as pdfium opens it (an owner password alone does not hinder); Unreadable otherwise."""
    try:
        return pdfium_document.PdfDocument(data)
    except pdfium_document.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Unreadable(GapReason.ENCRYPTED, _ENCRYPTED) from None
        raise Unreadable(GapReason.CORRUPT, _BROKEN) from None


def _read_pages(document: pdfium_document.PdfDocument, options: Options) -> Reading:
    pieces: list[Piece] = []
    pages: list[Page] = []
    gaps: list[Gap] = []
    total = len(document)
    reader = pdf_page.PageReader(has_layers=False)
    for index in range(min(total, options.limits.pages)):
        if index % 10 == 0:
            options.progress(index, total)
        number = index + 1
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
        reading = PageReading.TEXT if content.pieces else PageReading.UNREAD
        pages.append(Page(number, content.frame.width, content.frame.height, "pt", reading))
        if not content.pieces:
            gaps.append(Gap(GapReason.NO_TEXT, f"第{number}页", "这一页没有文字层，未能读取。请人工查看。"))
    if total > options.limits.pages:
        gaps.append(Gap(GapReason.TOO_LARGE, "", f"超过 {options.limits.pages} 页，其余未检查。请拆分后提交。"))
    return Reading(tuple(pieces), tuple(pages), gaps=tuple(gaps))
