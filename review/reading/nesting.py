"""One file and everything inside it: find the format, call its reader, follow what is embedded, keep the limits.

Runs in the child. Whatever a reader does wrong on a hostile file ends here as a Gap of that file or part.
"""

import hashlib
import importlib
from dataclasses import dataclass, field, replace

from review.reading import filetypes
from review.reading.assembly import Embedded, PartReading, Piece, Reading, assemble
from review.reading.extraction import Options, Unreadable
from review.reading.formats import FORMATS
from review.types import BlockKind, Document, Gap, GapReason

#: What a person can do about a file that nothing here reads, by format or suffix.
ADVICE = {
    "encrypted_office": (GapReason.ENCRYPTED, "文件设有打开密码，无法检查。请去掉密码另存后重新提交。"),
    "ceb": (
        GapReason.UNSUPPORTED,
        "CEB 为专有版式，无法检查。请用方正 Apabi Reader 打开后打印为 PDF，或提供原始的 Word 文件。",
    ),
    "rar": (GapReason.UNSUPPORTED, "RAR 压缩包无法检查。请解压后逐个提交，或改用 ZIP 压缩。"),
    "7z": (GapReason.UNSUPPORTED, "7z 压缩包无法检查。请解压后逐个提交，或改用 ZIP 压缩。"),
    "xlsb": (GapReason.UNSUPPORTED, "XLSB 二进制工作簿无法检查。请用表格软件另存为 .xlsx 后重新提交。"),
    "ole": (
        GapReason.UNSUPPORTED,
        "无法识别的 OLE 复合文件（可能已损坏）。请用原程序打开后另存为 .docx、.xlsx 或 PDF。",
    ),
    "dwg": (GapReason.UNSUPPORTED, "图纸文件无法检查。请打印为 PDF 后提交。"),
    "caj": (GapReason.UNSUPPORTED, "CAJ 文件无法检查。请用 CAJViewer 打印为 PDF 后提交。"),
}
_UNKNOWN = (GapReason.UNSUPPORTED, "无法识别的文件类型，未检查。请转换为 Word、Excel、PDF、OFD 或文本后重新提交。")
_CORRUPT = "文件结构损坏，未能读取。请用原程序打开确认，另存后重新提交。"
_DANGEROUS = "文件结构异常（嵌套过深），已拒绝读取。请用原程序打开确认，另存后重新提交。"
#: Below one character for so many bytes a file without a picture is suspect: something in it was not understood.
_BYTES_PER_CHARACTER = 4000
_SILENT = "没有读出任何正文，不能视为已检查。请人工打开文件查看。"
_DESCRIBING = frozenset({BlockKind.PROPERTY, BlockKind.NAME, BlockKind.ATTACHMENT})
_SPARSE_FORMATS = frozenset({"docx", "doc", "xlsx", "xls", "pptx", "ppt", "rtf", "html", "mht", "xml", "svg", "ofd"})


PICTURES = frozenset({"png", "jpg", "gif", "tif", "bmp", "webp", "emf", "wmf"})


@dataclass
class _Budget:
    """What the parts of one file may still cost, together."""

    parts: int
    expanded: int
    seen: set[str] = field(default_factory=set)


def read_document(data: bytes, options: Options) -> Document:
    """Everything in these bytes as one Document; never raises for a bad file (MemoryError apart)."""
    limits = options.limits
    name, reading = read_file(data, options)
    budget = _Budget(limits.entries, limits.expanded_bytes, {hashlib.sha256(data).hexdigest()})
    parts: list[PartReading] = []
    gaps = _follow(reading, "", None, 1, options, budget, parts)
    remarks = reading.remarks
    if options.allowance.small_pictures:
        remarks += (f"有 {options.allowance.small_pictures} 张小图片（图标、线条等）未做文字识别",)
    reading = replace(reading, gaps=(*reading.gaps, *gaps), embedded=(), remarks=remarks)
    readings = (reading, *(part.reading for part in parts))
    if not any(inner.gaps or _body_characters(inner) for inner in readings):
        # an outer file with nothing but pictures too small to be read, or photos without a letter
        reading = replace(reading, gaps=(Gap(GapReason.NO_TEXT, "", _SILENT),))
    reading, parts = _cut(reading, parts, limits.characters)
    return assemble(data, options.name, name, reading, parts)


def read_file(data: bytes, options: Options) -> tuple[str, Reading]:
    """The format and the Reading of one file, without what is embedded in it."""
    if not data.strip(b"\0"):
        return "txt", Reading(
            gaps=(Gap(GapReason.EMPTY, "", "文件是空的，没有可检查的内容。请确认提交的是正确的文件。"),)
        )
    found = filetypes.identify(data)
    remark = filetypes.mismatch(options.name, found)
    try:
        reading = _extract(data, found, options)
    except Unreadable as error:
        reading = Reading(gaps=(Gap(error.reason, "", error.detail),))
    except RecursionError:
        reading = Reading(gaps=(Gap(GapReason.DANGEROUS, "", _DANGEROUS),))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the libraries' own failures on damaged bytes are many; each is this Gap
        reading = Reading(gaps=(Gap(GapReason.CORRUPT, "", _CORRUPT),))
    if remark:
        reading = replace(reading, remarks=(remark, *reading.remarks))
    if options.is_part and (found in PICTURES or found == "svg") and reading.pages:
        return found, reading  # a photo inside a document need not hold text
    return found, _with_silence_said(reading, found, len(data))


