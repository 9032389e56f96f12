"""A document and its findings as the review component draws them: plain values, JSON, text only as text.

Offsets inside a block count UTF-16 units, as strings of the browser do.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby

from review.outputs.places import Places, narrowed
from review.outputs.report import describe_gap
from review.types import (
    Block,
    BlockKind,
    Check,
    Disposition,
    Document,
    Finding,
    Page,
    Policy,
    Rule,
    RuleSet,
    Severity,
    Span,
    Suggestion,
)
from review.ui.lines import Lines, advice
from review.wording import KIND_NAMES, SEVERITY_NAMES, SUGGESTION_NAMES

#: Without pages the text is drawn in sections of about so many blocks, so that long lists stay quick.
_SECTION_BLOCKS = 60
_SECTION_CELLS = 900
_PICTURED = ("pdf", "png", "jpeg", "jpg", "tiff", "tif", "bmp", "gif", "webp")
#: Formats whose paragraphs carry their first-line indent as a style, not as spaces.
_FLOWING = ("docx", "doc", "wps", "odt", "rtf")
#: Seen by a reader, but not in the running text.
_NAMED = (BlockKind.HEADER, BlockKind.FOOTER, BlockKind.NOTE, BlockKind.TEXT_BOX, BlockKind.IMAGE, BlockKind.NAME)
_AROUND = 14
_EXCERPT = 60

SEVERITY_CLASSES = {
    Severity.STOP: "crit",
    Severity.HIGH: "crit",
    Severity.MEDIUM: "high",
    Severity.LOW: "mid",
    Severity.INFO: "low",
}


def build_json(
    document: Document, check: Check, rules: RuleSet, marks: Iterable[Disposition] = (), policy: Policy = Policy()
) -> bytes:
    """The model of one draft as UTF-8 JSON."""
    model = build_model(document, check, rules, marks, policy)
    return json.dumps(model, ensure_ascii=False, separators=(",", ":")).encode()


def build_model(
    document: Document, check: Check, rules: RuleSet, marks: Iterable[Disposition] = (), policy: Policy = Policy()
) -> dict[str, object]:
    """{sections, findings, gaps, remarks, marks, pictures}; findings keep the order and index of ``check.findings``."""
    sections = _sections(document)
    mark_index = _MarkIndex(check.findings)
    drawn = [_section(document, blocks, label, page, mark_index) for label, page, blocks in sections]
    starts, numbers = [], []
    for number, (_, _, blocks) in enumerate(sections):
        if blocks:
            starts.append(blocks[0].span.start)
            numbers.append(number)
    places, lines = Places(document), Lines(document)
    rows = []
    for index, finding in enumerate(check.findings):
        row = _finding(index, finding, document, rules.rule(finding.rule_id), places, lines, policy)
        at = bisect_right(starts, finding.span.start) - 1 if finding.span else -1
        row["sec"] = numbers[at] if at >= 0 else None
        row["boxes"] = _boxes(finding, document, places)
        rows.append(row)
    return {
        "sections": drawn,
        "findings": rows,
        "gaps": [describe_gap(gap) for gap in check.gaps],
        "remarks": list(document.remarks),
        "marks": {str(m.finding): {"code": m.code.value, "note": m.note} for m in marks},
        "pictures": bool(document.pages) and document.format in _PICTURED and len(document.text) > 0,
        "paged": bool(document.pages),
        "indent": document.format in _FLOWING,
    }


class _MarkIndex:
    """Every place of every finding, ordered, to be cut per block."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        spans = [(s.start, s.end, i) for i, f in enumerate(findings) for s in f.spans or ((f.span,) if f.span else ())]
        self._spans = sorted(spans)
        self._starts = [start for start, _, _ in self._spans]
        self._longest = max((end - start for start, end, _ in self._spans), default=0)

    def within(self, span: Span) -> list[tuple[int, int, int]]:
        """(start, end, finding) of the places that touch this span."""
        first = bisect_left(self._starts, span.start - self._longest)
        last = bisect_left(self._starts, span.end)
        return [place for place in self._spans[first:last] if place[1] > span.start]


def _sections(document: Document) -> list[tuple[str, Page | None, list[Block]]]:
    """The blocks in the pieces the rail lists: pages where the format has them, else stretches of readable length."""
    if document.pages:
        return _pages(document)
    found, current = [], list[Block]()
    cells = 0
    for block in document.blocks:
        is_new_table = bool(current) and _table(block) != _table(current[-1])
        cells += block.kind is BlockKind.CELL
        is_full = cells > _SECTION_CELLS or len(current) - cells > _SECTION_BLOCKS
        starts_row = block.cell is None or block.cell.column == 0 or is_new_table
        if current and is_full and starts_row:
            found.append(current)
            current, cells = [], 0
        current.append(block)
    if current:
        found.append(current)
    return [(f"第{number}段", None, blocks) for number, blocks in enumerate(found, 1)]


