"""Whether the text layer of a scan says what its picture shows: pages spread over the document are compared with OCR."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from review.reading.assembly import Piece
from review.reading.extraction import Options
from review.reading.formats.page_lines import Line
from review.reading.ocr_text import Sight
from review.types import Gap, GapReason

_ALIKE = 0.5
#: So many pages of a document are compared; a shorter one is compared page by page.
_SAMPLES = 8
#: So much of what OCR sees may be missing in the layer (stamps, handwriting) before every further page is compared.
_MISSING = 0.2
_MIN_LINE = 4
#: A line so short is no text; so many of its characters must be odd (French and German have one in ten).
_SHORTEST, _FEWEST, _ODD_SHARE = 6, 5, 0.25
_WESTERN = re.compile(
    "[\x01-\x08\x0e-\x1f\ufffd\x80-\x9f\xa1-\xa6\xa8-\xaf\xb4\xb6\xb8-\xbf\xc0-\xd6\xd8-\xf6\xf8-\xff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u201e\u2020-\u2021\u2030\u2039\u203a]"
)
_CHINESE = re.compile("[0-9\u3400-\u9fff]")
_BLANKS = re.compile(r"\s+")
_OFF = "{pages}是带文字层的扫描件，文字层没有与画面核对（没有启用或没有安装文字识别），画面上可能有文字层没有的内容。请启用文字识别后重新检查，或由人工查看。"
_DISAGREES = "{pages}是带文字层的扫描件，没有与画面核对，而核对过的页与画面不符。请去掉文字层后重新提交，或由人工查看。"
_SAMPLED = "扫描件的文字层与画面抽查 {count} 页，相符；{pages}没有抽查"


class Trust:
    """What is known about the text layers of one document's scans."""

    def __init__(self, total: int, options: Options) -> None:
        self._total, self._options = total, options
        self._step = max(total // _SAMPLES, 1)
        self._agreed = 0
        self._disagrees = False
        self._passed: list[int] = []

    def is_to_be_compared(self, number: int) -> bool:
        """Whether this scanned page must be read by OCR as well: the first ones, the last one, some between, all in doubt."""
        if self._options.ocr == "off":
            return False
        is_sample = self._agreed == 0 or number == self._total or number % self._step == 0
        return is_sample or self._disagrees

    def pass_by(self, number: int) -> None:
        """The layer of this page is used as it is."""
        self._passed.append(number)

    def compared(self, layer: Sequence[Line], sight: Sight, missing: Sequence[Piece]) -> bool:
        """Whether the layer of a compared page can be used; remembers what that says about the other pages."""
        if not sight.pieces:
            return True
        agrees = is_alike("".join(line.text for line in layer), sight.text)
        lost = sum(len(piece.text) for piece in missing)
        self._disagrees |= not agrees or lost > _MISSING * len(sight.text)
        self._agreed += agrees
        return agrees

    def findings(self) -> tuple[tuple[Gap, ...], tuple[str, ...]]:
        """One Gap for the pages that were passed by without proof, or one remark where the samples agreed."""
        if not self._passed:
            return (), ()
        pages = _ranges(self._passed)
        if self._disagrees:
            return (Gap(GapReason.LOW_CONFIDENCE, pages, _DISAGREES.format(pages=pages)),), ()
        if not self._agreed:
            return (Gap(GapReason.NO_OCR, pages, _OFF.format(pages=pages)),), ()
        return (), (_SAMPLED.format(count=self._agreed, pages=pages),)


def new_pieces(layer: Sequence[Line], sight: Sight) -> list[Piece]:
    """The pieces that OCR sees with a line whose pairs of characters the layer hardly knows."""
    text = _squeezed("".join(line.text for line in layer))
    pairs = _pairs(text)
    found = []
    for piece in sight.pieces:
        lines = [_squeezed(line) for line in piece.text.split("\n")]
        is_new = any(
            len(line) >= _MIN_LINE and len(_pairs(line) & pairs) < _ALIKE * len(_pairs(line)) for line in lines
        )
        if is_new or (piece.top_of_first_page and "".join(lines) not in text):
            found.append(piece)
    return found


def is_alike(one: str, other: str) -> bool:
    """Whether half of the characters of the shorter text also stand in the other (as a bag)."""
    first, second = Counter(_squeezed(one)), Counter(_squeezed(other))
    shorter = min(first.total(), second.total())
    return bool(shorter) and (first & second).total() >= _ALIKE * shorter


def mojibake(lines: Iterable[str]) -> int:
    """The number of characters in lines that are mostly Latin letters with marks: Chinese bytes read as Western ones."""
    total = 0
    for line in lines:
        solid = len(_squeezed(line))
        odd = len(_WESTERN.findall(line))
        if solid >= _SHORTEST and odd >= _FEWEST and odd > _ODD_SHARE * solid:
            total += solid
    return total


def chinese(texts: Iterable[str]) -> int:
    """The number of Chinese characters and digits."""
    return sum(len(_CHINESE.findall(text)) for text in texts)


def _squeezed(text: str) -> str:
    return _BLANKS.sub("", text)


def _pairs(text: str) -> set[str]:
    return {text[index : index + 2] for index in range(len(text) - 1)}


def _ranges(numbers: Sequence[int]) -> str:
    """``第2–4、7页`` of rising page numbers."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return "第" + "、".join(str(a) if a == b else f"{a}–{b}" for a, b in ranges) + "页"
