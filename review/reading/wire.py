"""Document ⇄ bytes across the pipe between the sandboxed child and its parent.

The child parses hostile files and is not trusted: ``decode_document`` checks every offset, enum, index and length before
a value is built, and takes the hash, the size and the name from the parent. JSON only; nothing here can run code.
"""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from review.types import (
    BBox,
    Block,
    BlockKind,
    Cell,
    Document,
    Gap,
    GapReason,
    Limits,
    Page,
    PageReading,
    Part,
    Run,
    Sheet,
    Span,
)

#: One frame: its kind (one of ``Frame``) and the length of what follows.
HEAD = struct.Struct(">cQ")
#: A request: length of the JSON header, length of the file's bytes.
REQUEST = struct.Struct(">IQ")
#: What one locator, name, detail or remark may hold.
MAX_LABEL = 4000
#: Grids of spreadsheets end at 1,048,576 rows.
_MAX_GRID = 20_000_000
_SHEET_STATES = frozenset({"visible", "hidden", "veryHidden"})


class Frame(StrEnum):
    """What the child sends."""

    READY = "R"
    PROGRESS = "P"
    DOCUMENT = "D"
    IMAGE = "I"
    REFUSED = "E"


class WireError(Exception):
    """The child sent something that is no Document; treated as a crash of the child."""


# ---------------------------------------------------------------------------------------------------------- requests


def encode_request(command: str, name: str, limits: Limits, size: int, **more: object) -> bytes:
    """The bytes that go before the file's bytes: lengths and a JSON header."""
    header = json.dumps({"command": command, "name": name, "limits": asdict(limits), **more}).encode("utf-8")
    return REQUEST.pack(len(header), size) + header


def decode_header(header: bytes) -> tuple[dict[str, Any], Limits]:
    """The header of a request and its limits, in the child."""
    fields = json.loads(header)
    return fields, Limits(**fields.pop("limits"))


def encode_refusal(reason: GapReason, detail: str) -> bytes:
    """Why a page could not be rendered."""
    return json.dumps([reason, detail]).encode("utf-8")


def decode_refusal(payload: bytes) -> Gap:
    """The Gap that stands for a refusal."""
    rows = _loads(payload)
    if not isinstance(rows, list) or len(rows) != 2:
        raise WireError("refusal")
    return Gap(_enum(GapReason, rows[0]), "", _label(rows[1]))


# --------------------------------------------------------------------------------------------------------- documents


def encode_document(document: Document) -> bytes:
    """The document as UTF-8 JSON; lone surrogates become "?" (one code point each, so offsets stay)."""
    value = {
        "format": document.format,
        "text": document.text,
        "blocks": [_block_row(block) for block in document.blocks],
        "pages": [[p.number, p.width, p.height, p.unit, p.reading, p.part] for p in document.pages],
        "sheets": [[_short(s.name), s.state, s.rows, s.columns, s.part] for s in document.sheets],
        "parts": [
            [_short(p.name), p.format, p.sha256, p.size, [p.span.start, p.span.end] if p.span else None, p.parent]
            for p in document.parts
        ],
        "gaps": [[g.reason, _short(g.locator), _short(g.detail)] for g in document.gaps],
        "remarks": [_short(remark) for remark in document.remarks],
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), check_circular=False).encode("utf-8", "replace")


def _short(label: str) -> str:
    """The label within its limit: a name of a million letters in a hostile file is no reason to lose the file."""
    return label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1] + "…"


def _block_row(block: Block) -> list[object]:
    cell = block.cell
    grid = (
        [cell.table, cell.row, cell.column, cell.row_span, cell.column_span, _short(cell.number_format)]
        if cell
        else None
    )
    runs = [[r.span.start, r.span.end, r.page, r.bbox.x0, r.bbox.top, r.bbox.x1, r.bbox.bottom] for r in block.runs]
    return [
        block.span.start,
        block.span.end,
        block.kind,
        _short(block.locator),
        block.page,
        block.ocr_confidence,
        _short(block.concealed),
        grid,
        block.part,
        block.top_of_first_page,
        runs,
    ]


