"""Binary workbooks (xls, et, xlt): sheets of any state, and everything beside the cells ([MS-XLS]).

Cells come from xlrd, the records it passes over from ``xls_records.py``; what all OLE files share is in ``ole_common.py``.
"""

import io
from typing import Any

import msoffcrypto
import xlrd

from review.reading.assembly import Embedded, Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import office_art, ole_common, xls_records
from review.reading.formats.ole_common import Compound
from review.reading.formats.xls_sheet import CONCEALED, STATES, SheetReader
from review.types import BlockKind, Gap, GapReason, Sheet

_NO_BOOK = "文件中没有工作簿，未能读取。请用 Excel 或 WPS 打开确认，另存后重新提交。"
_DAMAGED_BESIDE = "工作簿中有损坏的记录（页眉页脚、文本框、图表等处），未能读出。请用 Excel 或 WPS 另存后重新提交。"
_DAMAGED = "工作簿结构已损坏，只找回了部分文字（没有单元格位置）。请用 Excel 或 WPS 打开确认，另存后重新提交。"
#: Excel opens files with this password without asking: workbooks whose structure alone is protected have it ([MS-OFFCRYPTO] 2.3).
_DEFAULT_PASSWORD = "VelvetSweatshop"
_MACRO_SHEET = "Excel 4.0 宏表未检查。请删除宏表，另存为不含宏的格式后重新提交。"
_PIVOT_STORAGE = "_sx_db_cur"
_CHANGE_LOGS = {"revision log": "修订记录", "user names": "共享工作簿的使用者"}
_BUILT_IN_NAMES = frozenset(
    "Print_Area Print_Titles _FilterDatabase Criteria Extract Database Consolidate_Area Sheet_Title".split()
)


def extract(data: bytes, options: Options) -> Reading:
    """Everything in the workbook that is text; pictures and objects inside it as ``Embedded``."""
    compound = Compound(data, options)
    stream = _stream(compound)
    if xls_records.is_encrypted(stream):
        compound = Compound(_decrypted(data), options)
        stream = _stream(compound)
    workbook = _Workbook(compound, options)
    pieces = workbook.read(stream)
    more, embedded = compound.everything_else(piece.text for piece in pieces)
    return Reading(
        (*pieces, *more),
        sheets=tuple(workbook.sheets),
        gaps=tuple(compound.gaps),
        embedded=(*workbook.pictures, *embedded),
        remarks=tuple(compound.remarks),
    )


def _stream(compound: Compound) -> bytes:
    stream = compound.read("Workbook") or compound.read("Book")
    if not stream:
        raise Unreadable(GapReason.CORRUPT, _NO_BOOK)
    return stream


def _decrypted(data: bytes) -> bytes:
    """The workbook without the encryption that asks for no password; Unreadable when a person's password is needed."""
    target = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        office.load_key(password=_DEFAULT_PASSWORD)
        office.decrypt(target)
    except Exception as error:
        raise Unreadable(GapReason.ENCRYPTED, ole_common.ENCRYPTED) from error
    if xls_records.is_encrypted(Compound(target.getvalue(), Options()).read("Workbook") or b""):
        raise Unreadable(GapReason.ENCRYPTED, ole_common.ENCRYPTED)
    return target.getvalue()


