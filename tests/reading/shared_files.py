"""Access to the development corpus in ``../shared``; tests that use it are skipped where it is absent."""

import json
from pathlib import Path

import pytest

from review.reading.assembly import Reading
from review.types import UNSEEN_KINDS, BlockKind

FILES = Path(__file__).resolve().parents[3] / "shared" / "files"
_APART = UNSEEN_KINDS | {
    BlockKind.HEADER,
    BlockKind.FOOTER,
    BlockKind.NOTE,
    BlockKind.TEXT_BOX,
    BlockKind.ATTACHMENT,
    BlockKind.IMAGE,
}
#: Places a reader sees on the page: they need no mark.
_SEEN = frozenset({"nested table", "content control"})


def hidden_strings(path: str) -> tuple[bytes, list[tuple[str, str]]]:
    """The bytes of one file of the manifest and its (place, string) pairs."""
    manifest = FILES / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip("the shared corpus is not here")
    rows = map(json.loads, manifest.read_text("utf-8").splitlines())
    row = next(row for row in rows if row["path"] == path)
    return (FILES / path).read_bytes(), [(item["where"], item["string"]) for item in row["hidden"]]


def unmarked(reading: Reading, wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those strings that were not read, or read as if they were plain body text."""
    apart = [p.text for p in reading.pieces if p.concealed or p.kind in _APART]
    everything = [p.text for p in reading.pieces]

    def is_found(place: str, string: str) -> bool:
        return any(string in text for text in (everything if place in _SEEN else apart))

    return [(place, string) for place, string in wanted if not is_found(place, string)]