def _pages(document: Document) -> list[tuple[str, Page | None, list[Block]]]:
    """One section per page, also of pages without any text: a person must be able to look at them."""
    waiting = {(page.part, page.number): page for page in document.pages}
    found: list[tuple[str, Page | None, list[Block]]] = []
    for (part, number), blocks in groupby(document.blocks, key=lambda block: (block.part, block.page)):
        page = waiting.get((part, number)) if number is not None else None
        if page is not None:
            earlier = [key for key in waiting if key[0] == part and key[1] < page.number]
            found += [(f"第{key[1]}页", waiting.pop(key), []) for key in earlier]
            waiting.pop((part, number))
        found.append((f"第{number}页" if number else "页外内容", page, list(blocks)))
    return found + [(f"第{page.number}页", page, []) for page in waiting.values()]


def _table(block: Block) -> int | None:
    return block.cell.table if block.cell else None


def _section(
    document: Document, blocks: Sequence[Block], label: str, page: Page | None, marks: _MarkIndex
) -> dict[str, object]:
    section: dict[str, object] = {"label": label, "blocks": [_block(document, block, marks) for block in blocks]}
    if page is not None:
        section |= {"page": page.number, "width": page.width, "height": page.height, "part": page.part}
    return section


def _block(document: Document, block: Block, marks: _MarkIndex) -> dict[str, object]:
    text = document.text[block.span.start : block.span.end]
    row: dict[str, object] = {"k": block.kind.value, "t": text}
    if block.is_unseen and (block.concealed or block.kind is not BlockKind.NAME):  # a sheet's tab is no secret
        row["c"] = block.concealed or KIND_NAMES[block.kind]
        row["l"] = block.locator
    elif block.kind in _NAMED:
        row["n"] = KIND_NAMES[block.kind]
    if block.cell is not None:
        row["cell"] = [block.cell.table, block.cell.row, block.cell.column, block.cell.row_span, block.cell.column_span]
    found = marks.within(block.span)
    if found:
        base = block.span.start
        row["m"] = [
            [_units(text[: max(s, base) - base]), _units(text[: min(e, block.span.end) - base]), i, int(s < base)]
            for s, e, i in found
        ]
    return row


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _finding(
    index: int,
    finding: Finding,
    document: Document,
    rule: Rule | None,
    places: Places,
    lines: Lines,
    policy: Policy,
) -> dict[str, object]:
    where = lines.location(finding)
    return {
        "i": index,
        "sev": SEVERITY_CLASSES[finding.severity],
        "name": SEVERITY_NAMES[finding.severity],
        "weighty": finding.severity.rank >= Severity.MEDIUM.rank and not finding.trial,
        "title": rule.title if rule else finding.rule_id,
        "why": rule.message if rule else "",
        "basis": "；".join(str(basis) for basis in rule.legal_basis) if rule else "",
        "act": (rule.remedy or SUGGESTION_NAMES[rule.suggest]) if rule else SUGGESTION_NAMES[Suggestion.CONFIRM],
        "rule": finding.rule_id,
        "version": finding.rule_version,
        "where": where,
        "count": finding.count,
        "hidden": finding.hidden,
        "trial": finding.trial,
        "notes": list(finding.notes),
        "context": _context(finding, document, places),
        "advice": advice(finding, rule, where, document, policy),
    }


def _context(finding: Finding, document: Document, places: Places) -> list[str]:
    """[before, hit, after] of the first place, from the same block."""
    if finding.span is None:
        return ["", "", ""]
    span, block = finding.span, places.block_at(finding.span.start)
    low = max(span.start - _AROUND, block.span.start if block else 0)
    high = min(span.end + _AROUND, block.span.end if block else len(document.text))
    hit = document.text[span.start : span.end]
    before = ("…" if block and low > block.span.start else "") + document.text[low : span.start]
    after = document.text[span.end : high] + ("…" if block and high < block.span.end else "")
    cut = [before, hit[:_EXCERPT] + ("…" if len(hit) > _EXCERPT else ""), after if high > span.end else ""]
    is_crossing = block is not None and span.end > block.span.end
    return [part.replace("\n", " " if is_crossing else "") for part in cut]


def _boxes(finding: Finding, document: Document, places: Places) -> list[list[float]]:
    """[page, part or -1, left, top, width, height] of every place, as fractions of the page."""
    pages = {(page.part, page.number): page for page in document.pages}
    found = []
    for span in finding.spans or ((finding.span,) if finding.span else ()):
        block = places.block_at(span.start)
        page = pages.get((block.part, block.page)) if block and block.page else None
        if block is None or page is None or not page.width or not page.height:
            continue
        for run in block.runs:
            if run.page == page.number and run.span.is_overlapping(span):
                box = narrowed(run, span, document.text)
                top, height = box.top / page.height, (box.bottom - box.top) / page.height
                place = (box.x0 / page.width, top, (box.x1 - box.x0) / page.width, height)
                found.append([page.number, -1 if page.part is None else page.part, *(round(v, 5) for v in place)])
    return found
