"""The multi-pattern engines: all words and all regular expressions in one linear pass each, overlapping hits reported.

Hyperscan for regular expressions and up to ``HYPERSCAN_WORDS`` words; Aho-Corasick (ahocorasick_rs) for longer word lists,
which Hyperscan compiles too slowly. Neither backtracks, neither skips a pattern for time; a pattern Hyperscan refuses is a
``PatternError``. Both are imported only when something is compiled.
"""

import hashlib
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint32]

HYPERSCAN_WORDS = 20_000
_FLUSH = 1 << 18
_SLICE = 1 << 24


class PatternError(Exception):
    """The engine refuses a pattern; ``index`` is its place in the sequence, -1 where the engine does not say."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index = index


@dataclass(frozen=True, slots=True)
class Hits:
    """Parallel arrays: pattern index, first and one-past-last byte."""

    pattern: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.pattern)


def no_hits() -> Hits:
    empty = np.zeros(0, np.int64)
    return Hits(empty, empty, empty)


def join_hits(parts: Sequence[Hits]) -> Hits:
    if not parts:
        return no_hits()
    return Hits(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("pattern", "start", "end")))


#: What must not stand beside a pattern's matches: nothing, a digit, a letter or digit (ASCII).
FREE, NO_DIGIT, NO_ALNUM = 0, 1, 2


class Scan(Protocol):
    """From UTF-8 bytes to all matches; ``edges`` (by pattern) lets those go at once that stand beside a forbidden byte.

    ``cuts`` are the positions (in order) before which something was left out: what stands on their other side is no neighbour.
    """

    def __call__(self, data: bytes, edges: Ints | None = None, cuts: Ints | None = None) -> Hits: ...


def _nothing(data: bytes, edges: Ints | None = None, cuts: Ints | None = None) -> Hits:
    return no_hits()


@cache
def _byte_kinds() -> npt.NDArray[np.int64]:
    """For each byte: NO_DIGIT for digits (and masked digits), NO_ALNUM for letters; the last entry stands for the ends."""
    kinds = np.zeros(257, np.int64)
    kinds[[*range(48, 58), 0x1F]] = NO_DIGIT | NO_ALNUM
    kinds[list(range(97, 123))] = NO_ALNUM
    return kinds


def _is_free(table: Ints, bytes_of: npt.NDArray[np.uint8], edges: Ints, cuts: Ints | None) -> npt.NDArray[np.bool_]:
    start, end = table[:, 1], table[:, 2]
    before = np.where((start > 0) & ~_is_among(start, cuts), bytes_of[np.maximum(start - 1, 0)], 256)
    after = np.where((end < len(bytes_of)) & ~_is_among(end, cuts), bytes_of[np.minimum(end, len(bytes_of) - 1)], 256)
    return ((_byte_kinds()[before] | _byte_kinds()[after]) & edges[table[:, 0]]) == 0


def _is_among(positions: Ints, ordered: Ints | None) -> npt.NDArray[np.bool_]:
    if ordered is None or not len(ordered):
        return np.zeros(len(positions), np.bool_)
    return ordered[np.minimum(np.searchsorted(ordered, positions), len(ordered) - 1)] == positions


#: From code points to every (overlapping) occurrence of every word, in characters.
WordScan = Callable[[Codes], Hits]


def _no_words(codes: Codes) -> Hits:
    return no_hits()


@cache
def _pairs() -> npt.NDArray[np.uint16]:
    """Two bytes for each code point of the basic plane, none of them zero; the last entry stands for all other planes."""
    free = np.arange(0x10000, dtype=np.uint16)
    free = free[(free & 0xFF != 0) & (free >> 8 != 0)]
    codes = np.concatenate((np.arange(0xD800), np.arange(0xE000, 0x10000)))
    table = np.full(0x10001, free[-1], np.uint16)
    table[codes] = free[: len(codes)]
    return table


def _to_pairs(codes: Codes) -> bytes:
    # two bytes instead of the three of UTF-8: the engines take half the time, and positions need no table
    return bytes(_pairs().take(np.minimum(codes, 0x10000).astype(np.intp)).data)


@lru_cache(maxsize=16)
def compile_words(words: tuple[str, ...], cache: Path | None = None) -> WordScan:
    """A function from code points to every (overlapping) occurrence of every word."""
    if not words:
        return _no_words
    codes = [np.array([ord(c) for c in word], np.uint32) for word in words]
    encoded = [_to_pairs(word) for word in codes]
    find = _aho_corasick(encoded) if len(words) > HYPERSCAN_WORDS else _hyperscan(encoded, True, cache)
    lengths = np.array([len(word) for word in codes], np.int64)
    rare = {index: word for index, word in enumerate(codes) if int(word.max(initial=0)) > 0xFFFF}

    def scan(text: Codes) -> Hits:
        hits = find(_to_pairs(text))
        aligned = (hits.end & 1) == 0
        pattern, end = hits.pattern[aligned], hits.end[aligned] >> 1
        start = end - lengths[pattern]
        return _without_mistaken(Hits(pattern, start, end), text, rare)

    return scan


def _without_mistaken(hits: Hits, text: Codes, rare: dict[int, Codes]) -> Hits:
    """Without hits of words with characters outside the basic plane where the text has another of those characters."""
    if not rare or not len(hits):
        return hits
    kept = np.ones(len(hits), np.bool_)
    for index in np.flatnonzero(np.isin(hits.pattern, list(rare))).tolist():
        word = rare[int(hits.pattern[index])]
        kept[index] = np.array_equal(text[hits.start[index] : hits.end[index]], word)
    return Hits(hits.pattern[kept], hits.start[kept], hits.end[kept])


@lru_cache(maxsize=4096)
def compile_patterns(patterns: tuple[str, ...], cache: Path | None = None) -> Scan:
    """A function from UTF-8 bytes to every (start, end) of every regular expression; raises PatternError."""
    if not patterns:
        return _nothing
    return _hyperscan([pattern.encode("utf-8", "replace") for pattern in patterns], False, cache)


def _hyperscan(expressions: Sequence[bytes], is_literal: bool, cache: Path | None) -> Scan:
    """For literals only the ends are told; their starts are 0."""
    database = _load_or_compile(expressions, is_literal, cache)
    lock = Lock()

    def scan(data: bytes, edges: Ints | None = None, cuts: Ints | None = None) -> Hits:
        found: list[tuple[int, int, int]] = []
        blocks: list[npt.NDArray[np.int64]] = []
        bytes_of = np.frombuffer(data, np.uint8)

        def put_away() -> None:
            table = np.array(found, np.int64)
            blocks.append(table if edges is None else table[_is_free(table, bytes_of, edges, cuts)])
            found.clear()

        def collect(pattern: int, start: int, end: int, _flags: int, _context: Any) -> None:
            found.append((pattern, start, end))
            if len(found) >= _FLUSH:
                put_away()

        with lock:
            database.scan(data, collect)
        if found:
            put_away()
        if not blocks:
            return no_hits()
        table = np.concatenate(blocks)
        return Hits(table[:, 0], table[:, 1], table[:, 2])

    return scan


def _load_or_compile(expressions: Sequence[bytes], is_literal: bool, cache: Path | None) -> Any:
    import hyperscan

    path = cache / f"{_cache_key(version('hyperscan'), expressions, is_literal)}.hsdb" if cache else None
    if path is not None and path.is_file():
        loaded = _load(hyperscan, path)
        if loaded is not None:
            return loaded
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flag = 0 if is_literal else hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SOM_LEFTMOST
    try:
        database.compile(
            expressions=list(expressions),
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[flag] * len(expressions),
            literal=is_literal,
        )
    except hyperscan.HyperscanError as error:
        raise PatternError(_refused(hyperscan, expressions, flag, is_literal), str(error)) from error
    if path is not None:
        _save(hyperscan, database, path)
    return database


def _refused(hyperscan: Any, expressions: Sequence[bytes], flag: int, is_literal: bool) -> int:
    for index, expression in enumerate(expressions):
        try:
            database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            database.compile(expressions=[expression], ids=[0], elements=1, flags=[flag], literal=is_literal)
        except hyperscan.HyperscanError:
            return index
    return -1


def _cache_key(engine: str, expressions: Sequence[bytes], is_literal: bool) -> str:
    digest = hashlib.sha256(f"{engine}|{platform.machine()}|{is_literal}".encode())
    for expression in expressions:
        digest.update(len(expression).to_bytes(4, "big") + expression)
    return digest.hexdigest()


def _load(hyperscan: Any, path: Path) -> Any | None:
    # a damaged or foreign cache file is compiled anew, never trusted
    try:
        data = path.read_bytes()
        if hashlib.sha256(data[32:]).digest() != data[:32]:
            return None
        database = hyperscan.loadb(data[32:], hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        return database
    except (OSError, hyperscan.HyperscanError):
        return None


def _save(hyperscan: Any, database: Any, path: Path) -> None:
    data = hyperscan.dumpb(database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(hashlib.sha256(data).digest() + data)
        temporary.replace(path)
    except OSError:
        # the cache only saves time; a folder that cannot be written costs a compilation per start
        return


def _aho_corasick(words: Sequence[bytes]) -> Scan:
    import ahocorasick_rs

    automaton = ahocorasick_rs.BytesAhoCorasick(list(words))
    overlap = max(len(word) for word in words) - 1

    def scan(data: bytes, edges: Ints | None = None, cuts: Ints | None = None) -> Hits:
        blocks = []
        # slices bound the size of the Python list; each starts early enough to see words across its edge
        for begin in range(0, max(len(data), 1), _SLICE):
            first = max(0, begin - overlap)
            found = automaton.find_matches_as_indexes(data[first : begin + _SLICE], overlapping=True)
            if found:
                table = np.array(found, np.int64)
                table[:, 1:] += first
                blocks.append(table[table[:, 2] > begin] if begin else table)
        if not blocks:
            return no_hits()
        table = np.concatenate(blocks)
        return Hits(table[:, 0], table[:, 1], table[:, 2])

    return scan
