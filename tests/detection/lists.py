"""Small documents for the tests of tables and masks: rows of cells, sheets, lines of text. All persons are invented."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from review.detection.identifiers import resident_check_digit
from review.detection.rules import load_rules
from review.types import Block, BlockKind, Cell, Document, Finding, RuleSet, Severity, Source, Span

RULES_FOLDER = Path(__file__).resolve().parent.parent.parent / "rules"


def shipped_rules() -> RuleSet:
    return load_rules(RULES_FOLDER)


def make_tables(
    *tables: Sequence[Sequence[str]],
    concealed: dict[int, str] | None = None,
    number_formats: dict[int, str] | None = None,
    parts: Sequence[int | None] = (),
) -> Document:
    """A document of tables; ``concealed`` and ``number_formats`` are by column. Empty strings are no cells."""
    pieces: list[str] = []
    blocks: list[Block] = []
    offset = 0
    for table, rows in enumerate(tables):
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                if not text:
                    continue
                reason = (concealed or {}).get(column, "")
                cell = Cell(table, row, column, number_format=(number_formats or {}).get(column, ""))
                kind = BlockKind.HIDDEN if reason else BlockKind.CELL
                part = parts[table] if parts else None
                span = Span(offset, offset + len(text))
                blocks.append(Block(span, kind, f"表{table + 1} 第{row + 1}行", cell=cell, concealed=reason, part=part))
                pieces.append(text)
                offset += len(text) + 1
    return Document("0" * 64, "测试.xlsx", "xlsx", 1, "\n".join(pieces), tuple(blocks))


def make_text(text: str, kind: BlockKind = BlockKind.PARAGRAPH, concealed: str = "") -> Document:
    """A document of one block per line."""
    blocks = []
    offset = 0
    for number, line in enumerate(text.split("\n")):
        if line:
            blocks.append(Block(Span(offset, offset + len(line)), kind, f"第{number + 1}行", concealed=concealed))
        offset += len(line) + 1
    return Document("0" * 64, "测试.txt", "txt", 1, text, tuple(blocks))


def resident_id(number: int, region: str = "341802", first: date = date(1950, 1, 7)) -> str:
    """An invented ID with a right check digit; different numbers give scattered birth dates."""
    birth = first + timedelta(days=number * 2011 % 18_000)
    digits = f"{region}{birth:%Y%m%d}{number * 37 % 900 + 100:03d}"
    return digits + resident_check_digit(digits)


def name(number: int) -> str:
    return "王李张刘陈杨黄赵吴周"[number % 10] + "小大明红军丽"[number % 6] + "兰强梅"[number % 3]


def mobile(number: int) -> str:
    return f"138{number * 7919 % 100_000_000:08d}"


def engine_finding(
    document: Document, text: str, category: str = "PII.ID", severity: Severity = Severity.HIGH
) -> Finding:
    """What the engine would have found for the first place of this text."""
    start = document.text.index(text)
    span = Span(start, start + len(text))
    return Finding("some-rule", 1, category, severity, Source.RULE, span, (span,))


def texts_of(document: Document, finding: Finding) -> list[str]:
    return [document.text[span.start : span.end] for span in finding.spans]