def _extract(data: bytes, found: str, options: Options) -> Reading:
    entry = FORMATS.get(found)
    if entry is None:
        reason, detail = ADVICE.get(found) or ADVICE.get(filetypes.suffix_of(options.name)) or _UNKNOWN
        raise Unreadable(reason, detail)
    return importlib.import_module(entry.module).extract(data, replace(options, format=found))


def _with_silence_said(reading: Reading, found: str, size: int) -> Reading:
    """No text, or hardly any for the size, is "not reviewed", never "clean"."""
    if reading.gaps or reading.embedded:
        return reading
    characters = _body_characters(reading)
    if characters == 0:
        gap = Gap(GapReason.NO_TEXT, "", _SILENT)
    elif found in _SPARSE_FORMATS and size > 40_000 and size > characters * _BYTES_PER_CHARACTER:
        gap = Gap(GapReason.NO_TEXT, "", "读出的文字与文件大小不相称，可能有内容没有读出。请人工打开文件查看。")
    else:
        return reading
    return replace(reading, gaps=(gap,))


def _body_characters(reading: Reading) -> int:
    """Characters of everything but what only describes the file."""
    return sum(len(piece.text.strip()) for piece in reading.pieces if piece.kind not in _DESCRIBING)


def _follow(
    reading: Reading,
    path: str,
    parent: int | None,
    depth: int,
    options: Options,
    budget: _Budget,
    parts: list[PartReading],
) -> list[Gap]:
    """Read what is embedded, depth first in document order, into ``parts``; the Gaps of what was left out."""
    gaps = []
    for item in reading.embedded:
        label = _label(item)
        name = f"{path} › {label}" if path else label
        refusal = _refusal(item, depth, options, budget)
        if refusal is not None:
            gaps.append(Gap(refusal[0], label, refusal[1]))
            continue
        digest = hashlib.sha256(item.data).hexdigest()
        if digest in budget.seen and filetypes.guess(item.data) in PICTURES:
            continue  # the same logo on every page is read once
        budget.seen.add(digest)
        budget.parts -= 1
        budget.expanded -= len(item.data)
        found, inner = read_file(item.data, replace(options, name=item.name, is_part=True))
        index = len(parts)
        parts.append(PartReading(name, found, digest, len(item.data), replace(inner, embedded=()), parent))
        below = _follow(inner, name, index, depth + 1, options, budget, parts)
        if below:
            part = parts[index]
            parts[index] = replace(part, reading=replace(part.reading, gaps=(*part.reading.gaps, *below)))
    return gaps


def _refusal(item: Embedded, depth: int, options: Options, budget: _Budget) -> tuple[GapReason, str] | None:
    if depth > options.limits.depth:
        return GapReason.TOO_LARGE, f"文件套文件超过 {options.limits.depth} 层，里层未检查。请取出后单独提交。"
    if budget.parts <= 0:
        return GapReason.TOO_LARGE, "内含文件过多，其余未检查。请拆分后提交。"
    if len(item.data) > budget.expanded:
        return GapReason.TOO_LARGE, "内含文件展开后过大，其余未检查。请拆分后提交。"
    return None


def _label(item: Embedded) -> str:
    text = f"{item.locator} {item.name}".strip() if item.locator else item.name
    return text[:300] or "内含文件"


def _cut(reading: Reading, parts: list[PartReading], characters: int) -> tuple[Reading, list[PartReading]]:
    """The readings without what passes the limit of characters, which is said in a Gap."""
    gap = Gap(GapReason.TOO_LARGE, "", f"文字超过 {characters} 字，其余未检查。请拆分后提交。")
    kept, left = _cut_pieces(reading.pieces, characters)
    if len(kept) < len(reading.pieces):
        reading = replace(reading, pieces=kept, gaps=(*reading.gaps, gap))
    for index, part in enumerate(parts):
        kept, left = _cut_pieces(part.reading.pieces, left)
        if len(kept) < len(part.reading.pieces):
            parts[index] = replace(part, reading=replace(part.reading, pieces=kept, gaps=(*part.reading.gaps, gap)))
    return reading, parts


def _cut_pieces(pieces: tuple[Piece, ...], characters: int) -> tuple[tuple[Piece, ...], int]:
    for index, piece in enumerate(pieces):
        characters -= len(piece.text) + 1
        if characters < 0:
            return pieces[:index], 0
    return pieces, characters
