"""``review extract PATH``: the text and blocks that the check sees. Refuses a file with a state-secret mark."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from review.check import load_detectors, read_and_check
from review.cli import found
from review.cli.options import make_parser, settings_of
from review.errors import ExitCode, StoppedBySecrecyMark, UsageError
from review.outputs.report import describe_gap, visible
from review.types import Block, Document
from review.wording import KIND_NAMES


def run(arguments: Sequence[str]) -> int:
    """0, or 3 when something could not be read, or 10 (and no text) for a suspected state-secret mark."""
    options = _parser().parse_args(arguments)
    settings = settings_of(options)
    if not options.path.is_file():
        raise UsageError(f"找不到文件：{options.path}", "请检查路径是否写对。")
    detectors = load_detectors(settings, date.today(), with_model=False)
    try:
        data = found.read(str(options.path), settings.limits.file_bytes + 1)
    except OSError as error:
        raise UsageError("文件打不开。", "请检查读取权限和磁盘。") from error
    document, check = read_and_check(
        data, options.path.name, detectors, limits=settings.limits, ocr=options.ocr or settings.ocr
    )
    if document is None:
        raise StoppedBySecrecyMark(
            "疑似含国家秘密标志，已停止处理，不显示任何内容。",
            f"请立即停止操作，并报告{settings.secrecy_contact}。",
        )
    sys.stdout.write(_render_json(document) if options.format == "json" else _render_text(document))
    return int(ExitCode.CLEAR if check.verdict.complete else ExitCode.INCOMPLETE)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("extract", "列出检查时所见的全部文字及其位置。")
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="输出格式（默认 text）")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="规则目录（用于判断是否含涉密标志）")
    parser.add_argument("--ocr", choices=("auto", "off"), default=None, help="是否识别图片中的文字（默认 auto）")
    return parser


def _render_text(document: Document) -> str:
    """For a terminal: control and direction characters of the document are signs."""
    lines = [visible(f"[未能检查] {describe_gap(gap)}") for gap in document.gaps]
    for block in document.blocks:
        concealed = f"，{block.concealed}" if block.concealed else ""
        text = document.text[block.span.start : block.span.end]
        head = f"[{block.locator or KIND_NAMES[block.kind]}{concealed}]"
        lines += [visible(line) for line in f"{head} {text}".split("\n")]
    return "\n".join(lines) + "\n"


def _render_json(document: Document) -> str:
    value = {
        "sha256": document.sha256,
        "format": document.format,
        "text": document.text,
        "blocks": [_block_row(block) for block in document.blocks],
        "pages": [
            {"number": p.number, "width": p.width, "height": p.height, "unit": p.unit, "reading": p.reading.value}
            for p in document.pages
        ],
        "sheets": [{"name": s.name, "state": s.state, "rows": s.rows, "columns": s.columns} for s in document.sheets],
        "parts": [{"name": p.name, "format": p.format, "sha256": p.sha256, "size": p.size} for p in document.parts],
        "gaps": [{"reason": g.reason.value, "location": g.locator, "detail": g.detail} for g in document.gaps],
        "remarks": list(document.remarks),
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _block_row(block: Block) -> dict[str, object]:
    cell = block.cell
    return {
        "start": block.span.start,
        "end": block.span.end,
        "kind": block.kind.value,
        "location": block.locator,
        "page": block.page,
        "hidden": block.is_unseen,
        "concealed": block.concealed,
        "ocr_confidence": block.ocr_confidence,
        "cell": [cell.table, cell.row, cell.column] if cell else None,
        "runs": [
            [r.span.start, r.span.end, r.page, r.bbox.x0, r.bbox.top, r.bbox.x1, r.bbox.bottom] for r in block.runs
        ],
    }
