"""What hostile files cost and how they end: every file through the sandbox, with its outcome, time and peak memory.

``python benchmarks/reading_hostile.py [--files FOLDER] [--ocr auto]``

The folder holds ``manifest.jsonl``; files whose kind contains "hostile" are read, each in a fresh child. A file that ends
with text and no Gap is listed as read; one with neither text nor Gap is a failure of the reader ("SILENT").
"""

import argparse
import json
import resource
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from review.reading import sandbox
from review.types import BlockKind, Document, Limits

FILES = Path(__file__).resolve().parent.parent.parent / "shared" / "files"
_SEEN = {BlockKind.PROPERTY, BlockKind.NAME}


class Peak(threading.Thread):
    """The largest sum of resident memory of this process and its children while it runs, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.02):
            self.bytes = max(self.bytes, resident("self") + sum(resident(pid) for pid in children("self")))

    def stop(self) -> int:
        self._done.set()
        self.join()
        return self.bytes


def resident(pid: str) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def children(pid: str) -> list[str]:
    found: list[str] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += (task / "children").read_text("ascii").split()
        except OSError:
            continue
    return found + [grandchild for child in found for grandchild in children(child)]


def outcome(document: Document) -> str:
    body = sum(b.span.end - b.span.start for b in document.blocks if b.kind not in _SEEN)
    if document.gaps:
        return ",".join(dict.fromkeys(gap.reason.value for gap in document.gaps))
    return "read" if body else "SILENT"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, default=FILES)
    parser.add_argument("--ocr", choices=("auto", "off"), default="auto")
    parser.add_argument("--only", default="", help="part of the path")
    options = parser.parse_args()
    rows = [json.loads(line) for line in (options.files / "manifest.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if "hostile" in row["kind"] and options.only in row["path"]]
    worst_time = worst_memory = 0.0
    silent = slow = 0
    for row in rows:
        path = options.files / row["path"]
        data = path.read_bytes()
        peak = Peak()
        peak.start()
        start = time.perf_counter()
        document = sandbox.read(data, path.name, Limits(seconds=30), options.ocr)
        seconds = time.perf_counter() - start
        memory = peak.stop() / 1e6
        how = outcome(document)
        worst_time, worst_memory = max(worst_time, seconds), max(worst_memory, memory)
        silent += how == "SILENT"
        slow += seconds > 30.5
        print(
            f"{seconds:6.2f} s {memory:7.0f} MB {len(document.text):9d} {document.format:16} {how:40} {row['path']}",
            flush=True,
        )
    print(f"{len(rows)} files, worst {worst_time:.1f} s, {worst_memory:.0f} MB, {silent} silent, {slow} over 30 s")


if __name__ == "__main__":
    main()
