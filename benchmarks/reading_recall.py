"""How much of a set of files with known strings is read, by format: visible, hidden, marked as hidden, gaps, seconds.

``python benchmarks/reading_recall.py [--files FOLDER] [--format docx] [--kind normal] [--ocr off] [--misses]``

The folder holds ``manifest.jsonl``: one line per file with ``path format kind expect hidden``. Strings are compared after
NFKC with all white space removed. A string counts as found when it stands in ``Document.text``; one that stands only in a
label (part name, sheet name, locator, remark) is counted apart under "label". "marked" counts the hidden strings found
in a block that says it is not body text (``Block.is_unseen``, a header, a note, a text box, an attachment, a picture).
Every file of the manifest is read and appears in the table; a file that cannot be opened is an error of the run.
"""

import argparse
import json
import sys
import time
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from review.reading.sandbox import Pool
from review.types import BlockKind, Document, Limits

FILES = Path(__file__).resolve().parent.parent.parent / "shared" / "files"
_APART = {BlockKind.HEADER, BlockKind.FOOTER, BlockKind.NOTE, BlockKind.TEXT_BOX, BlockKind.ATTACHMENT, BlockKind.IMAGE}
_SPACE = {code: None for code in range(sys.maxunicode + 1) if chr(code).isspace()}


@dataclass
class Score:
    """What was found in the files of one format."""

    files: int = 0
    expect: int = 0
    found: int = 0
    hidden: int = 0
    hidden_found: int = 0
    label: int = 0
    marked: int = 0
    gaps: int = 0
    empty_without_gap: int = 0
    seconds: float = 0.0
    size: int = 0
    misses: list[tuple[str, str, str]] = field(default_factory=list)


def folded(text: str) -> str:
    """NFKC without white space."""
    return unicodedata.normalize("NFKC", text).translate(_SPACE)


def score_file(row: dict[str, Any], document: Document, score: Score) -> None:
    """Add what was found of one file's strings."""
    text = folded(document.text)
    labels = folded(
        "\n".join(
            [
                *(p.name for p in document.parts),
                *(s.name for s in document.sheets),
                *(b.locator for b in document.blocks),
            ]
        )
    )
    apart = [
        folded(document.text[b.span.start : b.span.end]) for b in document.blocks if b.is_unseen or b.kind in _APART
    ]
    apart.append(
        folded("".join(document.text[b.span.start : b.span.end] for b in document.blocks if b.part is not None))
    )
    for string in row.get("expect") or ():
        score.expect += 1
        if folded(string) in text:
            score.found += 1
        else:
            score.misses.append((row["path"], "visible", string))
    for item in row.get("hidden") or ():
        score.hidden += 1
        wanted = folded(item["string"])
        if wanted in text:
            score.hidden_found += 1
            score.marked += any(wanted in block for block in apart)
        elif wanted in labels:
            score.hidden_found += 1
            score.label += 1
        else:
            score.misses.append((row["path"], item["where"], item["string"]))
    score.gaps += bool(document.gaps)
    score.empty_without_gap += not document.text.strip() and not document.gaps


def main() -> int:
    """Read every file of the manifest and print the table; 1 when a file read empty without a gap."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=Path, default=FILES)
    parser.add_argument("--format", action="append", default=[])
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--path", default="")
    parser.add_argument("--ocr", default="auto", choices=("auto", "off"))
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--gaps", action="store_true")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in (arguments.files / "manifest.jsonl").read_text("utf-8").splitlines() if line]
    scores: dict[str, Score] = defaultdict(Score)
    with Pool(Limits(seconds=arguments.seconds), 1, arguments.ocr) as pool:
        for row in rows:
            if arguments.format and row["format"] not in arguments.format:
                continue
            if (arguments.kind and row["kind"] not in arguments.kind) or arguments.path not in row["path"]:
                continue
            data = (arguments.files / row["path"]).read_bytes()
            started = time.perf_counter()
            document = pool.read(data, row["path"].rpartition("/")[2])
            score = scores[row["format"]]
            score.seconds += time.perf_counter() - started
            score.files += 1
            score.size += len(data)
            score_file(row, document, score)
            if arguments.gaps:
                for gap in document.gaps:
                    print(f"GAP {row['path']} | {gap.reason.value} | {gap.locator} | {gap.detail}")
    return report(scores, arguments.misses)


def report(scores: dict[str, Score], with_misses: bool) -> int:
    """Print one line per format, the totals and, when asked, every miss."""
    print("format files   visible     hidden  label marked  with-gap empty-silent  seconds   MB")
    total = Score()
    for name, score in sorted(scores.items()):
        print(_line(name, score))
        for key in vars(score):
            setattr(total, key, getattr(total, key) + getattr(score, key))
    print(_line("all", total))
    if with_misses:
        for path, where, string in total.misses:
            print(f"MISS {path} | {where} | {string[:80]!r}")
    return 1 if total.empty_without_gap else 0


def _line(name: str, score: Score) -> str:
    return (
        f"{name:6} {score.files:5} {score.found:4}/{score.expect:<4} {score.hidden_found:5}/{score.hidden:<5}"
        f"{score.label:5} {score.marked:6} {score.gaps:9} {score.empty_without_gap:12} {score.seconds:8.1f} {score.size / 1e6:5.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
