"""A text × the model's weights → one logit per paragraph and category. Pure numpy; no file, no rule, no training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from review.detection import features
from review.detection.features import BUCKETS, Floats, Ints

#: A disclosure is one to three sentences long: these windows are scored, the best one speaks for its paragraph.
WINDOWS = (1, 2, 3)
#: Characters scored in one go; bounds the memory of a very long document.
BATCH = 250_000


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything a model knows; K kept n-gram buckets, C categories, P particulars.

    A window's evidence is ``Σ table[n-gram] / √(Σ squares[n-gram] + damping) + squash(particulars) · particulars + bias``:
    C columns say which topic it is, the last one whether it discloses concrete particulars at all. The probability of a
    category is the product of both (``join_evidence``). ``slope``/``offset`` calibrate its logit; ``low``/``medium`` are
    thresholds on the calibrated probability of a top-level group (the sum over its categories).
    """

    name: str
    categories: tuple[str, ...]
    sizes: tuple[int, ...]
    buckets: Ints  # (K,) ascending
    table: Floats  # (K, C + 1)
    squares: Floats  # (K,)
    particulars: Floats  # (P, C + 1)
    bias: Floats  # (C + 1,)
    slope: Floats  # (C,)
    offset: Floats  # (C,)
    low: Floats  # (C,)
    medium: Floats  # (C,)
    damping: float
    context: float  # share of the better neighbour's evidence that counts for a paragraph


@dataclass(frozen=True, slots=True)
class Scored:
    """Sums per sentence, from which every window of sentences can be scored again (for the explanation)."""

    starts: Ints  # (S,) offset of every sentence
    owners: Ints  # (S,) its unit
    sums: Floats  # (S, C + 1)
    squares: Floats  # (S,)
    particulars: Floats  # (S, P) counts
    best: Floats  # (U, C) best window's logit of every unit; -inf for a unit without text


def lookup_of(weights: Weights) -> npt.NDArray[np.int32]:
    """Hash bucket → row of the table, -1 for an n-gram the model does not know."""
    lookup = np.full(BUCKETS, -1, dtype=np.int32)
    lookup[weights.buckets] = np.arange(len(weights.buckets), dtype=np.int32)
    return lookup


def score_units(weights: Weights, lookup: npt.NDArray[np.int32], text: str, units: Sequence[tuple[int, int]]) -> Scored:
    """The scores of all units (ordered, not overlapping ranges of ``text``), computed batch by batch."""
    parts: list[Scored] = []
    first = 0
    while first < len(units):
        last = first + 1
        while last < len(units) and units[last][1] - units[first][0] <= BATCH:
            last += 1
        begin, end = units[first][0], units[last - 1][1]
        local = [(start - begin, stop - begin) for start, stop in units[first:last]]
        part = _score_batch(weights, lookup, text[begin:end], local)
        parts.append(
            Scored(part.starts + begin, part.owners + first, part.sums, part.squares, part.particulars, part.best)
        )
        first = last
    if not parts:
        parts = [_score_batch(weights, lookup, "", [])]
    return Scored(*(np.concatenate([getattr(part, name) for part in parts]) for name in Scored.__slots__))


def _score_batch(
    weights: Weights, lookup: npt.NDArray[np.int32], text: str, units: Sequence[tuple[int, int]]
) -> Scored:
    starts, owners = features.cut_sentences(text, units)
    shaped = features.shape(text)
    sentences = features.sentence_of(shaped, starts)
    total, width = len(starts), len(weights.categories)
    sums = np.zeros((total, width + 1), dtype=np.float32)
    squares = np.zeros(total, dtype=np.float32)
    for size in weights.sizes:
        positions, buckets = features.bucket_ngrams(shaped, sentences, size)
        rows = lookup[buckets]
        known = rows >= 0
        rows, owner = rows[known], sentences[positions[known]]
        if len(rows):
            heads = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
            sums[owner[heads]] += np.add.reduceat(weights.table[rows], heads, axis=0)
            squares += np.bincount(owner, weights=weights.squares[rows], minlength=total).astype(np.float32)
    counts = features.count_particulars(shaped, sentences, total)
    best = np.full((len(units), width), -np.inf, dtype=np.float32)
    for size in WINDOWS:
        begin, logits = score_windows(weights, sums, squares, counts, owners, size)
        if len(begin):
            owner = owners[begin]
            heads = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
            best[owner[heads]] = np.maximum(best[owner[heads]], np.maximum.reduceat(logits, heads, axis=0))
    return Scored(starts, owners, sums, squares, counts, best)


def score_windows(
    weights: Weights, sums: Floats, squares: Floats, counts: Floats, owners: Ints, size: int
) -> tuple[Ints, Floats]:
    """(first sentence, logits) of every window of ``size`` sentences of one unit."""
    total = len(owners) - size + 1
    if total <= 0:
        return np.zeros(0, dtype=np.int64), np.zeros((0, len(weights.categories)), dtype=np.float32)
    begin = np.flatnonzero(owners[:total] == owners[size - 1 :])
    wide = sum((sums[begin + offset] for offset in range(1, size)), sums[begin])
    square = sum((squares[begin + offset] for offset in range(1, size)), squares[begin])
    count = sum((counts[begin + offset] for offset in range(1, size)), counts[begin])
    norm = np.sqrt(square + np.float32(weights.damping))
    evidence = wide / norm[:, None] + features.squash(count) @ weights.particulars + weights.bias
    return begin, join_evidence(np.asarray(evidence, dtype=np.float32))


def join_evidence(evidence: Floats) -> Floats:
    """(…, C) logits of P(discloses) · P(topic | it discloses), from the (…, C + 1) evidence columns."""
    topic, disclosure = evidence[..., :-1], evidence[..., -1:]
    peak = topic.max(axis=-1, keepdims=True)
    share = topic - peak - np.log(np.exp(topic - peak).sum(axis=-1, keepdims=True))
    log_joint = np.minimum(share - np.logaddexp(np.float32(0), -disclosure), np.float32(-1e-6))
    return np.asarray(log_joint - np.log(-np.expm1(log_joint)), dtype=np.float32)


def add_context(weights: Weights, best: Floats) -> Floats:
    """The units' logits with a share of the better neighbour's positive evidence; (U, C)."""
    if weights.context == 0 or len(best) < 2:
        return best
    evidence = np.clip(best, 0, 4)
    edge = np.zeros((1, best.shape[1]), dtype=np.float32)
    neighbour = np.maximum(np.concatenate((edge, evidence[:-1])), np.concatenate((evidence[1:], edge)))
    return np.asarray(best + weights.context * neighbour, dtype=np.float32)


def probabilities(weights: Weights, logits: Floats) -> Floats:
    """Calibrated probabilities of (…, C) logits."""
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-(logits * weights.slope + weights.offset)))).astype(np.float32)
