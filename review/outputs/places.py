"""Where a finding stands, as a person would say it, and what may be shown of it."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable

from review.types import BBox, Block, Document, Finding, Run, Span
from review.wording import PLACE_NAMES

#: Characters shown before and after a match.
_AROUND = 16
#: The longest match that is shown; of a longer one (a paragraph) only the beginning.
_LONGEST = 40
#: Letters and digits that may be a number of a person; what of it may be shown: beginning and end.
_NUMBER = re.compile(r"[0-9A-Za-z０-９][0-9A-Za-z０-９@._\-]{3,}")
_DIGITS = re.compile(r"[0-9０-９]")
_NAMES = ("PII.",)


class Places:
    """Look-ups from offsets to blocks of one document; built once per document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._starts = [block.span.start for block in document.blocks]

    def block_at(self, offset: int) -> Block | None:
        """The block that holds this offset, or None between blocks."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return None
        block = self._document.blocks[index]
        return block if offset < block.span.end else None

    def location(self, finding: Finding) -> str:
        """第3页 表2 第5行…, with the last place too where a finding stands for several; the kind of place outside the text."""
        if finding.span is None:
            return PLACE_NAMES[finding.place]
        first = self._locator(finding.span.start)
        last = self._locator(finding.spans[-1].start) if finding.spans else first
        return first if last == first or finding.count <= 1 else f"{first} 至 {_shortened(last, first)}"

    def page(self, finding: Finding) -> int | None:
        """The page of the first place, where the format has pages."""
        block = self.block_at(finding.span.start) if finding.span else None
        return block.page if block else None

    def boxes(self, span: Span | None) -> tuple[BBox, ...]:
        """The boxes of this span on its page, one per line, narrowed to the characters it covers."""
        block = self.block_at(span.start) if span else None
        if block is None or span is None:
            return ()
        return tuple(narrowed(run, span, self._document.text) for run in block.runs if run.span.is_overlapping(span))

    def excerpt(self, finding: Finding, findings: Iterable[Finding] = ()) -> str:
        """A masked excerpt around the first place: numbers and personal data are cut to their beginning and end."""
        if finding.span is None:
            return ""
        text, span = self._document.text, finding.span
        block = self.block_at(span.start)
        low = max(span.start - _AROUND, block.span.start if block else 0)
        end = min(span.end, span.start + _LONGEST)
        high = min(end + _AROUND, block.span.end if block else len(text))
        personal = [s for f in findings if f.category.startswith(_NAMES) for s in f.spans or (f.span,) if s]
        shown = list(text[low:high])
        for place in personal:
            if place.start < high and place.end > low and place.end - place.start <= _LONGEST:
                _hide(shown, max(place.start, low) - low, min(place.end, high) - low)
        masked = _NUMBER.sub(lambda found: _masked_number(found.group()), "".join(shown)).replace("\n", " ")
        head = "…" if block and low > block.span.start else ""
        tail = "…" if block and high < block.span.end else ""
        return f"{head}{masked}{tail}"

    def _locator(self, offset: int) -> str:
        block = self.block_at(offset)
        if block is None:
            return ""
        page = f"第{block.page}页" if block.page and not block.locator.startswith("第") else ""
        return " ".join(filter(None, (page, block.locator)))


def _shortened(last: str, first: str) -> str:
    """The last place without the words it shares with the first: 工作表“名单” C4 至 I15."""
    shared = 0
    words, others = last.split(" "), first.split(" ")
    while shared < len(words) - 1 and shared < len(others) and words[shared] == others[shared]:
        shared += 1
    return " ".join(words[shared:])


def _hide(shown: list[str], start: int, end: int) -> None:
    """Stars for all but the beginning and the end; a name keeps its first character."""
    length = end - start
    head, tail = (4, 4) if length >= 15 else (3, 4) if length >= 11 else (1, 0)
    for at in range(start + head, end - tail):
        if not shown[at].isspace():
            shown[at] = "*"


def _masked_number(value: str) -> str:
    if "*" in value or len(_DIGITS.findall(value)) < 5:
        return value
    head, tail = (4, 4) if len(value) >= 15 else (3, 4) if len(value) >= 11 else (2, 1)
    return value[:head] + "*" * (len(value) - head - tail) + value[len(value) - tail :]


def narrowed(run: Run, span: Span, text: str) -> BBox:
    """The part of the run's box that the span covers; a Latin letter or digit is taken as half as wide as a 汉字."""
    widths = [_width(character) for character in text[run.span.start : run.span.end]]
    first = max(span.start, run.span.start) - run.span.start
    last = min(span.end, run.span.end) - run.span.start
    box, unit = run.bbox, (run.bbox.x1 - run.bbox.x0) / (sum(widths) or 1)
    return BBox(box.x0 + sum(widths[:first]) * unit, box.top, box.x0 + sum(widths[:last]) * unit, box.bottom)


def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1
