"""A folder of published texts as Documents: JSONL rows with ``text``, or files of any format the readers know."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from review.errors import UsageError
from review.reading.assembly import Reading, assemble
from review.reading.formats.text import lines
from review.reading.sandbox import Pool
from review.settings import Settings
from review.types import Document


def read_corpus_documents(folder: Path, settings: Settings) -> Iterator[tuple[str, Document]]:
    """(name, Document) of every row and file below the folder, in a stable order; UsageError for a row that is none."""
    if not folder.is_dir():
        raise UsageError(f"语料目录不存在：{folder}", "请指定放有公开文稿或 jsonl 的文件夹。")
    with Pool(settings.limits, 1, "off") as pool:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            if path.name.endswith((".jsonl", ".jsonl.gz")):
                yield from _rows(path)
            else:
                yield path.name, pool.read(path.read_bytes(), path.name)


def _rows(path: Path) -> Iterator[tuple[str, Document]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                text = json.loads(line)["text"]
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(f"{path.name} 第 {number} 行不是带 text 的 JSON。", "请改正或去掉这一行。") from error
            yield f"{path.name}:{number}", assemble(text.encode("utf-8", "replace"), "", "txt", Reading(lines(text)))
