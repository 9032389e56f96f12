"""Masks that are only painted: the value is still in the file, a reader just does not see it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from review.detection.columns import is_identity, is_mobile
from review.detection.validators import Outcome, check_bank_card, check_resident_id
from review.types import Block, BlockKind, Document


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in ``Document.text``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Painted:
    """All values that one trick hides, and what to tell about it."""

    places: tuple[Place, ...]
    note: str


#: Kinds a reader does not see even when ``concealed`` says nothing.
_KIND_REASONS = {
    BlockKind.COMMENT: "批注",
    BlockKind.DELETION: "修订中已删除的文字",
    BlockKind.PROPERTY: "文档属性",
    BlockKind.FIELD: "域代码或者表单域",
    BlockKind.ALT_TEXT: "图片替代文字",
    BlockKind.LINK: "超链接地址",
    BlockKind.NAME: "名称",
    BlockKind.HIDDEN: "隐藏文字",
}
#: Somebody covered these on purpose: whatever stands below is what had to be hidden.
_COVERED = ("色块", "被注释遮盖", "涂黑")
#: Full of numbers of pictures and pages: only what is certainly an ID counts there.
_ADDRESSES = frozenset({BlockKind.LINK, BlockKind.ALT_TEXT, BlockKind.NAME, BlockKind.FIELD})
_NUMBER_RUN = re.compile(r"\d[\dXx \-]{9,26}[\dXx]")
#: A number format that prints masks instead of digits: quoted or escaped mask characters, ** (fill), or nothing at all.
_MASKING_FORMAT = re.compile(r'"[^"]{0,40}[*＊×xX●■#]{2,}[^"]{0,40}"|(?:\\[*×xX#●■]){2,}|\*[*×xX●■#]')
_DIGITS = re.compile(r"\d{6}")


def is_masking_format(code: str) -> bool:
    """Whether a spreadsheet shows masks or nothing for a cell of this number format."""
    if not code:
        return False
    return bool(_MASKING_FORMAT.search(code)) or set(code.strip()) == {";"} and len(code.strip()) >= 2


def find_painted(document: Document) -> tuple[Painted, ...]:
    """Values under a painted mask, one entry per trick, in the order of the first place."""
    found: dict[str, list[Place]] = defaultdict(list)
    for block in document.blocks:
        if block.cell is not None and is_masking_format(block.cell.number_format):
            reason = "单元格数字格式"
            places = [Place(block.span.start, block.span.end)] if _DIGITS.search(_text(document, block)) else []
        elif block.is_unseen:
            reason = block.concealed or _KIND_REASONS.get(block.kind, "隐藏内容")
            places = list(_values(document, block, reason))
        else:
            continue
        if places:
            found[reason] += places
    return tuple(
        Painted(
            tuple(places), f"号码只是看不见（{reason}），仍完整留在文件里，复制或者改回格式就能看到，共{len(places)}处"
        )
        for reason, places in found.items()
    )


def _text(document: Document, block: Block) -> str:
    return document.text[block.span.start : block.span.end]


def _values(document: Document, block: Block, reason: str) -> Iterator[Place]:
    text = _text(document, block)
    if any(word in reason for word in _COVERED) and len(text.strip()) >= 2:
        yield Place(block.span.start, block.span.end)
        return
    for run in _NUMBER_RUN.finditer(text):
        value = run.group()
        if block.kind in _ADDRESSES:
            if check_resident_id(value) is Outcome.VALID:
                yield Place(block.span.start + run.start(), block.span.start + run.end())
        elif is_identity(value) or is_mobile(value) or check_bank_card(value) is Outcome.VALID:
            yield Place(block.span.start + run.start(), block.span.start + run.end())
