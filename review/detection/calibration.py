"""Scores → probabilities one may read as such, the thresholds on them, and how well both hold (reliability, ECE)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from review.detection.features import Floats, Ints

#: A published page for the false-alarm budget, in characters (A4, GB/T 9704 layout: 22 lines of 28 characters, twice).
PAGE = 1500
BINS = 10


def fit_sigmoid(logits: Floats, truth: np.ndarray, held_out: np.ndarray | None = None) -> tuple[float, float]:
    """(slope, offset) such that sigmoid(slope · logit + offset) is the frequency of ``truth`` (Platt scaling).

    The slope is never negative: a calibration may not turn the order round. Without both classes: (1, 0).
    """
    used = np.ones(len(logits), dtype=bool) if held_out is None else ~held_out
    x, y = logits[used].reshape(-1, 1), truth[used]
    if y.all() or not y.any():
        return 1.0, 0.0
    model = LogisticRegression(C=1000.0).fit(np.clip(x, -12, 12), y)
    slope = max(float(model.coef_[0, 0]), 0.05)
    return slope, float(model.intercept_[0])


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of the reliability diagram: how many predictions, what they said on average, what was true."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float


def reliability(probability: Floats, truth: np.ndarray) -> tuple[Bin, ...]:
    """The diagram over all (paragraph, category) pairs given, in BINS equal steps."""
    flat, true = probability.ravel(), truth.ravel()
    index = np.minimum((flat * BINS).astype(int), BINS - 1)
    bins = []
    for step in range(BINS):
        inside = index == step
        count = int(inside.sum())
        predicted = float(flat[inside].mean()) if count else 0.0
        observed = float(true[inside].mean()) if count else 0.0
        bins.append(Bin(step / BINS, (step + 1) / BINS, count, predicted, observed))
    return tuple(bins)


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean |predicted − observed| weighted by the number of predictions (ECE)."""
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.predicted - b.observed) for b in bins) / total if total else 0.0


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson); (0, 1) for nothing."""
    if total == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def threshold_for(probability: Floats, owners: Ints, allowed: int, floor: float) -> float:
    """The lowest threshold ≥ ``floor`` at which at most ``allowed`` documents of published text have a paragraph over it."""
    if len(probability) == 0:
        return floor
    best = np.zeros(int(owners.max()) + 1, dtype=np.float32)
    np.maximum.at(best, owners, probability)
    ranked = np.sort(best)[::-1]
    if allowed >= len(ranked) or ranked[allowed] < floor:
        return floor
    return float(min(np.nextafter(ranked[allowed], np.float32(2)), 0.999))