class _Workbook:
    """The sheets of one workbook, read in order."""

    def __init__(self, compound: Compound, options: Options) -> None:
        self.sheets: list[Sheet] = []
        self.pictures: list[Embedded] = []
        self._compound = compound
        self._options = options

    def read(self, stream: bytes) -> list[Piece]:
        book = _open(xls_records.with_small_links(stream))
        extras = xls_records.Extras(is_old=bool(book and book.biff_version < 80))
        extras.walk(stream)
        if book is None:
            self._compound.gaps.append(Gap(GapReason.CORRUPT, "", _DAMAGED))
            pieces = [
                Piece(text, locator="从损坏文件中找回的文字")
                for text in xls_records.shared_strings(stream)
                if text.strip()
            ]
        else:
            pieces = [*self._cells(book), *_names(book)]
        drawing = b"".join(extras.drawings)
        self.pictures = office_art.pictures(drawing)
        if extras.has_damage:
            self._compound.gaps.append(Gap(GapReason.CORRUPT, "", _DAMAGED_BESIDE))
        if extras.has_macro_sheet:
            self._compound.gaps.append(Gap(GapReason.UNSUPPORTED, "宏表", _MACRO_SHEET))
        return [*pieces, *extras.pieces, *office_art.texts(drawing), *self._beside()]

    def _cells(self, book: Any) -> list[Piece]:
        pieces: list[Piece] = []
        filters = _filters(book)
        first = next((i for i in range(book.nsheets) if book.sheet_by_index(i).visibility == 0), 0)
        for index in range(book.nsheets):
            sheet = book.sheet_by_index(index)
            state = STATES.get(sheet.visibility, "hidden")
            name = Piece(sheet.name, BlockKind.NAME, f"第{index + 1}个工作表的名称", concealed=CONCEALED[state])
            reader = SheetReader(book, sheet, index, index == first, filters.get(index, (0, 0)))
            pieces += [name, *reader.pieces()]
            self.sheets.append(Sheet(sheet.name[:300], state, sheet.nrows, sheet.ncols))
            self._options.progress(index + 1, book.nsheets)
        return pieces

    def _beside(self) -> list[Piece]:
        """Pivot caches and the log of a shared workbook, which stand in streams of their own."""
        pieces: list[Piece] = []
        for path in self._compound.paths:
            log = _CHANGE_LOGS.get(path[-1].lower())
            if path[0].lower() == _PIVOT_STORAGE:
                pieces += xls_records.pivot_texts(self._compound.read(*path) or b"")
            elif log:
                words = ole_common.wording(self._compound.read(*path) or b"")
                pieces += [Piece(word, BlockKind.HIDDEN, log, concealed=log) for word in words]
        return pieces


def _open(stream: bytes) -> Any | None:
    """xlrd's book; an old workbook whose 8-bit strings are Chinese under a Latin code page is read as Chinese."""
    book = _opened(stream, None)
    if book is not None and book.biff_version < 80 and _is_chinese_misread(book):
        return _opened(stream, "gb18030") or book
    return book


def _is_chinese_misread(book: Any) -> bool:
    """Whether the strings, taken back to their bytes, are pairs of GB 2312 throughout."""
    texts = [book.sheet_by_index(index).name for index in range(book.nsheets)]
    for index in range(book.nsheets):
        sheet = book.sheet_by_index(index)
        for row in range(min(sheet.nrows, 200)):
            texts += [value for value in sheet.row_values(row) if isinstance(value, str)]
    try:
        raw = "\n".join(texts).encode(book.encoding or "latin-1")
        return not raw.isascii() and bool(raw.decode("gb2312"))
    except (UnicodeError, LookupError):
        return False


def _opened(stream: bytes, chosen: str | None) -> Any | None:
    """xlrd's book, with formatting if it can be read; None when the workbook is too damaged for it."""
    for has_formats in (True, False):
        for encoding in (chosen,) if chosen else (None, "gb18030"):
            try:
                return xlrd.open_workbook(
                    logfile=io.StringIO(),
                    file_contents=stream,
                    formatting_info=has_formats,
                    ragged_rows=True,
                    encoding_override=encoding,
                )
            except UnicodeDecodeError:
                continue
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001 - xlrd fails in many ways on damaged records; the caller says so
                break
    return None


def _filters(book: Any) -> dict[int, tuple[int, int]]:
    """Sheet index → rows of its filter, from the name Excel keeps them under."""
    found: dict[int, tuple[int, int]] = {}
    for name in book.name_obj_list:
        value = getattr(getattr(name, "result", None), "value", None)
        if name.name == "_FilterDatabase" and isinstance(value, list) and value:
            coordinates = getattr(value[0], "coords", (0, 0, 0, 0))
            found[coordinates[0]] = (coordinates[2], coordinates[3])
    return found


def _names(book: Any) -> list[Piece]:
    """Names people gave to cells and constants, with what they stand for."""
    pieces: list[Piece] = []
    for name in book.name_obj_list:
        if name.builtin or name.name in _BUILT_IN_NAMES or not name.name.strip():
            continue
        concealed = "隐藏的名称" if name.hidden else ""
        pieces.append(Piece(name.name, BlockKind.NAME, "定义的名称", concealed=concealed))
        result = getattr(name, "result", None)
        value = str(getattr(result, "text", "") or "") if result is not None else ""
        if value.strip() and value != name.name:
            where = f"名称“{name.name[:80]}”的值"
            pieces.append(Piece(value, BlockKind.NAME, where, concealed=concealed))
    return pieces