def decode_document(payload: bytes, sha256: str, name: str, size: int) -> Document:
    """The Document in these bytes; WireError when anything in it is not what a Document may hold."""
    value = _loads(payload)
    if not isinstance(value, dict):
        raise WireError("document")
    try:
        text = _text(value["text"])
        parts = tuple(_part(row, index, len(text)) for index, row in enumerate(value["parts"]))
        return Document(
            sha256=sha256,
            name=name,
            format=_label(value["format"], 40),
            size=size,
            text=text,
            blocks=_blocks(value["blocks"], text, len(parts)),
            pages=tuple(_page(row, len(parts)) for row in value["pages"]),
            sheets=tuple(_sheet(row, len(parts)) for row in value["sheets"]),
            parts=parts,
            gaps=tuple(Gap(_enum(GapReason, r), _label(where), _label(why)) for r, where, why in value["gaps"]),
            remarks=tuple(_label(remark) for remark in value["remarks"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise WireError(type(error).__name__) from None


def is_webp(payload: bytes) -> bool:
    """Whether these bytes are what a browser may be handed as a WebP picture."""
    return payload[:4] == b"RIFF" and payload[8:12] == b"WEBP"


def _blocks(rows: list, text: str, parts: int) -> tuple[Block, ...]:
    """Blocks in order, joined by exactly one newline, covering the text from 0 to its end."""
    kinds: Mapping[object, BlockKind] = {kind.value: kind for kind in BlockKind}
    blocks = []
    at = -1
    for start, end, kind, locator, page, confidence, concealed, grid, part, top, runs in rows:
        if type(start) is not int or type(end) is not int or start != at + 1 or end <= start:
            raise WireError("block offsets")
        if start and text[at] != "\n":
            raise WireError("block separator")
        at = end
        blocks.append(
            Block(
                Span(start, end),
                kinds[kind],
                _label(locator),
                None if page is None else _whole(page, 1),
                tuple(_run(row, start, end) for row in runs),
                None if confidence is None else _share(confidence),
                _label(concealed),
                None if grid is None else _cell(grid),
                None if part is None else _whole(part, 0, parts - 1),
                top is True,
            )
        )
    if max(at, 0) != len(text):
        raise WireError("text outside blocks")
    return tuple(blocks)


def _run(row: list, start: int, end: int) -> Run:
    begin, stop, page, x0, top, x1, bottom = row
    span = Span(_whole(begin, start, end), _whole(stop, start, end))
    return Run(span, _whole(page, 1), BBox(_real(x0), _real(top), _real(x1), _real(bottom)))


def _cell(row: list) -> Cell:
    table, line, column, row_span, column_span, number_format = row
    return Cell(
        _whole(table, 0),
        _whole(line, 0),
        _whole(column, 0),
        _whole(row_span, 1),
        _whole(column_span, 1),
        _label(number_format),
    )


def _page(row: list, parts: int) -> Page:
    number, width, height, unit, reading, part = row
    if unit not in ("pt", "px"):
        raise WireError("unit")
    index = None if part is None else _whole(part, 0, parts - 1)
    return Page(_whole(number, 1), _real(width), _real(height), unit, _enum(PageReading, reading), index)


def _sheet(row: list, parts: int) -> Sheet:
    name, state, rows, columns, part = row
    if state not in _SHEET_STATES:
        raise WireError("sheet state")
    index = None if part is None else _whole(part, 0, parts - 1)
    return Sheet(_label(name), state, _whole(rows, 0), _whole(columns, 0), index)


def _part(row: list, index: int, length: int) -> Part:
    name, format_name, sha256, size, span, parent = row
    if not (isinstance(sha256, str) and len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")):
        raise WireError("part hash")
    where = None
    if span is not None:
        start, end = span
        where = Span(_whole(start, 0, length), _whole(end, 0, length))
    above = None if parent is None else _whole(parent, 0, index - 1)
    return Part(_label(name), _label(format_name, 40), sha256, _whole(size, 0, 1 << 50), where, above)


# ------------------------------------------------------------------------------------------------------ single values


def _loads(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise WireError("no JSON") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WireError("string")
    if not value.isascii():
        value.encode("utf-8")  # a lone surrogate is a ValueError here instead of a crash in some output
    return value


def _label(value: object, limit: int = MAX_LABEL) -> str:
    text = _text(value)
    if len(text) > limit:
        raise WireError("label too long")
    return text


def _whole(value: object, low: int, high: int = _MAX_GRID) -> int:
    # a bool is an int in Python, not on the wire
    if type(value) is not int or not low <= value <= high:
        raise WireError("number")
    return value


def _real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WireError("number")
    return float(value)


def _share(value: object) -> float:
    number = _real(value)
    if not 0 <= number <= 1:
        raise WireError("confidence")
    return number


def _enum(kind: Any, value: object) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise WireError("enum") from None
